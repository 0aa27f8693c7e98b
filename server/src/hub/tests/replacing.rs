//! The same identity comes in again, from another device.

use itodenwa_wire::LeaveReason;

use super::lock::{ticket_for, welcome};
use super::*;
use crate::webhook::RoomEvent;

/// Somebody who may do all, alone in a room that is locked and has its waiting room on.
fn alone() -> Bench {
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret()]));
    bench.hub.tell_events();
    bench.come(A, join_as("r", "admin", true));
    bench.say(A, ClientMessage::WaitingRoom(true));
    bench
}

/// What was told outside.
fn events(bench: &mut Bench) -> Vec<&'static str> {
    let events = std::iter::from_fn(|| bench.hub.poll_event()).map(|event| match event {
        RoomEvent::Joined { members: 1, .. } => "joined alone",
        RoomEvent::Joined { .. } => "joined others",
        RoomEvent::Left { reason: LeaveReason::Replaced, .. } => "replaced",
        RoomEvent::Left { .. } => "left",
        RoomEvent::Emptied { .. } => "emptied",
    });
    events.collect()
}

#[test]
fn the_only_member_on_another_device_finds_the_room_as_it_left_it() {
    for is_connected in [true, false] {
        let mut bench = alone();
        bench.come(C, join_as("r", "cem", false));
        bench.say(A, ClientMessage::Lock(true));
        if !is_connected {
            bench.cut(A);
        }
        assert_eq!(events(&mut bench), ["joined alone"]);
        let outputs = bench.come(B, join_as("r", "admin", true));
        assert!(outputs.iter().all(|output| !matches!(output, Output::Close(C, _))), "{outputs:?}");
        let there = welcome(&outputs).unwrap();
        assert!(there.locked && there.waiting_room.on);
        assert_eq!(there.waiting_room.waiting.len(), 1, "and who waits still does");
        assert_eq!(events(&mut bench), ["replaced", "joined alone"], "the room was not empty");
        assert!(welcome(&bench.say(B, ClientMessage::Admit(None))).is_some());
    }
}

#[test]
fn with_the_last_device_gone_the_room_is_empty() {
    let mut bench = alone();
    bench.say(A, ClientMessage::Lock(true));
    bench.come(B, join_as("r", "admin", true));
    bench.come(C, join_as("r", "cem", false));
    events(&mut bench);
    bench.say(B, ClientMessage::Leave);
    assert_eq!(events(&mut bench), ["left", "emptied"]);
    assert!(welcome(&bench.come(C, join_as("r", "cem", false))).is_some(), "neither locked nor with people who wait");
    bench.say(C, ClientMessage::Leave);
    bench.wait(Limits::default().room_kept);
    assert_eq!((bench.hub.rooms.len(), bench.hub.deadline()), (0, None), "nothing is left");
}

#[test]
fn who_makes_way_for_somebody_that_finds_no_place_leaves_the_room_empty() {
    let mut bench = alone();
    bench.say(A, ClientMessage::Lock(true));
    events(&mut bench);
    bench.hub.rooms.values_mut().for_each(|room| room.gave_every_session());
    let outputs = bench.come(B, join_as("r", "admin", true));
    let full = |output: &Output| matches!(output, Output::Close(B, closing) if closing.refusal.as_ref().is_some_and(|it| it.code == RefusalCode::RoomFull));
    assert!(outputs.iter().any(full), "{outputs:?}");
    assert_eq!(events(&mut bench), ["replaced", "emptied"]);
    assert!(!bench.hub.is_locked(&RoomName::new("r").unwrap()));
    bench.wait(Limits::default().room_kept);
    assert_eq!((bench.hub.rooms.len(), bench.hub.deadline()), (0, None), "nothing is left");
}

#[test]
fn who_was_in_it_when_another_node_kept_the_room_and_comes_as_somebody_new_does_not_empty_it() {
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret()]));
    let ann = ticket_for(&bench.come(B, join_as("r", "ann", false)), B);
    let name = RoomName::new("r").unwrap();
    let ann = bench.hub.tickets.open(bench.now, &ann).unwrap().id;
    let people = bench.hub.people_of(&name).into_iter().filter(|one| one.id == ann).collect();
    bench.restart("another secret of ours");
    bench.hub.tell_events();
    bench.hub.inherit(&name, people);
    bench.come(C, join_as("r", "ann", false));
    assert_eq!(events(&mut bench), ["replaced", "joined alone"]);
}
