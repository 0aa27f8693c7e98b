//! Random input, and after each step: everybody's picture of the room is right, every signal came once and in its order,
//! and nothing is kept that is not needed.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::room::Presence;
use super::*;

const PLACES: u64 = 12;
const ROOMS: [&str; 3] = ["a", "b", "c"];
const KEPT: usize = 3;

#[derive(Debug, Clone)]
enum Step {
    Connect(u64),
    Join(u64, usize),
    /// On a new connection, whatever became of the old one.
    Resume(u64),
    Signal(u64, u64),
    Ping(u64),
    Rename(u64),
    Malformed(u64),
    Leave(u64),
    Lose(u64),
    /// What is sent from now on does not arrive, and the server does not know.
    Stall(u64),
    Overflow(u64),
    Wait(u64),
    Restart(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let whom = 0..PLACES;
    prop_oneof![
        8 => whom.clone().prop_map(Step::Connect),
        8 => (whom.clone(), 0..ROOMS.len()).prop_map(|(who, room)| Step::Join(who, room)),
        8 => whom.clone().prop_map(Step::Resume),
        16 => (whom.clone(), whom.clone()).prop_map(|(from, to)| Step::Signal(from, to)),
        4 => whom.clone().prop_map(Step::Ping),
        4 => whom.clone().prop_map(Step::Rename),
        2 => whom.clone().prop_map(Step::Malformed),
        2 => whom.clone().prop_map(Step::Leave),
        4 => whom.clone().prop_map(Step::Lose),
        4 => whom.clone().prop_map(Step::Stall),
        2 => whom.prop_map(Step::Overflow),
        2 => (0..30_u64).prop_map(Step::Wait),
        1 => any::<bool>().prop_map(Step::Restart),
    ]
}

/// A client: a connection, and what it knows of its session from the messages that it got.
#[derive(Debug, Default)]
struct Client {
    connection: Option<ConnectionId>,
    stalled: bool,
    /// The room that it asked for last.
    room: &'static str,
    session: Option<Session>,
}

#[derive(Debug)]
struct Session {
    me: PeerId,
    others: BTreeSet<PeerId>,
    roster: u32,
    settling: bool,
    ticket: Ticket,
    run: u64,
    received: Vec<u32>,
}

struct World {
    bench: Bench,
    clients: BTreeMap<u64, Client>,
    made: u64,
    packets: u32,
    /// What was accepted for somebody, in this run of the server.
    accepted: BTreeMap<PeerId, Vec<u32>>,
}

impl World {
    fn new() -> Self {
        let limits =
            Limits { room_peers: 4, rooms: 2, malformed_messages: 1, resume_messages: KEPT, ..Limits::default() };
        World {
            bench: Bench::new(limits),
            clients: (0..PLACES).map(|place| (place, Client::default())).collect(),
            made: 0,
            packets: 0,
            accepted: BTreeMap::new(),
        }
    }

    fn client(&mut self, place: u64) -> &mut Client {
        self.clients.get_mut(&place).unwrap()
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Connect(place) => drop(self.connect(place)),
            Step::Join(place, room) => {
                let client = self.client(place);
                let Some(connection) = client.connection else { return };
                if client.session.is_none() {
                    client.room = ROOMS[room];
                }
                self.give(Input::Received(connection, Ok(join(ROOMS[room]))));
            }
            Step::Resume(place) => self.resume(place),
            Step::Signal(from, to) => self.signal(from, to),
            Step::Ping(place) => {
                let client = self.client(place);
                let seen = client.session.as_ref().map_or(0, |session| session.received.len() as u32);
                let Some(connection) = client.connection.filter(|_| !client.stalled) else { return };
                self.give(Input::Received(connection, Ok(ClientMessage::Ping(seen))));
            }
            Step::Rename(place) => {
                let Some(connection) = self.client(place).connection else { return };
                let name = DisplayName::new(format!("{:?}", self.bench.now)).ok();
                self.give(Input::Received(connection, Ok(ClientMessage::Rename(name))));
            }
            Step::Malformed(place) => {
                let Some(connection) = self.client(place).connection else { return };
                let closing = Closing::refusing(RefusalCode::MessageMalformed, "");
                self.give(Input::Received(connection, Err(closing)));
            }
            Step::Leave(place) => {
                let Some(connection) = self.client(place).connection else { return };
                self.give(Input::Received(connection, Ok(ClientMessage::Leave)));
            }
            Step::Lose(place) => {
                let Some(connection) = self.client(place).connection.take() else { return };
                self.give(Input::Disconnected(connection, Ending::Broken { last_received: self.bench.now }));
            }
            Step::Stall(place) => self.client(place).stalled = true,
            Step::Overflow(place) => {
                let Some(connection) = self.client(place).connection else { return };
                self.give(Input::Overflowed(connection));
            }
            Step::Wait(seconds) => {
                self.bench.now += Duration::from_secs(seconds);
                self.give(Input::Deadline);
            }
            Step::Restart(same) => {
                self.bench.restart(if same { "0123456789abcdef" } else { "another secret of ours" });
                self.accepted.clear();
                self.clients.values_mut().for_each(|client| client.connection = None);
            }
        }
    }

    fn connect(&mut self, place: u64) -> Option<ConnectionId> {
        if self.client(place).connection.is_some() {
            return None;
        }
        self.made += 1;
        let id = ConnectionId(self.made);
        let client = self.client(place);
        (client.connection, client.stalled) = (Some(id), false);
        self.give(Input::Connected(id));
        Some(id)
    }

    fn resume(&mut self, place: u64) {
        let client = self.client(place);
        let Some(session) = &client.session else { return };
        let resume = Some(Resume { ticket: session.ticket.clone(), signals: session.received.len() as u32 });
        let room = RoomName::new(client.room).unwrap();
        client.connection = None;
        let Some(id) = self.connect(place) else { return };
        let join = Join {
            version: PROTOCOL_VERSION,
            max_version: None,
            room,
            name: None,
            token: None,
            resume,
            former: None,
            unless_recorded: false,
            offer: Vec::new(),
        };
        self.give(Input::Received(id, Ok(ClientMessage::Join(join))));
    }

    fn signal(&mut self, from: u64, to: u64) {
        let Some(connection) = self.client(from).connection else { return };
        let to = self.client(to).session.as_ref().map_or(PeerId::new(9), |session| session.me);
        self.packets += 1;
        let packet = self.packets;
        self.bench.hub.handle(self.bench.now, Input::Received(connection, Ok(signal(to, packet))));
        let hub = &mut self.bench.hub;
        if let Some(ConnectionState::Member { room, id, .. }) = hub.connections.get(&connection)
            && *id != to
            && hub.rooms.get_mut(room).and_then(|room| room.occupant(to)).is_some()
        {
            self.accepted.entry(to).or_default().push(packet);
        }
        self.collect();
    }

    fn give(&mut self, input: Input<u32>) {
        self.bench.hub.handle(self.bench.now, input);
        self.collect();
    }

    fn collect(&mut self) {
        while let Some(output) = self.bench.hub.poll() {
            let (Output::Send(whom, _) | Output::Mark(whom) | Output::Close(whom, _)) = &Output::from(output.clone());
            let run = self.bench.runs;
            let Some(client) = self.clients.values_mut().find(|client| client.connection == Some(*whom)) else {
                // An old connection that is closed, or one that breaks with what was sent to it.
                continue;
            };
            match Output::from(output) {
                Output::Send(_, message) if !client.stalled => client.hear(message, run, &self.accepted),
                Output::Mark(whom) if !client.stalled => self.bench.hub.handle(self.bench.now, Input::Taken(whom)),
                Output::Send(..) | Output::Mark(_) => {}
                Output::Close(_, closing) => {
                    client.connection = None;
                    if closing.refusal.is_none_or(|refusal| refusal.code != RefusalCode::QueueFull) {
                        client.session = None;
                    }
                }
            }
        }
    }

    fn check(&mut self) {
        let hub = &self.bench.hub;
        assert!(hub.rooms.len() <= hub.limits.rooms);
        let mut due = hub.rooms.values().filter(|room| room.len() == 0).count();
        let mut members = 0;
        for (name, room) in &hub.rooms {
            assert!(room.len() <= 4);
            due += usize::from(room.settles.is_some());
            let occupants: Vec<_> = room.others(PeerId::new(0)).collect();
            let ids: BTreeSet<_> = occupants.iter().map(|occupant| occupant.member.id).collect();
            assert!(occupants.is_sorted_by_key(|occupant| occupant.member.id));
            for occupant in occupants {
                assert!(occupant.outbox.replay.signals().count() <= KEPT);
                let connection = match occupant.presence {
                    Presence::Away { .. } => {
                        due += 1;
                        continue;
                    }
                    Presence::Here(connection) => connection,
                };
                members += 1;
                assert!(matches!(&hub.connections[&connection], ConnectionState::Member { room, id, .. }
                    if room == name && *id == occupant.member.id));
                let Some(client) = self.clients.values().find(|client| client.connection == Some(connection)) else {
                    continue;
                };
                if client.stalled {
                    continue;
                }
                let session = client.session.as_ref().unwrap();
                assert_eq!(session.me, occupant.member.id);
                assert_eq!(session.roster, room.roster());
                assert!(session.others.is_superset(&ids.iter().copied().filter(|id| *id != session.me).collect()));
                assert!(session.settling || session.others.len() + 1 == ids.len());
                let accepted = self.accepted.get(&session.me).map_or(&[][..], Vec::as_slice);
                assert_eq!(session.received, accepted, "each signal once and in its order");
            }
        }
        // A name that is to be told may be of somebody who left: for half a second.
        let of_names = hub.due.iter().filter(|(_, due)| matches!(due, Due::TellName(..))).count();
        assert_eq!(hub.due.len() - of_names, due);
        let of_members = hub.connections.values().filter(|one| matches!(one, ConnectionState::Member { .. })).count();
        assert_eq!(of_members, members);
    }
}

impl Client {
    fn hear(&mut self, message: ServerMessage<u32>, run: u64, accepted: &BTreeMap<PeerId, Vec<u32>>) {
        if let ServerMessage::Welcome(welcome) = message {
            return self.welcome(welcome, run, accepted);
        }
        let Some(session) = &mut self.session else { panic!("{message:?} before the welcome") };
        match message {
            ServerMessage::Joined { member, roster } => {
                assert!(session.others.insert(member.id) || session.settling);
                assert_eq!(roster, session.roster + 1);
                session.roster = roster;
            }
            ServerMessage::Renamed { member, roster } => {
                assert!(member.id == session.me || session.others.contains(&member.id));
                assert_eq!(roster, session.roster + 1);
                session.roster = roster;
            }
            ServerMessage::Left { id, roster, .. } => {
                assert!(session.others.remove(&id));
                assert_eq!(roster, session.roster + 1);
                session.roster = roster;
            }
            ServerMessage::Roster(roster) => {
                assert_eq!(roster.version, session.roster);
                let others = roster.members.iter().map(|member| member.id).collect();
                assert!(session.settling || others == session.others);
                (session.settling, session.others) = (false, others);
            }
            ServerMessage::Signal(delivery) => {
                assert!(
                    session.others.contains(&delivery.from) || session.received.len() < accepted[&session.me].len()
                );
                session.received.push(delivery.packet);
            }
            _ => {}
        }
    }

    fn welcome(&mut self, welcome: Welcome, run: u64, accepted: &BTreeMap<PeerId, Vec<u32>>) {
        let former = self.session.take().filter(|session| session.me == welcome.me.id);
        let mut others: BTreeSet<_> = welcome.members.iter().map(|member| member.id).collect();
        let mut received = Vec::new();
        if let Some(former) = &former {
            if welcome.settling {
                others.extend(&former.others);
            }
            if former.run == run {
                received = former.received.clone();
                let before = welcome.signals as usize;
                assert!(before >= received.len(), "nothing comes twice");
                let lost = &accepted.get(&former.me).map_or(&[][..], Vec::as_slice)[received.len()..before];
                received.extend(lost);
            }
        }
        self.session = Some(Session {
            me: welcome.me.id,
            others,
            roster: welcome.roster,
            settling: welcome.settling,
            ticket: welcome.ticket.unwrap(),
            run,
            received,
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everybody_knows_who_is_there_and_nothing_is_left_at_the_end(steps in prop::collection::vec(step(), 0..300)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
            world.check();
        }
        for place in 0..PLACES {
            world.take(Step::Lose(place));
            world.check();
        }
        // Those that were replaced by others on the client's side alone.
        let open: Vec<_> = world.bench.hub.connections.keys().copied().collect();
        for connection in open {
            world.bench.cut(connection);
        }
        world.take(Step::Wait(30));
        world.take(Step::Wait(20));
        let hub = &world.bench.hub;
        prop_assert!(hub.connections.is_empty() && hub.rooms.is_empty() && hub.due.is_empty() && hub.outputs.is_empty());
    }
}
