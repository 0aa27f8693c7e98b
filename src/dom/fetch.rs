use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch(address: &str) -> Result<Promise, JsValue>;

    type Response;

    #[wasm_bindgen(method, getter)]
    fn status(this: &Response) -> u16;

    #[wasm_bindgen(method, catch)]
    fn text(this: &Response) -> Result<Promise, JsValue>;
}

/// What an address answers, and with which status; none if it does not, or not to this page (Fetch, section 5.4).
pub(crate) async fn fetch_text(address: &str) -> Option<(u16, String)> {
    let response: Response = JsFuture::from(fetch(address).ok()?).await.ok()?.unchecked_into();
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    Some((response.status(), text))
}
