//! A session with the server, over sockets that come and go. It knows no browser: facts go in with the time, things to do
//! are polled.
//!
//! ```text
//! First --welcome--> Open --lost--> Waiting --due--> Opening --welcome--> Open
//!   |                  |               ^----lost----/    |
//!   `------------------+----- over <---------------------' refused for good
//! ```
//!
//! Who joins later may open the socket before, as a visitor: Visiting goes to First with the join, and to Visited when the socket is lost,
//! of which nobody hears: the join opens another one. The same is done when a visitor's socket does not answer the join.
//!
//! Who has to [wait](ServerMessage::Wait) to be let in is Open from then on: the server is asked whether it is there, and a connection that
//! breaks is made again, with the same join.
//!
//! Who is not let in at first and may come again goes from First to Waiting, too, as does who met a server that was about to go
//! away; until there was a welcome all else that fails ends it.
//!
//! Signals that are said while it is not open are dropped: the pair links send them again.

mod admission;
mod refusals;
mod roster;
mod visit;
mod waits;

use std::collections::VecDeque;
use std::time::Duration;

use itodenwa_wire::{ClientMessage, Join, PeerId, Refusal, RefusalCode, Resume, ServerMessage};

use crate::signaling_error::SignalingError;
use crate::time::Time;
pub use admission::Admission;
use refusals::{ends_session, is_final, stays_open};
use visit::is_of_visit;
use waits::Attempts;

/// How often the server is asked whether it is there.
const PING_EVERY: Duration = Duration::from_secs(5);
/// It has this long to answer: who was heard 15 s ago is dead.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The same when the browser has shown a sign that the network may be another one.
const PROBE_WITHIN: Duration = Duration::from_secs(2);
/// A timer that is so late means that the page slept: what came meanwhile was not heard yet.
const SLEPT: Duration = Duration::from_secs(2);
/// How long a socket may take from its beginning to the welcome.
const WELCOME_WITHIN: Duration = Duration::from_secs(10);
/// A sign begins an attempt anew that is older than this: it may hang in a network that is gone.
const FRESH: Duration = Duration::from_secs(1);
/// A session that ends sooner counts as an attempt that failed.
const LASTING: Duration = Duration::from_secs(10);

/// Something to do.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// Open a socket.
    Open,
    /// Close the socket: another one will follow.
    Close,
    /// Send this, as soon as the socket is open.
    Send(ClientMessage),
    /// Deliver this to the room.
    Deliver(Result<ServerMessage, SignalingError>),
}

/// A session with the server. It queues at most one [`Action`] for each message and a few for each socket, and expects to be
/// [polled](Self::poll) after every call.
#[derive(Debug)]
pub struct Session {
    state: State,
    join: Option<Join>,
    /// There was a welcome, or one waits for it.
    welcomed: bool,
    /// The newest version of the roster that is known.
    roster: u32,
    attempts: Attempts,
    /// What was said last of recording, if anything was: a server that was away may not have heard it, and another one does not know it.
    records: Option<bool>,
    /// What was refused last, if nothing was heard since.
    refusal: Option<Refusal>,
    /// Who one is to the server.
    me: Option<PeerId>,
    /// How many others the server says are in the room.
    others: usize,
    random: fn() -> f64,
    is_looked_at: fn() -> bool,
    outputs: VecDeque<Action>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// A visitor's socket.
    Visiting,
    /// A visitor's socket was lost.
    Visited,
    /// The first socket of a join; if it fails the room was never joined. A visitor's has to answer by this time.
    First { answer_by: Option<Time> },
    /// Welcome, or waiting to be let in: then nothing else is said, or the server ends it.
    Open { since: Time, ping_at: Time, asked: Option<Asked>, is_in: bool },
    /// There is no socket. A sign from the browser brings the next one at once, but not before `earliest`.
    Waiting { until: Time, earliest: Time },
    /// There is a further socket, and no welcome yet.
    Opening { since: Time },
    /// For good.
    Over,
}

/// A ping that was not answered yet.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Asked {
    /// Until when it has to be.
    by: Time,
    /// The page slept before: all that had come by then was heard since.
    after_sleep: bool,
}

impl Session {
    /// A session whose first socket is being opened. `random` gives numbers from 0 to below 1; `is_looked_at` says whether
    /// somebody looks at the page now.
    pub fn new(random: fn() -> f64, is_looked_at: fn() -> bool) -> Self {
        Session {
            state: State::First { answer_by: None },
            join: None,
            welcomed: false,
            roster: 0,
            attempts: Attempts::default(),
            records: None,
            refusal: None,
            me: None,
            others: 0,
            random,
            is_looked_at,
            outputs: VecDeque::new(),
        }
    }

    /// The next thing to do, until there is none.
    pub fn poll(&mut self) -> Option<Action> {
        self.outputs.pop_front()
    }

    /// When [`tick`](Self::tick) is wanted.
    pub fn deadline(&self) -> Option<Time> {
        match self.state {
            State::Open { ping_at, asked, .. } => Some(asked.map_or(ping_at, |asked| asked.by.min(ping_at))),
            State::Waiting { until, .. } => Some(until),
            State::Opening { since } => Some(since + WELCOME_WITHIN),
            State::First { answer_by } => answer_by,
            State::Visiting | State::Visited | State::Over => None,
        }
    }

    /// Whether nothing more will be done.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// Sends a message of the room.
    ///
    /// # Errors
    /// [`SignalingError::Lost`] when the session is over.
    pub fn send(&mut self, now: Time, message: ClientMessage) -> Result<(), SignalingError> {
        if let ClientMessage::Record(on) = message {
            self.records = Some(on);
        }
        match (self.state, message) {
            (State::Over, _) => return Err(SignalingError::Lost("it is over".into())),
            (State::Visiting | State::Visited, ClientMessage::Join(join)) => self.join_as_visitor(now, join),
            (State::Visiting | State::Visited, _) => {}
            (State::First { .. }, ClientMessage::Join(join)) => self.begin(join),
            // It is said on the next socket.
            (State::Waiting { .. }, ClientMessage::Join(join)) if !self.welcomed => self.join = Some(join),
            (State::Opening { .. }, ClientMessage::Join(join)) if !self.welcomed => self.begin(join),
            (State::Open { is_in: false, .. }, message) if !matches!(message, ClientMessage::Leave) => {}
            (State::First { .. } | State::Open { .. }, message) => self.outputs.push_back(Action::Send(message)),
            (State::Waiting { .. } | State::Opening { .. }, _) => {}
        }
        Ok(())
    }

    /// A message of the server came.
    pub fn on_message(&mut self, now: Time, message: ServerMessage) {
        if let State::Open { asked, .. } = &mut self.state {
            *asked = None;
        }
        self.refusal = None;
        match message {
            ServerMessage::Welcome(welcome) => {
                self.welcomed = true;
                if let Some(join) = &mut self.join {
                    let resume = |ticket| Resume { ticket, signals: welcome.signals };
                    join.resume = welcome.ticket.clone().map(resume);
                    // What said it may have been lost.
                    join.name.clone_from(&welcome.me.name);
                    // Who is in the room sees it.
                    join.unless_recorded = false;
                }
                self.me = Some(welcome.me.id);
                self.roster = welcome.roster;
                self.others = welcome.members.len();
                self.open_since(now, true);
                self.deliver(ServerMessage::Welcome(welcome));
                self.outputs.extend(self.records.map(|on| Action::Send(ClientMessage::Record(on))));
            }
            ServerMessage::Wait(wait) => {
                self.welcomed = true;
                self.open_since(now, false);
                self.deliver(ServerMessage::Wait(wait));
            }
            ServerMessage::Ticket(ticket) => {
                if let Some(resume) = self.resume() {
                    resume.ticket = ticket.clone();
                }
                self.deliver(ServerMessage::Ticket(ticket));
            }
            ServerMessage::Signal(delivery) => {
                self.count_signal();
                self.deliver(ServerMessage::Signal(delivery));
            }
            ServerMessage::Joined { roster, .. }
            | ServerMessage::Renamed { roster, .. }
            | ServerMessage::Left { roster, .. } => {
                self.changed(now, roster, message);
            }
            ServerMessage::Roster(roster) => {
                self.roster = roster.version;
                self.others = roster.members.len();
                self.deliver(ServerMessage::Roster(roster));
            }
            ServerMessage::Refused(refusal) => self.refused(refusal),
            ServerMessage::Pong(_) => {}
            message => self.deliver(message),
        }
    }

    /// Something came that is not a message.
    pub fn on_malformed(&mut self, why: String) {
        self.outputs.push_back(Action::Deliver(Err(SignalingError::Malformed(why))));
    }

    /// A signal came whose packet is none. The server counts it as all others, so it counts here, too.
    pub fn on_malformed_packet(&mut self, from: PeerId, why: String) {
        self.count_signal();
        self.outputs.push_back(Action::Deliver(Err(SignalingError::Packet(from, why))));
    }

    /// The socket is closed, or could not be opened.
    pub fn on_lost(&mut self, now: Time, why: SignalingError) {
        let refusal = self.refusal.take();
        match self.state {
            State::Visiting => self.state = State::Visited,
            State::First { answer_by: Some(_) } if refusal.as_ref().is_none_or(is_of_visit) => self.join_anew(),
            State::First { .. } => self.not_joined(now, why, refusal),
            State::Open { since, .. } => {
                if let Some(refusal) = refusal.clone().filter(|it| ends_session(it.code)) {
                    return self.end(SignalingError::Refused(refusal));
                }
                let was_lasting = now - since >= LASTING;
                self.attempts = Attempts {
                    since: now,
                    failed: if was_lasting { 0 } else { self.attempts.failed.saturating_add(1) },
                };
                let why = refusal.clone().map_or(why, SignalingError::Refused);
                self.outputs.push_back(Action::Deliver(Err(SignalingError::Away(why.to_string()))));
                self.wait(now, refusal);
            }
            State::Opening { .. } if !self.welcomed => self.not_joined(now, why, refusal),
            State::Opening { .. } => match refusal {
                Some(refusal) if is_final(&refusal) => self.end(SignalingError::Refused(refusal)),
                refusal => {
                    self.attempts.failed = self.attempts.failed.saturating_add(1);
                    self.wait(now, refusal);
                }
            },
            State::Visited | State::Waiting { .. } | State::Over => {}
        }
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Time) {
        let Some(due) = self.deadline().filter(|due| *due <= now) else { return };
        let slept = now - due >= SLEPT;
        match self.state {
            State::Open { asked: Some(asked), .. } if asked.by <= now && (!slept || asked.after_sleep) => {
                self.give_up(now, "the server does not answer");
            }
            State::Open { .. } if slept => self.ping(now, Asked { by: now + PROBE_WITHIN, after_sleep: true }),
            State::Open { .. } => self.ping(now, Asked { by: now + ANSWER_WITHIN, after_sleep: false }),
            State::Waiting { .. } => self.open(now),
            State::Opening { .. } => self.give_up(now, "the server did not answer in time"),
            State::First { .. } => self.give_up(now, "the server did not answer in time"),
            State::Visiting | State::Visited | State::Over => {}
        }
    }

    /// The browser shows that the network may be back, or another one, or that the page was out of use. Attempts that fail in
    /// spite of it are frequent again.
    pub fn on_network_hint(&mut self, now: Time) {
        if self.welcomed && matches!(self.state, State::Waiting { .. } | State::Opening { .. }) {
            self.attempts = Attempts { since: now, failed: 0 };
        }
        match self.state {
            State::Open { .. } => self.ping(now, Asked { by: now + PROBE_WITHIN, after_sleep: false }),
            // It may be of a network that is gone.
            State::Visiting => self.give_up(now, "the network may be another one"),
            State::Waiting { earliest, .. } if earliest <= now => self.open(now),
            State::Opening { since } if now - since >= FRESH => {
                self.outputs.push_back(Action::Close);
                self.open(now);
            }
            _ => {}
        }
    }

    fn open_since(&mut self, now: Time, is_in: bool) {
        self.state = State::Open { since: now, ping_at: now + PING_EVERY, asked: None, is_in };
    }

    fn count_signal(&mut self) {
        if let Some(resume) = self.resume() {
            resume.signals = resume.signals.wrapping_add(1);
        }
    }

    /// Asks whether the server is there. What was asked before has still to be answered in its time.
    fn ping(&mut self, now: Time, ask: Asked) {
        let signals = self.resume().map_or(0, |resume| resume.signals);
        if let State::Open { ping_at, asked, .. } = &mut self.state {
            *asked = Some(asked.filter(|before| now < before.by && before.by < ask.by).unwrap_or(ask));
            *ping_at = now + PING_EVERY;
            self.outputs.push_back(Action::Send(ClientMessage::Ping(signals)));
        }
    }

    fn refused(&mut self, refusal: Refusal) {
        // Of the others it matters only what becomes of the session, and that is known when the socket is closed.
        let is_delivered = match self.state {
            // It comes again.
            State::First { answer_by } => {
                let comes_anew = answer_by.is_some() && is_of_visit(&refusal);
                refusal.code != RefusalCode::ServerGoingAway && !comes_anew
            }
            State::Open { .. } => stays_open(refusal.code),
            State::Visiting | State::Visited | State::Waiting { .. } | State::Opening { .. } | State::Over => false,
        };
        if is_delivered {
            self.deliver(ServerMessage::Refused(refusal.clone()));
        }
        self.refusal = Some(refusal);
    }

    fn give_up(&mut self, now: Time, why: &str) {
        self.outputs.push_back(Action::Close);
        self.on_lost(now, SignalingError::Lost(why.into()));
    }

    fn begin(&mut self, join: Join) {
        self.join = Some(join);
        self.say_join();
    }

    fn open(&mut self, now: Time) {
        self.state = State::Opening { since: now };
        self.outputs.push_back(Action::Open);
        self.say_join();
    }

    fn say_join(&mut self) {
        let Some(join) = &mut self.join else { return };
        self.outputs.push_back(Action::Send(ClientMessage::Join(join.clone())));
        // Somebody may have got the offer with this one. Who joins again is somebody else.
        join.offer.clear();
    }

    fn end(&mut self, why: SignalingError) {
        self.state = State::Over;
        self.outputs.push_back(Action::Deliver(Err(why)));
    }

    fn resume(&mut self) -> Option<&mut Resume> {
        self.join.as_mut()?.resume.as_mut()
    }

    fn deliver(&mut self, message: ServerMessage) {
        self.outputs.push_back(Action::Deliver(Ok(message)));
    }
}

#[cfg(test)]
mod tests;
