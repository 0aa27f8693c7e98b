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
    /// The description or the candidate that the step is about, in its own words; empty where there is none. See [`text`].
    pub text: String,
}

/// Bytes of a text that an entry keeps: the description of a call with camera, microphone and screen has about half as many.
const TEXT_BYTES: usize = 16 * 1024;
/// What of a password is kept: two of them can still be told apart.
const PASSWORD_CHARS: usize = 4;
const PASSWORD: &str = "a=ice-pwd:";

/// A description or a candidate as the timeline keeps it: without the passwords of ICE (RFC 8839, section 5.4), of which the beginning
/// is left, and 16 KiB of it at most.
#[must_use]
pub fn text(description: &str) -> String {
    let mut text = String::new();
    for line in description.split_inclusive('\n') {
        let shown = match line.strip_prefix(PASSWORD) {
            Some(password) => {
                let kept = password.char_indices().nth(PASSWORD_CHARS).map_or(0, |(end, _)| end);
                line.get(..PASSWORD.len() + kept).unwrap_or(PASSWORD)
            }
            None => line,
        };
        if text.len() + line.len() > TEXT_BYTES {
            text.push('…');
            break;
        }
        text.push_str(shown);
        if shown.len() < line.len() {
            text.push_str("…\r\n");
        }
    }
    text
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
    /// The state of a layer below it changed: what the connection's state is made of.
    Layer {
        /// Which.
        layer: Layer,
        /// Its W3C name, as `checking`.
        state: String,
    },
    /// A STUN or TURN server gave no candidate: its address, and why (W3C WebRTC, `icecandidateerror`).
    CandidateError(String),
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
            Step::Layer { layer, .. } => layer.as_str(),
            Step::CandidateError(_) => "candidateError",
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
                [summary.kind, " ", summary.protocol].concat()
            }
            Step::GatherCandidates { candidates, complete: true } => candidates.to_string(),
            Step::GatherCandidates { candidates, complete: false } => {
                [&candidates.to_string(), ", time is over"].concat()
            }
            Step::Layer { state: what, .. } | Step::CandidateError(what) | Step::Refused(what) => what.clone(),
            _ => String::new(),
        }
    }
}

/// A layer of a connection (RFC 8835, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layer {
    /// Finds a path (`RTCPeerConnection.iceConnectionState`).
    Ice,
    /// Agrees on keys over it (`RTCDtlsTransport.state`).
    Dtls,
}

impl Layer {
    /// The name in the timeline: `ice`, `dtls`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Layer::Ice => "ice",
            Layer::Dtls => "dtls",
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
        CandidateSummary::of_line(&candidate.candidate)
    }

    /// The same of the line itself.
    pub(crate) fn of_line(line: &str) -> Self {
        let mut words = line.split_ascii_whitespace().skip(2);
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
    fn passwords_are_cut_and_texts_are_bounded() {
        let shown = text("v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:sesameOpen\r\na=mid:0\r\na=ice-pwd:x\na=ice-pwd:üüüüü");
        assert_eq!(
            shown,
            "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:sesa…\r\na=mid:0\r\na=ice-pwd:…\r\na=ice-pwd:üüüü…\r\n"
        );
        assert!(text(&"a=rtpmap:96 VP8/90000\r\n".repeat(10_000)).len() <= TEXT_BYTES + '…'.len_utf8());
        assert_eq!(text(&"x".repeat(TEXT_BYTES + 1)), "…");
        assert_eq!(text(""), "");
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
