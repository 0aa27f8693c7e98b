//! Where elements are heard.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlMediaElement;

use super::element::document;
use crate::dom::{SinkElement, is_present, spawn};
use crate::error::{MediaError, ViewError};

/// Where an element is heard (W3C Audio Output Devices, section 2.1). That there is such a device was asked before.
pub(super) fn use_loudspeaker(element: &HtmlMediaElement, device: &str) {
    let element: &SinkElement = element.unchecked_ref();
    if let Ok(set) = element.set_sink_id(device) {
        spawn(async move {
            // One that was unplugged meanwhile: the browser plays elsewhere.
            let _ = JsFuture::from(set).await;
        });
    }
}

/// Whether others can be heard there.
pub(crate) async fn try_loudspeaker(device: &str) -> Result<(), MediaError> {
    let element = document().and_then(|document| document.create_element("audio").map_err(|_| ViewError::Refused));
    let element: SinkElement = element.map_err(|_| MediaError::Unsupported)?.unchecked_into();
    if !is_present(&element, "setSinkId") {
        return Err(MediaError::Unsupported);
    }
    let set = element.set_sink_id(device).map_err(|thrown| MediaError::from_exception(thrown.into()))?;
    JsFuture::from(set).await.map(|_| ()).map_err(|thrown| MediaError::from_exception(thrown.into()))
}
