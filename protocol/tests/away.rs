//! That somebody is gone is a rumour as long as their connection carries.

use std::time::Duration;

use itodenwa_protocol::{ConnectionState, Event, Input, Report, Way};
use itodenwa_wire::Source::Camera;
use itodenwa_wire::{Body, DisplayName, Epoch, Identity, LeaveReason, Left, Member, Packet, Pass, PeerId, Rejoined};

use itodenwa_model::{ANN, BEN, CAT, Loss, PageIndex, Wire, World, call, on};

const SECOND: Duration = Duration::from_secs(1);
/// Who they are when they come back: the leader is another one.
const ANN_AGAIN: PeerId = PeerId::new(12);
const BEN_AGAIN: PeerId = PeerId::new(11);

/// Who came and went, as the application was told.
fn told(world: &World, page: PageIndex) -> Vec<Event> {
    let concerns = |event: &&Event| matches!(event, Event::Joined(_) | Event::Left(_) | Event::Away { .. });
    world.page(page).events.iter().filter(concerns).skip(1).cloned().collect()
}

fn away(peer: PeerId, is_away: bool) -> Event {
    Event::Away { peer, is_away }
}

fn left(id: PeerId, reason: LeaveReason) -> Event {
    Event::Left(Left { id, reason })
}

/// The packet in which a side of the call says it.
fn says(from: (PeerId, u32), to: u32, way: Way, former: PeerId, id: PeerId) -> Input {
    let (from_epoch, to_epoch) = (Epoch::of_session(from.1), Epoch::of_session(to));
    let body = Some(Body::Rejoined(Rejoined { former, id }));
    Input::Packet { from: from.0, way, packet: Packet { from_epoch, to_epoch, seq: 0, ack: 0, body } }
}

fn channel(world: &World, page: PageIndex, peer: PeerId) -> Way {
    Way::Channel(world.page(page).with(peer).expect("there is a connection").0)
}

#[test]
fn whoever_vanishes_from_the_server_is_there() {
    let (mut world, ann, ben) = call(on(&[]), on(&[Camera]));
    world.vanish(ben);
    world.run_for(60 * SECOND);
    assert_eq!(told(&world, ann), [away(BEN, true)]);
    world.set(ann, Camera, true);
    world.set(ben, Camera, false);
    world.run();
    assert_eq!((world.page(ben).sees(ANN), world.page(ann).sees(BEN)), (vec![Camera], vec![]));
    assert!(world.page(ann).closed.is_empty());
}

#[test]
fn whoever_comes_back_as_somebody_new_is_the_same() {
    // Either side of the pair may be the one that leads.
    for (lost, again) in [(BEN, BEN_AGAIN), (ANN, ANN_AGAIN), (BEN, PeerId::new(0))] {
        let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
        let (lost, stays) = if lost == ANN { (ann, ben) } else { (ben, ann) };
        let (before, other) = (world.page(lost).id(), world.page(stays).id());
        world.vanish(lost);
        world.run_for(45 * SECOND);
        world.come_back(lost, again);
        world.run();
        world.assert_converged();
        assert_eq!(told(&world, stays), [away(before, true), away(before, false)]);
        assert_eq!(told(&world, lost), []);
        assert_eq!(world.page(stays).room.server_id(before), again);
        // The server is a way again, and it is to whom they are now.
        world.channel = Wire::CUT;
        world.set(lost, Camera, false);
        world.set(stays, Camera, false);
        world.run_for(3 * SECOND);
        assert_eq!((world.page(lost).sees(other), world.page(stays).sees(again)), (vec![], vec![]));
        for page in [ann, ben] {
            assert!(world.page(page).closed.is_empty(), "it is one connection all the time");
            assert_eq!(world.page(page).troubles(), []);
        }
    }
}

#[test]
fn both_may_have_lost_the_server() {
    for is_restarted in [false, true] {
        let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
        world.vanish(ann);
        world.vanish(ben);
        world.run_for(45 * SECOND);
        world.come_back(ann, ANN_AGAIN);
        world.run_for(if is_restarted { SECOND / 100 } else { 10 * SECOND });
        world.come_back(ben, BEN_AGAIN);
        world.run();
        world.assert_converged();
        assert_eq!(told(&world, ann).last(), Some(&away(BEN, false)));
        for page in [ann, ben] {
            assert!(!told(&world, page).iter().any(|event| matches!(event, Event::Left(_) | Event::Joined(_))));
            assert!(world.page(page).closed.is_empty());
        }
    }
}

#[test]
fn the_next_connection_is_of_who_they_are_now() {
    for both in [false, true] {
        let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
        world.vanish(ben);
        if both {
            world.vanish(ann);
        }
        world.run_for(45 * SECOND);
        world.come_back(ben, BEN_AGAIN);
        if both {
            world.come_back(ann, ANN_AGAIN);
        }
        world.run();
        for page in [ann, ben, ann] {
            let peer = if page == ann { BEN } else { ANN };
            let connection = world.page(page).connections.keys().next().copied().expect("there is a connection");
            world.input(page, Input::Report { peer, connection, report: Report::ChannelClosed });
            world.run();
            world.assert_converged();
        }
        assert!(!told(&world, ann).iter().any(|event| matches!(event, Event::Left(_) | Event::Joined(_))));
    }
}

#[test]
fn whoever_is_away_and_falls_silent_is_gone() {
    for loss in [Loss::Silent, Loss::Disconnected, Loss::Failed] {
        let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
        world.vanish(ben);
        world.run_for(10 * SECOND);
        world.lose_path(ann, BEN, loss, true);
        world.lose_path(ben, ANN, loss, true);
        world.run_for(25 * SECOND);
        assert_eq!(told(&world, ann), [away(BEN, true), left(BEN, LeaveReason::Gone)], "{loss:?}");
        // And they are met anew.
        world.come_back(ben, BEN_AGAIN);
        world.run();
        world.assert_converged();
    }
}

#[test]
fn leaving_that_is_said_is_no_rumour() {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    world.vanish(ben);
    world.run_for(10 * SECOND);
    world.input(ben, Input::Leave);
    world.run_for(SECOND);
    assert_eq!(told(&world, ann).len(), 2);
    for reason in [LeaveReason::Left, LeaveReason::Removed, LeaveReason::Replaced, LeaveReason::Refused] {
        let (mut world, ann, _) = call(on(&[]), on(&[]));
        world.input(ann, Input::Left(Left { id: BEN, reason }));
        assert_eq!(told(&world, ann), [left(BEN, reason)]);
        // Also of somebody who vanished before.
        let (mut world, ann, ben) = call(on(&[]), on(&[]));
        world.vanish(ben);
        world.run_for(SECOND);
        world.input(ann, Input::Left(Left { id: BEN, reason }));
        assert_eq!(told(&world, ann), [away(BEN, true), left(BEN, reason)]);
    }
}

#[test]
fn a_claim_alone_makes_nobody_somebody_else() {
    // Ben says over his channel that he is Cat, who knows nothing of it.
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    world.vanish(ben);
    world.run_for(SECOND);
    let by_channel = channel(&world, ann, BEN);
    world.join(CAT, on(&[]));
    world.run_for(SECOND);
    assert_eq!(told(&world, ann), [away(BEN, true)], "a newcomer waits for a moment");
    world.input(ann, says((BEN, 2), 1, by_channel, BEN, CAT));
    world.run_for(5 * SECOND);
    // He said to be her, and she is not him.
    let told_of = told(&world, ann);
    assert!(matches!(&told_of[1..], [Event::Left(_), Event::Joined(member)] if member.id == CAT), "{told_of:?}");

    // Cat says over the server that she was Ben, who says nothing of it; and Ben says it for her.
    for from in [CAT, BEN] {
        let (mut world, ann, ben) = call(on(&[]), on(&[]));
        world.vanish(ben);
        world.run_for(SECOND);
        let by_channel = channel(&world, ann, BEN);
        world.join(CAT, on(&[]));
        world.run_for(SECOND);
        world.input(ann, says((from, 2), 1, Way::Server, BEN, CAT));
        if from == BEN {
            world.input(ann, says((BEN, 2), 1, by_channel, BEN, CAT));
        }
        world.run_for(5 * SECOND);
        assert!(matches!(told(&world, ann).last(), Some(Event::Joined(member)) if member.id == CAT), "{from}");
        assert_eq!(world.page(ann).room.server_id(BEN), BEN);
    }
}

/// A newcomer, otherwise as Ben, who says by both ways that it is him: once he had this session when he did.
fn claimed(newcomer: impl FnOnce(Member) -> Member, session: u32) -> (World, PageIndex) {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    world.vanish(ben);
    world.run_for(SECOND);
    let by_channel = channel(&world, ann, BEN);
    let known = world.page(ann).members[&BEN].clone();
    world.input(ann, Input::Joined(newcomer(Member { id: CAT, session: 9, ..known })));
    world.input(ann, says((BEN, session), 1, by_channel, BEN, CAT));
    world.input(ann, says((CAT, session), 1, Way::Server, BEN, CAT));
    (world, ann)
}

#[test]
fn whoever_has_another_name_or_other_rights_is_another_one() {
    let (world, ann) = claimed(|member| member, 2);
    assert_eq!(world.page(ann).room.server_id(BEN), CAT, "without a difference they are one");
    let named = |member| Member { name: DisplayName::new("Cat").ok(), ..member };
    let identity = Identity::new("cat").expect("an identity");
    let pass = Pass { identity, publish: true, subscribe: true, admin: true, named: false };
    let entitled = move |member| Member { pass: Some(pass.clone()), ..member };
    let others: [&dyn Fn(Member) -> Member; 2] = [&named, &entitled];
    for other in others {
        let (mut world, ann) = claimed(other, 2);
        assert_eq!(world.page(ann).room.server_id(BEN), BEN);
        world.run_for(3 * SECOND);
        assert!(matches!(told(&world, ann).last(), Some(Event::Joined(member)) if member.id == CAT));
    }
}

#[test]
fn whoever_comes_in_by_another_page_replaces_who_is_away_under_the_same_identity() {
    for (identity, is_replaced) in [("ben", true), ("cat", false)] {
        let (mut world, ann, ben) = call(on(&[]), on(&[]));
        let entitled = |member: Member, identity| {
            let identity = Identity::new(identity).expect("an identity");
            Member {
                pass: Some(Pass { identity, publish: true, subscribe: true, admin: false, named: false }),
                ..member
            }
        };
        let known = world.page(ann).members[&BEN].clone();
        world.input(ann, Input::Joined(entitled(known.clone(), "ben")));
        world.vanish(ben);
        world.run_for(SECOND);
        world.input(ann, Input::Joined(entitled(Member { id: CAT, session: 9, ..known }, identity)));
        world.run_for(3 * SECOND);
        let told = told(&world, ann);
        assert_eq!(told.contains(&left(BEN, LeaveReason::Replaced)), is_replaced, "{told:?}");
        assert!(told.iter().any(|event| matches!(event, Event::Joined(member) if member.id == CAT)), "{told:?}");
    }
}

#[test]
fn what_was_said_of_another_connection_is_not_heard() {
    for session in [1, 3] {
        let (mut world, ann) = claimed(|member| member, session);
        assert_eq!(world.page(ann).room.server_id(BEN), BEN);
        world.run_for(3 * SECOND);
        let told = told(&world, ann);
        assert!(matches!(told.as_slice(), [_, Event::Joined(member)] if member.id == CAT), "{told:?}");
    }
}

#[test]
fn who_one_is_by_now_is_said_until_it_is_known() {
    let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
    world.vanish(ben);
    world.run_for(45 * SECOND);
    world.channel = Wire::CUT;
    world.come_back(ben, BEN_AGAIN);
    world.run_for(SECOND / 2);
    world.channel = Wire::PERFECT;
    world.run();
    world.assert_converged();
    assert_eq!(told(&world, ann), [away(BEN, true), away(BEN, false)]);
    assert!(world.page(ann).closed.is_empty() && world.page(ben).closed.is_empty());
}

#[test]
fn a_newcomer_who_leaves_at_once_was_never_there() {
    for by_roster in [false, true] {
        let (mut world, ann, ben) = call(on(&[]), on(&[]));
        world.vanish(ben);
        world.run_for(SECOND);
        world.input(ann, Input::Joined(Member { id: CAT, session: 9, name: None, pass: None, offered: None }));
        world.run_for(SECOND);
        let gone = Left { id: CAT, reason: LeaveReason::Gone };
        world.input(ann, if by_roster { Input::Roster(vec![]) } else { Input::Left(gone) });
        world.run_for(5 * SECOND);
        assert_eq!(told(&world, ann), [away(BEN, true)]);
    }
}

#[test]
fn the_silence_is_twenty_seconds_however_it_is_seen() {
    for (loss, worse) in [(Loss::Silent, false), (Loss::Disconnected, false), (Loss::Disconnected, true)] {
        let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
        world.vanish(ben);
        world.run_for(10 * SECOND);
        world.lose_path(ann, BEN, loss, true);
        world.lose_path(ben, ANN, loss, true);
        world.run_for(15 * SECOND);
        if worse {
            let connection = world.page(ann).with(BEN).expect("there is a connection").0;
            let report = Report::State(ConnectionState::Failed);
            world.input(ann, Input::Report { peer: BEN, connection, report });
        }
        world.run_for(4 * SECOND);
        assert_eq!(told(&world, ann), [away(BEN, true)], "{loss:?} {worse}");
        world.run_for(2 * SECOND);
        assert_eq!(told(&world, ann), [away(BEN, true), left(BEN, LeaveReason::Gone)], "{loss:?} {worse}");
    }
}

#[test]
fn a_silence_that_ends_is_forgotten() {
    for loss in [Loss::Silent, Loss::Disconnected] {
        let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
        world.vanish(ben);
        world.run_for(SECOND);
        for _ in 0..3 {
            world.lose_path(ann, BEN, loss, false);
            world.lose_path(ben, ANN, loss, false);
            world.run_for(18 * SECOND);
            world.regain_path(ann, BEN);
            world.regain_path(ben, ANN);
            // What waited to be said comes again within some seconds; a silence right after new paths were found would be their fault.
            world.run_for(40 * SECOND);
        }
        world.run_for(30 * SECOND);
        assert_eq!(told(&world, ann), [away(BEN, true)], "{loss:?}");
        assert!(world.page(ann).closed.is_empty() && world.page(ben).closed.is_empty());
    }
}

#[test]
fn whoever_vanishes_while_nothing_carries_is_gone_at_once() {
    for loss in [Loss::Silent, Loss::Disconnected, Loss::Failed] {
        let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
        world.lose_path(ann, BEN, loss, true);
        world.lose_path(ben, ANN, loss, true);
        world.vanish(ben);
        world.run_for(SECOND);
        assert_eq!(told(&world, ann), [left(BEN, LeaveReason::Gone)], "{loss:?}");
    }
}

#[test]
fn a_page_of_the_first_version_that_vanishes_is_gone() {
    let mut world = World::new(1);
    let ann = world.join(ANN, on(&[]));
    world.reads_packets = false;
    let ben = world.join(BEN, on(&[]));
    world.run();
    world.vanish(ben);
    world.run_for(SECOND);
    assert_eq!(told(&world, ann), [left(BEN, LeaveReason::Gone)]);
    world.come_back(ben, BEN_AGAIN);
    world.run();
    world.assert_converged();
}

#[test]
fn whoever_is_away_gives_their_place_to_a_newcomer() {
    let mut world = World::new(1);
    let pages: Vec<PageIndex> = (1..=16).map(|id| world.join(PeerId::new(id), on(&[]))).collect();
    world.run();
    world.vanish(pages[1]);
    world.run_for(SECOND);
    world.join(PeerId::new(99), on(&[]));
    world.run_for(5 * SECOND);
    let told = told(&world, pages[0]);
    assert!(told.contains(&left(BEN, LeaveReason::Gone)), "{told:?}");
    assert!(matches!(told.last(), Some(Event::Joined(member)) if member.id == PeerId::new(99)));
}
