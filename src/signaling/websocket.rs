use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use futures_util::{SinkExt, StreamExt};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, State, WebSocketError};
use itodenwa_protocol::Time;
use itodenwa_protocol::session::{Action, Admission, Session};
use itodenwa_wire::limits::DESCRIPTION_MESSAGE_BYTES;
use itodenwa_wire::{CLOSE_TO_RESUME, ClientMessage, PeerId, ServerMessage};

use super::address;
use super::network_hints::{NetworkHints, is_looked_at};
use super::{Signaling, SignalingError};
use crate::codec::{Malformed, read_server_message, sender_of_malformed_packet, write_client_message};
use crate::dom::{Clock, Held, Kind, Timer, fetch_text, global, property};

/// Messages that wait until the socket is open.
const WAITING: usize = 256;
/// How long the server is asked why it did not open a socket.
const ADMISSION: Duration = Duration::from_secs(5);
/// The status with which it says that it would open one now (RFC 9110, section 15.3.5).
const NO_CONTENT: u16 = 204;
/// Normal closure (RFC 6455, section 7.4.1).
const CLOSE_FOR_GOOD: u16 = 1000;
/// Bytes that the browser may hold back when the network does not take them.
const BUFFERED_BYTES: u32 = 1024 * 1024;

/// Signalling over a WebSocket (RFC 6455) to itodenwa's server.
///
/// A socket that dies is noticed within 15 s, and at once when the browser shows a sign of it. The session goes on on the
/// next one, for as long as this lives; what waits longer than the server does begins anew.
pub struct WebSocketSignaling {
    address: String,
    session: Session,
    socket: Option<Socket>,
    clock: Clock,
    timer: Option<(Time, Timer)>,
    /// The server is asked why it did not open a socket.
    question: Option<Question>,
    network_hints: NetworkHints,
}

/// The question to the server, and how long it is waited for.
struct Question {
    answer: Pin<Box<dyn Future<Output = Admission>>>,
    limit: Timer,
}

/// One socket, and what waits until it is open.
struct Socket {
    socket: WebSocket,
    opened: bool,
    waiting: VecDeque<String>,
    _held: Held,
}

/// The address that what is relative on this page is relative to.
fn page() -> String {
    property(&global("document"), "baseURI").as_string().unwrap_or_default()
}

impl WebSocketSignaling {
    /// Begins to connect; whether it succeeds is told by the stream. The address is that of the WebSocket (`wss://example.org/ws`), of
    /// the server's page (`https://example.org/`), or a host (`example.org:8080`), which is then reached as securely as this page.
    ///
    /// # Errors
    /// [`SignalingError::Address`] if the address is not one, or the page may not use it (`ws:` from an `https:` page).
    pub fn connect(address: impl Into<String>) -> Result<Self, SignalingError> {
        let given = address.into();
        let address = address::of_server(&given, &page()).ok_or(SignalingError::Address(given))?;
        let socket = Socket::open(&address)?;
        Ok(Self::over(socket, address, Session::new(js_sys::Math::random, is_looked_at)))
    }

    /// The same for somebody who joins later, if at all: while they fill in a form, say. The join is answered the sooner. A server
    /// keeps such a connection for 5 minutes, by its defaults; when it is gone, for whatever reason, the join opens another one.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub fn visit(address: impl Into<String>) -> Result<Self, SignalingError> {
        let given = address.into();
        let address = address::of_server(&given, &page()).ok_or(SignalingError::Address(given))?;
        let socket = Socket::open(&address::of_visit(&address))?;
        Ok(Self::over(socket, address, Session::visit(js_sys::Math::random, is_looked_at)))
    }

    /// Whether a visitor's socket is there, or being opened, as far as is known; not after the join.
    pub fn is_connecting_or_open(&mut self) -> bool {
        self.look_after_visit();
        self.session.is_visiting() && self.socket.is_some()
    }

    /// Nobody polls it before the join: takes what happened to the socket since.
    fn look_after_visit(&mut self) {
        if self.session.is_visiting() {
            while let Poll::Ready(Some(_)) = self.poll_next_unpin(&mut Context::from_waker(Waker::noop())) {}
        }
    }

    fn over(socket: Socket, address: String, session: Session) -> Self {
        WebSocketSignaling {
            address,
            session,
            socket: Some(socket),
            clock: Clock::start(),
            timer: None,
            question: None,
            network_hints: NetworkHints::watch(),
        }
    }

    /// The address `ws` beside this page: `/ws` at the server that it came from, or under the path that a proxy gives that server.
    ///
    /// # Errors
    /// [`SignalingError::Address`] if the page did not come from a web server.
    pub fn own_server() -> Result<String, SignalingError> {
        address::beside(&page())
            .ok_or_else(|| SignalingError::Address("this page does not come from a web server".into()))
    }

    /// Does what the session wants done, up to what it tells.
    fn carry_out(&mut self) -> Option<Result<ServerMessage, SignalingError>> {
        while let Some(what) = self.session.poll() {
            match what {
                Action::Deliver(told) => return Some(told),
                Action::Close => self.close(),
                Action::Open => match Socket::open(&self.address) {
                    Ok(socket) => self.socket = Some(socket),
                    Err(error) => self.session.on_lost(self.clock.now(), error),
                },
                Action::Send(message) => {
                    let said = self.socket.as_mut().map_or(Ok(()), |socket| socket.say(&message));
                    if let Err(error) = said {
                        self.lost(error);
                    }
                }
            }
        }
        None
    }

    /// Another one will follow.
    fn close(&mut self) {
        self.question = None;
        if let Some(socket) = self.socket.take() {
            let code = if self.session.may_resume() { CLOSE_TO_RESUME } else { CLOSE_FOR_GOOD };
            // Closed already is closed.
            let _ = socket.socket.close(Some(code), None);
        }
    }

    fn lost(&mut self, error: SignalingError) {
        self.close();
        self.session.on_lost(self.clock.now(), error);
    }

    /// Takes one thing that happened, if anything did.
    fn poll_happening(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Poll::Ready(Some(())) = self.network_hints.poll_next_unpin(cx) {
            self.session.on_network_hint(self.clock.now());
            return Poll::Ready(());
        }
        if let Some(question) = &mut self.question {
            let limit = Pin::new(&mut question.limit).poll(cx).map(|()| Admission::Unknown);
            let admission = if limit.is_ready() { limit } else { question.answer.as_mut().poll(cx) };
            if let Poll::Ready(admission) = admission {
                self.close();
                let why = SignalingError::Unreachable(self.address.clone());
                self.session.on_not_opened(self.clock.now(), why, admission);
                return Poll::Ready(());
            }
        } else if let Some(socket) = &mut self.socket
            && let Poll::Ready(message) = socket.poll_message(cx)
        {
            match message.map(|message| read(&message).map_err(|error| (error, sender_of_malformed(&message)))) {
                Ok(Ok(message)) => self.session.on_message(self.clock.now(), message),
                Ok(Err((error, Some(from)))) => self.session.on_malformed_packet(from, error.to_string()),
                Ok(Err((error, None))) => self.session.on_malformed(error.to_string()),
                Err(why) if socket.opened || self.session.is_visiting() => self.lost(SignalingError::Lost(why)),
                Err(_) => {
                    let answer = Box::pin(admission(address::admission(&self.address)));
                    self.question = Some(Question { answer, limit: Timer::new(ADMISSION) });
                }
            }
            return Poll::Ready(());
        }
        self.poll_timer(cx)
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = self.session.deadline();
        if self.timer.as_ref().map(|(at, _)| *at) != deadline {
            let now = self.clock.now();
            self.timer = deadline.map(|at| (at, Timer::new(at - now)));
        }
        let Some((_, timer)) = &mut self.timer else { return Poll::Pending };
        std::task::ready!(Pin::new(timer).poll(cx));
        self.timer = None;
        self.session.tick(self.clock.now());
        Poll::Ready(())
    }
}

impl Signaling for WebSocketSignaling {
    fn send(&mut self, message: &ClientMessage) -> Result<(), SignalingError> {
        self.look_after_visit();
        self.session.send(self.clock.now(), message.clone())
    }
}

impl Stream for WebSocketSignaling {
    type Item = Result<ServerMessage, SignalingError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(told) = self.carry_out() {
                return Poll::Ready(Some(told));
            }
            if self.session.is_over() {
                self.socket = None;
                return Poll::Ready(None);
            }
            std::task::ready!(self.poll_happening(cx));
        }
    }
}

/// What the browser said of it.
fn explain(error: WebSocketError) -> String {
    match error {
        WebSocketError::MessageSendError(thrown) => [&thrown.name, ": ", &thrown.message].concat(),
        _ => "the browser does not say why".into(),
    }
}

impl Socket {
    fn open(address: &str) -> Result<Self, SignalingError> {
        let socket = WebSocket::open(address)
            .map_err(|error| SignalingError::Address([address, ": ", &error.message].concat()))?;
        Ok(Socket { socket, opened: false, waiting: VecDeque::new(), _held: Held::new(Kind::Connection) })
    }

    fn say(&mut self, message: &ClientMessage) -> Result<(), SignalingError> {
        if self.waiting.len() >= WAITING {
            return Err(SignalingError::Lost("too much waits for the socket".into()));
        }
        self.waiting.push_back(write_client_message(message));
        self.flush().map_err(SignalingError::Lost)
    }

    /// Gives the browser what waits, if the socket is open.
    fn flush(&mut self) -> Result<(), String> {
        if !matches!(self.socket.state(), State::Open) {
            return Ok(());
        }
        self.opened = true;
        while let Some(text) = self.waiting.pop_front() {
            if self.socket.buffered_amount() > BUFFERED_BYTES {
                return Err("the network takes nothing".into());
            }
            self.socket.start_send_unpin(Message::Text(text)).map_err(explain)?;
        }
        Ok(())
    }

    /// The next message, or why there is none any more.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, String>> {
        // Wakes the task when the socket opens.
        let _ = self.socket.poll_ready_unpin(cx);
        self.flush()?;
        loop {
            return Poll::Ready(match std::task::ready!(self.socket.poll_next_unpin(cx)) {
                Some(Ok(message)) => {
                    self.opened = true;
                    Ok(message)
                }
                // The browser says no more than that; the close event follows.
                Some(Err(WebSocketError::ConnectionError)) => continue,
                Some(Err(WebSocketError::ConnectionClose(close))) => {
                    Err(["code ", &close.code.to_string(), " ", &close.reason].concat())
                }
                Some(Err(error)) => Err(explain(error)),
                None => Err("it was closed".into()),
            });
        }
    }
}

/// What the server says there of a socket that it did not open.
async fn admission(address: Option<String>) -> Admission {
    let Some(address) = address else { return Admission::Unknown };
    match fetch_text(&address).await {
        Some((NO_CONTENT, _)) => Admission::Open,
        Some((_, text)) => match read_server_message(&text) {
            Ok(ServerMessage::Refused(refusal)) => Admission::Refused(refusal),
            _ => Admission::Unknown,
        },
        None => Admission::Unknown,
    }
}

impl fmt::Debug for WebSocketSignaling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketSignaling").field("address", &self.address).finish_non_exhaustive()
    }
}

/// The member to blame for a message that can't be read, if it is not the server.
fn sender_of_malformed(message: &Message) -> Option<PeerId> {
    match message {
        Message::Text(text) if text.len() <= DESCRIPTION_MESSAGE_BYTES => sender_of_malformed_packet(text),
        Message::Text(_) | Message::Bytes(_) => None,
    }
}

fn read(message: &Message) -> Result<ServerMessage, Malformed> {
    match message {
        Message::Text(text) if text.len() > DESCRIPTION_MESSAGE_BYTES => Err(Malformed("it is too large")),
        Message::Text(text) => read_server_message(text),
        Message::Bytes(_) => Err(Malformed("it is binary")),
    }
}
