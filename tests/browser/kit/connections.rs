//! Data channels and connections that are cut, made strange or taken away.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/tests/browser/kit/connections.js")]
extern "C" {
    pub(crate) fn watch_channels();
    pub(crate) async fn texts_sent(count: u32);
    pub(crate) fn cut_channels();
    pub(crate) fn leave_channels_alone();
    pub(crate) fn rewrite_formats(formats: Vec<String>);
    pub(crate) fn watch_connections();
    pub(crate) fn is_sent(track: &web_sys::MediaStreamTrack) -> bool;
    pub(crate) fn open_strange(count: u32, protocol: &str, label: &str);
    pub(crate) fn send_strange(kind: i32, times: u32, size: u32, head: u8) -> js_sys::Promise;
    pub(crate) fn say_strange(text: &str);
    pub(crate) fn grant_strange();
    pub(crate) fn answer_strangely(kind: u8, texts: Vec<String>) -> js_sys::Promise;
    pub(crate) fn strange_open(at_most: u32) -> js_sys::Promise;
    pub(crate) fn forget_connections();
    pub(crate) fn deafen_connections();
    pub(crate) fn mend_connections();
    pub(crate) fn hide_connections();
    pub(crate) fn refuse_connections();
    pub(crate) fn show_connections();
}
