//! A connection of a page, and what goes on at it: the operation in flight, the gathering, the path.

use itodenwa_protocol::{Command, ConnectionState, Report};
use itodenwa_wire::PeerId;

use crate::browser::{Connection, Exception, Gathering};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Live {
    pub peer: PeerId,
    pub browser: Connection,
    pub in_flight: bool,
    pub gathering: Option<Gathering>,
    /// The operation in flight is what began it.
    pub renewing: bool,
    /// Both fragments of the path that was found last.
    pub path: Option<Path>,
    pub state: ConnectionState,
    pub channel_open: bool,
    /// The other side reads packets that come through the channel.
    pub takes_packets: bool,
    /// What became of the path, if it was lost.
    pub lost: Option<Lost>,
}

/// A path that carries nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lost {
    path: Path,
    loss: Loss,
    /// No other path will carry either, with this connection.
    for_good: bool,
}

/// How a browser shows that a path was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loss {
    Disconnected,
    Failed,
    /// Not at all.
    Silent,
}

/// Our fragment and theirs.
pub type Path = (String, String);

/// The kinds of [`Command`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    Open,
    MakeOffer,
    SetLocalOffer,
    SetOffer,
    MakeAnswer,
    SetAnswer,
    Describe,
    AddCandidate,
}

impl Operation {
    pub fn of(command: &Command) -> Self {
        match command {
            Command::Open => Operation::Open,
            Command::MakeOffer { .. } => Operation::MakeOffer,
            Command::SetLocalOffer => Operation::SetLocalOffer,
            Command::SetOffer { .. } => Operation::SetOffer,
            Command::MakeAnswer { .. } => Operation::MakeAnswer,
            Command::SetAnswer { .. } => Operation::SetAnswer,
            Command::Describe => Operation::Describe,
            Command::AddCandidate(_) | Command::EndOfCandidates(_) => Operation::AddCandidate,
            Command::Close => unreachable!("closing is not an operation"),
        }
    }
}

impl Live {
    pub fn new(peer: PeerId, browser: Connection) -> Self {
        Live {
            peer,
            browser,
            in_flight: true,
            gathering: None,
            renewing: false,
            path: None,
            state: ConnectionState::New,
            channel_open: false,
            takes_packets: false,
            lost: None,
        }
    }

    /// Whether there is a path that may be lost.
    pub fn may_lose(&self) -> bool {
        self.channel_open && self.state == ConnectionState::Connected && self.lost.is_none()
    }

    /// Loses its path, and tells what the page sees of it.
    pub fn lose(&mut self, loss: Loss, for_good: bool) -> Option<Report> {
        let path = self.path.clone()?;
        self.lost = Some(Lost { path, loss, for_good });
        Some(match loss {
            Loss::Disconnected => Report::State(ConnectionState::Disconnected),
            Loss::Failed => Report::State(ConnectionState::Failed),
            Loss::Silent => Report::Silent,
        })
    }

    /// The path that it lost carries again. What the page hears of it.
    pub fn regain(&mut self) -> Option<Report> {
        Some(match self.lost.take()?.loss {
            Loss::Silent => Report::Heard,
            Loss::Disconnected | Loss::Failed => Report::State(ConnectionState::Connected),
        })
    }

    /// Does an operation; a gathering that begins by it finds that many candidates.
    pub fn execute(&mut self, command: Command, candidates: usize) -> Result<(Report, Option<Gathering>), Exception> {
        let done = self.browser.execute(command, candidates)?;
        if let (_, Some(gathering)) = &done {
            self.gathering = Some(gathering.clone());
            self.renewing = true;
        }
        Ok(done)
    }

    /// Fails, for no fault of anybody.
    pub fn fail(&mut self, command: &Command) -> Exception {
        if let Command::AddCandidate(candidate) = command {
            self.browser.miss(candidate);
        }
        ("OperationError", "it failed".to_owned())
    }

    /// The candidate at this place was gathered, or after the last one: there are no more. Tells what the page hears of it.
    pub fn gathered(&mut self, gathering: &Gathering, place: usize) -> Option<Report> {
        let current = self.gathering.as_ref() == Some(gathering);
        // What an older gathering had in its queue still comes, until the operation that ended it is reported or the new
        // one begins.
        if !current && !self.renewing {
            return None;
        }
        self.renewing &= !current;
        if place > gathering.candidates {
            return Some(Report::GatheringComplete);
        }
        let candidate = gathering.candidate(place);
        if current {
            self.browser.gather(candidate.candidate.clone());
        }
        Some(Report::LocalCandidate(candidate))
    }

    /// The page hears this; it may be the answer to the operation in flight.
    pub fn reported(&mut self, report: &Report, answers: bool) {
        self.in_flight &= !answers;
        self.renewing &= !answers;
        self.channel_open |= *report == Report::ChannelOpen;
        self.takes_packets |= *report == Report::ReadsPackets;
        if let Report::State(state) = report {
            self.state = *state;
        }
    }

    /// The path to the other side, if both descriptions count and somebody could be reached with them.
    pub fn reach(&self) -> Option<Path> {
        let (mine, theirs) = self.browser.credentials()?;
        let path = (self.browser.known(theirs) > 0).then(|| (mine.to_owned(), theirs.to_owned()))?;
        let is_lost = self.lost.as_ref().is_some_and(|lost| lost.for_good || lost.path == path);
        (!is_lost).then_some(path)
    }

    /// Whether what the channel is given arrives.
    pub fn carries(&self) -> bool {
        self.path.is_some() && self.lost.is_none()
    }

    /// Takes a path that both sides can reach each other by. What the page hears of it: nothing if it was connected before; and
    /// whether the other side reads packets from the channel.
    pub fn take_path(&mut self, path: Path, reads_packets: bool) -> &'static [Report] {
        const CONNECTED: [Report; 4] = [
            Report::State(ConnectionState::Connecting),
            Report::State(ConnectionState::Connected),
            Report::ChannelOpen,
            Report::ReadsPackets,
        ];
        let connected = if reads_packets { &CONNECTED[..] } else { &CONNECTED[..3] };
        let found_before = self.path.replace(path).is_some();
        match self.lost.take().map(|lost| lost.loss) {
            _ if !found_before => connected,
            Some(Loss::Disconnected | Loss::Failed) => &[Report::State(ConnectionState::Connected)],
            Some(Loss::Silent) => &[Report::Heard],
            None => &[],
        }
    }
}
