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
    let policy = IceTransportPolicy::All;
    let (since, has_other_key) = (Time::from_millis(0), false);
    diagnose(&entries, &Circumstances { now, since, state, has_other_key, has_signaling, has_relay, policy })
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

fn ice(state: &str) -> Step {
    Step::Layer { layer: Layer::Ice, state: state.into() }
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
        (Verdict::DescriptionRejected, Closed, true, vec![Step::MakeOffer, Step::SendOffer, refused(), Step::Close]),
        (Verdict::NoCandidates, Failed, true, and(negotiated(&[], &[HOST]), &[FAILED])),
        (Verdict::NoRemoteCandidates, Connecting, true, negotiated(&[HOST], &[])),
        (Verdict::UdpBlocked, Failed, true, and(negotiated(&[HOST], &[HOST]), &[error(), FAILED])),
        (Verdict::NoRelay, Failed, false, and(paths(), &[FAILED])),
        (Verdict::RelayUnreachable, Failed, true, and(paths(), &[error(), FAILED])),
        (Verdict::NoPath, Failed, true, and(relayed(), &[error(), FAILED])),
        (Verdict::NoPath, Failed, false, and(negotiated(&[HOST], &[RELAY]), &[FAILED])),
        (
            Verdict::DtlsFailed,
            Failed,
            true,
            and(paths(), &[ice("connected"), dtls("connecting"), dtls("failed"), FAILED]),
        ),
        // As Firefox tells it where there is no path, and where it was lost.
        (Verdict::NoPath, Failed, true, and(relayed(), &[ice("checking"), dtls("failed"), ice("failed"), FAILED])),
        (
            Verdict::PathLost,
            Failed,
            true,
            and(
                relayed(),
                &[ice("connected"), dtls("connected"), Step::State(Connected), dtls("failed"), ice("failed"), FAILED],
            ),
        ),
        (Verdict::PathLost, Disconnected, false, and(paths(), &[Step::State(Connected), Step::State(Disconnected)])),
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
    let entry = |step, text: &str| Entry { at: Time::from_millis(1), peer: PeerId::new(7), step, text: text.into() };
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
        has_other_key: false,
        has_signaling: true,
        has_relay: true,
        policy: IceTransportPolicy::All,
    };
    assert_eq!(diagnose(&steps, &circumstances), Verdict::NoPath);
    assert_eq!(diagnose(&steps[..3], &circumstances), Verdict::NoPath);
    assert_eq!(diagnose(&steps[2..], &circumstances), Verdict::NoCandidates);
    let sealed = Circumstances { has_other_key: true, ..circumstances };
    assert_eq!(diagnose(&steps, &sealed), Verdict::KeyDiffers);
    let connected = Circumstances { state: ConnectionState::Connected, ..sealed };
    assert_eq!(diagnose(&steps, &connected), Verdict::Connected);
    // Whoever hides behind a relay needs one, and has no other candidates.
    let hidden = Circumstances { policy: IceTransportPolicy::Relay, ..circumstances };
    assert_eq!(diagnose(&steps, &hidden), Verdict::NoPath);
    assert_eq!(diagnose(&steps[2..], &hidden), Verdict::RelayRequired);
}

#[test]
fn each_verdict_has_a_sentence() {
    use Verdict::*;
    let all = [
        Connected,
        Connecting,
        SignalingAway,
        PeerSilent,
        KeyDiffers,
        DescriptionRefused,
        DescriptionRejected,
        NoCandidates,
        NoRemoteCandidates,
        UdpBlocked,
        NoRelay,
        RelayUnreachable,
        RelayRequired,
        NoPath,
        DtlsFailed,
        PathLost,
    ];
    for verdict in all {
        assert!(verdict.explain().ends_with('.') && verdict.code().contains('/'), "{verdict:?}");
        assert_eq!(verdict.advice().is_empty(), verdict == Connected, "{verdict:?}");
    }
}
