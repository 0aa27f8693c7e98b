//! One connection by hand: the steps of the tutorials, with the signalling carried by the caller.

mod endpoint;

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_util::StreamExt;
use itodenwa_protocol::manual::{Done, OPERATIONS, Operation};
use itodenwa_protocol::timeline::Step;
use itodenwa_protocol::{ConnectionState, IceMode, IceTransportPolicy, Time};
use itodenwa_wire::limits::TEXT_BYTES;
use itodenwa_wire::{Candidate, IceServer, Source};
use web_sys::{HtmlVideoElement, MediaStream};

use crate::browser_event::{BrowserEvent, ConnectionKey};
use crate::connection::Connection;
use crate::dom::spawn;
use crate::dom::{Clock, global};
use crate::driver::{self, Core};
use crate::error::{CallError, MediaError, SendError, ViewError};
use crate::event::{self, Events, FromLocal, LOSSY, LocalEvent, Lossy};
use crate::local_media::{LocalHandle, LocalMedia, LocalRequest};
use crate::oneshot;
use crate::outgoing::Place;
use crate::queue::{Sender, queue};
use crate::subject::Subject;
use crate::viewer::Viewer;
use endpoint::{CallEndpoint, Request};

/// What a [`Call`] is made with.
#[derive(Debug, Clone)]
pub struct CallOptions {
    /// Send the camera's picture.
    pub camera: bool,
    /// Send the microphone's sound.
    pub microphone: bool,
    /// Trickle: candidates come as [`CallEvent::Candidate`]. Vanilla: they are in the description.
    pub ice: IceMode,
    /// STUN and TURN servers.
    pub ice_servers: Vec<IceServer>,
    /// All candidates, or those of relays alone: then no description and no candidate has an own address.
    pub ice_transport_policy: IceTransportPolicy,
}

impl Default for CallOptions {
    fn default() -> Self {
        CallOptions {
            camera: false,
            microphone: false,
            ice: IceMode::Vanilla { limit: Duration::from_secs(5) },
            ice_servers: Vec::new(),
            ice_transport_policy: IceTransportPolicy::All,
        }
    }
}

/// One connection, and the stream of what happens with it. The caller carries descriptions and candidates to the other side.
///
/// One side calls [`make_offer`](Call::make_offer), the other [`set_offer`](Call::set_offer) and
/// [`make_answer`](Call::make_answer), and the first [`set_answer`](Call::set_answer). Dropping it hangs up.
#[derive(Debug)]
pub struct Call {
    requests: Sender<Request>,
    local: LocalHandle,
    /// How many texts the other side has not read.
    texts: Rc<Cell<usize>>,
    events: Events<CallEvent>,
}

/// Something that happened with a [`Call`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CallEvent {
    /// A candidate for the other side (Trickle ICE).
    Candidate(Candidate),
    /// There are no more candidates for now (Trickle ICE).
    EndOfCandidates,
    /// The connection's state changed.
    Connection(ConnectionState),
    /// The other side's sound (microphone) or picture (camera) came or went.
    Media {
        /// Which.
        source: Source,
        /// On or off.
        on: bool,
    },
    /// An own camera or microphone was taken away, and nothing takes its place: nothing is sent of it any more.
    MediaFailed {
        /// Which.
        source: Source,
        /// Why.
        error: MediaError,
    },
    /// The browser does not play the other side until somebody clicks: show a button that calls [`Call::resume`].
    Blocked,
    /// The other side wrote. Show it as text, never as HTML.
    Text(String),
    /// A step was done.
    Step {
        /// When, in milliseconds since the call was made.
        at: Time,
        /// What.
        step: Step,
        /// The description or the candidate that it is about, as in [`Entry::text`](crate::Entry::text).
        text: String,
    },
    /// The call is over: the other side hung up, or [`Call::close`] was called. The last event.
    Closed,
}

impl Call {
    /// Makes the connection; asks for camera and microphone first, if they are wanted.
    ///
    /// # Errors
    /// [`CallError::Unsupported`] if the browser has no WebRTC, [`CallError::Media`] if a device can't be had,
    /// [`CallError::NotMade`] if the browser makes no connection.
    pub async fn open(options: CallOptions) -> Result<Self, CallError> {
        if global("RTCPeerConnection").is_undefined() {
            return Err(CallError::Unsupported);
        }
        let theirs = MediaStream::new().map_err(|_| CallError::Unsupported)?;
        let mut media = LocalMedia::new().map_err(|_| CallError::Unsupported)?;
        let local = media.new_handle();
        let wanted = [(Source::Microphone, options.microphone), (Source::Camera, options.camera)];
        media.devices.start(wanted.into_iter().filter(|(_, wanted)| *wanted).map(|(source, _)| source).collect());
        let mut failed = Vec::new();
        media.settle(&mut failed).await;
        if let Some((_, error)) = failed.into_iter().next() {
            return Err(CallError::Media(error));
        }
        let notify = media.notify();
        let tell = Rc::new(move |event| {
            let _ = notify.send(BrowserEvent::Connection(ConnectionKey::ByHand, event));
        });
        let connection = Connection::open(&options.ice_servers, options.ice_transport_policy, true, tell)
            .map_err(CallError::NotMade)?;
        let (request, requests) = queue(OPERATIONS);
        let (sender, events) = event::channel();
        let core = Core::new(Clock::start(), media, sender);
        let endpoint = CallEndpoint::new(core, connection, theirs, options.ice);
        // In a block of this module: what runs it is loaded with it, in a wasm module of its own.
        spawn(async move { driver::run(endpoint, requests).await });
        Ok(Call { requests: request, local, texts: Rc::default(), events })
    }

    /// Makes an offer and sets it as the local description. With Vanilla ICE it is complete, or the time for it was over.
    ///
    /// # Errors
    /// [`CallError::State`] if an offer is made or set already and not answered.
    pub async fn make_offer(&self) -> Result<String, CallError> {
        self.describe(Operation::MakeOffer).await
    }

    /// Sets the other side's offer, as mails and chats leave it: without its last line's end, quoted, or as JSON.
    ///
    /// # Errors
    /// [`CallError::State`] out of order, [`CallError::TooLarge`], [`CallError::Refused`] if it is not an offer.
    pub async fn set_offer(&self, sdp: &str) -> Result<(), CallError> {
        self.operate(Operation::SetOffer(sdp.to_owned())).await.map(drop)
    }

    /// Makes the answer to the offer that was set. With Vanilla ICE it is complete, or the time for it was over.
    ///
    /// # Errors
    /// [`CallError::State`] if no offer was set.
    pub async fn make_answer(&self) -> Result<String, CallError> {
        self.describe(Operation::MakeAnswer).await
    }

    /// Sets the other side's answer to the offer that was made.
    ///
    /// # Errors
    /// [`CallError::State`] if no offer was made, [`CallError::TooLarge`], [`CallError::Refused`] if it is not an answer.
    pub async fn set_answer(&self, sdp: &str) -> Result<(), CallError> {
        self.operate(Operation::SetAnswer(sdp.to_owned())).await.map(drop)
    }

    /// Adds a candidate of the other side; none is the end of them. Those that come before the description wait for it, and
    /// so does this.
    ///
    /// # Errors
    /// [`CallError::Refused`] if it is not a candidate, or not one of this call.
    pub async fn add_candidate(&self, candidate: Option<Candidate>) -> Result<(), CallError> {
        let operation = candidate.map_or(Operation::EndOfCandidates, Operation::AddCandidate);
        self.operate(operation).await.map(drop)
    }

    /// Sends a text: accepted now, sent as soon as the connection is there.
    ///
    /// # Errors
    /// [`SendError`] if it is longer than 16 KiB, 64 texts wait for the other side to read them, or the call is over.
    pub fn send(&self, text: &str) -> Result<(), SendError> {
        if text.len() > TEXT_BYTES {
            return Err(SendError::TooLarge);
        }
        if self.requests.is_closed() {
            return Err(SendError::Closed);
        }
        let place = Place::take(&self.texts).ok_or(SendError::QueueFull)?;
        self.requests.send(Request::Text(text.to_owned(), place)).map_err(|_| SendError::QueueFull)
    }

    /// A `<video>` with the other side, or with oneself and without sound: the same each time. It is removed in the end.
    ///
    /// # Errors
    /// [`ViewError::Closed`] if the call is over.
    pub fn view(&self, remote: bool) -> Result<HtmlVideoElement, ViewError> {
        let subject = if remote { Subject::Remote } else { Subject::Me };
        Viewer::new(subject, self.local.clone()).view()
    }

    /// The next event, none after the last one.
    pub async fn next(&mut self) -> Option<CallEvent> {
        self.events.next().await
    }

    /// Plays what the browser did not play ([`CallEvent::Blocked`]). To be called while a click is handled.
    pub fn resume(&self) {
        // A call that is over plays nobody.
        let _ = self.local.ask(LocalRequest::Resume);
    }

    /// Hangs up. [`CallEvent::Closed`] follows.
    pub fn close(&self) {
        self.requests.close();
    }

    /// The call and the stream of its events apart.
    #[must_use]
    pub fn split(mut self) -> (Call, Events<CallEvent>) {
        let events = std::mem::replace(&mut self.events, Events::empty());
        (self, events)
    }

    async fn describe(&self, operation: Operation) -> Result<String, CallError> {
        match self.operate(operation).await? {
            Done::Description(sdp) => Ok(sdp),
            // Whoever makes a description is given one.
            Done::DescriptionSet | Done::CandidateAdded => Err(CallError::State),
        }
    }

    async fn operate(&self, operation: Operation) -> Result<Done, CallError> {
        if self.requests.is_closed() {
            return Err(CallError::Closed);
        }
        let (done, wait) = oneshot::channel();
        self.requests.send(Request::Operate(operation, done)).map_err(|_| CallError::TooMany)?;
        match wait.await {
            Ok(result) => result.map_err(CallError::from),
            Err(_) => Err(CallError::Closed),
        }
    }
}

impl Lossy for CallEvent {
    fn left_out_beyond(&self) -> Option<usize> {
        matches!(self, CallEvent::Step { .. }).then_some(LOSSY)
    }
}

impl FromLocal for CallEvent {
    fn from_local(event: LocalEvent) -> Option<Self> {
        match event {
            LocalEvent::MediaFailed { source, error } => Some(CallEvent::MediaFailed { source, error }),
            LocalEvent::Device { .. } | LocalEvent::Interrupted { .. } | LocalEvent::DevicesChanged => None,
        }
    }
}

impl Stream for Call {
    type Item = CallEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<CallEvent>> {
        self.events.poll_next_unpin(cx)
    }
}

impl From<MediaError> for CallError {
    fn from(error: MediaError) -> Self {
        CallError::Media(error)
    }
}
