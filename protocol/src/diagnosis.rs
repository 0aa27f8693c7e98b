//! Why two people are not connected: from the steps of their call to one sentence, and one piece of advice.

use crate::event::ConnectionState;
use std::time::Duration;

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
            Verdict::DescriptionRefused => "peer/description-refused",
            Verdict::DescriptionRejected => "peer/description-rejected",
            Verdict::NoCandidates => "ice/no-candidates",
            Verdict::NoRemoteCandidates => "ice/no-remote-candidates",
            Verdict::UdpBlocked => "ice/udp-blocked",
            Verdict::NoRelay => "ice/no-relay",
            Verdict::RelayUnreachable => "ice/relay-unreachable",
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
            Verdict::DescriptionRefused => "This browser can't use what the other side offers.",
            Verdict::DescriptionRejected => "The other side's browser can't use what this one offers.",
            Verdict::NoCandidates => "This browser found no network address that it may use.",
            Verdict::NoRemoteCandidates => "The other side has told no network address.",
            Verdict::UdpBlocked => "This network seems to block UDP, which calls need.",
            Verdict::NoRelay => "There is no direct path between the two networks, and no relay.",
            Verdict::RelayUnreachable => {
                "There is no direct path between the two networks, and the relay can't be reached."
            }
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
    /// Whether the signalling server is reached.
    pub has_signaling: bool,
    /// Whether a TURN server is known here.
    pub has_relay: bool,
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
            Step::Layer { layer: Layer::Dtls, state } => self.dtls_failed = state == "failed",
            Step::State(ConnectionState::Connected) => {
                (self.connected, self.refused, self.rejected) = (true, false, false);
            }
            _ => {}
        }
    }

    fn verdict(&self, circumstances: &Circumstances) -> Verdict {
        let &Circumstances { now, state, has_signaling, has_relay, .. } = circumstances;
        let is_late =
            matches!(state, ConnectionState::Failed | ConnectionState::Disconnected) || self.since + PATIENCE <= now;
        let silent = if has_signaling { Verdict::PeerSilent } else { Verdict::SignalingAway };
        let verdicts = [
            (state == ConnectionState::Connected, Verdict::Connected),
            (self.dtls_failed, Verdict::DtlsFailed),
            (self.refused, Verdict::DescriptionRefused),
            (self.rejected, Verdict::DescriptionRejected),
            (!self.heard && !has_signaling, Verdict::SignalingAway),
            (!is_late, Verdict::Connecting),
            (!self.heard || self.offered, silent),
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
mod tests {
    use itodenwa_wire::PeerId;

    use super::*;

    const HOST: CandidateSummary = CandidateSummary { kind: "host", protocol: "udp" };
    const REFLEXIVE: CandidateSummary = CandidateSummary { kind: "srflx", protocol: "udp" };
    const RELAY: CandidateSummary = CandidateSummary { kind: "relay", protocol: "udp" };
    const FAILED: Step = Step::State(ConnectionState::Failed);

    /// The verdict on these steps, one each second, when the connection is in this state half a minute later.
    fn verdict(state: ConnectionState, has_relay: bool, steps: &[Step]) -> Verdict {
        at(Time::from_millis(30_000), state, (true, has_relay), steps)
    }

    fn at(now: Time, state: ConnectionState, (has_signaling, has_relay): (bool, bool), steps: &[Step]) -> Verdict {
        let peer = PeerId::new(7);
        let entries = steps.iter().zip(0..).map(|(step, second)| Entry {
            at: Time::from_millis(1000 * second),
            peer,
            step: step.clone(),
            text: String::new(),
        });
        let entries: Vec<Entry> = entries.collect();
        diagnose(&entries, &Circumstances { now, since: Time::from_millis(0), state, has_signaling, has_relay })
    }

    /// Both descriptions are set, and these candidates are known.
    fn negotiated(own: &[CandidateSummary], theirs: &[CandidateSummary]) -> Vec<Step> {
        let mut steps = vec![Step::MakeOffer, Step::SendOffer];
        steps.extend(own.iter().map(|own| Step::SendCandidate(*own)));
        steps.extend([Step::ReceiveAnswer, Step::SetAnswer]);
        steps.extend(theirs.iter().map(|theirs| Step::SetCandidate(*theirs)));
        steps
    }

    fn and(mut steps: Vec<Step>, last: &[Step]) -> Vec<Step> {
        steps.extend_from_slice(last);
        steps
    }

    fn dtls(state: &str) -> Step {
        Step::Layer { layer: Layer::Dtls, state: state.into() }
    }

    #[test]
    fn each_thing_that_can_be_wrong_is_told_from_the_others() {
        use ConnectionState::{Closed, Connected, Connecting, Disconnected, Failed, New};
        let refused = || Step::Refused("SyntaxError".into());
        let error = || Step::CandidateError("stun:192.0.2.1 701".into());
        let paths = || negotiated(&[HOST, REFLEXIVE], &[HOST]);
        let relayed = || negotiated(&[HOST, RELAY], &[HOST]);
        for (expected, state, has_relay, steps) in [
            (Verdict::Connected, Connected, false, and(paths(), &[Step::State(Connected)])),
            (Verdict::PeerSilent, New, true, vec![]),
            (Verdict::PeerSilent, New, true, vec![Step::MakeOffer, Step::SendOffer, Step::SendCandidate(HOST)]),
            (Verdict::DescriptionRefused, New, true, vec![Step::ReceiveOffer, refused()]),
            (
                Verdict::DescriptionRefused,
                Closed,
                true,
                vec![Step::ReceiveAnswer, refused(), Step::Close, Step::NewConnection],
            ),
            (
                Verdict::DescriptionRejected,
                Closed,
                true,
                vec![Step::MakeOffer, Step::SendOffer, refused(), Step::Close],
            ),
            (Verdict::NoCandidates, Failed, true, and(negotiated(&[], &[HOST]), &[FAILED])),
            (Verdict::NoRemoteCandidates, Connecting, true, negotiated(&[HOST], &[])),
            (Verdict::UdpBlocked, Failed, true, and(negotiated(&[HOST], &[HOST]), &[error(), FAILED])),
            (Verdict::NoRelay, Failed, false, and(paths(), &[FAILED])),
            (Verdict::RelayUnreachable, Failed, true, and(paths(), &[error(), FAILED])),
            (Verdict::NoPath, Failed, true, and(relayed(), &[error(), FAILED])),
            (Verdict::NoPath, Failed, false, and(negotiated(&[HOST], &[RELAY]), &[FAILED])),
            (Verdict::DtlsFailed, Failed, true, and(paths(), &[dtls("connecting"), dtls("failed"), FAILED])),
            (
                Verdict::PathLost,
                Disconnected,
                false,
                and(paths(), &[Step::State(Connected), Step::State(Disconnected)]),
            ),
            // What was wrong before they were connected is no more.
            (
                Verdict::PathLost,
                Failed,
                false,
                and(and(vec![Step::ReceiveOffer, refused()], &paths()), &[Step::State(Connected)]),
            ),
            // Of the connection before it nothing counts.
            (Verdict::PeerSilent, New, true, and(paths(), &[FAILED, Step::NewConnection, Step::MakeOffer])),
        ] {
            assert_eq!(verdict(state, has_relay, &steps), expected, "{steps:?}");
        }
    }

    #[test]
    fn a_server_that_is_away_is_the_reason_of_silence_and_of_nothing_else() {
        let later = Time::from_millis(30_000);
        let offer = [Step::MakeOffer, Step::SendOffer];
        assert_eq!(at(later, ConnectionState::New, (false, true), &[]), Verdict::SignalingAway);
        assert_eq!(at(later, ConnectionState::New, (false, true), &offer), Verdict::SignalingAway);
        let failed = and(negotiated(&[HOST, REFLEXIVE], &[HOST]), &[FAILED]);
        assert_eq!(at(later, ConnectionState::Failed, (false, false), &failed), Verdict::NoRelay);
        assert_eq!(at(later, ConnectionState::Connected, (false, false), &failed), Verdict::Connected);
    }

    #[test]
    fn a_call_that_has_just_begun_gets_its_time() {
        let steps = negotiated(&[HOST], &[HOST]);
        for (now, expected) in [(9_999, Verdict::Connecting), (10_000, Verdict::NoRelay)] {
            assert_eq!(at(Time::from_millis(now), ConnectionState::Connecting, (true, false), &steps), expected);
        }
        let new = and(steps, &[Step::NewConnection]);
        assert_eq!(at(Time::from_millis(10_000), ConnectionState::New, (true, false), &new), Verdict::Connecting);
    }

    #[test]
    fn candidates_in_a_description_count_as_well() {
        let text = "v=0\r\na=candidate:1 1 UDP 2122 192.0.2.7 5 typ relay raddr 0.0.0.0 rport 0\r\n";
        let entry =
            |step, text: &str| Entry { at: Time::from_millis(1), peer: PeerId::new(7), step, text: text.into() };
        let steps = [
            entry(Step::MakeOffer, "v=0\r\n"),
            entry(Step::GatherCandidates { candidates: 1, complete: true }, text),
            entry(Step::ReceiveAnswer, text),
            entry(Step::SetAnswer, ""),
        ];
        let circumstances = Circumstances {
            now: Time::from_millis(20_000),
            since: Time::from_millis(0),
            state: ConnectionState::Failed,
            has_signaling: true,
            has_relay: true,
        };
        assert_eq!(diagnose(&steps, &circumstances), Verdict::NoPath);
        assert_eq!(diagnose(&steps[..3], &circumstances), Verdict::NoPath);
        assert_eq!(diagnose(&steps[2..], &circumstances), Verdict::NoCandidates);
    }

    #[test]
    fn each_verdict_has_a_sentence() {
        use Verdict::*;
        let all = [
            Connected,
            Connecting,
            SignalingAway,
            PeerSilent,
            DescriptionRefused,
            DescriptionRejected,
            NoCandidates,
            NoRemoteCandidates,
            UdpBlocked,
            NoRelay,
            RelayUnreachable,
            NoPath,
            DtlsFailed,
            PathLost,
        ];
        for verdict in all {
            assert!(verdict.explain().ends_with('.') && verdict.code().contains('/'), "{verdict:?}");
            assert_eq!(verdict.advice().is_empty(), verdict == Connected, "{verdict:?}");
        }
    }
}
