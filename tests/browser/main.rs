//! The client crate in a real browser: two rooms of one page call each other over real connections and fake devices.
#![cfg(target_arch = "wasm32")]
// Clippy knows its own kind of test only.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod attributes;
mod calls;
mod channels;
mod check;
mod devices;
mod file_connections;
mod files;
mod health;
mod history;
mod keys;
mod kit;
mod leaving;
mod media;
mod nonsense;
mod preview;
mod processors;
mod recording;
mod relay;
mod resuming;
mod rooms;
mod screen;
mod sending;
mod stats;
mod texts;
mod tracks;
mod verification;
mod views;
mod voices;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
