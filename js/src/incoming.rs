use itodenwa::{IncomingChannel, IncomingFile, IncomingRequest, IncomingVerification};
use wasm_bindgen::prelude::*;

/// What a peer opened. In the first module, as events are; what can be done with it is in the second one.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawIncoming(pub(crate) Incoming);

/// What for.
#[derive(Debug)]
pub(crate) enum Incoming {
    Channel(IncomingChannel),
    Request(IncomingRequest),
    File(IncomingFile),
    Verification(IncomingVerification),
}
