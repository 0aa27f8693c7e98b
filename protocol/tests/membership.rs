//! Who comes and goes.

use std::time::Duration;

use itodenwa_protocol::{Event, Input, Way};
use itodenwa_wire::Source::Camera;
use itodenwa_wire::limits::ROOM_PEERS;
use itodenwa_wire::{DisplayName, LeaveReason, Left, Member, PeerId, Welcome};

use itodenwa_model::{ANN, BEN, CAT, Loss, Wire, World, call, on};

#[test]
fn who_is_there_and_who_comes_is_told_once_each() {
    let mut world = World::new(1);
    let pages = [ANN, BEN, CAT].map(|id| world.join(id, on(&[Camera])));
    world.run();
    world.assert_converged();
    for page in pages {
        let joined = world.page(page).events.iter().filter(|event| matches!(event, Event::Joined(_))).count();
        assert_eq!(joined, 2);
    }
}

#[test]
fn a_new_name_is_told_once_and_changes_nothing_else() {
    let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
    let session = world.page(ben).room.members().next().map(|member| member.session).expect("Ann");
    let bea = DisplayName::new("Bea").ok();
    let renamed = Member { id: ANN, session, name: bea.clone(), pass: None, offered: None };
    for _ in 0..2 {
        world.input(ben, Input::Joined(renamed.clone()));
        world.input(ann, Input::Joined(renamed.clone()));
    }
    world.run();
    world.assert_converged();
    let names = |page: usize, world: &World| {
        let events = world.page(page).events.iter();
        events.filter(|event| matches!(event, Event::Renamed { .. })).cloned().collect::<Vec<_>>()
    };
    assert_eq!(names(ben, &world), [Event::Renamed { peer: Some(ANN), name: bea.clone() }]);
    assert_eq!(names(ann, &world), [Event::Renamed { peer: None, name: bea.clone() }]);
    assert_eq!(world.page(ann).room.me().name, bea);
    assert_eq!(world.page(ben).room.members().next().map(|member| &member.name), Some(&bea));
    for page in [ann, ben] {
        assert_eq!(world.page(page).closed.len(), 0);
    }
    // What was changed while one was away from the server is told when one is back.
    world.input(ben, Input::Roster(vec![Member { name: None, ..renamed }]));
    assert_eq!(names(ben, &world).last(), Some(&Event::Renamed { peer: Some(ANN), name: None }));
}

#[test]
fn a_bye_closes_at_once() {
    let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
    world.input(ann, Input::Leave);
    world.run_for(Duration::from_millis(2));
    let page = world.page(ben);
    assert_eq!(page.connections.len(), 0, "before the server says anything");
    assert_eq!(page.sees(ANN), []);
    assert_eq!(page.room.deadline(), None, "nobody waits for anything");
}

#[test]
fn after_leaving_nothing_comes_out() {
    let (mut world, ann, _) = call(on(&[Camera]), on(&[Camera]));
    world.input(ann, Input::Leave);
    assert_eq!(world.page(ann).connections.len(), 0);
    let member = Member { id: CAT, session: 9, name: None, pass: None, offered: None };
    for input in [Input::Joined(member), Input::Deadline, Input::RestartIce(BEN), Input::Leave] {
        let now = world.now;
        let room = &mut world.page_mut(ann).room;
        room.handle(now, input);
        assert_eq!((room.poll(), room.deadline()), (None, None));
    }
}

#[test]
fn somebody_whose_socket_is_gone_is_closed() {
    let (mut world, _, ben) = call(on(&[Camera]), on(&[Camera]));
    world.lose(ANN, LeaveReason::Gone);
    world.run();
    let page = world.page(ben);
    assert_eq!((page.connections.len(), page.closed.len()), (0, 1));
    assert_eq!(page.events.last(), Some(&Event::Left(Left { id: ANN, reason: LeaveReason::Gone })));
    assert_eq!(page.room.members().count(), 0);
}

#[test]
fn a_reload_with_a_newer_session_makes_a_new_connection() {
    for reloads in [ANN, BEN] {
        let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
        world.join(reloads, on(&[]));
        world.run();
        world.assert_converged();
        let stays = if reloads == ANN { ben } else { ann };
        assert_eq!(world.page(stays).closed.len(), 1);
        assert_eq!(world.page(stays).members.len(), 1, "it is the same member");
    }
}

#[test]
fn a_reload_in_every_moment_of_the_first_call() {
    for millis in 0..120 {
        let mut world = World::new(millis);
        world.join(ANN, on(&[Camera]));
        world.join(BEN, on(&[Camera]));
        world.run_for(Duration::from_millis(millis));
        world.join(if millis % 2 == 0 { ANN } else { BEN }, on(&[]));
        world.run();
        world.assert_converged();
    }
}

#[test]
fn an_older_session_is_nobody() {
    let (mut world, _, ben) = call(on(&[Camera]), on(&[Camera]));
    world.input(ben, Input::Joined(Member { id: ANN, session: 0, name: None, pass: None, offered: None }));
    world.run();
    world.assert_converged();
    assert_eq!(world.page(ben).closed.len(), 0);
}

#[test]
fn somebody_comes_back_with_the_same_id() {
    let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
    for _ in 0..3 {
        let page = world.page_of(BEN).unwrap_or(ben);
        world.leave(page);
        world.join(BEN, on(&[Camera]));
        world.run();
        world.assert_converged();
    }
    assert_eq!(world.page(ann).closed.len(), 3);
}

/// The server's list may flicker, and packets of the time before are still on their way.
#[test]
fn somebody_comes_back_in_the_same_session() {
    for seed in 0..200 {
        let mut world = World::new(seed);
        world.wire = Wire { loss: 0, duplicates: 20, delay: 300 };
        let ann = world.join(ANN, on(&[Camera]));
        let ben = world.join(BEN, on(&[Camera]));
        world.run_for(Duration::from_millis(seed * 5));
        let member = world.page(ben).room.me().clone();
        world.input(ann, Input::Left(Left { id: BEN, reason: LeaveReason::Gone }));
        world.input(ann, Input::Joined(member));
        world.run();
        world.assert_converged();
    }
}

#[test]
fn somebody_who_leaves_while_a_connection_is_due_leaves_nothing() {
    let (mut world, _, ben) = call(on(&[]), on(&[]));
    let (id, _) = world.page(ben).with(ANN).expect("there is a connection");
    let report = itodenwa_protocol::Report::ChannelClosed;
    world.input(ben, Input::Report { peer: ANN, connection: id, report });
    // A throttled timer: the moment of the next connection passes unnoticed.
    world.now = world.now + Duration::from_secs(10);
    world.lose(ANN, LeaveReason::Gone);
    world.input(ben, Input::Left(Left { id: ANN, reason: LeaveReason::Gone }));
    assert_eq!(world.page(ben).connections.len(), 0);
}

fn welcome(me: Member, members: &[&Member]) -> Welcome {
    Welcome::new(me, members.iter().map(|member| (*member).clone()).collect())
}

/// Both lose the server in every moment of the first call, and what they say is lost with it.
#[test]
fn the_same_session_goes_on_in_the_same_connection() {
    for millis in 0..120 {
        let mut world = World::new(millis);
        let pages = [ANN, BEN].map(|id| world.join(id, on(&[Camera])));
        world.run_for(Duration::from_millis(millis));
        world.wire.loss = 100;
        world.run_for(Duration::from_secs(3));
        world.wire.loss = 0;
        let [ann, ben] = pages.map(|page| world.page(page).room.me().clone());
        world.input(pages[0], Input::Welcome(welcome(ann.clone(), &[&ben])));
        // The server waits for Ben, who is late.
        let settling = Welcome { settling: true, ..welcome(ben, &[]) };
        world.input(pages[1], Input::Welcome(settling));
        world.input(pages[1], Input::Joined(ann));
        world.run();
        world.assert_converged();
        for page in pages {
            assert_eq!((world.page(page).closed.len(), world.page(page).members.len()), (0, 1), "{millis} ms");
        }
    }
}

#[test]
fn what_was_not_acknowledged_is_said_again_at_once() {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    for back in [ann, ben] {
        world.wire.loss = 100;
        let is_on = world.page(ann).room.sources().contains(&Camera);
        world.set(ann, Camera, !is_on);
        world.run_for(Duration::from_millis(4500));
        world.wire.loss = 0;
        let [me, other] = [back, ann + ben - back].map(|page| world.page(page).room.me().clone());
        let input = if back == ann { Input::Welcome(welcome(me, &[&other])) } else { Input::Joined(me) };
        world.input(ann, input);
        world.run_for(Duration::from_millis(500));
        assert_eq!(world.page(ben).sees(ANN).contains(&Camera), !is_on, "the resend after 7 s is not waited for");
    }
}

#[test]
fn who_left_meanwhile_is_told_of() {
    let mut world = World::new(1);
    let [ann, _, cat] = [ANN, BEN, CAT].map(|id| world.join(id, on(&[Camera])));
    world.run();
    let [me, cat] = [ann, cat].map(|page| world.page(page).room.me().clone());
    // Nobody is at the other end of a connection any more.
    for id in [BEN, CAT] {
        world.lose_path(ann, id, Loss::Failed, true);
    }
    for input in [Input::Welcome(welcome(me, &[&cat])), Input::Roster(Vec::new())] {
        let members = world.page(ann).members.len();
        world.input(ann, input);
        assert_eq!(world.page(ann).members.len(), members - 1);
    }
    assert_eq!(world.page(ann).connections.len(), 0);
}

#[test]
fn with_a_new_session_everything_begins_anew() {
    let mut world = World::new(1);
    // Of others the connection goes on: see `away`.
    world.reads_packets = false;
    let [ann, ben] = [ANN, BEN].map(|id| world.join(id, on(&[Camera])));
    world.run();
    let [old, other] = [ann, ben].map(|page| world.page(page).room.me().clone());
    // As the server numbers them: who comes later has a higher id, and follows now.
    let new = Member { id: CAT, session: other.session + 1, name: None, pass: None, offered: None };
    world.input(ann, Input::Welcome(welcome(new.clone(), &[&other])));
    world.input(ben, Input::Left(Left { id: old.id, reason: LeaveReason::Gone }));
    world.input(ben, Input::Joined(new));
    world.run();
    world.assert_converged();
    assert_eq!(world.page(ann).room.me().id, CAT);
    for page in [ann, ben] {
        assert_eq!((world.page(page).closed.len(), world.page(page).members.len()), (1, 1));
    }
}

#[test]
fn strangers_are_not_heard() {
    let (mut world, ann, _) = call(on(&[]), on(&[]));
    let epoch = itodenwa_wire::Epoch::of_session(1);
    let packet = itodenwa_wire::Packet { from_epoch: epoch, to_epoch: epoch, seq: 1, ack: 0, body: None };
    let now = world.now;
    let room = &mut world.page_mut(ann).room;
    room.handle(now, Input::Packet { from: CAT, way: Way::Server, packet });
    room.handle(now, Input::Joined(room.me().clone()));
    room.handle(now, Input::Left(Left { id: CAT, reason: LeaveReason::Gone }));
    assert_eq!(room.poll(), None);
}

#[test]
fn a_room_has_no_more_than_its_limit() {
    let mut world = World::new(1);
    let ann = world.join(ANN, on(&[]));
    for number in 2..100 {
        world.puppet(PeerId::new(number));
    }
    world.run_for(Duration::from_millis(10));
    assert_eq!(world.page(ann).room.members().count(), ROOM_PEERS - 1);
}
