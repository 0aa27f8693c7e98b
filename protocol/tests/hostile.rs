//! Members that mean harm: what one of them makes a page do is bounded, and others do not notice.

use std::time::Duration;

use itodenwa_protocol::{Event, Input};
use itodenwa_wire::Source::Camera;
use itodenwa_wire::{Body, Candidate, Epoch, LeaveReason, Member, Offer, Packet, PeerId, SourceMap};

use itodenwa_model::{ANN, BEN, PageIndex, World, call, on};

/// A server lets 200 messages and 50 more in a second pass.
const BURST: usize = 200;
const A_SECOND: usize = 50;

/// Speaks the link as it is spoken, or not at all, and means harm.
struct Attacker {
    me: Member,
    said: u32,
}

impl Attacker {
    fn join(world: &mut World, id: u64) -> Self {
        Attacker { me: world.puppet(PeerId::new(id)), said: 0 }
    }

    /// Says one of many things that have to be answered, to a page in its first incarnation.
    fn annoy(&mut self, world: &mut World, page: PageIndex, number: u32) {
        let to = world.page(page).room.me().clone();
        let bad_offer = Body::Offer(Offer { id: number, sdp: "nonsense".into(), sources: SourceMap::default() });
        let candidate = Body::Candidate(Candidate {
            candidate: "x".into(),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        });
        let (to_epoch, body) = match number % 6 {
            // Somebody else's name: answered by a Hello.
            0 => (Epoch::of_session(0), Some(Body::AskTurn)),
            1 => (Epoch::of_session(to.session), Some(bad_offer)),
            2 => (Epoch::of_session(to.session), Some(Body::AskTurn)),
            3 => (Epoch::of_session(to.session), Some(Body::GiveTurn)),
            4 => (Epoch::of_session(to.session), Some(candidate)),
            _ => (Epoch::of_session(to.session), Some(Body::Hello)),
        };
        let outside = matches!(body, Some(Body::Hello)) || to_epoch.session() == 0;
        self.said += u32::from(!outside);
        let seq = if outside { 0 } else { self.said };
        let from_epoch = Epoch::of_session(self.me.session);
        // Acknowledges in crumbs, so that there is always something to send again.
        world.send(self.me.id, to.id, &Packet { from_epoch, to_epoch, seq, ack: number / 8, body });
    }
}

fn is_bounded(world: &World, page: PageIndex, sent: usize, seconds: usize) {
    let sent = world.page(page).sent - sent;
    assert!(sent < BURST + A_SECOND * seconds, "{sent} packets in {seconds} s");
}

#[test]
fn many_that_have_to_be_answered_do_not_make_a_page_too_fast_and_a_call_goes_on() {
    for attackers in [1, 4, 13] {
        let (mut world, ann, ben) = call(on(&[]), on(&[]));
        let (before, seconds) = (world.page(ann).sent, 30);
        let mut attackers: Vec<_> = (0..attackers).map(|id| Attacker::join(&mut world, 10 + id)).collect();
        for number in 0..48 * seconds {
            attackers.iter_mut().for_each(|attacker| attacker.annoy(&mut world, ann, number));
            if number == 48 * (seconds - 5) {
                assert_eq!(world.page(ben).sees(ANN), []);
                world.set(ann, Camera, true);
            }
            world.run_for(Duration::from_micros(20_833));
        }
        is_bounded(&world, ann, before, seconds as usize);
        assert_eq!(world.page(ben).sees(ANN), [Camera], "{} attackers", attackers.len());
        let with_ann = |event: &Event| matches!(event, Event::Trouble(trouble) if trouble.peer == ANN);
        assert!(!world.page(ben).events.iter().any(with_ann));
    }
}

#[test]
fn a_peer_that_comes_anew_all_the_time_makes_few_packets_and_connections() {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    let me = world.page(ann).room.me().session;
    let attackers: Vec<_> = (10..23).map(|id| world.puppet(PeerId::new(id))).collect();
    world.run_for(Duration::from_secs(1));
    let (before, seconds) = (world.page(ann).sent, 30);
    for number in 1..20 * seconds {
        for attacker in &attackers {
            let mut from_epoch = Epoch::of_session(attacker.session);
            (0..number).for_each(|_| from_epoch = from_epoch.next().unwrap());
            let packet =
                Packet { from_epoch, to_epoch: Epoch::of_session(me), seq: 0, ack: 0, body: Some(Body::Hello) };
            world.send(attacker.id, ANN, &packet);
        }
        world.run_for(Duration::from_millis(50));
    }
    is_bounded(&world, ann, before, seconds as usize);
    let made = world.page(ann).closed.len() + world.page(ann).connections.len();
    assert!(made < 150, "{made} connections");
    world.set(ann, Camera, true);
    world.run_for(Duration::from_secs(3));
    assert_eq!(world.page(ben).sees(ANN), [Camera]);
}

/// 510 times somebody comes in and goes again, ten times a second; then somebody comes to stay.
#[test]
fn a_room_that_many_join_and_leave_can_be_joined() {
    let mut world = World::new(1);
    let ann = world.join(ANN, on(&[]));
    for number in 0..510 {
        let id = PeerId::new(100 + number);
        world.puppet(id);
        world.run_for(Duration::from_millis(100));
        world.lose(id, LeaveReason::Left);
    }
    let made = world.page(ann).closed.len() + world.page(ann).connections.len();
    assert!(made < 200, "{made} connections");
    let came = world.now;
    let ben = world.join(BEN, on(&[Camera]));
    // And it goes on.
    for number in 0..50 {
        let id = PeerId::new(1000 + number);
        world.puppet(id);
        world.run_for(Duration::from_millis(100));
        world.lose(id, LeaveReason::Left);
    }
    assert_eq!(world.page(ann).sees(BEN), [Camera]);
    let connected = world.page(ben).timeline.iter().find(|entry| entry.step.name() == "connected").unwrap().at;
    assert!(connected - came < Duration::from_secs(4), "{:?}", connected - came);
}

/// Those that stay come to the connection in the order in which they came.
#[test]
fn whoever_wants_a_connection_for_longest_gets_it_first() {
    let mut world = World::new(1);
    let ann = world.join(ANN, on(&[]));
    for number in 0..200 {
        let id = PeerId::new(100 + number);
        world.puppet(id);
        world.run_for(Duration::from_millis(20));
        world.lose(id, LeaveReason::Left);
    }
    let stay: Vec<_> = [9, 8, 7].map(PeerId::new).into();
    for id in &stay {
        world.puppet(*id);
        world.run_for(Duration::from_millis(20));
    }
    world.run_for(Duration::from_secs(10));
    let opened: Vec<_> = world.page(ann).connections.values().map(|live| live.peer).collect();
    assert_eq!(opened, stay);
    world.input(ann, Input::Leave);
    assert_eq!(world.page(ann).connections.len(), 0);
}
