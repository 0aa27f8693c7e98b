//! The exchange of one connection, over all channels that either side opens for it.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

use futures_util::future::{Either, select};
use itodenwa_protocol::verification::{Binding, Code, Emoji, Exchange, Input, NONCE_BYTES, Output, Violation, WORDS};
use js_sys::Uint8Array;

use super::Comparison;
use super::certificates::{Certificates, transports};
use crate::channel::{Channel, Data};
use crate::connection::{Connection, Slot};
use crate::dom::{Listener, PeerConnection, sha256, spawn};
use crate::error::VerificationError;
use crate::key::random;
use crate::peer::Peer;

thread_local! {
    /// Of the connections that there are. Here and not in the rooms: nothing of it is in what every call loads.
    static SESSIONS: RefCell<Vec<Weak<Session>>> = const { RefCell::new(Vec::new()) };
}

type Outcome = Result<Code, VerificationError>;

pub(super) struct Session {
    peer: Peer,
    connection: PeerConnection,
    exchange: RefCell<Option<Exchange>>,
    certificates: Cell<Option<Certificates>>,
    /// What each channel says: two messages at most.
    said: RefCell<Vec<Vec<u8>>>,
    /// Channels that are listened to.
    channels: Cell<usize>,
    outcome: Cell<Option<Outcome>>,
    /// No channel is left, and there is no outcome.
    lost: Cell<Option<VerificationError>>,
    comparison: Cell<Comparison>,
    listeners: RefCell<Vec<Listener>>,
    waiting: RefCell<Vec<Waker>>,
}

/// That of a connection as it is now, if there is one.
pub(super) fn find(connection: &PeerConnection) -> Option<Rc<Session>> {
    SESSIONS.with_borrow_mut(|sessions| {
        sessions.retain(|session| session.upgrade().is_some_and(|session| !session.is_changed()));
        sessions.iter().filter_map(Weak::upgrade).find(|session| session.connection == *connection)
    })
}

impl Session {
    /// That of a connection, which begins if there is none yet.
    pub(super) fn of(peer: Peer, connection: &Connection) -> Result<Rc<Self>, VerificationError> {
        if let Some(session) = find(connection.peer()) {
            return Ok(session);
        }
        let slot = connection.watch().ok_or(VerificationError::TooMany)?;
        let session = Rc::new(Session {
            peer,
            connection: connection.peer().clone(),
            exchange: RefCell::default(),
            certificates: Cell::default(),
            said: RefCell::default(),
            channels: Cell::default(),
            outcome: Cell::default(),
            lost: Cell::default(),
            comparison: Cell::default(),
            listeners: RefCell::default(),
            waiting: RefCell::default(),
        });
        SESSIONS.with_borrow_mut(|sessions| sessions.push(Rc::downgrade(&session)));
        spawn(Rc::clone(&session).live(slot));
        spawn(Rc::clone(&session).begin());
        Ok(session)
    }

    pub(super) fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Whether there is an outcome.
    pub(super) fn is_over(&self) -> bool {
        self.outcome.get().is_some()
    }

    pub(super) fn emoji(&self) -> [&'static Emoji; WORDS] {
        // Applications get it when there is a code.
        self.outcome.get().and_then(Result::ok).unwrap_or_default().emoji()
    }

    pub(super) fn comparison(&self) -> Comparison {
        self.comparison.get()
    }

    pub(super) fn compared(&self, matches: bool) {
        if !self.is_changed() {
            self.comparison.set(if matches { Comparison::Match } else { Comparison::Differ });
        }
    }

    /// Waits for a code, as long as anybody may still say something.
    pub(super) async fn agreed(self: Rc<Self>) -> Result<Rc<Self>, VerificationError> {
        self.wait(|| self.outcome.get().map(|outcome| outcome.map(|_| ())).or(self.lost.get().map(Err))).await?;
        Ok(self)
    }

    pub(super) async fn changed(&self) {
        self.wait(|| self.is_changed().then_some(())).await;
    }

    /// Goes on over this channel, too.
    pub(super) fn carry(self: &Rc<Self>, channel: Channel) {
        self.lost.set(None);
        self.channels.set(self.channels.get() + 1);
        spawn(Rc::clone(self).say(channel.clone()));
        spawn(Rc::clone(self).hear(channel));
    }

    fn is_changed(&self) -> bool {
        self.comparison.get() == Comparison::Changed
    }

    /// Lives as long as the connection.
    async fn live(self: Rc<Self>, slot: Rc<Slot>) {
        let why = poll_fn(|cx| match slot.ended() {
            Some(why) => Poll::Ready(why),
            None => {
                slot.wait(cx);
                Poll::Pending
            }
        });
        let (why, changed) = (pin!(why), pin!(self.changed()));
        match select(why, changed).await {
            Either::Left((why, _)) => self.change(why.into()),
            Either::Right(_) => {}
        }
    }

    /// Finds out what it is bound to, and begins.
    async fn begin(self: Rc<Self>) {
        match self.bound().await {
            _ if self.is_changed() => {}
            Err(VerificationError::Changed) => self.change(VerificationError::Changed),
            Err(error) => self.end(Err(error)),
            Ok((certificates, exchange)) => {
                self.certificates.set(Some(certificates));
                *self.exchange.borrow_mut() = Some(exchange);
                self.listen();
                self.pump();
                self.wake();
            }
        }
    }

    async fn bound(&self) -> Result<(Certificates, Exchange), VerificationError> {
        let certificates = Certificates::of(&self.connection).await?;
        let room = self.peer.room().upgrade().ok_or(VerificationError::RoomClosed)?;
        let nonce = random(NONCE_BYTES as u32).and_then(|nonce| nonce.try_into().ok());
        let nonce = nonce.ok_or(VerificationError::Unsupported)?;
        let Certificates { local, remote } = certificates;
        let binding = Binding { room: room.room.as_str().to_owned(), me: room.me.get(), local, remote };
        Ok((certificates, Exchange::new(binding, nonce)))
    }

    /// Says everything on a channel that is to be said.
    async fn say(self: Rc<Self>, channel: Channel) {
        for count in 0.. {
            // The end of an exchange comes behind what is said in it.
            let next = self.wait(|| match self.said.borrow().get(count) {
                Some(message) => Some(Some(message.clone())),
                None if self.is_over() => Some(None),
                None => None,
            });
            let Some(message) = next.await else { break };
            if channel.send(message).await.is_err() {
                break;
            }
        }
    }

    /// Hears what comes through a channel, until there is an outcome.
    async fn hear(self: Rc<Self>, channel: Channel) {
        // What comes before this side knows its certificates waits in the channel.
        self.wait(|| (self.exchange.borrow().is_some() || self.is_over()).then_some(())).await;
        let mut lost = VerificationError::Cancelled;
        while !self.is_over() {
            let over = pin!(self.wait(|| self.is_over().then_some(())));
            match select(pin!(channel.receive()), over).await {
                Either::Left((Ok(Some(data)), _)) => self.heard(data),
                Either::Left((Ok(None), _)) | Either::Right(_) => break,
                Either::Left((Err(why), _)) => {
                    lost = why.into();
                    break;
                }
            }
        }
        self.channels.set(self.channels.get() - 1);
        let is_waiting = self.exchange.borrow().as_ref().is_none_or(Exchange::is_waiting);
        if self.channels.get() == 0 && is_waiting && !self.is_over() {
            self.lost.set(Some(lost));
            self.wake();
        }
    }

    fn heard(self: &Rc<Self>, data: Data) {
        let Data::Bytes(bytes) = data else { return self.end(Err(VerificationError::Malformed)) };
        self.handle(Input::Message(bytes));
    }

    fn handle(self: &Rc<Self>, input: Input) {
        if let Some(exchange) = self.exchange.borrow_mut().as_mut() {
            exchange.handle(input);
        }
        self.pump();
    }

    /// Does what is to be done.
    fn pump(self: &Rc<Self>) {
        loop {
            let output = self.exchange.borrow_mut().as_mut().and_then(Exchange::poll);
            match output {
                None => break self.wake(),
                Some(Output::Send(message)) => self.said.borrow_mut().push(message.write()),
                Some(Output::Digest(bytes)) => {
                    let session = Rc::clone(self);
                    spawn(async move {
                        let hash = sha256(&Uint8Array::from(&bytes[..])).await.ok();
                        match hash.and_then(|hash| hash.try_into().ok()) {
                            Some(digest) => session.handle(Input::Digest(digest)),
                            None => session.end(Err(VerificationError::Unsupported)),
                        }
                    });
                }
                Some(Output::Done(outcome)) => self.end(outcome.map_err(|violation| match violation {
                    Violation::BrokenCommitment => VerificationError::BrokenCommitment,
                    Violation::Reflected => VerificationError::Certificates,
                    _ => VerificationError::Malformed,
                })),
            }
        }
    }

    /// There is an outcome, and only one.
    fn end(&self, outcome: Outcome) {
        if self.outcome.get().is_none() {
            self.outcome.set(Some(outcome));
            if outcome.is_err() {
                self.said.borrow_mut().clear();
            }
        }
        self.wake();
    }

    /// What was compared says nothing any more.
    fn change(&self, why: VerificationError) {
        self.comparison.set(Comparison::Changed);
        self.listeners.take();
        self.end(Err(why));
    }

    /// Looks again when something else may be at the other end: whoever has the signalling may negotiate with another certificate, or take
    /// pictures out of the bundle.
    fn listen(self: &Rc<Self>) {
        let look = || {
            let session = Rc::downgrade(self);
            move |_: &web_sys::Event| {
                if let Some(session) = session.upgrade() {
                    spawn(session.look());
                }
            }
        };
        let ends = transports(&self.connection);
        let mut listeners: Vec<_> = ends.iter().map(|end| Listener::new(end, "statechange", look())).collect();
        listeners.push(Listener::new(&self.connection, "signalingstatechange", look()));
        self.listeners.replace(listeners);
    }

    async fn look(self: Rc<Self>) {
        let now = Certificates::of(&self.connection).await.ok();
        if self.is_changed() {
            return;
        }
        if now == self.certificates.get() {
            self.listen();
        } else {
            self.change(VerificationError::Changed);
        }
    }

    async fn wait<T>(&self, ready: impl Fn() -> Option<T>) -> T {
        poll_fn(|cx| match ready() {
            Some(value) => Poll::Ready(value),
            None => {
                let mut waiting = self.waiting.borrow_mut();
                if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                    waiting.push(cx.waker().clone());
                }
                Poll::Pending
            }
        })
        .await
    }

    fn wake(&self) {
        self.waiting.take().into_iter().for_each(Waker::wake);
    }
}
