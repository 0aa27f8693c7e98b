//! Random input, and after each step: everybody's picture of the room is right, and nothing is kept that is not needed.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const CONNECTIONS: u64 = 12;
const ROOMS: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Clone)]
enum Step {
    Connect,
    Join(u64, usize, u8),
    Signal(u64, u64),
    Malformed(u64),
    Leave(u64),
    Lose(u64),
    Overflow(u64),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let whom = 0..CONNECTIONS;
    prop_oneof![
        3 => Just(Step::Connect),
        5 => (whom.clone(), 0..ROOMS.len(), 0..8_u8).prop_map(|(who, room, identity)| Step::Join(who, room, identity)),
        4 => (whom.clone(), whom.clone()).prop_map(|(from, to)| Step::Signal(from, to)),
        1 => whom.clone().prop_map(Step::Malformed),
        1 => whom.clone().prop_map(Step::Leave),
        1 => whom.clone().prop_map(Step::Lose),
        1 => whom.prop_map(Step::Overflow),
        1 => (0..30_u64).prop_map(Step::Wait),
    ]
}

/// What a client knows from the messages that it got.
#[derive(Debug, Default)]
struct Client {
    me: Option<PeerId>,
    others: BTreeSet<PeerId>,
}

struct World {
    bench: Bench,
    /// The connections that are open, by place: a place gets a new connection when the old one was closed.
    places: BTreeMap<u64, ConnectionId>,
    clients: BTreeMap<ConnectionId, Client>,
    made: u64,
    /// The ids that were given in the rooms that are remembered.
    given: BTreeMap<RoomName, BTreeSet<PeerId>>,
}

impl World {
    fn new() -> Self {
        let limits = Limits { room_peers: 4, rooms: 2, malformed_messages: 1, ..Limits::default() };
        World {
            bench: Bench::guarded(limits, Access::new(vec![secret()])),
            places: BTreeMap::new(),
            clients: BTreeMap::new(),
            made: 0,
            given: BTreeMap::new(),
        }
    }

    fn take(&mut self, step: Step) {
        let at = |place: u64| self.places.get(&place).copied();
        let input = match step {
            Step::Connect => {
                let Some(place) = (0..CONNECTIONS).find(|place| !self.places.contains_key(place)) else { return };
                self.made += 1;
                let id = ConnectionId(self.made);
                self.places.insert(place, id);
                self.clients.insert(id, Client::default());
                Input::Connected(id)
            }
            Step::Join(who, room, identity) => match at(who) {
                Some(who) => Input::Received(who, Ok(join_as(ROOMS[room], &identity.to_string(), false))),
                None => return,
            },
            Step::Signal(from, to) => {
                let to = at(to).and_then(|to| self.clients[&to].me).unwrap_or(PeerId::new(9));
                match at(from) {
                    Some(from) => return self.signal(from, to),
                    None => return,
                }
            }
            Step::Malformed(who) => match at(who) {
                Some(who) => Input::Received(who, Err(Closing::refusing(RefusalCode::MessageMalformed, ""))),
                None => return,
            },
            Step::Leave(who) => match at(who) {
                Some(who) => Input::Received(who, Ok(ClientMessage::Leave)),
                None => return,
            },
            Step::Lose(who) => match self.places.remove(&who) {
                Some(id) => {
                    self.clients.remove(&id);
                    Input::Disconnected(id, LeaveReason::Gone)
                }
                None => return,
            },
            Step::Overflow(who) => match at(who) {
                Some(who) => Input::Overflowed(who),
                None => return,
            },
            Step::Wait(seconds) => {
                self.bench.now += Duration::from_secs(seconds);
                Input::Deadline
            }
        };
        let outputs = self.bench.give(input);
        self.apply(outputs);
    }

    fn signal(&mut self, from: ConnectionId, to: PeerId) {
        let (me, knows) = (self.clients[&from].me, self.clients[&from].others.contains(&to));
        let outputs = self.bench.say(from, signal(to, 7));
        match (me, knows, &outputs[..]) {
            (Some(me), true, [Output::Send(whom, ServerMessage::Signal(delivery))]) => {
                assert_eq!(delivery.from, me);
                assert_eq!(self.clients[whom].me, Some(to));
            }
            (Some(_), false, [Output::Send(whom, ServerMessage::Refused(_))]) => assert_eq!(*whom, from),
            (None, _, [Output::Close(whom, _)]) => assert_eq!(*whom, from),
            _ => panic!("{me:?} {knows} {outputs:?}"),
        }
        self.apply(outputs);
    }

    fn apply(&mut self, outputs: Vec<Output<u32>>) {
        for output in outputs {
            match output {
                Output::Send(to, message) => {
                    let client = self.clients.get_mut(&to).expect("nothing is sent to a closed connection");
                    match message {
                        ServerMessage::Welcome(welcome) => {
                            assert_eq!(client.me.replace(welcome.me.id), None);
                            client.others = welcome.members.iter().map(|member| member.id).collect();
                        }
                        ServerMessage::Joined(member) => assert!(client.others.insert(member.id)),
                        ServerMessage::Left(left) => assert!(client.others.remove(&left.id)),
                        _ => {}
                    }
                }
                Output::Close(whom, _) => {
                    assert!(self.clients.remove(&whom).is_some(), "closed once");
                    self.places.retain(|_, id| *id != whom);
                }
            }
        }
    }

    fn check(&mut self) {
        let hub = &self.bench.hub;
        assert_eq!(hub.connections.len(), self.clients.len());
        assert!(hub.rooms.len() <= hub.limits.rooms);
        assert_eq!(hub.empty.len(), hub.rooms.values().filter(|room| room.len() == 0).count());
        for (name, room) in &hub.rooms {
            assert!(room.len() <= 4);
            let occupants: Vec<_> =
                room.others(PeerId::new(0)).map(|occupant| (occupant.connection, occupant.member.id)).collect();
            assert!(occupants.is_sorted_by_key(|(_, id)| *id), "ids rise in the order of joining");
            let identities: BTreeSet<_> =
                room.others(PeerId::new(0)).map(|occupant| &occupant.member.pass.as_ref().unwrap().identity).collect();
            assert_eq!(identities.len(), occupants.len(), "one of each identity");
            let everybody: BTreeSet<_> = occupants.iter().map(|(_, id)| *id).collect();
            for (connection, id) in &occupants {
                let client = &self.clients[connection];
                assert_eq!(client.me, Some(*id));
                assert_eq!(&client.others | &BTreeSet::from([*id]), everybody);
            }
            let given = self.given.entry(name.clone()).or_default();
            for id in everybody {
                let is_new = !given.contains(&id);
                assert!(!is_new || given.last() < Some(&id), "ids rise as long as the room is remembered");
                given.insert(id);
            }
        }
        self.given.retain(|name, _| hub.rooms.contains_key(name));
        let members = hub.rooms.values().map(Room::len).sum::<usize>();
        assert_eq!(members, self.clients.values().filter(|client| client.me.is_some()).count());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everybody_knows_who_is_there_and_nothing_is_left_at_the_end(steps in prop::collection::vec(step(), 0..200)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
            world.check();
        }
        for place in 0..CONNECTIONS {
            world.take(Step::Lose(place));
            world.check();
        }
        world.take(Step::Wait(20));
        let hub = &world.bench.hub;
        prop_assert!(hub.connections.is_empty() && hub.rooms.is_empty() && hub.empty.is_empty());
        prop_assert!(hub.outputs.is_empty());
    }
}
