//! Why two people are not connected: from the steps of their call to one sentence, and one piece of advice.

use std::time::Duration;

use crate::config::IceTransportPolicy;
use crate::event::ConnectionState;
use crate::time::Time;
use crate::timeline::{CandidateSummary, Entry, Layer, Step};

/// A connection that is made takes less than this, mostly much less: until then nothing is wrong with it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What can be wrong between two people. The code of each never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// Nothing is wrong.
    Connected,
    /// It is still being made, and not for long.
    Connecting,
    /// The signalling server is out of reach, so that offers and answers do not get through.
    SignalingAway,
    /// Nothing comes from the other side.
    PeerSilent,
    /// The other side is in the room with another key, or one of us with none.
    KeyDiffers,
    /// The other side's offer or answer was not taken here.
    DescriptionRefused,
    /// Our offer was not taken by the other side.
    DescriptionRejected,
    /// This browser found no candidate.
    NoCandidates,
    /// The other side has told no candidate.
    NoRemoteCandidates,
    /// The STUN and TURN servers that there are give no answer over UDP, and there is no other way.
    UdpBlocked,
    /// No direct path, and nobody has a relay: no TURN server is known here.
    NoRelay,
    /// No direct path, and the TURN server that is known here gave no relay.
    RelayUnreachable,
    /// Only relays may be used here, and there is none: no TURN server is known, or it gave no relay.
    RelayRequired,
    /// All paths were tried, also through a relay.
    NoPath,
    /// There is a path, and no keys were agreed on over it.
    DtlsFailed,
    /// There was a path, and it was lost.
    PathLost,
}

impl Verdict {
    /// The code as text.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Verdict::Connected => "connection/connected",
            Verdict::Connecting => "connection/connecting",
            Verdict::SignalingAway => "signaling/away",
            Verdict::PeerSilent => "peer/silent",
            Verdict::KeyDiffers => "peer/key-differs",
            Verdict::DescriptionRefused => "peer/description-refused",
            Verdict::DescriptionRejected => "peer/description-rejected",
            Verdict::NoCandidates => "ice/no-candidates",
            Verdict::NoRemoteCandidates => "ice/no-remote-candidates",
            Verdict::UdpBlocked => "ice/udp-blocked",
            Verdict::NoRelay => "ice/no-relay",
            Verdict::RelayUnreachable => "ice/relay-unreachable",
            Verdict::RelayRequired => "ice/relay-required",
            Verdict::NoPath => "ice/no-path",
            Verdict::DtlsFailed => "dtls/failed",
            Verdict::PathLost => "connection/lost",
        }
    }

    /// What is wrong, in one English sentence for people.
    #[must_use]
    pub const fn explain(self) -> &'static str {
        match self {
            Verdict::Connected => "You are connected.",
            Verdict::Connecting => "The connection is being made.",
            Verdict::SignalingAway => "The server that introduces the two sides is out of reach.",
            Verdict::PeerSilent => "The other side does not answer.",
            Verdict::KeyDiffers => "The other side came with another key than yours, or one of you with none.",
            Verdict::DescriptionRefused => "This browser can't use what the other side offers.",
            Verdict::DescriptionRejected => "The other side's browser can't use what this one offers.",
            Verdict::NoCandidates => "This browser found no network address that it may use.",
            Verdict::NoRemoteCandidates => "The other side has told no network address.",
            Verdict::UdpBlocked => "This network seems to block UDP, which calls need.",
            Verdict::NoRelay => "There is no direct path between the two networks, and no relay.",
            Verdict::RelayUnreachable => {
                "There is no direct path between the two networks, and the relay can't be reached."
            }
            Verdict::RelayRequired => "You hide your address behind a relay, and there is no relay.",
            Verdict::NoPath => "No path between the two networks works, not even through a relay.",
            Verdict::DtlsFailed => "There is a path, but the two browsers could not agree on keys over it.",
            Verdict::PathLost => "The path to the other side was lost.",
        }
    }

    /// What to do about it, in English for people; empty where there is nothing to do.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Verdict::Connected => "",
            Verdict::Connecting => "Wait a moment.",
            Verdict::SignalingAway => "Check your network; it goes on by itself when the server is back.",
            Verdict::KeyDiffers => "Use the same invitation, both of you.",
            Verdict::PeerSilent => "Ask them to look at their network, or to reload the page.",
            Verdict::DescriptionRefused | Verdict::DescriptionRejected => {
                "Both sides should reload, with browsers that are up to date."
            }
            Verdict::NoCandidates => {
                "Check that you are online, and that no setting or extension of the browser turns WebRTC off."
            }
            Verdict::NoRemoteCandidates => {
                "Ask them whether they are online, and whether a setting or extension of their browser turns WebRTC off."
            }
            Verdict::UdpBlocked => "Try another network, as a phone's, or ask for a TURN server over TCP or TLS.",
            Verdict::NoRelay => "Try another network, or ask whoever runs the server for a TURN server.",
            Verdict::RelayUnreachable => {
                "Try another network, or tell whoever runs the server that its TURN server does not answer."
            }
            Verdict::RelayRequired => {
                "Ask whoever runs the server for a TURN server that answers, or join without hiding your address."
            }
            Verdict::NoPath => "Let one side try another network, or switch off a VPN or firewall.",
            Verdict::DtlsFailed => "Both sides should reload; if it stays so, a proxy or firewall stands between them.",
            Verdict::PathLost => "Wait a moment, another path is looked for; if it stays so, check your network.",
        }
    }
}

/// What is known beside the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// The time now, by the clock of the steps.
    pub now: Time,
    /// Since when the other side is here, by the same clock.
    pub since: Time,
    /// The state of the connection to them.
    pub state: ConnectionState,
    /// Whether what they say is not sealed with our key.
    pub has_other_key: bool,
    /// Whether the signalling server is reached.
    pub has_signaling: bool,
    /// Whether a TURN server is known here.
    pub has_relay: bool,
    /// Which candidates are used here.
    pub policy: IceTransportPolicy,
}

/// What is the matter between us and a peer: from its steps, in their order.
///
/// A connection that is being made for less than ten seconds counts as [`Verdict::Connecting`]. What is found out later is better
/// founded: ask again when it has failed.
#[must_use]
pub fn diagnose<'a>(steps: impl IntoIterator<Item = &'a Entry>, circumstances: &Circumstances) -> Verdict {
    let mut seen = Seen { since: circumstances.since, ..Seen::default() };
    for entry in steps {
        seen.note(entry);
    }
    seen.verdict(circumstances)
}

/// Types of candidates.
#[derive(Debug, Clone, Copy, Default)]
struct Candidates {
    any: bool,
    server_reflexive: bool,
    relay: bool,
}

/// What the steps say of the connection that there is now, or was last.
#[derive(Debug, Default)]
struct Seen {
    since: Time,
    /// Something of the other side's came.
    heard: bool,
    /// An own offer waits for its answer.
    offered: bool,
    /// An offer or answer of theirs came and is not set.
    received: bool,
    /// Since they were connected last.
    refused: bool,
    rejected: bool,
    /// There was a path.
    connected: bool,
    own: Candidates,
    theirs: Candidates,
    /// A STUN or TURN server gave no answer.
    unanswered: bool,
    /// ICE found a path.
    found: bool,
    /// DTLS agreed on keys.
    agreed: bool,
    dtls_failed: bool,
}

impl Candidates {
    fn add(&mut self, CandidateSummary { kind, .. }: CandidateSummary) {
        self.any = true;
        self.server_reflexive |= matches!(kind, "srflx" | "prflx");
        self.relay |= kind == "relay";
    }

    /// Those that are in a description.
    fn read(&mut self, description: &str) {
        for line in description.lines().filter_map(|line| line.strip_prefix("a=")) {
            if line.starts_with("candidate:") {
                self.add(CandidateSummary::of_line(line));
            }
        }
    }
}

impl Seen {
    fn note(&mut self, Entry { at, step, text, .. }: &Entry) {
        match step {
            Step::NewConnection => {
                let Seen { refused, rejected, connected, .. } = *self;
                *self = Seen { since: *at, refused, rejected, connected, ..Seen::default() };
            }
            Step::MakeOffer | Step::MakeAnswer | Step::GatherCandidates { .. } => self.own.read(text),
            Step::SendCandidate(summary) => self.own.add(*summary),
            Step::SetCandidate(summary) => {
                self.heard = true;
                self.theirs.add(*summary);
            }
            Step::SendOffer => self.offered = true,
            Step::ReceiveOffer | Step::ReceiveAnswer => {
                (self.heard, self.offered, self.received) = (true, false, true);
                self.theirs.read(text);
            }
            Step::SetOffer | Step::SetAnswer => self.received = false,
            Step::Refused(_) if self.received => (self.refused, self.received) = (true, false),
            Step::Refused(_) if self.offered => (self.rejected, self.offered) = (true, false),
            Step::CandidateError(_) => self.unanswered = true,
            Step::Layer { layer: Layer::Ice, state } => {
                self.found |= matches!(state.as_str(), "connected" | "completed")
            }
            // In Firefox it also fails with each path that fails.
            Step::Layer { layer: Layer::Dtls, state } => {
                self.agreed |= state == "connected";
                self.dtls_failed = state == "failed" && self.found && !self.agreed;
            }
            Step::State(ConnectionState::Connected) => {
                (self.connected, self.refused, self.rejected) = (true, false, false);
            }
            _ => {}
        }
    }

    fn verdict(&self, circumstances: &Circumstances) -> Verdict {
        let &Circumstances { now, state, has_other_key, has_signaling, has_relay, policy, .. } = circumstances;
        let is_late =
            matches!(state, ConnectionState::Failed | ConnectionState::Disconnected) || self.since + PATIENCE <= now;
        let silent = if has_signaling { Verdict::PeerSilent } else { Verdict::SignalingAway };
        let verdicts = [
            (state == ConnectionState::Connected, Verdict::Connected),
            (has_other_key, Verdict::KeyDiffers),
            (self.dtls_failed, Verdict::DtlsFailed),
            (self.refused, Verdict::DescriptionRefused),
            (self.rejected, Verdict::DescriptionRejected),
            (!self.heard && !has_signaling, Verdict::SignalingAway),
            (!is_late, Verdict::Connecting),
            (!self.heard || self.offered, silent),
            (policy == IceTransportPolicy::Relay && !self.own.relay, Verdict::RelayRequired),
            (!self.own.any, Verdict::NoCandidates),
            (!self.theirs.any, Verdict::NoRemoteCandidates),
            (self.connected, Verdict::PathLost),
            (self.own.relay || self.theirs.relay, Verdict::NoPath),
            (self.unanswered && !self.own.server_reflexive, Verdict::UdpBlocked),
            (has_relay, Verdict::RelayUnreachable),
        ];
        verdicts.into_iter().find_map(|(is, verdict)| is.then_some(verdict)).unwrap_or(Verdict::NoRelay)
    }
}

#[cfg(test)]
mod tests;
