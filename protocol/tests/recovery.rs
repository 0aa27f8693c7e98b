//! What is done when something breaks.

use std::time::Duration;

use itodenwa_protocol::{Event, Input, Report, TroubleCode};
use itodenwa_wire::Source::Camera;
use itodenwa_wire::{Body, Offer, Refuse, RefuseCode};

use itodenwa_model::puppet::offers;
use itodenwa_model::{ANN, BEN, Operation, PageIndex, Puppet, Wire, World, call, count, on};

/// A page that leads, and a puppet that was made an offer.
fn offered() -> (World, PageIndex, Puppet, Offer) {
    let mut world = World::new(1);
    let ann = world.join(ANN, on(&[]));
    let me = world.page(ann).room.me().clone();
    let puppet = Puppet::join(&mut world, BEN, &me);
    world.run_for(Duration::from_millis(500));
    let offer = offers(&world.mail).remove(0);
    (world, ann, puppet, offer)
}

#[test]
fn a_nonsense_offer_is_refused_and_a_good_one_is_taken() {
    let mut world = World::new(1);
    let ben = world.join(BEN, on(&[]));
    let me = world.page(ben).room.me().clone();
    let mut puppet = Puppet::join(&mut world, ANN, &me);
    // One that the rules refuse, and one that only the browser refuses.
    for (id, sdp, code) in [(1, "hello", RefuseCode::Malformed), (2, "v=0", RefuseCode::NotApplied)] {
        puppet.say(&mut world, Body::Offer(Offer { id, sdp: sdp.into(), sources: Vec::new() }));
        let refused = Some(Body::Refuse(Refuse { id, code }));
        assert!(world.mail.iter().any(|packet| packet.body == refused), "{:?}", world.mail);
    }
    assert_eq!(world.page(ben).troubles(), [TroubleCode::DescriptionRefused; 2]);
    let offer = puppet.offer(3, 1);
    puppet.say(&mut world, offer);
    assert_eq!(count(&world.page(ben).steps(ANN), "sendAnswer"), 1);
}

/// Ten a second would be ten refusals a second, which the server counts against the page that refuses.
#[test]
fn nonsense_offers_are_refused_as_often_as_offers_are_allowed() {
    let mut world = World::new(1);
    let ben = world.join(BEN, on(&[]));
    let me = world.page(ben).room.me().clone();
    let mut puppet = Puppet::join(&mut world, ANN, &me);
    for id in 1..=40 {
        puppet.say(&mut world, Body::Offer(Offer { id, sdp: "hello".into(), sources: Vec::new() }));
    }
    // Sixteen at once, and two more in each of four seconds.
    let refused = world.page(ben).troubles().len();
    assert!((20..=26).contains(&refused), "{refused}");
}

#[test]
fn a_nonsense_answer_makes_a_new_connection() {
    let (mut world, ann, mut puppet, offer) = offered();
    let answer = itodenwa_wire::Answer { id: offer.id, sdp: "hello".into(), sources: Vec::new() };
    puppet.say(&mut world, Body::Answer(answer));
    assert_eq!(world.page(ann).troubles(), [TroubleCode::DescriptionRefused]);
    world.run_for(Duration::from_secs(2));
    assert_eq!((world.page(ann).connections.len(), world.page(ann).closed.len()), (1, 1));
}

#[test]
fn an_answer_to_another_offer_is_never_applied() {
    let (mut world, ann, mut puppet, offer) = offered();
    let Body::Answer(good) = puppet.answer(&offer, offer.id) else { unreachable!("it is an answer") };
    let stale = itodenwa_wire::Answer { id: offer.id + 1, ..good.clone() };
    puppet.say(&mut world, Body::Answer(stale));
    assert_eq!(count(&world.page(ann).steps(BEN), "setAnswer"), 0);
    puppet.say(&mut world, Body::Answer(good.clone()));
    puppet.say(&mut world, Body::Answer(good));
    assert_eq!(count(&world.page(ann).steps(BEN), "setAnswer"), 1);
    assert_eq!(world.page(ann).refusals, [""; 0]);
}

#[test]
fn an_offer_out_of_turn_is_refused_and_not_applied() {
    let (mut world, ann, mut puppet, offer) = offered();
    // Once while our own offer waits for its answer, and once while nothing goes on.
    let nonsense = Offer { id: 1, sdp: "v=0".into(), sources: Vec::new() };
    puppet.say(&mut world, Body::Offer(nonsense));
    let answer = puppet.answer(&offer, offer.id);
    puppet.say(&mut world, answer);
    let unasked = puppet.offer(2, 1);
    puppet.say(&mut world, unasked);
    for id in [1, 2] {
        let refused = Some(Body::Refuse(Refuse { id, code: RefuseCode::NotYourTurn }));
        assert!(world.mail.iter().any(|packet| packet.body == refused), "{id}");
    }
    assert_eq!(count(&world.page(ann).steps(BEN), "setAnswer"), 1);
    assert_eq!(count(&world.page(ann).steps(BEN), "setOffer"), 0);
}

#[test]
fn a_refusal_makes_a_new_connection() {
    let (mut world, ann, mut puppet, offer) = offered();
    puppet.say(&mut world, Body::Refuse(Refuse { id: offer.id + 1, code: RefuseCode::NotApplied }));
    assert_eq!(world.page(ann).closed.len(), 0, "it is of another offer");
    puppet.say(&mut world, Body::Refuse(Refuse { id: offer.id, code: RefuseCode::NotApplied }));
    assert_eq!(world.page(ann).troubles(), [TroubleCode::DescriptionRejected]);
    let details = world.page(ann).events.iter().filter_map(|event| match event {
        Event::Trouble(trouble) => Some(&*trouble.detail),
        _ => None,
    });
    assert_eq!(details.collect::<Vec<_>>(), ["not-applied"]);
    assert_eq!(world.page(ann).closed.len(), 1);
}

#[test]
fn whatever_operation_fails_both_are_connected_again() {
    let operations = [
        Operation::Open,
        Operation::MakeOffer,
        Operation::SetOffer,
        Operation::MakeAnswer,
        Operation::SetAnswer,
        Operation::AddCandidate,
    ];
    for operation in operations {
        let mut world = World::new(1);
        let pages = [world.join(ANN, on(&[Camera])), world.join(BEN, on(&[Camera]))];
        for page in pages {
            world.page_mut(page).failing.push(operation);
        }
        world.run();
        world.assert_converged();
        let failed = pages.iter().filter(|page| world.page(**page).failing.is_empty()).count();
        assert!(failed > 0, "{operation:?} did not happen");
    }
}

#[test]
fn a_connection_that_cannot_be_made_is_tried_ever_more_rarely_and_never_given_up() {
    let mut world = World::new(1);
    world.browser_delay = 0;
    let ann = world.join(ANN, on(&[]));
    world.page_mut(ann).failing = vec![Operation::Open; 100];
    world.puppet(BEN);
    world.run_for(Duration::from_secs(80));
    let page = world.page(ann);
    let tries: Vec<_> =
        page.timeline.iter().filter(|entry| entry.step.name() == "newConnection").map(|e| e.at).collect();
    let first = page.timeline[0].at;
    let waits: Vec<u64> =
        std::iter::once(&first).chain(&tries).zip(&tries).map(|(from, to)| (*to - *from).as_secs()).collect();
    assert_eq!(waits, [1, 2, 4, 8, 15, 15, 15, 15]);
    assert_eq!(page.troubles(), [TroubleCode::ConnectionNotMade; 9]);
    // The browser lets one be made again.
    world.page_mut(ann).failing.clear();
    world.run_for(Duration::from_secs(16));
    assert_eq!(offers(&world.mail).len(), 1);
}

#[test]
fn a_pair_that_was_given_up_begins_anew_with_a_new_session() {
    let mut world = World::new(1);
    let (ann, _) = (world.join(ANN, on(&[])), world.join(BEN, on(&[])));
    world.page_mut(ann).failing = vec![Operation::MakeOffer; 6];
    world.run_for(Duration::from_secs(60));
    assert_eq!(world.page(ann).troubles().last(), Some(&TroubleCode::GivenUp));
    let reloaded = world.now;
    world.join(BEN, on(&[Camera]));
    world.run();
    world.assert_converged();
    let connected = world.page(ann).timeline.iter().find(|entry| entry.step.name() == "connected").unwrap();
    assert!(connected.at - reloaded < Duration::from_secs(1), "at once");
}

#[test]
fn a_peer_that_acknowledges_nothing_is_told_once() {
    let (mut world, ann, _, _) = offered();
    world.run_for(Duration::from_secs(14));
    assert_eq!(world.page(ann).troubles(), []);
    world.run_for(Duration::from_secs(60));
    assert_eq!(world.page(ann).troubles(), [TroubleCode::PeerSilent]);
}

#[test]
fn more_than_may_wait_for_an_acknowledgement_makes_a_new_connection() {
    let (mut world, ann, _, _) = offered();
    for on in [true, false].into_iter().cycle().take(300) {
        world.set(ann, Camera, on);
    }
    assert_eq!(world.page(ann).troubles(), [TroubleCode::PeerSilent]);
    assert_eq!(world.page(ann).closed.len(), 1);
}

/// The last place is taken by the first of several things that follow from one another.
#[test]
fn what_was_about_to_follow_does_not_follow_a_connection_that_ended() {
    for places in 240..262 {
        let mut world = World::new(1);
        world.candidates = Some(20);
        world.gathering_delay = 0;
        world.browser_delay = 20;
        let ann = world.join(ANN, on(&[]));
        world.puppet(BEN);
        world.run_until(|world| world.page(ann).with(BEN).is_some());
        for on in [true, false].into_iter().cycle().take(places) {
            world.set(ann, Camera, on);
        }
        // The model fails on a command for a closed connection; a new incarnation begins with its Hello alone.
        world.run_for(Duration::from_millis(900));
        let told = world.page(ann).troubles();
        assert!(told.is_empty() || told == [TroubleCode::PeerSilent], "{told:?}");
        let mut anew = world.mail.iter().filter(|packet| packet.from_epoch.connection() > 0);
        assert!(anew.all(|packet| packet.body == Some(Body::Hello)), "{:?}", world.mail.last());
    }
}

#[test]
fn a_gap_in_the_signalling_is_made_up_for_at_once() {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    (world.wire, world.channel) = (Wire::CUT, Wire::CUT);
    world.set(ann, Camera, true);
    world.run_for(Duration::from_millis(3500));
    assert_eq!(world.page(ben).sees(ANN), []);
    world.wire = Wire::PERFECT;
    world.signaling_back(ann);
    world.run_for(Duration::from_millis(50));
    assert_eq!(world.page(ben).sees(ANN), [Camera], "not only after the next four seconds");
}

#[test]
fn a_channel_that_the_other_side_closes_is_waited_for_and_then_replaced() {
    let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
    let (id, _) = world.page(ann).with(BEN).expect("there is a connection");
    world.input(ann, Input::Report { peer: BEN, connection: id, report: Report::ChannelClosed });
    assert_eq!(world.page(ann).connections.len(), 0);
    world.run();
    world.assert_converged();
    // Both may begin anew at the same moment: then once more.
    assert!((1..=2).contains(&world.page(ben).closed.len()));
}

#[test]
fn what_a_dead_connection_reports_is_ignored() {
    let (mut world, ann, _) = call(on(&[Camera]), on(&[Camera]));
    let (dead, _) = world.page(ann).with(BEN).expect("there is a connection");
    world.join(BEN, on(&[Camera]));
    world.run();
    let (events, steps) = (world.page(ann).events.clone(), world.page(ann).timeline.len());
    for report in [
        Report::ChannelClosed,
        Report::State(itodenwa_protocol::ConnectionState::Failed),
        Report::Refused { name: "OperationError".into(), message: String::new() },
        Report::GatheringComplete,
    ] {
        world.input(ann, Input::Report { peer: BEN, connection: dead, report });
    }
    world.run();
    world.assert_converged();
    assert_eq!((&world.page(ann).events, world.page(ann).timeline.len()), (&events, steps));
}

#[test]
fn a_failed_path_is_told() {
    let (mut world, ann, _) = call(on(&[]), on(&[]));
    let (connection, _) = world.page(ann).with(BEN).expect("there is a connection");
    let state = itodenwa_protocol::ConnectionState::Failed;
    world.input(ann, Input::Report { peer: BEN, connection, report: Report::State(state) });
    assert_eq!(world.page(ann).troubles(), [TroubleCode::ConnectionFailed]);
    let told = Event::Connection { peer: BEN, state };
    assert!(world.page(ann).events.contains(&told));
}
