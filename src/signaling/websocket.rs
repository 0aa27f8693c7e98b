use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_util::{SinkExt, StreamExt};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, State, WebSocketError};
use itodenwa_negotiation::Time;
use itodenwa_wire::limits::DESCRIPTION_MESSAGE_BYTES;
use itodenwa_wire::{ClientMessage, ServerMessage};

use super::{Signaling, SignalingError};
use crate::dom::{Clock, Held, Kind, Timer, from_text, global, to_text};
use crate::error::JsError;

/// How often the server is asked whether it is there.
const PING_EVERY: Duration = Duration::from_secs(5);
/// The connection is lost when nothing was heard for so long.
const SILENCE: Duration = Duration::from_secs(15);
/// Messages that wait until the socket is open.
const WAITING: usize = 256;
/// Bytes that the browser may hold back when the network does not take them.
const BUFFERED_BYTES: u32 = 1024 * 1024;

/// Signalling over a WebSocket (RFC 6455) to itodenwa's server.
pub struct WebSocketSignaling {
    address: String,
    /// None after the end.
    socket: Option<WebSocket>,
    opened: bool,
    waiting: VecDeque<String>,
    clock: Clock,
    heard: Time,
    pings: u32,
    next_ping: Timer,
    _held: Held,
}

impl WebSocketSignaling {
    /// Begins to connect; whether it succeeds is told by the stream.
    ///
    /// # Errors
    /// [`SignalingError::Address`] if the address is not one, or the page may not use it (`ws:` from an `https:` page).
    pub fn connect(address: impl Into<String>) -> Result<Self, SignalingError> {
        let address = address.into();
        let socket = WebSocket::open(&address)
            .map_err(|error| SignalingError::Address(format!("{address}: {}", error.message)))?;
        let clock = Clock::start();
        Ok(WebSocketSignaling {
            address,
            socket: Some(socket),
            opened: false,
            waiting: VecDeque::new(),
            clock,
            heard: clock.now(),
            pings: 0,
            next_ping: Timer::new(PING_EVERY),
            _held: Held::new(Kind::Connection),
        })
    }

    /// The address `/ws` at the server that this page came from.
    ///
    /// # Errors
    /// [`SignalingError::Address`] if the page did not come from a web server.
    pub fn own_server() -> Result<String, SignalingError> {
        let location = global("location");
        let part = |key: &str| js_sys::Reflect::get(&location, &key.into()).ok().and_then(|part| part.as_string());
        let scheme = match part("protocol").as_deref() {
            Some("https:") => "wss",
            Some("http:") => "ws",
            _ => return Err(SignalingError::Address("this page does not come from a web server".into())),
        };
        Ok(format!("{scheme}://{}/ws", part("host").unwrap_or_default()))
    }

    /// Gives the browser what waits, if the socket is open.
    fn flush(&mut self) -> Result<(), SignalingError> {
        let Some(socket) = self.socket.as_mut().filter(|socket| matches!(socket.state(), State::Open)) else {
            return Ok(());
        };
        self.opened = true;
        while let Some(text) = self.waiting.pop_front() {
            if socket.buffered_amount() > BUFFERED_BYTES {
                return Err(SignalingError::Lost("the network takes nothing".into()));
            }
            socket.start_send_unpin(Message::Text(text)).map_err(|error| SignalingError::Lost(error.to_string()))?;
        }
        Ok(())
    }

    fn say(&mut self, message: &ClientMessage) -> Result<(), SignalingError> {
        if self.socket.is_none() || self.waiting.len() >= WAITING {
            return Err(SignalingError::Lost("it is not connected".into()));
        }
        let text = to_text(message).map_err(|error| SignalingError::Malformed(error.to_string()))?;
        self.waiting.push_back(text);
        self.flush()
    }

    /// Asks whether the server is there, when it is time.
    fn keep_alive(&mut self, cx: &mut Context<'_>) -> Result<(), SignalingError> {
        while Pin::new(&mut self.next_ping).poll(cx).is_ready() {
            self.next_ping = Timer::new(PING_EVERY);
            let silent = self.clock.now() - self.heard;
            if silent >= SILENCE {
                return Err(self.ended(format!("nothing was heard for {} seconds", silent.as_secs())));
            }
            if self.opened {
                self.pings = self.pings.wrapping_add(1);
                self.say(&ClientMessage::Ping(self.pings))?;
            }
        }
        Ok(())
    }

    fn ended(&self, why: String) -> SignalingError {
        if self.opened { SignalingError::Lost(why) } else { SignalingError::Unreachable(self.address.clone()) }
    }

    /// The next message, or why there is none any more.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, SignalingError>> {
        self.keep_alive(cx)?;
        if let Some(socket) = &mut self.socket {
            // Wakes the task when the socket opens.
            let _ = socket.poll_ready_unpin(cx);
        }
        self.flush()?;
        let Some(socket) = &mut self.socket else { return Poll::Pending };
        loop {
            let why = match std::task::ready!(socket.poll_next_unpin(cx)) {
                Some(Ok(message)) => return Poll::Ready(Ok(message)),
                // The browser says no more than that; the close event follows.
                Some(Err(WebSocketError::ConnectionError)) => continue,
                Some(Err(WebSocketError::ConnectionClose(close))) => format!("code {} {}", close.code, close.reason),
                Some(Err(error)) => error.to_string(),
                None => "it was closed".into(),
            };
            return Poll::Ready(Err(self.ended(why)));
        }
    }
}

impl Signaling for WebSocketSignaling {
    fn send(&mut self, message: &ClientMessage) -> Result<(), SignalingError> {
        self.say(message)
    }
}

impl Stream for WebSocketSignaling {
    type Item = Result<ServerMessage, SignalingError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while self.socket.is_some() {
            match std::task::ready!(self.poll_message(cx)) {
                Ok(message) => {
                    self.opened = true;
                    self.heard = self.clock.now();
                    match read(&message) {
                        Ok(ServerMessage::Pong(_)) => {}
                        Ok(message) => return Poll::Ready(Some(Ok(message))),
                        Err(error) => return Poll::Ready(Some(Err(SignalingError::Malformed(error.message)))),
                    }
                }
                Err(error) => {
                    self.socket = None;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        Poll::Ready(None)
    }
}

impl fmt::Debug for WebSocketSignaling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketSignaling").field("address", &self.address).finish_non_exhaustive()
    }
}

fn read(message: &Message) -> Result<ServerMessage, JsError> {
    let wrong = |message: &str| JsError { name: "TypeError".into(), message: message.into() };
    match message {
        Message::Text(text) if text.len() > DESCRIPTION_MESSAGE_BYTES => Err(wrong("it is too large")),
        Message::Text(text) => from_text(text),
        Message::Bytes(_) => Err(wrong("it is binary")),
    }
}
