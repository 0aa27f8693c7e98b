//! Live video, voice and text between browsers, in a few lines. Compiles to WebAssembly and drives the browser's own WebRTC.
//!
//! ```no_run
//! # use itodenwa::{Event, Room};
//! # async fn call() -> Result<(), wasm_bindgen::JsValue> {
//! let mut room = Room::join("blue-tiger").camera().microphone().await?;
//! room.me().attach("#me")?;
//! while let Some(event) = room.next().await {
//!     match event {
//!         Event::Joined(peer) => peer.attach_in("#tiles")?,
//!         Event::Text { from, text } => println!("{}: {text}", from.name().unwrap_or_default()),
//!         Event::Trouble(trouble) => println!("{}", trouble.explain()),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Everybody who joins the same room of the same server is connected with everybody else. There is nothing to spawn and
//! nothing to clean up: dropping the room and its [`Handle`]s hangs up, and then nothing is left ([`counts`]).
//!
//! - [`Room::join`] says what is wanted; [`Room`] is the stream of [`Event`]s; a [`Handle`] switches the camera and the
//!   microphone, shares a screen, sends messages ([`Payload`]: texts, values, bytes), and leaves.
//! - A [`Peer`] is somebody else: shown in a media element, written to, asked for their state and their attributes.
//! - [`Handle::set_attribute`] and [`Handle::set_room_attribute`] keep what everybody sees, also those who come later.
//! - [`devices()`] are what can be chosen; [`Handle::use_camera`] and its likes choose, live and with roll-back; [`Settings`] say what came.
//! - What is sent follows what is shown, unless [`Join::adaptive`] says otherwise; [`Limits`] bound it.
//! - [`Peer::open_channel`] opens a named [`Channel`] for an application's own data, with backpressure; [`Peer::request`] asks and gets
//!   an answer; [`Peer::send_file`] sends a file, which goes on through a new connection.
//! - [`Handle::process`] lets a [`Processor`] change an own track before it is sent, as for a blurred background.
//! - [`Handle::watch_level`] says how loud one is oneself, and whether one [speaks while the microphone is muted](OwnLevel::is_unheard).
//! - [`Handle::record`] puts the call into a file.
//! - [`Call`] is one connection by hand, with the steps that tutorials teach, and the signalling carried by the caller.
//! - [`Preview`] shows oneself before a call, and [`check()`] says in words what will not work in one, and why.
//! - [`signaling`] is the way to the others; [`signaling::Signaling`] may be implemented over anything.
//! - [`Join::history`] gives those who come later the last messages of each who is still there.
//! - [`Join::key`] seals what members say to each other through the server, which then can neither read nor change it.
//! - [`Peer::verification`] gives words that are the same at both ends when nobody sits in between, for two people to compare.
//! - Every error and trouble has a stable code, and a sentence that says what to do.
//!
//! The rules of a call are the crate `itodenwa-protocol`, which knows no browser. This crate applies them: one task per
//! room owns everything, browser callbacks only put values into a channel, and applications read a stream. Nothing of an
//! application is ever called from inside.

mod attributes;
mod browser_event;
mod call;
mod channel;
mod check;
mod codec;
mod connection;
mod diagnosis;
mod dom;
mod driver;
mod error;
mod event;
mod file;
mod history;
mod incoming;
mod json;
mod key;
mod local_media;
mod media;
mod message;
mod meter;
mod oneshot;
mod outgoing;
mod own_level;
mod payload;
mod peer;
mod preview;
mod process;
mod publish;
mod queue;
mod record;
mod rename;
mod request;
mod room;
mod room_ref;
mod room_snapshot;
pub mod signaling;
mod snapshot;
pub mod stats;
mod stream_kind;
mod subject;
mod verification;
mod view;
mod viewer;

pub use call::{Call, CallEvent, CallOptions};
pub use channel::{Channel, ChannelOptions, Data};
pub use check::{Check, CheckOptions, Finding, Outcome, Part, check};
pub use diagnosis::Diagnosis;
pub use dom::{Counts, counts};
pub use error::{
    AttributeError, CallError, ChannelError, Error, Exception, FileError, KeyError, MediaError, NameError,
    PublishError, RecordError, RequestError, SendError, SignalingError, VerificationError, ViewError,
};
pub use event::{Event, Events, SignalingState, Trouble};
pub use file::{Destination, Offer, Progress, Transfer, TransferState, remove_private_files, safe_name};
pub use history::History;
pub use incoming::{IncomingChannel, IncomingFile, IncomingRequest, IncomingVerification};
pub use itodenwa_protocol::diagnosis::Verdict;
pub use itodenwa_protocol::sending::{Degradation, Limits};
pub use itodenwa_protocol::timeline::{CandidateSummary, Entry, Layer, Step};
pub use itodenwa_protocol::{ConnectionState, IceMode, IceTransportPolicy, Time};
pub use itodenwa_wire as wire;
pub use itodenwa_wire::{
    Applicant, Candidate, IceServer, InvalidId, LeaveReason, OwnSource, PeerId, Refusal, RefusalCode, Source, Ticket,
    Token, WaitingRoom,
};
pub use json::Json;
pub use key::RoomKey;
pub use media::{
    CameraOptions, Content, Device, DeviceKind, Facing, MicrophoneOptions, Quality, ScreenOptions, Settings, devices,
};
pub use message::Message;
pub use own_level::OwnLevel;
pub use payload::Payload;
pub use peer::Peer;
pub use preview::Preview;
pub use process::Processor;
pub use publish::PublishOptions;
pub use record::{RecordEnd, RecordOptions, Recorded, Recording, Who};
pub use request::{Request, RequestRefusal};
pub use room::{Handle, Join, Me, Prepared, Room};
pub use verification::{Comparison, Emoji, Verification};
pub use viewer::Screen;
