//! Elements in the page, and what they show.

use wasm_bindgen::prelude::*;
use web_sys::HtmlVideoElement;

#[wasm_bindgen(module = "/tests/browser/kit/views.js")]
extern "C" {
    pub(super) fn next_frame(video: &HtmlVideoElement) -> js_sys::Promise;
    pub(crate) fn append(element: &HtmlVideoElement);
    pub(crate) fn resize(element: &HtmlVideoElement, width: u32, height: u32);
    pub(super) fn look();
    pub(crate) fn play(stream: &web_sys::MediaStream) -> HtmlVideoElement;
    pub(crate) fn put_into_frame(element: &HtmlVideoElement) -> web_sys::Element;
    pub(crate) fn hide_page(hidden: bool);
    pub(crate) fn unsize(element: &HtmlVideoElement);
    pub(super) fn height_between(video: &HtmlVideoElement, least: u32, most: u32) -> js_sys::Promise;
    pub(super) fn stopped(video: &HtmlVideoElement) -> js_sys::Promise;
    /// The loudest sample of a file, from 0 to 1.
    pub(crate) fn loudest(file: &web_sys::Blob) -> js_sys::Promise;
    pub(crate) fn play_back(file: &web_sys::Blob) -> js_sys::Promise;
}
