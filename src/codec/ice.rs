//! ICE servers for a connection.

use itodenwa_wire::IceServer;
use js_sys::Array;
use wasm_bindgen::JsValue;

use crate::dom::object;

/// As `RTCConfiguration.iceServers` (W3C WebRTC, section 4.2.4).
pub(crate) fn ice_servers(servers: &[IceServer]) -> JsValue {
    let text = |text: &Option<String>| text.as_ref().map_or(JsValue::UNDEFINED, JsValue::from);
    let server = |IceServer { urls, username, credential }: &IceServer| {
        let urls: Array = urls.iter().map(|url| JsValue::from(url.as_str())).collect();
        let server = object([("urls", urls.into()), ("username", text(username)), ("credential", text(credential))]);
        JsValue::from(server)
    };
    servers.iter().map(server).collect::<Array>().into()
}
