//! The relay's machine: clients that sign or do not, members that leave, peers that nobody asked, time that passes. What it does is
//! compared with what a client was granted.

mod granted;
mod packets;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arbitrary::{Arbitrary, Result, Unstructured};
use itodenwa_server::relay::credentials::{Credentials, Secret};
use itodenwa_server::relay::peers::Peers;
use itodenwa_server::relay::{AllocationId, Client, Input, Moment, Output, Relay, Rules, Transport, TurnLimits};
use stun_types::message::Message;

use granted::Granted;
use packets::{Asked, Auth, channel_data, request, send};

/// Where allocations are.
const RELAYED: [u8; 4] = [203, 0, 113, 10];
/// Members, the last of whom never was one.
const SESSIONS: [&str; 3] = ["ann", "bob", "eve"];
const STEPS: usize = 96;
/// Largest message of the relay.
const MESSAGE_BYTES: usize = 2048;

/// The target.
pub fn run(data: &[u8]) {
    // A story that ends early is one, too.
    let _ = Story::new().play(&mut Unstructured::new(data));
}

struct Story {
    relay: Relay,
    rules: Arc<Rules>,
    now: Moment,
    start: Instant,
    granted: Granted,
    nonces: [Option<(String, String)>; 4],
    next_port: u16,
}

/// What is true of the input that is given now.
#[derive(Default)]
struct Given {
    client: Option<Client>,
    /// The bytes that came, if nobody has signed them.
    unsigned: Option<usize>,
    /// What was asked, if it is signed as it has to be.
    asked: Option<Asked>,
    /// What came from a peer: for which allocation, and from where.
    from_peer: Option<(AllocationId, SocketAddr)>,
}

impl Story {
    fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this never runs in a browser")]
        let start = Instant::now();
        let limits = TurnLimits { turn_session_allocations: 2, turn_allocations: 3, ..TurnLimits::default() };
        let relayed = IpAddr::from(RELAYED);
        let peers = Peers { announced: vec![relayed], ..Peers::default() };
        let rules = Arc::new(Rules::new(limits, &[relayed], peers, secret(b's'), secret(b'n'), start));
        SESSIONS[..2].iter().for_each(|session| rules.ledger.admit(session));
        Story {
            relay: Relay::new(Arc::clone(&rules), local(0)),
            rules,
            now: Moment { at: start, unix: 1_900_000_000 },
            start,
            granted: Granted::default(),
            nonces: Default::default(),
            next_port: 50_000,
        }
    }

    fn play(mut self, u: &mut Unstructured) -> Result<()> {
        for _ in 0..STEPS {
            if u.is_empty() {
                break;
            }
            self.step(u)?;
            self.check();
        }
        // Whatever it was: when everybody has left, nothing is left.
        for session in SESSIONS {
            self.rules.ledger.dismiss(session);
        }
        self.give(u, Input::Dismissed, &Given::default())?;
        self.check();
        assert_eq!((self.relay.allocations(), self.rules.ledger.allocations()), (0, 0));
        assert_eq!(self.relay.deadline(), None);
        Ok(())
    }

    fn step(&mut self, u: &mut Unstructured) -> Result<()> {
        let which = usize::from(u.int_in_range(0..=3u8)?);
        let client = client(which);
        match u.int_in_range(0..=11)? {
            0 => {
                let packet = u.bytes(u.len().min(64))?.to_vec();
                self.packet(u, client, &packet, None)
            }
            1..=4 => {
                let auth = u.int_in_range(0..=7)?;
                let session = if auth < 6 { which % 2 } else { u.choose_index(SESSIONS.len())? };
                let credentials = self.credentials(SESSIONS[session], auth == 7);
                let challenge = self.nonces[which].clone().filter(|_| auth > 0);
                let auth = challenge.as_ref().map(|(realm, nonce)| Auth { credentials: &credentials, realm, nonce });
                let is_signed = auth.is_some();
                let (packet, asked) = request(u, auth)?;
                self.packet(u, client, &packet, is_signed.then_some(asked))
            }
            5 => {
                let packet = channel_data(u)?;
                self.packet(u, client, &packet, None)
            }
            6 => {
                let packet = send(u)?;
                self.packet(u, client, &packet, None)
            }
            7 => {
                let allocation = AllocationId(u.int_in_range(0..=4)?);
                let (peer, length) = (packets::peer(u)?, u.int_in_range(0..=2100)?);
                let given = Given { from_peer: Some((allocation, peer)), ..Given::default() };
                let payload = vec![7; length];
                self.give(u, Input::FromPeer { allocation, peer, payload: &payload }, &given)
            }
            8 => {
                let seconds = *u.choose(&[1, 10, 299, 301, 599, 601, 3601])?;
                self.now.at += Duration::from_secs(seconds);
                self.now.unix += seconds;
                self.give(u, Input::Deadline, &Given::default())?;
                assert!(self.relay.deadline().is_none_or(|at| at > self.now.at), "what is over is gone");
                Ok(())
            }
            9 => {
                let session = SESSIONS[u.choose_index(2)?];
                match bool::arbitrary(u)? {
                    true => self.rules.ledger.admit(session),
                    false => self.rules.ledger.dismiss(session),
                }
                self.give(u, Input::Dismissed, &Given::default())
            }
            10 => self.give(u, Input::Gone(client), &Given::default()),
            _ => {
                let more = u.int_in_range(0..=1)?;
                self.granted.local = local(more);
                self.give(u, Input::LocalAddresses(local(more)), &Given::default())
            }
        }
    }

    fn packet(&mut self, u: &mut Unstructured, client: Client, packet: &[u8], asked: Option<Asked>) -> Result<()> {
        let unsigned = asked.is_none().then_some(packet.len());
        let given = Given { client: Some(client), unsigned, asked, from_peer: None };
        self.give(u, Input::FromClient { client, packet }, &given)
    }

    /// Gives a fact, and looks at all that comes of it.
    fn give(&mut self, u: &mut Unstructured, input: Input<'_>, given: &Given) -> Result<()> {
        self.relay.handle(self.now, input);
        loop {
            let opened = match self.relay.poll() {
                None => return Ok(()),
                Some(Output::ToClient { client, packet }) => {
                    assert!(packet.len() <= MESSAGE_BYTES, "{} bytes", packet.len());
                    match given.from_peer {
                        Some((allocation, peer)) => self.granted.may_come_from(self.now.at, allocation, peer, client),
                        None => answered(&mut self.granted, &mut self.nonces, self.now.at, given, client, packet),
                    }
                    continue;
                }
                Some(Output::ToPeer { allocation, peer, .. }) => {
                    let client = given.client.expect("only a client sends something to a peer");
                    self.granted.may_go_to(self.now.at, allocation, peer, client);
                    continue;
                }
                Some(Output::Close { allocation, port, .. }) => {
                    self.granted.closed(allocation, port);
                    continue;
                }
                Some(Output::Open { allocation, .. }) => allocation,
            };
            let client = given.client.expect("only a client has something opened");
            assert!(given.asked.is_some(), "who has signed nothing gets nothing opened");
            let port = if u.ratio(7, 8).unwrap_or(true) { Some(self.next_port) } else { None };
            self.next_port += 1;
            if let Some(port) = port {
                self.granted.opened(opened, client, port);
            }
            self.relay.handle(self.now, Input::Opened { allocation: opened, port });
        }
    }

    fn check(&self) {
        assert_eq!(self.relay.allocations(), self.granted.allocations());
        assert_eq!(self.rules.ledger.allocations(), self.granted.allocations());
        assert!(self.granted.allocations() <= 3 && self.now.at >= self.start);
    }

    fn credentials(&self, session: &str, wrong: bool) -> Credentials {
        secret(if wrong { b'w' } else { b's' }).mint(self.now.unix + 600, session)
    }
}

fn answered(
    granted: &mut Granted,
    nonces: &mut [Option<(String, String)>; 4],
    now: Instant,
    given: &Given,
    client: Client,
    packet: &[u8],
) {
    assert_eq!(given.client, Some(client), "an answer goes to who asked");
    if let Some(asked) = given.unsigned {
        assert!(packet.len() <= 3 * asked.max(20) + 8 * asked, "{} bytes for {asked}", packet.len());
    }
    let message = Message::from_bytes(packet).expect("an answer is a message");
    let challenge = (
        message.attribute::<stun_types::attribute::Realm>().ok().map(|realm| realm.realm().to_owned()),
        message.attribute::<stun_types::attribute::Nonce>().ok().map(|nonce| nonce.nonce().to_owned()),
    );
    if let ((Some(realm), Some(nonce)), Some(known)) =
        (challenge, nonces.get_mut(usize::from(client.address.port() - 1)))
    {
        *known = Some((realm, nonce));
    }
    let is_success = message.class() == stun_types::message::MessageClass::Success;
    if let (true, Some(asked)) = (is_success, &given.asked) {
        granted.grant(now, client, asked);
    }
}

fn client(which: usize) -> Client {
    let transport = if which == 3 { Transport::Stream(3) } else { Transport::Datagram(None) };
    Client { transport, address: SocketAddr::new([192, 0, 2, 1].into(), which as u16 + 1) }
}

fn secret(byte: u8) -> Secret {
    Secret::new([byte; 16]).expect("it is long enough")
}

/// The addresses of this computer, with so many that were added.
fn local(more: u8) -> Vec<IpAddr> {
    (0..=more).map(|last| IpAddr::from([198, 51, 100, last])).collect()
}
