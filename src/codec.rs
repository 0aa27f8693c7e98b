//! The wire's messages as JSON, without a JSON library in the module that pages load: text is parsed by the browser, and read
//! here by hand; what is sent is written by hand.
//!
//! The wire's own serde is what both have to agree with: `conformance.rs` compares them.

mod body;
mod client;
#[cfg(all(test, target_arch = "wasm32"))]
mod conformance;
mod frame;
mod ice;
mod read;
mod server;
mod write;

pub(crate) use body::{candidate_init, read_body, read_candidate, write_body};
pub(crate) use client::write_client_message;
pub(crate) use frame::{read_frame, write_frame};
pub(crate) use ice::ice_servers;
pub(crate) use read::Malformed;
pub(crate) use server::{read_server_message, sender_of_malformed_packet};
pub(crate) use write::Writer;
