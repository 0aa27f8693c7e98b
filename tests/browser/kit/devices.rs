//! Devices, screens and tracks that can be unplugged, silenced and offered.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/tests/browser/kit/devices.js")]
extern "C" {
    pub(crate) fn painted() -> web_sys::MediaStream;
    pub(crate) fn end_track(track: &web_sys::MediaStreamTrack);
    pub(crate) fn loosen_devices(one_at_a_time: bool);
    pub(crate) fn questions() -> u32;
    pub(crate) fn silence_devices();
    pub(crate) fn unplug();
    pub(crate) fn interrupt(interrupted: bool);
    pub(crate) fn change_devices();
    pub(crate) fn offer_screen();
    pub(crate) fn refuse_screen();
    pub(crate) fn stop_sharing();
    pub(crate) fn times_asked() -> u32;
    /// What was wanted of a screen, as JSON.
    pub(crate) fn asked_for() -> String;
    pub(crate) fn restricts_own_audio() -> bool;
    pub(crate) fn is_shared() -> bool;
}
