//! The steps of a call, as they happen, under the names that tutorials use.

use itodenwa_wire::{Candidate, PeerId};

use crate::event::ConnectionState;
use crate::time::Time;

/// One step of a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// When.
    pub at: Time,
    /// With whom.
    pub peer: PeerId,
    /// What.
    pub step: Step,
}

/// What happened. The order of a first call with Trickle ICE: one side `makeOffer`, `sendOffer`, candidates, `setAnswer`;
/// the other `receiveOffer`, `setOffer`, `makeAnswer`, `sendAnswer`, candidates; both `connecting`, `connected`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// An offer was made and set as the local description.
    MakeOffer,
    /// It was sent.
    SendOffer,
    /// An offer came.
    ReceiveOffer,
    /// It was set as the remote description.
    SetOffer,
    /// An answer was made and set as the local description.
    MakeAnswer,
    /// It was sent.
    SendAnswer,
    /// An answer came.
    ReceiveAnswer,
    /// It was set as the remote description.
    SetAnswer,
    /// A candidate was sent (Trickle ICE).
    SendCandidate(CandidateSummary),
    /// A candidate of the other side was added.
    SetCandidate(CandidateSummary),
    /// All candidates were sent.
    SendEndOfCandidates,
    /// The other side has no more candidates.
    SetEndOfCandidates,
    /// All candidates were gathered, or the time for it is over: the description is complete (Vanilla ICE).
    GatherCandidates {
        /// How many candidates the description has.
        candidates: usize,
        /// Whether gathering had finished.
        complete: bool,
    },
    /// The connection's state changed.
    State(ConnectionState),
    /// The control channel is open.
    ChannelOpen,
    /// ICE is started again with new credentials.
    RestartIce,
    /// The connection is replaced by a new one.
    NewConnection,
    /// A description or candidate was refused; the text says what.
    Refused(String),
    /// The connection was closed.
    Close,
}

impl Step {
    /// The step's name: `makeOffer`, `sendOffer`, …
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Step::MakeOffer => "makeOffer",
            Step::SendOffer => "sendOffer",
            Step::ReceiveOffer => "receiveOffer",
            Step::SetOffer => "setOffer",
            Step::MakeAnswer => "makeAnswer",
            Step::SendAnswer => "sendAnswer",
            Step::ReceiveAnswer => "receiveAnswer",
            Step::SetAnswer => "setAnswer",
            Step::SendCandidate(_) => "sendCandidate",
            Step::SetCandidate(_) => "setCandidate",
            Step::SendEndOfCandidates => "sendEndOfCandidates",
            Step::SetEndOfCandidates => "setEndOfCandidates",
            Step::GatherCandidates { .. } => "gatherCandidates",
            Step::State(state) => state.as_str(),
            Step::ChannelOpen => "channelOpen",
            Step::RestartIce => "restartIce",
            Step::NewConnection => "newConnection",
            Step::Refused(_) => "refused",
            Step::Close => "close",
        }
    }

    /// What there is to say beyond the name: a candidate's type and protocol, why something was refused. May be empty.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Step::SendCandidate(summary) | Step::SetCandidate(summary) => {
                format!("{} {}", summary.kind, summary.protocol)
            }
            Step::GatherCandidates { candidates, complete: true } => format!("{candidates}"),
            Step::GatherCandidates { candidates, complete: false } => format!("{candidates}, time is over"),
            Step::Refused(what) => what.clone(),
            _ => String::new(),
        }
    }
}

/// A candidate's type (`host`, `srflx`, `prflx`, `relay`) and protocol (`udp`, `tcp`), as in its line (RFC 8839, section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CandidateSummary {
    /// `host`, `srflx`, `prflx`, `relay`, or `?`.
    pub kind: &'static str,
    /// `udp`, `tcp`, or `?`.
    pub protocol: &'static str,
}

impl CandidateSummary {
    /// Reads a candidate line.
    #[must_use]
    pub fn of(candidate: &Candidate) -> Self {
        let mut words = candidate.candidate.split_ascii_whitespace().skip(2);
        let protocol = known(words.next(), &["udp", "tcp"]);
        let kind = known(words.skip_while(|word| *word != "typ").nth(1), &["host", "srflx", "prflx", "relay"]);
        CandidateSummary { kind, protocol }
    }
}

fn known(word: Option<&str>, names: &[&'static str]) -> &'static str {
    let word = word.unwrap_or_default();
    names.iter().find(|name| name.eq_ignore_ascii_case(word)).copied().unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(line: &str) -> CandidateSummary {
        CandidateSummary::of(&Candidate {
            candidate: line.into(),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        })
    }

    #[test]
    fn candidates_are_summed_up() {
        let relay = summary("candidate:1 1 UDP 2122 203.0.113.5 61665 typ relay raddr 10.0.0.1 rport 9");
        assert_eq!((relay.kind, relay.protocol), ("relay", "udp"));
        for nonsense in ["", "candidate:1 1", "typ", "a b c typ", "a b quic 1 2 3 typ spy"] {
            assert_eq!(summary(nonsense), CandidateSummary { kind: "?", protocol: "?" }, "{nonsense}");
        }
    }
}
