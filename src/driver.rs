//! The one task of a room: it owns the machine, the connections, the tracks and the signalling.

mod crowd;

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender};
use futures_channel::oneshot;
use futures_util::StreamExt;
use itodenwa_negotiation as machine;
use itodenwa_negotiation::timeline::Entry;
use itodenwa_negotiation::{Command, ConnectionId, Input, Output, Report, Time, TroubleCode};
use itodenwa_wire::limits::DESCRIPTION_MESSAGE_BYTES;
use itodenwa_wire::{
    ClientMessage, Delivery, IceServer, Packet, PeerId, Refusal, RefusalCode, ServerMessage, Signal, Source,
};

use crate::channel::Frame;
use crate::connection::{Connection, Happening};
use crate::dom::{Clock, Listener, Timer, from_text, global, to_text};
use crate::error::{Error, JsError, SignalingError};
use crate::event::{Event, EventSender, Overflow, Trouble};
use crate::link::{Known, Link, Request};
use crate::media::{Change, DeviceNotice, Devices};
use crate::peer::Peer;
use crate::signaling::Signaling;
use crate::view::{Blocked, Views};
use crowd::Crowd;

/// Steps that are kept.
const STEPS: usize = 512;

/// What the browser tells the driver. Every callback and every settled promise puts one here and does no more, and the
/// driver takes it before the browser runs the next one: the queue stays as short as what one callback tells.
#[derive(Debug)]
pub(crate) enum Notice {
    Device(DeviceNotice),
    Connection { peer: PeerId, connection: ConnectionId, happening: Happening },
    Blocked(PeerId),
    PageHide,
}

/// What a driver is made of.
pub(crate) struct Parts {
    pub(crate) machine: machine::Room,
    pub(crate) clock: Clock,
    pub(crate) signaling: Box<dyn Signaling>,
    pub(crate) requests: UnboundedReceiver<Request>,
    pub(crate) notices: UnboundedReceiver<Notice>,
    pub(crate) notify: UnboundedSender<Notice>,
    pub(crate) events: EventSender,
    pub(crate) known: Known,
    pub(crate) link: Weak<Link>,
    pub(crate) devices: Devices,
    pub(crate) own_servers: Vec<IceServer>,
    pub(crate) server_servers: Vec<IceServer>,
}

pub(crate) struct Driver {
    parts: Parts,
    crowd: Crowd,
    views: Views,
    blocked: Blocked,
    timer: Option<(Time, Timer)>,
    /// What the server refused last: why it may close the socket.
    refusal: Option<Refusal>,
    /// Why the room is over, when it is.
    end: Option<End>,
    _page_hide: Option<Listener>,
}

/// Why a room is over, and who waits for it.
struct End {
    error: Option<Error>,
    done: Option<oneshot::Sender<()>>,
}

enum Turn {
    Deadline,
    Notice(Notice),
    Request(Option<Request>),
    Message(Option<Result<ServerMessage, SignalingError>>),
}

impl Driver {
    pub(crate) fn new(parts: Parts) -> Self {
        let notify = parts.notify.clone();
        let blocked: Blocked = Rc::new(move |peer| {
            let _ = notify.unbounded_send(Notice::Blocked(peer));
        });
        let page_hide = listen_for_page_hide(&parts.notify);
        let crowd = Crowd::default();
        Driver {
            parts,
            crowd,
            views: Views::default(),
            blocked,
            timer: None,
            refusal: None,
            end: None,
            _page_hide: page_hide,
        }
    }

    pub(crate) async fn run(mut self) {
        let end = loop {
            self.carry_out();
            if let Some(end) = self.end.take() {
                break end;
            }
            match self.turn().await {
                Turn::Deadline => self.handle(Input::Deadline),
                Turn::Notice(notice) => self.notice(notice),
                Turn::Request(Some(request)) => self.request(request),
                Turn::Request(None) => self.end(None, None),
                Turn::Message(message) => self.message(message),
            }
        };
        self.hang_up(end);
    }

    /// The next thing that happens. Deadlines come first, so that no flood starves them.
    async fn turn(&mut self) -> Turn {
        self.set_timer();
        poll_fn(|cx| self.poll_turn(cx)).await
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        if let Some((_, timer)) = &mut self.timer
            && Pin::new(timer).poll(cx).is_ready()
        {
            self.timer = None;
            return Poll::Ready(Turn::Deadline);
        }
        if let Poll::Ready(Some(notice)) = self.parts.notices.poll_next_unpin(cx) {
            return Poll::Ready(Turn::Notice(notice));
        }
        if let Poll::Ready(request) = self.parts.requests.poll_next_unpin(cx) {
            return Poll::Ready(Turn::Request(request));
        }
        self.parts.signaling.poll_next_unpin(cx).map(Turn::Message)
    }

    fn set_timer(&mut self) {
        let deadline = self.parts.machine.deadline();
        if self.timer.as_ref().map(|(set, _)| *set) != deadline {
            let now = self.parts.clock.now();
            self.timer = deadline.map(|deadline| (deadline, Timer::new(deadline - now)));
        }
    }

    fn handle(&mut self, input: Input) {
        self.parts.machine.handle(self.parts.clock.now(), input);
    }

    fn end(&mut self, error: Option<Error>, done: Option<oneshot::Sender<()>>) {
        self.end.get_or_insert(End { error, done });
    }

    fn tell(&mut self, event: Event) {
        if let Err(Overflow) = self.parts.events.push(event) {
            self.end(Some(Error::Unread), None);
        }
    }

    fn trouble(&mut self, peer: &Peer, code: TroubleCode, detail: String) {
        self.tell(Event::Trouble(Trouble { peer: Some(peer.clone()), code: code.as_str(), detail }));
    }

    // What comes in.

    fn request(&mut self, request: Request) {
        match request {
            Request::SetSource { source, on, done } => {
                let change = self.parts.devices.set(source, on, done);
                self.changed(change);
            }
            Request::Text { to, outgoing } => {
                if let Some(Err(why)) = self.crowd.send_text(to, outgoing) {
                    self.channel_refused(to, why);
                }
            }
            Request::RestartIce(peer) => self.handle(Input::RestartIce(peer)),
            Request::Attach { who, element, made } => {
                let stream = match who {
                    None => Some(self.parts.devices.stream()),
                    Some(id) => self.crowd.stream(id),
                };
                if let Some(stream) = stream {
                    self.views.attach(who, element, made, stream, &self.blocked);
                }
            }
            Request::Detach(element) => self.views.detach(&element),
            Request::Resume => self.views.resume(&self.blocked),
            Request::Leave(done) => self.end(None, Some(done)),
        }
    }

    fn message(&mut self, message: Option<Result<ServerMessage, SignalingError>>) {
        match message {
            Some(Ok(ServerMessage::Joined(member))) => self.handle(Input::Joined(member)),
            Some(Ok(ServerMessage::Left(left))) => self.handle(Input::Left(left)),
            Some(Ok(ServerMessage::Signal(delivery))) => self.delivery(delivery),
            Some(Ok(ServerMessage::IceServers(servers))) => self.parts.server_servers = servers.servers,
            // A packet crossed with the news that its receiver left.
            Some(Ok(ServerMessage::Refused(Refusal { code: RefusalCode::PeerUnknown, .. }))) => {}
            Some(Ok(ServerMessage::Refused(refusal))) => {
                let error = SignalingError::Refused(refusal.clone());
                self.refusal = Some(refusal);
                self.tell(Event::Trouble(Trouble::signaling(&error)));
            }
            Some(Ok(ServerMessage::Welcome(_) | ServerMessage::Pong(_))) => {}
            Some(Err(error @ SignalingError::Malformed(_))) => self.tell(Event::Trouble(Trouble::signaling(&error))),
            Some(Err(error)) => self.signaling_ended(error),
            None => self.signaling_ended(SignalingError::Lost("it ended".into())),
        }
    }

    fn signaling_ended(&mut self, error: SignalingError) {
        let error = self.refusal.take().map_or(error, SignalingError::Refused);
        self.end(Some(error.into()), None);
    }

    fn delivery(&mut self, Delivery { from, packet }: Delivery) {
        let Packet { from_epoch, to_epoch, seq, ack, body } = packet;
        let body = match body {
            None => Ok(None),
            Some(text) if text.len() > DESCRIPTION_MESSAGE_BYTES => Err(format!("{} bytes", text.len())),
            Some(text) => from_text(&text).map(Some).map_err(|error| error.message),
        };
        match body {
            Ok(body) => {
                let packet = Packet { from_epoch, to_epoch, seq, ack, body };
                self.handle(Input::Packet { from, packet });
            }
            Err(why) => {
                if let Some(peer) = self.crowd.peer(from) {
                    self.trouble(&peer, TroubleCode::PacketMalformed, why);
                }
            }
        }
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Device(notice) => {
                let change = self.parts.devices.notice(notice);
                self.changed(change);
            }
            Notice::Connection { peer, connection, happening: Happening::Report(report) } => {
                if report == Report::ChannelOpen
                    && let Err(why) = self.crowd.channel_opened(peer, connection)
                {
                    self.channel_refused(peer, why);
                }
                self.handle(Input::Report { peer, connection, report });
            }
            Notice::Connection { peer, connection, happening: Happening::Frame(frame) } => {
                if self.crowd.is_current(peer, connection) {
                    self.frame(peer, frame);
                }
            }
            Notice::Blocked(peer) => {
                if let Some(peer) = self.crowd.peer(peer) {
                    self.tell(Event::Blocked { peer });
                }
            }
            Notice::PageHide => self.end(None, None),
        }
    }

    fn frame(&mut self, from: PeerId, frame: Result<Frame, String>) {
        let Some(peer) = self.crowd.peer(from) else { return };
        match frame {
            Ok(Frame::Ack(id)) => {
                if self.crowd.acknowledged(from, id) {
                    self.tell(Event::Delivered { peer, id });
                }
            }
            // Not acknowledged either: the sender sees that it was not delivered.
            Ok(Frame::Text(_)) if !self.parts.events.has_room() => {}
            Ok(Frame::Text(text)) => {
                let (new, acknowledged) = self.crowd.received(from, text.id);
                if new {
                    self.tell(Event::Text { from: peer, text: text.text });
                }
                if let Err(why) = acknowledged {
                    self.channel_refused(from, why);
                }
            }
            Err(why) => self.trouble(&peer, TroubleCode::PacketMalformed, why),
        }
    }

    /// The browser did not take a frame: its buffer is full, or the channel is closing. The text waits for the next channel.
    fn channel_refused(&mut self, peer: PeerId, why: String) {
        if let Some(peer) = self.crowd.peer(peer) {
            self.trouble(&peer, TroubleCode::PeerSilent, why);
        }
    }

    fn changed(&mut self, change: Change) {
        match change {
            Change::None => {}
            Change::On(source) => self.switched(source, true),
            Change::Off(source) => self.switched(source, false),
            Change::Failed(source, error) => self.tell(Event::MediaFailed { source, error }),
            Change::Ended(source, error) => {
                self.switched(source, false);
                self.tell(Event::MediaFailed { source, error });
            }
        }
    }

    fn switched(&mut self, source: Source, on: bool) {
        self.crowd.replace(source, self.parts.devices.track(source));
        self.views.play(None, &self.blocked);
        self.handle(Input::SetSource { source, on });
    }

    // What goes out.

    fn carry_out(&mut self) {
        while let Some(output) = self.parts.machine.poll() {
            match output {
                Output::Send { to, packet } => self.send(to, packet),
                Output::Command { peer, connection, command } => self.command(peer, connection, command),
                Output::Event(event) => self.event(event),
                Output::Entry(entry) => self.step(entry),
            }
        }
    }

    fn send(&mut self, to: PeerId, packet: Packet<itodenwa_wire::Body>) {
        let Packet { from_epoch, to_epoch, seq, ack, body } = packet;
        let sent = body.as_ref().map(to_text).transpose().map_err(malformed).and_then(|body| {
            let packet = Packet { from_epoch, to_epoch, seq, ack, body };
            self.parts.signaling.send(&ClientMessage::Signal(Signal { to, packet }))
        });
        match sent {
            Ok(()) => {}
            Err(error @ SignalingError::Malformed(_)) => self.tell(Event::Trouble(Trouble::signaling(&error))),
            Err(error) => self.signaling_ended(error),
        }
    }

    fn command(&mut self, peer: PeerId, id: ConnectionId, command: Command) {
        match command {
            Command::Open => {
                let notify = self.parts.notify.clone();
                let tell = Rc::new(move |happening| {
                    let _ = notify.unbounded_send(Notice::Connection { peer, connection: id, happening });
                });
                let mut servers = self.parts.server_servers.clone();
                servers.extend(self.parts.own_servers.iter().cloned());
                match Connection::open(&servers, tell) {
                    Ok(mut connection) => {
                        connection.execute(Command::Open, &self.parts.devices);
                        self.crowd.connect(peer, id, connection);
                    }
                    Err(JsError { name, message }) => {
                        let report = Report::Refused { name, message };
                        self.handle(Input::Report { peer, connection: id, report });
                    }
                }
            }
            Command::Close => self.crowd.disconnect(peer, id),
            command => {
                if let Some(connection) = self.crowd.connection(peer, id) {
                    connection.execute(command, &self.parts.devices);
                }
            }
        }
    }

    fn event(&mut self, event: machine::Event) {
        match event {
            machine::Event::Joined(member) => {
                let peer = Peer::new(member, Weak::clone(&self.parts.link));
                if self.crowd.enter(peer.clone()) {
                    self.parts.known.peers.change(|peers| peers.push(peer.clone()));
                    self.tell(Event::Joined(peer));
                }
            }
            machine::Event::Left(left) => {
                self.views.remove(left.id);
                if let Some(peer) = self.crowd.leave(left.id) {
                    self.parts.known.peers.change(|peers| peers.retain(|known| *known != peer));
                    self.tell(Event::Left(peer, left.reason));
                }
            }
            machine::Event::Connection { peer, state } => {
                if let Some(peer) = self.crowd.peer(peer) {
                    peer.set_state(state);
                    self.tell(Event::Connection { peer, state });
                }
            }
            machine::Event::MediaOn { peer, connection, source, mid } => {
                if let Some(peer) = self.crowd.media_on(peer, connection, source, &mid) {
                    self.views.play(Some(peer.id()), &self.blocked);
                    self.tell(Event::Media { peer, source, on: true });
                }
            }
            machine::Event::MediaOff { peer, source } => {
                if let Some(peer) = self.crowd.media_off(peer, source) {
                    self.tell(Event::Media { peer, source, on: false });
                }
            }
            machine::Event::Trouble(trouble) => {
                if let Some(peer) = self.crowd.peer(trouble.peer) {
                    self.trouble(&peer, trouble.code, trouble.detail);
                }
            }
        }
    }

    fn step(&mut self, entry: Entry) {
        self.parts.known.steps.change(|steps: &mut VecDeque<Entry>| {
            if steps.len() >= STEPS {
                steps.pop_front();
            }
            steps.push_back(entry.clone());
        });
        self.tell(Event::Step(entry));
    }

    /// Says bye, closes everything, and only then tells that it is over.
    fn hang_up(mut self, end: End) {
        self.handle(Input::Leave);
        self.carry_out();
        // If it can't be sent the server notices that the socket is closed.
        let _ = self.parts.signaling.send(&ClientMessage::Leave);
        let Driver { parts, crowd, views, .. } = self;
        let Parts { events, known, .. } = parts;
        drop((crowd, views));
        known.peers.change(Vec::clear);
        events.close(Event::Closed(end.error));
        if let Some(done) = end.done {
            // Who left need not wait for it.
            let _ = done.send(());
        }
    }
}

fn malformed(error: JsError) -> SignalingError {
    SignalingError::Malformed(error.to_string())
}

/// A page that goes away leaves on purpose: the others need not wait until they miss it.
fn listen_for_page_hide(notify: &UnboundedSender<Notice>) -> Option<Listener> {
    use wasm_bindgen::JsCast;
    let window: web_sys::Window = global("window").dyn_into().ok()?;
    let notify = notify.clone();
    Some(Listener::new(&window, "pagehide", move |_| {
        let _ = notify.unbounded_send(Notice::PageHide);
    }))
}
