//! One `RTCPeerConnection`: it executes commands and reports what comes of them.

mod channels;
mod configuration;
#[cfg(all(test, target_arch = "wasm32"))]
mod conformance;
mod describing;
mod heartbeat;
mod layers;
mod listening;
mod role;
mod senders;
mod transceivers;

use std::future::Future;
use std::rc::Rc;

use itodenwa_protocol::sending::Encoding;
use itodenwa_protocol::{Command, IceTransportPolicy, Report};
use itodenwa_wire::limits::{CHANNEL_PACKET_BYTES, DATA_MESSAGE_BYTES};
use itodenwa_wire::{Frame, IceServer, Packet, Source, SourceMap};
use js_sys::{Map, Object};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MediaStreamTrack;

use crate::codec::{Malformed, candidate_init, write_frame};
use crate::dom::spawn;
use crate::dom::{AbortController, Aborted, DataChannel, Held, Kind, Listener, PeerConnection, Receiver, object};
use crate::error::{ChannelError, Exception};
use crate::media::Devices;
use channels::Channels;
pub(crate) use channels::{CHANNELS, Slot, Transport, end};
use configuration::construct;
use describing::{fragment, local_sdp};
use heartbeat::Heartbeat;
use listening::listen;
use role::Role;
use senders::Senders;
use transceivers::Transceivers;

/// The label of the control channel. Both sides make it, so it needs no negotiation of its own (RFC 8832 is not used).
const CONTROL: &str = "control";

/// Where a connection tells what happens. It only puts it into a channel.
pub(crate) type EventSink = Rc<dyn Fn(ConnectionEvent)>;

/// What happens at a connection.
#[derive(Debug)]
pub(crate) enum ConnectionEvent {
    Report(Report),
    /// Something came through the control channel.
    Frame(Result<Frame, Malformed>),
    /// The other side opened a data channel.
    Channel(Transport),
    /// Whether machine or network let less be sent than what is wanted.
    Limited(bool),
    /// The browser does not let this codec be chosen.
    CodecRefused(String),
}

/// Dropping it closes the connection; then nothing more is told.
pub(crate) struct Connection {
    peer: PeerConnection,
    control: DataChannel,
    transceivers: Transceivers,
    senders: Senders,
    role: Role,
    policy: IceTransportPolicy,
    /// New ICE servers, for the next time that paths are looked for.
    renewed: Option<Vec<IceServer>>,
    tell: EventSink,
    abort: AbortController,
    listeners: Vec<Listener>,
    heartbeat: Heartbeat,
    channels: Channels,
    _held: Held,
}

impl Connection {
    /// Makes the connection and its control channel. With `sends` false its media is negotiated and stays silent.
    pub(crate) fn open(
        servers: &[IceServer],
        policy: IceTransportPolicy,
        sends: bool,
        tell: EventSink,
    ) -> Result<Self, Exception> {
        let peer = construct(servers, policy)?;
        let negotiated = object([("negotiated", true.into()), ("id", 0.into()), ("ordered", true.into())]);
        let control = peer.create_data_channel(CONTROL, &negotiated).inspect_err(|_| peer.close())?;
        let abort = AbortController::new();
        let heartbeat = Heartbeat::begin(&peer, &control, abort.signal(), &tell);
        let channels = Channels::default();
        let listeners = listen(&peer, &control, &heartbeat, &channels, &tell);
        Ok(Connection {
            peer,
            control,
            transceivers: Transceivers::new(sends),
            senders: Senders::default(),
            role: Role::default(),
            policy,
            renewed: None,
            tell,
            abort,
            listeners,
            heartbeat,
            channels,
            _held: Held::new(Kind::Connection),
        })
    }

    /// Begins a command; its one report follows.
    pub(crate) fn execute(&mut self, command: Command, devices: &Devices) {
        match command {
            Command::Open => (self.tell)(ConnectionEvent::Report(Report::Opened)),
            Command::MakeOffer { send, ice_restart } => {
                let restarted = if ice_restart { self.restart_ice() } else { Ok(()) };
                let placed =
                    restarted.and_then(|()| self.transceivers.place(&self.peer, &send, true, devices, &self.senders));
                self.describe("offer", placed, |sdp, transceivers| Report::OfferMade {
                    sdp,
                    sources: transceivers.offered(),
                });
            }
            Command::MakeAnswer { send } => {
                let placed = self.transceivers.place(&self.peer, &send, false, devices, &self.senders);
                self.apply();
                self.describe("answer", placed, |sdp, transceivers| Report::AnswerMade {
                    sdp,
                    sources: transceivers.answered(),
                });
            }
            // Whoever has the offer begins with it: see `set_local_offer`.
            Command::SetLocalOffer => {}
            Command::SetOffer { sdp } => {
                let known = self.peer.remote_description().map(|known| known.sdp());
                if known.is_some_and(|known| fragment(&known) != fragment(&sdp)) {
                    self.renew_servers();
                }
                self.set_remote("offer", &sdp, Report::OfferSet);
            }
            Command::SetAnswer { sdp } => self.set_remote("answer", &sdp, Report::AnswerSet),
            Command::Describe => {
                let described = local_sdp(&self.peer, &self.role).map(|sdp| Report::Described { sdp });
                self.answer(described.map_err(Aborted::from));
            }
            Command::AddCandidate(candidate) => self.add(&candidate_init(&candidate)),
            Command::EndOfCandidates(fragment) => self.add(&end_of_candidates(&fragment)),
            Command::Close => {}
        }
    }

    /// Sends a source's track from now on, or nothing. No negotiation is needed.
    pub(crate) fn replace(&self, source: Source, track: Option<&MediaStreamTrack>) {
        let Some(sender) = self.transceivers.sender(source) else { return };
        let (replaced, signal) = (sender.replace_track(self.transceivers.sent(track)), self.abort.signal());
        spawn(async move {
            // A track of the same kind is always taken, unless the connection is closed.
            let _ = signal.race(replaced).await;
        });
    }

    /// Sends a source so from now on.
    pub(crate) fn tune(&mut self, source: Source, encoding: Encoding) {
        self.senders.tune(source, encoding);
        self.apply();
    }

    /// Senders may be others than before.
    pub(crate) fn apply(&self) {
        self.senders.apply(&self.transceivers, &self.abort.signal(), &self.tell);
    }

    /// It is open, and it was looked at what is shown.
    pub(crate) fn looked(&mut self) {
        if self.senders.looked() {
            self.apply();
        }
    }

    /// Asks whether the browser is at its limit, and tells it.
    pub(crate) fn look(&self) {
        self.senders.look(&self.transceivers, &self.abort.signal(), &self.tell);
    }

    /// Where the media of this identification comes in.
    pub(crate) fn receiver(&self, mid: &str) -> Option<Receiver> {
        transceivers::all(&self.peer).find(|line| line.mid().as_deref() == Some(mid)).map(|line| line.receiver())
    }

    /// What the other side sends as negotiated: sound and pictures, by media identification.
    pub(crate) fn receiving(&self) -> SourceMap {
        transceivers::receiving(&self.peer)
    }

    /// What the browser measures.
    pub(crate) fn stats(&self) -> impl Future<Output = Option<Map>> + use<> {
        let (stats, signal) = (self.peer.get_stats(), self.abort.signal());
        async move { signal.race(stats).await.ok().map(JsCast::unchecked_into) }
    }

    /// What is sent as negotiated, by media identification.
    pub(crate) fn sending(&self) -> SourceMap {
        self.transceivers.answered()
    }

    /// The network may be another one: silence counts sooner.
    pub(crate) fn suspect(&self) {
        self.heartbeat.suspect();
    }

    /// Sends a frame over the control channel.
    pub(crate) fn send(&self, frame: &Frame) -> Result<(), String> {
        self.control.send(&write_frame(frame)).map_err(|thrown| Exception::from(thrown).to_string())
    }

    /// Sends a packet over the control channel, if it is small enough and does not wait there behind much else.
    pub(crate) fn send_packet(&self, packet: &Packet) -> bool {
        let frame = write_frame(&Frame::Packet(packet.clone()));
        frame.len() <= CHANNEL_PACKET_BYTES
            && self.control.buffered_amount() as usize <= DATA_MESSAGE_BYTES
            && self.control.send(&frame).is_ok()
    }

    /// Opens a data channel.
    pub(crate) fn open_channel(&self, label: &str, init: &Object) -> Result<Transport, ChannelError> {
        let slot = self.channels.take().ok_or(ChannelError::TooMany)?;
        let channel = self.peer.create_data_channel(label, init).map_err(|_| ChannelError::Failed)?;
        Ok(Transport { channel, slot })
    }

    pub(crate) fn peer(&self) -> &PeerConnection {
        &self.peer
    }

    /// A place among the channels, by which one hears that the connection is over.
    pub(crate) fn watch(&self) -> Option<Rc<Slot>> {
        self.channels.take()
    }

    /// Its channels are over. Without this they are lost when it is dropped.
    pub(crate) fn end_channels(&self, why: ChannelError) {
        self.channels.end(why);
    }

    fn add(&self, candidate: &JsValue) {
        let (added, signal) = (self.peer.add_ice_candidate(candidate), self.abort.signal());
        self.run(async move {
            match signal.race(added).await {
                Err(Aborted::Threw(Exception { name, message })) => Ok(Report::CandidateRefused { name, message }),
                added => added.map(|_| Report::CandidateAdded),
            }
        });
    }

    fn run(&self, operation: impl Future<Output = Result<Report, Aborted>> + 'static) {
        let tell = Rc::clone(&self.tell);
        spawn(async move { answer(&tell, operation.await) });
    }

    fn answer(&self, result: Result<Report, Aborted>) {
        answer(&self.tell, result);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // First the listeners: what our own closing does is not news.
        self.listeners.clear();
        self.channels.end(ChannelError::Lost);
        self.peer.close();
    }
}

fn answer(tell: &EventSink, result: Result<Report, Aborted>) {
    match result {
        Ok(report) => tell(ConnectionEvent::Report(report)),
        Err(Aborted::Threw(Exception { name, message })) => {
            tell(ConnectionEvent::Report(Report::Refused { name, message }))
        }
        Err(Aborted::Ended) => {}
    }
}

/// The end of a fragment's candidates (RFC 8838, section 13), or of all. The browsers want to know a media description also
/// for this; the first one carries all of them.
fn end_of_candidates(fragment: &str) -> JsValue {
    let fragment = if fragment.is_empty() { JsValue::UNDEFINED } else { fragment.into() };
    object([("candidate", "".into()), ("sdpMLineIndex", 0.into()), ("usernameFragment", fragment)]).into()
}
