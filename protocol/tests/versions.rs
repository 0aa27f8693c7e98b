//! Peers of another version: what is not known does not stop what is, and what the first version said is still understood.

use std::time::Duration;

use itodenwa_model::{ANN, BEN, Puppet, World, count, on};
use itodenwa_protocol::{Command, Config, Event, Input, Output, Report, Room, Time, TroubleCode, Way};
use itodenwa_wire::{Body, Epoch, Member, Packet, PeerId, Source, Welcome};
use serde::Deserialize;

#[test]
fn what_is_not_known_has_its_place_and_stops_nothing() {
    let mut world = World::new(0);
    let ben = world.join(BEN, on(&[]));
    let me = world.page(ben).room.me().clone();
    let mut puppet = Puppet::join(&mut world, ANN, &me);
    puppet.say(&mut world, Body::Unknown);
    let offer = puppet.offer(1, 1);
    puppet.say(&mut world, offer);
    assert_eq!(count(&world.page(ben).steps(ANN), "sendAnswer"), 1);
    for _ in 0..100 {
        puppet.say(&mut world, Body::Unknown);
    }
    let candidate = puppet.candidate(1);
    puppet.say(&mut world, Body::Candidate(candidate.clone()));
    let browser = &world.page(ben).with(ANN).expect("there is a connection").1.browser;
    assert_eq!(browser.known(candidate.username_fragment.as_deref().unwrap()), 1);
    // 101 of them: told for the 1st, 2nd, 4th, … 64th.
    assert_eq!(world.page(ben).troubles(), [TroubleCode::PacketMalformed; 7]);
    // An acknowledgement waits a moment for something that takes it along.
    world.run_for(Duration::from_secs(1));
    let last = world.mail.iter().map(|packet| packet.ack).max();
    assert_eq!(last, Some(103), "everything is acknowledged");
}

/// A packet of a call between two Chromium of version 0.1: what Bob sent and received, in its order.
#[derive(Deserialize)]
struct Recorded {
    sent: bool,
    packet: Packet<String>,
}

fn body(text: &str) -> Body {
    serde_json::from_str(text).expect("it is a body")
}

/// Today's machine takes Bob's place, with a browser that does what Bob's did.
#[test]
fn a_call_with_the_first_version_is_still_a_call() {
    let recorded: Vec<Recorded> = serde_json::from_str(include_str!("recorded/chromium-0.1.json")).unwrap();
    let answer = recorded.iter().filter(|one| one.sent).find_map(|one| match body(one.packet.body.as_deref()?) {
        Body::Answer(answer) => Some(answer),
        _ => None,
    });
    let answer = answer.expect("Bob answered");
    let member = |id, session| Member { id: PeerId::new(id), session, name: None, pass: None, offered: None };
    let (ann, bob) = (member(1, 1), member(2, 2));
    let mut room = Room::new(Config::default(), &Welcome::new(bob, vec![ann.clone()]), Time::default());
    let (mut acknowledged, mut expected, mut media) = (0, 0, Vec::new());
    for (tick, Recorded { packet, .. }) in (0..).zip(recorded.iter().filter(|one| !one.sent)) {
        let now = Time::from_millis(tick * 50);
        let Packet { from_epoch, to_epoch, seq, ack, body: text } = packet;
        assert_eq!((*from_epoch, *to_epoch), (Epoch::of_session(1), Epoch::of_session(2)));
        expected = expected.max(*seq);
        let body = text.as_deref().map(body);
        assert_ne!(body, Some(Body::Unknown), "{text:?}");
        let packet = Packet { from_epoch: *from_epoch, to_epoch: *to_epoch, seq: *seq, ack: *ack, body };
        let mut inputs = vec![Input::Packet { from: ann.id, way: Way::Server, packet }];
        while let Some(input) = inputs.pop() {
            room.handle(now, input);
            while let Some(output) = room.poll() {
                match output {
                    Output::Send { packet, .. } => acknowledged = acknowledged.max(packet.ack),
                    Output::Command { peer, connection, command } => {
                        let report = match command {
                            Command::Open => Report::Opened,
                            Command::SetOffer { .. } => Report::OfferSet,
                            Command::MakeAnswer { .. } => {
                                Report::AnswerMade { sdp: answer.sdp.clone(), sources: answer.sources.clone() }
                            }
                            Command::AddCandidate(_) | Command::EndOfCandidates(_) => Report::CandidateAdded,
                            other => panic!("{other:?}"),
                        };
                        inputs.push(Input::Report { peer, connection, report });
                    }
                    Output::Event(Event::MediaOn { source, .. }) => media.push(source),
                    Output::Event(Event::Trouble(trouble)) => panic!("{trouble:?}"),
                    Output::Event(_) | Output::Entry(_) => {}
                }
            }
        }
    }
    while let Some(due) = room.deadline().filter(|due| *due < Time::from_millis(5_000)) {
        room.handle(due, Input::Deadline);
        while let Some(output) = room.poll() {
            if let Output::Send { packet, .. } = output {
                acknowledged = acknowledged.max(packet.ack);
            }
        }
    }
    media.sort_unstable();
    assert_eq!(media, [Source::Microphone, Source::Camera], "both are carried and on");
    assert_eq!(acknowledged, expected, "everything is acknowledged");
}
