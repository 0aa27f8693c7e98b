//! Four rooms through the real server: real WebSockets, real time, and the model of a browser that the rules are tried with.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are not in test functions, and may fail as tests do"
)]

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use itodenwa_protocol::{
    Command, Config, ConnectionId, ConnectionState, Event, Input, Output, Report, Room, Time, Way,
};
use itodenwa_server::Server;
use itodenwa_wire::Source::{self, Camera, Microphone, Screen};
use itodenwa_wire::{
    ClientMessage, Join, Left, PROTOCOL_VERSION, Packet, PeerId, Refusal, RefusalCode, RoomName, ServerMessage, Signal,
};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use itodenwa_model::browser::{Connection, Profile};

/// Far more than it takes; a machine under load must not fail the test.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn four_meet_change_their_media_at_once_and_one_leaves_and_comes_back() {
    let mut mesh = Mesh::start().await;
    for on in [&[Camera][..], &[Microphone], &[Camera, Microphone], &[]] {
        mesh.join(on).await;
    }
    mesh.settle().await;
    mesh.set(0, Microphone, true).await;
    mesh.set(1, Screen, true).await;
    mesh.set(2, Camera, false).await;
    mesh.set(3, Camera, true).await;
    mesh.settle().await;
    for participant in &mesh.participants {
        assert_eq!(participant.closed, 0, "nobody needed a second connection");
        assert_eq!(participant.refusals, [""; 0]);
    }

    let gone = mesh.leave(1).await;
    mesh.until(|mesh| mesh.participants.iter().all(|one| one.left.iter().any(|left| left.id == gone))).await;
    mesh.settle().await;
    mesh.join(&[Camera]).await;
    mesh.settle().await;
    assert_eq!(mesh.participants.len(), 4);
}

/// Everybody and everything that happens to them, in one place: machines do not care who drives them.
struct Mesh {
    address: String,
    start: Instant,
    participants: Vec<Participant>,
    said: mpsc::Sender<(u32, ServerMessage)>,
    heard: mpsc::Receiver<(u32, ServerMessage)>,
    sockets: u32,
    connections: u32,
}

struct Participant {
    socket: u32,
    sink: SplitSink<WebSocketStream<MaybeTlsStream<TcpStream>>, Message>,
    room: Room,
    connections: BTreeMap<ConnectionId, (PeerId, Connection, ConnectionState)>,
    closed: usize,
    seen: BTreeMap<PeerId, Vec<Source>>,
    left: Vec<Left>,
    refusals: Vec<String>,
}

impl Mesh {
    async fn start() -> Self {
        let server = Server::bind(itodenwa_server::Config::default()).await.expect("the server starts");
        let address = format!("ws://{}/ws", server.address());
        tokio::spawn(server.serve());
        let (said, heard) = mpsc::channel(1024);
        Mesh { address, start: Instant::now(), participants: Vec::new(), said, heard, sockets: 0, connections: 0 }
    }

    async fn join(&mut self, on: &[Source]) {
        let (stream, _) = connect_async(&self.address).await.expect("the server answers");
        let (mut sink, mut stream) = stream.split();
        let room = RoomName::new("blue-tiger").expect("it is a name");
        let join = ClientMessage::Join(Join {
            version: PROTOCOL_VERSION,
            max_version: None,
            room,
            name: None,
            token: None,
            resume: None,
            former: None,
            unless_recorded: false,
            offer: Vec::new(),
        });
        sink.send(text(&join)).await.expect("the socket is open");
        self.sockets += 1;
        let (socket, said) = (self.sockets, self.said.clone());
        let Some(ServerMessage::Welcome(welcome)) = next(&mut stream).await else { panic!("no welcome") };
        tokio::spawn(async move {
            while let Some(message) = next(&mut stream).await {
                if said.send((socket, message)).await.is_err() {
                    return;
                }
            }
        });
        let room = Room::new(Config { on: on.to_vec(), ..Config::default() }, &welcome, self.now());
        self.participants.push(Participant {
            socket,
            sink,
            room,
            connections: BTreeMap::new(),
            closed: 0,
            seen: BTreeMap::new(),
            left: Vec::new(),
            refusals: Vec::new(),
        });
        self.follow(self.participants.len() - 1).await;
    }

    async fn leave(&mut self, place: usize) -> PeerId {
        self.input(place, Input::Leave).await;
        let mut gone = self.participants.remove(place);
        assert!(gone.connections.is_empty(), "everything is closed");
        gone.sink.send(text(&ClientMessage::<Packet>::Leave)).await.expect("the socket is open");
        gone.sink.close().await.expect("the socket is open");
        gone.room.me().id
    }

    async fn set(&mut self, place: usize, source: Source, on: bool) {
        self.input(place, Input::SetSource { source, on }).await;
    }

    /// Goes on until everybody is connected with everybody and sees what they have on.
    async fn settle(&mut self) {
        self.until(Mesh::is_settled).await;
    }

    fn is_settled(&self) -> bool {
        let others = self.participants.len() - 1;
        let agrees = |here: &Participant, there: &Participant| {
            let id = there.room.me().id;
            here.seen.get(&id).map_or(&[][..], Vec::as_slice) == there.room.sources()
        };
        self.participants.iter().all(|here| {
            let elsewhere = self.participants.iter().filter(|there| there.socket != here.socket);
            here.connections.len() == others
                && here.connections.values().all(|(_, _, state)| *state == ConnectionState::Connected)
                && elsewhere.into_iter().all(|there| agrees(here, there))
        })
    }

    async fn until(&mut self, so: impl Fn(&Mesh) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !so(self) {
            let due = self.participants.iter().filter_map(|one| one.room.deadline()).min();
            let wake = due.map_or(end, |due| self.start + Duration::from_millis(due.as_millis())).min(end);
            tokio::select! {
                Some((socket, message)) = self.heard.recv() => self.hear(socket, message).await,
                () = tokio::time::sleep_until(wake) => {
                    assert!(Instant::now() < end, "after {PATIENCE:?} it is not so");
                    for place in 0..self.participants.len() {
                        self.input(place, Input::Deadline).await;
                    }
                }
            }
        }
    }

    async fn hear(&mut self, socket: u32, message: ServerMessage) {
        let Some(place) = self.participants.iter().position(|one| one.socket == socket) else { return };
        let input = match message {
            ServerMessage::Joined { member, .. } => Input::Joined(member),
            ServerMessage::Left { id, reason, .. } => Input::Left(Left { id, reason }),
            ServerMessage::Signal(delivery) => {
                let Packet { from_epoch, to_epoch, seq, ack, body } = delivery.packet;
                let body = body.map(|body| serde_json::from_str(&body).expect("a body of this protocol"));
                let packet = Packet { from_epoch, to_epoch, seq, ack, body };
                Input::Packet { from: delivery.from, way: Way::Server, packet }
            }
            // A packet crossed with the news that its receiver left.
            ServerMessage::Refused(Refusal { code: RefusalCode::PeerUnknown, .. }) => return,
            other => panic!("{other:?}"),
        };
        self.input(place, input).await;
    }

    async fn input(&mut self, place: usize, input: Input) {
        let now = self.now();
        self.participants[place].room.handle(now, input);
        self.follow(place).await;
    }

    /// Does what the machine wants done; its browser answers at once.
    async fn follow(&mut self, place: usize) {
        let now = self.now();
        let participant = &mut self.participants[place];
        let mut reports: VecDeque<(PeerId, ConnectionId, Report)> = VecDeque::new();
        loop {
            while let Some(output) = participant.room.poll() {
                match output {
                    Output::Send { to, packet, .. } => participant.send(to, packet).await,
                    Output::Command { connection, command: Command::Close, .. } => {
                        participant.connections.remove(&connection);
                        participant.closed += 1;
                    }
                    Output::Command { peer, connection, command } => {
                        self.connections += 1;
                        let new = || (peer, Connection::new(Profile::Firefox, self.connections), ConnectionState::New);
                        let (_, browser, _) = participant.connections.entry(connection).or_insert_with(new);
                        let (report, gathering) = browser.execute(command, 3).unwrap_or_else(|(name, message)| {
                            participant.refusals.push(format!("{name}: {message}"));
                            (Report::Refused { name: name.into(), message }, None)
                        });
                        reports.push_back((peer, connection, report));
                        if let Some(gathering) = gathering {
                            for place in 1..=gathering.candidates {
                                let candidate = gathering.candidate(place);
                                browser.gather(candidate.candidate.clone());
                                reports.push_back((peer, connection, Report::LocalCandidate(candidate)));
                            }
                            reports.push_back((peer, connection, Report::GatheringComplete));
                        }
                    }
                    Output::Event(event) => participant.observe(event),
                    Output::Entry(_) => {}
                }
            }
            match reports.pop_front() {
                Some((peer, connection, report)) => {
                    participant.room.handle(now, Input::Report { peer, connection, report });
                }
                None => break,
            }
        }
        self.connect();
    }

    /// Finds the paths: both sides have each other's current credentials.
    fn connect(&mut self) {
        let credentials = |one: &Participant| -> Vec<(String, String)> {
            let browsers = one.connections.values().filter_map(|(_, browser, _)| browser.credentials());
            browsers.map(|(mine, theirs)| (mine.to_owned(), theirs.to_owned())).collect()
        };
        let all: Vec<(String, String)> = self.participants.iter().flat_map(credentials).collect();
        let now = self.now();
        for participant in &mut self.participants {
            for (id, (peer, browser, state)) in &mut participant.connections {
                let Some((mine, theirs)) = browser.credentials() else { continue };
                let back = (theirs.to_owned(), mine.to_owned());
                if *state == ConnectionState::New && browser.known(theirs) > 0 && all.contains(&back) {
                    *state = ConnectionState::Connected;
                    let report = Report::State(ConnectionState::Connected);
                    participant.room.handle(now, Input::Report { peer: *peer, connection: *id, report });
                }
            }
        }
    }

    fn now(&self) -> Time {
        Time::from_millis(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

impl Participant {
    async fn send(&mut self, to: PeerId, packet: Packet<itodenwa_wire::Body>) {
        let Packet { from_epoch, to_epoch, seq, ack, body } = packet;
        let body = body.map(|body| serde_json::to_string(&body).expect("a body is JSON"));
        let packet = Packet { from_epoch, to_epoch, seq, ack, body };
        let message = ClientMessage::Signal(Signal { to, packet });
        self.sink.send(text(&message)).await.expect("the socket is open");
    }

    fn observe(&mut self, event: Event) {
        match event {
            Event::MediaOn { peer, source, .. } => {
                let seen = self.seen.entry(peer).or_default();
                assert!(!seen.contains(&source), "{source} of {peer} is on twice");
                seen.push(source);
                seen.sort();
            }
            Event::MediaOff { peer, source } => self.seen.entry(peer).or_default().retain(|seen| *seen != source),
            Event::Left(left) => self.left.push(left),
            Event::Joined(_) | Event::Renamed { .. } | Event::Connection { .. } | Event::Away { .. } => {}
            Event::Trouble(trouble) => panic!("{trouble:?}"),
        }
    }
}

fn text(message: &ClientMessage) -> Message {
    Message::text(serde_json::to_string(message).expect("a message is JSON"))
}

async fn next(
    stream: &mut (impl futures_util::Stream<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin),
) -> Option<ServerMessage> {
    while let Some(Ok(message)) = stream.next().await {
        if let Message::Text(text) = message {
            return Some(serde_json::from_str(&text).expect("a message of this protocol"));
        }
    }
    None
}
