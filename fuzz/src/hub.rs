//! Arbitrary messages of many connections, given to the hub: what is sent makes sense to whom it is sent to, a packet reaches
//! whom it is for and nobody else, and in the end nothing is left.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use arbitrary::{Arbitrary, Unstructured};
use itodenwa_server::hub::{Closing, ConnectionId, Ending, Hub, Input, Output, Packet};
use itodenwa_server::{Access, Limits, TicketSecret, Tickets};
use itodenwa_wire::{
    Ask, ClientMessage, IceServers, Join, PROTOCOL_VERSION, PeerId, RefusalCode, Resume, RoomName, ServerMessage,
    Signal, Ticket, Wish,
};

/// More outputs than this for one input would be a hub that runs away.
const OUTPUTS: usize = 1000;
const ROOMS: [&str; 4] = ["a", "b", "c", "d"];
const ROOM_PEERS: usize = 4;
/// Connections at one time.
const PLACES: u8 = 12;
/// Tickets that are kept.
const TICKETS: usize = 16;

#[derive(Debug, Arbitrary)]
enum Step {
    Connect,
    Join {
        who: u8,
        room: u8,
    },
    /// With a ticket that somebody got, of whatever room and however old.
    Resume {
        who: u8,
        ticket: u8,
        signals: u32,
    },
    Signal {
        from: u8,
        to: u8,
        packet: u32,
    },
    /// To an id that may be nobody's.
    SignalTo {
        from: u8,
        to: u64,
    },
    Ping {
        who: u8,
        number: u32,
    },
    Lock {
        who: u8,
        on: bool,
    },
    Ask {
        who: u8,
        whom: Option<u8>,
    },
    WaitingRoom {
        who: u8,
        on: bool,
    },
    /// Everybody who waits.
    Admit {
        who: u8,
    },
    /// Somebody who waits, or nobody.
    TurnAway {
        who: u8,
        whom: u64,
    },
    Leave {
        who: u8,
    },
    Refused {
        who: u8,
        too_large: bool,
    },
    Overflow {
        who: u8,
    },
    Lose {
        who: u8,
    },
    Wait {
        seconds: u8,
    },
    Stop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word(u32);

impl Packet for Word {
    fn bytes(&self) -> usize {
        4
    }

    fn written(packet: &itodenwa_wire::Packet) -> Option<Self> {
        Some(Word(packet.seq))
    }
}

/// What a client knows from the messages that it got.
#[derive(Debug, Default)]
struct Client {
    room: Option<&'static str>,
    me: Option<PeerId>,
    others: BTreeSet<PeerId>,
}

struct World {
    hub: Hub<Word>,
    now: Instant,
    /// The connections that are open, in the order of their making.
    clients: BTreeMap<u64, Client>,
    made: u64,
    stopping: bool,
    /// The latest tickets, and the rooms they are for.
    tickets: Vec<(&'static str, Ticket)>,
}

/// The target.
pub fn run(data: &[u8]) {
    let mut world = World::new();
    let mut u = Unstructured::new(data);
    while !u.is_empty() {
        let Ok(step) = u.arbitrary() else { break };
        world.take(step);
        world.check();
    }
    world.end();
}

impl World {
    #[expect(clippy::disallowed_methods, reason = "this never runs in a browser")]
    fn new() -> Self {
        let limits = Limits { room_peers: ROOM_PEERS, rooms: 3, malformed_messages: 1, ..Limits::default() };
        let mut random = 0;
        let secret = TicketSecret::new(*b"a secret of fuzzing").expect("it is long enough");
        let tickets = Tickets::start(Some(&secret), limits.ticket_lifetime).expect("there is chance");
        let hub = Hub::new(limits, Access::Open, IceServers::default(), tickets, move || {
            random += 1;
            random
        });
        let now = Instant::now();
        World { hub, now, clients: BTreeMap::new(), made: 0, stopping: false, tickets: Vec::new() }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Connect if self.clients.len() < usize::from(PLACES) => {
                self.made += 1;
                self.clients.insert(self.made, Client::default());
                self.give(Input::Connected(ConnectionId(self.made)));
            }
            Step::Connect => {}
            Step::Join { who, room } => {
                self.join(who, ROOMS[usize::from(room) % ROOMS.len()], None);
            }
            Step::Resume { who, ticket, signals } => {
                let Some((room, ticket)) = self.tickets.get(usize::from(ticket)).cloned() else { return };
                self.join(who, room, Some(Resume { ticket, signals }));
            }
            Step::Signal { from, to, packet } => {
                let to = self.at(to).and_then(|to| self.clients[&to].me).unwrap_or(PeerId::new(0));
                self.signal(from, to, packet);
            }
            Step::SignalTo { from, to } => self.signal(from, PeerId::new(to), 0),
            Step::Ping { who, number } => {
                if let Some(outputs) = self.say(who, ClientMessage::Ping(number)) {
                    let [answer, tickets @ ..] = &outputs[..] else { panic!("nothing answers a ping") };
                    let closed = matches!(answer, Output::Close(..));
                    let is_pong = |message: &_| matches!(message, ServerMessage::Pong(same) if *same == number);
                    assert!(closed || matches!(answer, Output::Send(_, message) if is_pong(&**message)));
                    let is_ticket = |message: &_| matches!(message, ServerMessage::<Word>::Ticket(_));
                    let rest =
                        tickets.iter().all(|one| matches!(one, Output::Send(_, message) if is_ticket(&**message)));
                    assert!(rest, "{tickets:?} come with the answer to a ping");
                }
            }
            Step::Lock { who, on } => drop(self.say(who, ClientMessage::Lock(on))),
            Step::WaitingRoom { who, on } => drop(self.say(who, ClientMessage::WaitingRoom(on))),
            Step::Admit { who } => drop(self.say(who, ClientMessage::Admit(None))),
            Step::TurnAway { who, whom } => drop(self.say(who, ClientMessage::TurnAway(PeerId::new(whom)))),
            Step::Ask { who, whom } => {
                let to = whom.and_then(|whom| self.at(whom)).and_then(|whom| self.clients[&whom].me);
                drop(self.say(who, ClientMessage::Ask(Ask { what: Wish::Mute, to })));
            }
            Step::Leave { who } => drop(self.say(who, ClientMessage::Leave)),
            Step::Refused { who, too_large } => {
                let code = if too_large { RefusalCode::MessageTooLarge } else { RefusalCode::MessageMalformed };
                if let Some(who) = self.at(who) {
                    self.give(Input::Received(ConnectionId(who), Err(Closing::refusing(code, ""))));
                }
            }
            Step::Overflow { who } => {
                if let Some(who) = self.at(who) {
                    self.give(Input::Overflowed(ConnectionId(who)));
                    assert!(!self.clients.contains_key(&who), "it does not read, and is kept");
                }
            }
            Step::Lose { who } => {
                if let Some(who) = self.at(who) {
                    self.lose(who);
                }
            }
            Step::Wait { seconds } => self.wait(Duration::from_secs(seconds.into())),
            Step::Stop => {
                self.stopping = true;
                self.give(Input::Stop);
                assert!(self.clients.is_empty(), "the server stops, and {:?} are there", self.clients);
            }
        }
    }

    /// The connection at this place among those that are open.
    fn at(&self, place: u8) -> Option<u64> {
        self.clients.keys().nth(usize::from(place % PLACES)).copied()
    }

    fn say(&mut self, who: u8, message: ClientMessage<Word>) -> Option<Vec<Output<Word>>> {
        let who = self.at(who)?;
        Some(self.give(Input::Received(ConnectionId(who), Ok(message))))
    }

    fn join(&mut self, who: u8, room: &'static str, resume: Option<Resume>) {
        let name = RoomName::new(room).expect("it is valid");
        if let Some(client) = self.at(who).and_then(|who| self.clients.get_mut(&who)) {
            client.room = client.room.or(Some(room));
        }
        self.say(
            who,
            ClientMessage::Join(Join {
                version: PROTOCOL_VERSION,
                max_version: None,
                room: name,
                name: None,
                token: None,
                resume,
                former: None,
                unless_recorded: false,
                offer: Vec::new(),
            }),
        );
    }

    fn lose(&mut self, who: u64) {
        self.clients.remove(&who);
        self.give(Input::Disconnected(ConnectionId(who), Ending::Broken { last_received: self.now }));
    }

    /// Lets time pass, and comes back whenever the hub wants it.
    fn wait(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(deadline) = self.hub.deadline().filter(|deadline| *deadline <= end) {
            self.now = self.now.max(deadline);
            self.give(Input::Deadline);
            assert!(self.hub.deadline().is_none_or(|next| next > self.now), "the deadline stays although it came");
        }
        self.now = end;
    }

    fn signal(&mut self, from: u8, to: PeerId, packet: u32) {
        let Some(from) = self.at(from) else { return };
        let Client { room, me, .. } = self.clients[&from];
        let addressee = |(_, other): &(&u64, &Client)| other.room == room && other.me == Some(to) && me != Some(to);
        let addressee = self.clients.iter().find(addressee).filter(|_| me.is_some()).map(|(id, _)| *id);
        let message = ClientMessage::Signal(Signal { to, packet: Word(packet) });
        let outputs = self.give(Input::Received(ConnectionId(from), Ok(message)));
        let mut deliveries = outputs.into_iter().filter_map(|output| match output {
            Output::Send(ConnectionId(whom), message) => match &*message {
                ServerMessage::Signal(delivery) => Some((whom, delivery.clone())),
                _ => None,
            },
            Output::Mark(_) | Output::Close(..) => None,
        });
        let delivered = deliveries.next();
        assert_eq!(delivered.as_ref().map(|(whom, _)| *whom), addressee, "the packet is for {to}");
        if let Some((_, delivery)) = delivered {
            assert_eq!((Some(delivery.from), delivery.packet), (me, Word(packet)), "it is stamped and as it was");
        }
        assert_eq!(deliveries.next(), None, "a packet is delivered once");
    }

    fn give(&mut self, input: Input<Word>) -> Vec<Output<Word>> {
        self.hub.handle(self.now, input);
        let outputs: Vec<_> = std::iter::from_fn(|| self.hub.poll()).take(OUTPUTS + 1).collect();
        assert!(outputs.len() <= OUTPUTS, "more than {OUTPUTS} outputs for one input");
        for output in &outputs {
            self.observe(output);
        }
        // Everybody reads at once, so nothing waits that had to be sent now.
        for marked in outputs.iter().filter_map(|output| match output {
            Output::Mark(connection) => Some(*connection),
            _ => None,
        }) {
            self.hub.handle(self.now, Input::Taken(marked));
            assert!(self.hub.poll().is_none(), "what was read makes room, and nothing waited for it");
        }
        outputs
    }

    fn observe(&mut self, output: &Output<Word>) {
        match output {
            Output::Send(ConnectionId(to), message) => {
                let client = self.clients.get_mut(to).expect("nothing is sent to a closed connection");
                match &**message {
                    ServerMessage::Welcome(welcome) => {
                        if let (Some(room), Some(ticket)) = (client.room, &welcome.ticket) {
                            self.tickets.insert(0, (room, ticket.clone()));
                            self.tickets.truncate(TICKETS);
                        }
                        assert_eq!(client.me.replace(welcome.me.id), None, "welcome twice");
                        client.others = welcome.members.iter().map(|member| member.id).collect();
                        assert!(!client.others.contains(&welcome.me.id), "one is among the others");
                    }
                    ServerMessage::Joined { member, .. } => assert!(client.others.insert(member.id), "joined twice"),
                    ServerMessage::Left { id, .. } => assert!(client.others.remove(id), "left, and was not there"),
                    _ => {}
                }
            }
            Output::Mark(marked) => {
                assert!(self.clients.contains_key(&marked.0), "a closed connection is asked to read");
            }
            Output::Close(ConnectionId(whom), _) => {
                assert!(self.clients.remove(whom).is_some(), "what is closed was open");
            }
        }
    }

    /// Who is in a room knows everybody who is.
    fn check(&self) {
        let members = || self.clients.values().filter_map(|client| Some((client, client.me?)));
        for (client, me) in members() {
            assert!(client.others.len() < ROOM_PEERS, "{client:?} is in a room with more than may be");
            for (other, id) in members().filter(|(other, id)| other.room == client.room && *id != me) {
                assert!(client.others.contains(&id), "{client:?} does not know {other:?}");
            }
        }
    }

    /// Everybody goes, and after a while nothing is left of them.
    fn end(mut self) {
        for who in self.clients.keys().copied().collect::<Vec<_>>() {
            self.lose(who);
            self.check();
        }
        self.wait(Duration::from_secs(600));
        assert_eq!(self.hub.deadline(), None);
        let left = format!("Hub {{ connections: 0, rooms: 0, due: 0, stopping: {}, .. }}", self.stopping);
        assert_eq!(format!("{:?}", self.hub), left);
    }
}
