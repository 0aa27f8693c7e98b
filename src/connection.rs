//! One `RTCPeerConnection`: it executes commands and reports what comes of them.

mod channels;
#[cfg(all(test, target_arch = "wasm32"))]
mod conformance;
mod heartbeat;
mod layers;
mod role;
mod senders;
mod transceivers;

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use itodenwa_protocol::description::in_stereo;
use itodenwa_protocol::sending::Encoding;
use itodenwa_protocol::{Command, ConnectionState, IceTransportPolicy, Report};
use itodenwa_wire::limits::{CHANNEL_PACKET_BYTES, DATA_MESSAGE_BYTES};
use itodenwa_wire::{Frame, IceServer, Packet, Source, SourceMap};
use js_sys::{Map, Object, Promise};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MediaStreamTrack, MessageEvent};

use crate::codec::{Malformed, candidate_init, ice_servers, read_candidate, read_frame, write_frame};
use crate::dom::spawn;
use crate::dom::{
    AbortController, AbortSignal, Aborted, CandidateEvent, DataChannel, DataChannelEvent, Held, Kind, Listener,
    PeerConnection, Receiver, object, property,
};
use crate::error::{ChannelError, Exception};
use crate::media::Devices;
use channels::Channels;
pub(crate) use channels::{CHANNELS, Slot, Transport, end};
use heartbeat::Heartbeat;
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

    /// Makes an offer with a place for each of these, and does not set it: nothing is gathered yet. It is begun at once, whenever it is asked for.
    pub(crate) fn create_offer(
        &mut self,
        send: &[Source],
        devices: &Devices,
    ) -> Pin<Box<dyn Future<Output = Result<String, Aborted>>>> {
        let placed = self.transceivers.place(&self.peer, send, true, devices, &self.senders);
        let (peer, signal) = (self.peer.clone(), self.abort.signal());
        let made = placed.and_then(|_| peer.create_offer());
        Box::pin(async move { created(&peer, made, &signal).await })
    }

    /// Sets that offer, with the tracks that there are by now. Its candidates are looked for with these servers.
    pub(crate) fn set_local_offer(
        &mut self,
        sdp: &str,
        (servers, policy): (Vec<IceServer>, IceTransportPolicy),
        sends: bool,
        devices: &Devices,
    ) {
        self.policy = policy;
        self.renewed = Some(servers);
        self.renew_servers();
        self.transceivers.set_sends(sends);
        let offer = object([("type", "offer".into()), ("sdp", sdp.into())]);
        let (set, signal) = (self.peer.set_changed_description(&offer), self.abort.signal());
        self.run(async move { signal.race(set).await.map(|_| Report::LocalOfferSet) });
        // It takes until the answer before anything is sent: nobody waits for the tracks.
        for source in self.transceivers.carried() {
            self.replace(source, devices.track(source));
        }
    }

    /// Takes ICE servers for the next ICE restart, whichever side begins it. Not at once: some browsers then restart ICE with
    /// the next offer, also when nothing is wrong.
    pub(crate) fn renew(&mut self, servers: &[IceServer]) {
        self.renewed = Some(servers.to_vec());
    }

    fn restart_ice(&mut self) -> Result<(), JsValue> {
        self.renew_servers();
        self.peer.restart_ice()
    }

    fn renew_servers(&mut self) {
        let Some(servers) = self.renewed.take() else { return };
        if self.peer.set_configuration(&configuration(&servers, self.policy)).is_err() {
            // Fails no more, unless the connection is closed.
            let _ = self.peer.set_configuration(&configuration(&usable(&servers), self.policy));
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

    /// Sets the local description when the senders have their tracks, and reports it.
    fn describe(
        &self,
        kind: &'static str,
        placed: Result<Vec<Promise>, JsValue>,
        report: impl FnOnce(String, Transceivers) -> Report + 'static,
    ) {
        let (peer, transceivers, role, signal) =
            (self.peer.clone(), self.transceivers.clone(), self.role.clone(), self.abort.signal());
        self.run(async move {
            let placed = placed?;
            if transceivers::has_more_than_a_voice(&peer) {
                let made = if kind == "offer" { peer.create_offer() } else { peer.create_answer() };
                let sdp = created(&peer, made, &signal).await?;
                let changed = object([("type", kind.into()), ("sdp", sdp.into())]);
                signal.race(peer.set_changed_description(&changed)).await?;
            } else {
                signal.race(peer.set_local_description()).await?;
            }
            // The description comes after them, whoever waits for them (W3C WebRTC, section 4.4.1.2, the chain of operations).
            for replaced in placed {
                signal.race(Ok(replaced)).await?;
            }
            Ok(report(local_sdp(&peer, &role)?, transceivers))
        });
    }

    fn set_remote(&self, kind: &'static str, sdp: &str, report: Report) {
        let description: Object = object([("type", kind.into()), ("sdp", sdp.into())]);
        let (set, signal) = (self.peer.set_remote_description(&description), self.abort.signal());
        let (role, sdp) = (self.role.clone(), sdp.to_owned());
        self.run(async move {
            signal.race(set).await?;
            role.answered(&sdp);
            Ok(report)
        });
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

/// A description that was made and is to be set.
async fn created(
    peer: &PeerConnection,
    made: Result<Promise, JsValue>,
    signal: &AbortSignal,
) -> Result<String, Aborted> {
    let sdp = property(&signal.race(made).await?, "sdp").as_string().unwrap_or_default();
    Ok(if transceivers::has_more_than_a_voice(peer) { in_stereo(&sdp) } else { sdp })
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

fn construct(servers: &[IceServer], policy: IceTransportPolicy) -> Result<PeerConnection, Exception> {
    PeerConnection::new(&configuration(servers, policy))
        .or_else(|_| PeerConnection::new(&configuration(&usable(servers), policy)))
        .map_err(Exception::from)
}

/// One server that the browser does not take, as `stun:` with a transport, makes it refuse all of them. It is left out. To be asked
/// only when they were refused: it makes a connection for each, and browsers make so many and no more.
fn usable(servers: &[IceServer]) -> Vec<IceServer> {
    let is_usable = |server: &&IceServer| {
        let alone = PeerConnection::new(&configuration(std::slice::from_ref(*server), IceTransportPolicy::All));
        alone.map(|peer| peer.close()).is_ok()
    };
    servers.iter().filter(is_usable).cloned().collect()
}

fn configuration(servers: &[IceServer], policy: IceTransportPolicy) -> Object {
    object([
        ("iceServers", ice_servers(servers)),
        ("bundlePolicy", "max-bundle".into()),
        ("iceTransportPolicy", policy.as_str().into()),
    ])
}

/// The username fragment of a description, which is another one after an ICE restart (RFC 8839, section 4.4.1.1.1).
fn fragment(sdp: &str) -> Option<&str> {
    sdp.lines().find(|line| line.starts_with("a=ice-ufrag:"))
}

/// The end of a fragment's candidates (RFC 8838, section 13), or of all. The browsers want to know a media description also
/// for this; the first one carries all of them.
fn end_of_candidates(fragment: &str) -> JsValue {
    let fragment = if fragment.is_empty() { JsValue::UNDEFINED } else { fragment.into() };
    object([("candidate", "".into()), ("sdpMLineIndex", 0.into()), ("usernameFragment", fragment)]).into()
}

fn local_sdp(peer: &PeerConnection, role: &Role) -> Result<String, Exception> {
    let missing = || Exception::new("InvalidStateError", "there is no local description");
    peer.local_description().map(|description| role.kept_in(description.sdp())).ok_or_else(missing)
}

fn listen(
    peer: &PeerConnection,
    control: &DataChannel,
    heartbeat: &Heartbeat,
    channels: &Channels,
    tell: &EventSink,
) -> Vec<Listener> {
    let report = |what: Report| {
        let tell = Rc::clone(tell);
        move |_: &web_sys::Event| tell(ConnectionEvent::Report(what.clone()))
    };
    let candidate = {
        let tell = Rc::clone(tell);
        move |event: &web_sys::Event| {
            if let Some(report) = gathered(event.unchecked_ref()) {
                tell(ConnectionEvent::Report(report));
            }
        }
    };
    let state = {
        let (tell, peer) = (Rc::clone(tell), peer.clone());
        move |_: &web_sys::Event| tell(ConnectionEvent::Report(Report::State(state_of(&peer))))
    };
    let message = {
        let (tell, came) = (Rc::clone(tell), heartbeat.came());
        move |event: &web_sys::Event| {
            let data = event.unchecked_ref::<MessageEvent>().data();
            came();
            if !heartbeat::is_heartbeat(&data) {
                tell(ConnectionEvent::Frame(read_frame(&data)));
            }
        }
    };
    let opened = {
        let (tell, channels) = (Rc::clone(tell), channels.clone());
        move |event: &web_sys::Event| {
            let channel = event.unchecked_ref::<DataChannelEvent>().channel();
            match channels.take() {
                Some(slot) => tell(ConnectionEvent::Channel(Transport { channel, slot })),
                // The other side counts them, too.
                None => channel.close(),
            }
        }
    };
    vec![
        Listener::new(peer, "datachannel", opened),
        layers::listen(peer, tell),
        layers::listen_for_errors(peer, tell),
        Listener::new(peer, "icecandidate", candidate),
        Listener::new(peer, "connectionstatechange", state),
        Listener::new(control, "open", report(Report::ChannelOpen)),
        Listener::new(control, "close", report(Report::ChannelClosed)),
        Listener::new(control, "message", message),
    ]
}

/// None for the empty candidate that ends one fragment: the end of all follows it.
fn gathered(event: &CandidateEvent) -> Option<Report> {
    let Some(candidate) = event.candidate() else { return Some(Report::GatheringComplete) };
    let candidate = read_candidate(candidate.to_json().ok()?).ok()?;
    (!candidate.candidate.is_empty()).then_some(Report::LocalCandidate(candidate))
}

fn state_of(peer: &PeerConnection) -> ConnectionState {
    match peer.connection_state().as_str() {
        "new" => ConnectionState::New,
        "connecting" => ConnectionState::Connecting,
        "connected" => ConnectionState::Connected,
        "disconnected" => ConnectionState::Disconnected,
        "failed" => ConnectionState::Failed,
        _ => ConnectionState::Closed,
    }
}
