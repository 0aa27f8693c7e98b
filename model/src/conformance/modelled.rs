//! The model as a browser of the suite.

use std::collections::VecDeque;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use itodenwa_protocol::{Command, Report};
use itodenwa_wire::Candidate;

use super::peer::{Browser, Peer};
use crate::browser::{Connection, Gathering, Profile, Signaling, refusal};
use crate::sdp::{Direction, Kind};

/// How many candidates each gathering finds.
const CANDIDATES: usize = 3;

/// Connections of the model. All operations settle at once, so whoever awaits one is never kept waiting ([`at_once`]).
#[derive(Debug)]
pub struct Modelled {
    is: Profile,
    expected: Profile,
    connections: u32,
}

impl Modelled {
    pub fn new(profile: Profile) -> Self {
        Modelled { is: profile, expected: profile, connections: 0 }
    }

    /// What is expected is another profile, for who wants to see the suite fail.
    pub fn expecting(self, expected: Profile) -> Self {
        Modelled { expected, ..self }
    }
}

/// Runs a case with the model.
pub fn at_once<T>(case: impl Future<Output = T>) -> T {
    match pin!(case).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the model waits for something"),
    }
}

impl Browser for Modelled {
    type Peer = Page;

    fn profile(&self) -> Profile {
        self.expected
    }

    fn open(&mut self) -> Page {
        self.connections += 1;
        Page {
            connection: Connection::new(self.is, self.connections),
            chain: VecDeque::new(),
            gathering: None,
            is_closed: false,
        }
    }
}

/// A connection, and the chain of its operations: each begins when the one before is done (W3C WebRTC, section 4.4.1.2).
#[derive(Debug)]
pub struct Page {
    connection: Connection,
    chain: VecDeque<Command>,
    gathering: Option<Gathering>,
    is_closed: bool,
}

impl Peer for Page {
    fn begin(&mut self, command: Command) {
        self.chain.push_back(command);
    }

    async fn answer(&mut self) -> Option<Report> {
        if self.is_closed {
            return None;
        }
        let command = self.chain.pop_front()?;
        let of_a_candidate = !command.is_waited_for();
        Some(match self.connection.operate(command, CANDIDATES) {
            Ok((report, gathering)) => {
                self.gathering = gathering.or(self.gathering.take());
                report
            }
            Err(exception) => refusal(of_a_candidate, exception),
        })
    }

    async fn gathered(&mut self) -> Vec<Candidate> {
        let Some(gathering) = self.gathering.take() else { return Vec::new() };
        let candidates: Vec<_> = (1..=gathering.candidates).map(|place| gathering.candidate(place)).collect();
        candidates.iter().for_each(|candidate| self.connection.gather(candidate.candidate.clone()));
        candidates
    }

    fn close(&mut self) {
        self.is_closed = true;
    }

    fn signaling(&self) -> Signaling {
        self.connection.signaling
    }

    fn local(&self) -> Option<String> {
        self.connection.local_description().map(ToString::to_string)
    }

    fn remote(&self) -> Option<String> {
        self.connection.remote_description().map(ToString::to_string)
    }

    fn restart_ice(&mut self) {
        self.connection.restart_ice();
    }

    fn add(&mut self, kind: Kind) {
        self.connection.add(kind);
    }

    fn set_direction(&mut self, mid: &str, direction: Direction) {
        self.connection.set_direction(mid, direction);
    }

    fn stop(&mut self, mid: &str) {
        self.connection.stop(mid);
    }
}
