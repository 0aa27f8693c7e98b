//! A relay and its clients, which say what a test wants them to say.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use itodenwa_server::relay::credentials::{Credentials, Secret};
use itodenwa_server::relay::{Service, TurnConfig, TurnLimits};
use stun_types::attribute::{ErrorCode, Nonce, Realm, Username, XorMappedAddress};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageIntegrityCredentials, MessageType,
    MessageWriteVec, Method, TransactionId,
};
use stun_types::prelude::{AttributeFromRaw, AttributeStaticType, AttributeWrite, MessageWrite, MessageWriteExt};
use turn_types::attribute::{ChannelNumber, Data, Lifetime, RequestedTransport, XorPeerAddress, XorRelayedAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, SEND};

use super::PATIENCE;

/// A relay at 127.0.0.1 on which peers at 127.0.0.0/8 are refused, but for other allocations.
pub(crate) fn relay() -> Service {
    limited(TurnLimits::default())
}

pub(crate) fn limited(limits: TurnLimits) -> Service {
    Service::start(&config(), limits, secret(), None).unwrap()
}

/// With both kinds of addresses.
pub(crate) fn config() -> TurnConfig {
    let loopback = IpAddr::from(Ipv4Addr::LOCALHOST);
    TurnConfig {
        addresses: vec![loopback, "::1".parse().unwrap()],
        peer_ports: 1..=65_535,
        ..TurnConfig::new(SocketAddr::new(loopback, 0), loopback)
    }
}

pub(crate) fn secret() -> Secret {
    Secret::new(*b"a secret that only tests have").unwrap()
}

pub(crate) fn unix() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The credentials of a session that the relay knows from now on.
pub(crate) fn member(relay: &Service, session: &str) -> Credentials {
    relay.admit(session);
    relay.secret().mint(unix() + 600, session)
}

/// A way to the relay. What does not come in time fails the test.
pub(crate) trait ClientTransport {
    fn send(&mut self, packet: &[u8]);
    /// The next packet; none if it is closed.
    fn receive(&mut self) -> Option<Vec<u8>>;
}

impl ClientTransport for UdpSocket {
    fn send(&mut self, packet: &[u8]) {
        UdpSocket::send(self, packet).unwrap();
    }

    fn receive(&mut self) -> Option<Vec<u8>> {
        let mut buffer = vec![0; 4096];
        let length = self.recv(&mut buffer).expect("a packet comes in time");
        buffer.truncate(length);
        Some(buffer)
    }
}

/// Messages on a stream.
pub(crate) struct Framed<S>(pub(crate) S);

impl<S: Read + Write> ClientTransport for Framed<S> {
    fn send(&mut self, packet: &[u8]) {
        self.0.write_all(packet).unwrap();
        self.0.flush().unwrap();
    }

    fn receive(&mut self) -> Option<Vec<u8>> {
        let mut packet = vec![0; 4];
        match self.0.read_exact(&mut packet) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("nothing came in time"),
            Err(_) => return None,
        }
        let length = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
        let rest = if packet[0] < 0x40 { 16 + length } else { length.next_multiple_of(4) };
        packet.resize(4 + rest, 0);
        self.0.read_exact(&mut packet[4..]).unwrap();
        if !packet[3].is_multiple_of(4) {
            packet.truncate(4 + length);
        }
        Some(packet)
    }
}

/// A client of the relay.
pub(crate) struct Turn {
    transport: Box<dyn ClientTransport>,
    pub(crate) credentials: Credentials,
    /// As the relay told them.
    pub(crate) challenge: Option<(String, String)>,
}

/// What the relay says.
#[derive(Debug, Clone)]
pub(crate) struct Answer(pub(crate) Vec<u8>);

pub(crate) fn udp(relay: &Service) -> UdpSocket {
    let socket = UdpSocket::bind((relay.address().ip(), 0)).unwrap();
    socket.connect(relay.address()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

pub(crate) fn tcp(relay: &Service) -> TcpStream {
    let stream = TcpStream::connect(relay.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

impl Turn {
    pub(crate) fn udp(relay: &Service, credentials: Credentials) -> Self {
        Turn::over(udp(relay), credentials)
    }

    pub(crate) fn tcp(relay: &Service, credentials: Credentials) -> Self {
        Turn::over(Framed(tcp(relay)), credentials)
    }

    pub(crate) fn over(transport: impl ClientTransport + 'static, credentials: Credentials) -> Self {
        Turn { transport: Box::new(transport), credentials, challenge: None }
    }

    /// A client that is a member and has an allocation.
    pub(crate) fn allocated(relay: &Service, session: &str) -> (Self, SocketAddr) {
        let mut client = Turn::udp(relay, member(relay, session));
        let relayed = client.allocate().relayed();
        (client, relayed)
    }

    pub(crate) fn send(&mut self, packet: &[u8]) {
        self.transport.send(packet);
    }

    pub(crate) fn receive(&mut self) -> Option<Answer> {
        self.transport.receive().map(Answer)
    }

    /// Asks as a browser does: once without credentials, to be challenged, and then with them.
    pub(crate) fn ask(&mut self, method: Method, attributes: &[&dyn AttributeWrite]) -> Answer {
        if self.challenge.is_none() {
            let answer = self.exchange(&request(method, attributes, None));
            assert_eq!(answer.code(), 401, "{answer:?}");
            self.challenge = Some(answer.challenge());
        }
        self.exchange(&self.signed(method, attributes))
    }

    /// A request with credentials.
    pub(crate) fn signed(&self, method: Method, attributes: &[&dyn AttributeWrite]) -> Vec<u8> {
        let (realm, nonce) = self.challenge.as_ref().unwrap();
        request(method, attributes, Some((&self.credentials, realm, nonce)))
    }

    /// Sends a request; what comes next.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Answer {
        self.send(request);
        self.receive().expect("an answer")
    }

    pub(crate) fn allocate(&mut self) -> Answer {
        self.ask(ALLOCATE, &[&RequestedTransport::new(RequestedTransport::UDP)])
    }

    pub(crate) fn permit(&mut self, peer: SocketAddr) -> Answer {
        self.ask_about(CREATE_PERMISSION, peer, &[])
    }

    pub(crate) fn bind(&mut self, number: u16, peer: SocketAddr) -> Answer {
        self.ask_about(CHANNEL_BIND, peer, &[&ChannelNumber::new(number)])
    }

    pub(crate) fn ask_about(&mut self, method: Method, peer: SocketAddr, others: &[&dyn AttributeWrite]) -> Answer {
        if self.challenge.is_none() {
            self.challenge = Some(self.exchange(&request(method, &[], None)).challenge());
        }
        // The address is mixed with the transaction's number.
        let transaction = new_transaction();
        let peer = XorPeerAddress::new(peer, transaction);
        let attributes: Vec<&dyn AttributeWrite> =
            [&peer as &dyn AttributeWrite].into_iter().chain(others.iter().copied()).collect();
        let (realm, nonce) = self.challenge.clone().unwrap();
        let auth = Some((&self.credentials, realm.as_str(), nonce.as_str()));
        let message = write(
            MessageType::from_class_method(stun_types::message::MessageClass::Request, method),
            transaction,
            &attributes,
            auth,
        );
        self.exchange(&message)
    }

    /// Sends by an indication.
    pub(crate) fn indicate(&mut self, peer: SocketAddr, data: &[u8]) {
        let transaction = new_transaction();
        let kind = MessageType::from_class_method(stun_types::message::MessageClass::Indication, SEND);
        let packet = write(kind, transaction, &[&XorPeerAddress::new(peer, transaction), &Data::new(data)], None);
        self.send(&packet);
    }

    /// Sends through a channel.
    pub(crate) fn through(&mut self, number: u16, data: &[u8]) {
        let mut packet = [number.to_be_bytes(), (data.len() as u16).to_be_bytes()].concat();
        packet.extend_from_slice(data);
        packet.resize(packet.len().next_multiple_of(4), 0);
        self.send(&packet);
    }

    /// Nothing is waiting to be received: the next thing is the answer to what is asked now.
    pub(crate) fn received_nothing(&mut self) {
        let answer = self.exchange(&request(BINDING, &[], None));
        assert_eq!(answer.message().method(), BINDING, "{answer:?}");
    }
}

impl Answer {
    pub(crate) fn message(&self) -> Message<'_> {
        Message::from_bytes(&self.0).unwrap()
    }

    /// 0 for success.
    pub(crate) fn code(&self) -> u16 {
        self.message().attribute::<ErrorCode>().map_or(0, |error| error.code())
    }

    pub(crate) fn has<'a, A: AttributeStaticType + AttributeFromRaw<'a>>(&self) -> bool {
        self.message().has_attribute(A::TYPE)
    }

    pub(crate) fn challenge(&self) -> (String, String) {
        let message = self.message();
        let (realm, nonce) = (message.attribute::<Realm>().unwrap(), message.attribute::<Nonce>().unwrap());
        (realm.realm().to_owned(), nonce.nonce().to_owned())
    }

    pub(crate) fn relayed(&self) -> SocketAddr {
        assert_eq!(self.code(), 0, "{self:?}");
        let message = self.message();
        message.attribute::<XorRelayedAddress>().unwrap().addr(message.transaction_id())
    }

    pub(crate) fn mapped(&self) -> SocketAddr {
        let message = self.message();
        message.attribute::<XorMappedAddress>().unwrap().addr(message.transaction_id())
    }

    pub(crate) fn lifetime(&self) -> u32 {
        assert_eq!(self.code(), 0, "{self:?}");
        self.message().attribute::<Lifetime>().unwrap().seconds()
    }

    /// What an indication brings, and from whom.
    pub(crate) fn data(&self) -> (SocketAddr, Vec<u8>) {
        let message = self.message();
        let from = message.attribute::<XorPeerAddress>().unwrap().addr(message.transaction_id());
        (from, message.attribute::<Data>().unwrap().data().to_vec())
    }
}

/// A request, signed if there is something to sign it with: credentials, realm and nonce.
pub(crate) fn request(
    method: Method,
    attributes: &[&dyn AttributeWrite],
    auth: Option<(&Credentials, &str, &str)>,
) -> Vec<u8> {
    let kind = MessageType::from_class_method(stun_types::message::MessageClass::Request, method);
    write(kind, new_transaction(), attributes, auth)
}

pub(crate) fn write(
    kind: MessageType,
    transaction: TransactionId,
    attributes: &[&dyn AttributeWrite],
    auth: Option<(&Credentials, &str, &str)>,
) -> Vec<u8> {
    let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
    attributes.iter().for_each(|attribute| message.add_attribute(*attribute).unwrap());
    if let Some((Credentials { username, password }, realm, nonce)) = auth {
        message.add_attribute(&Username::new(username).unwrap()).unwrap();
        message.add_attribute(&Realm::new(realm).unwrap()).unwrap();
        message.add_attribute(&Nonce::new(nonce).unwrap()).unwrap();
        let key = LongTermKeyCredentials::new(username.clone(), password.clone(), realm.to_owned());
        let key = MessageIntegrityCredentials::LongTerm(key);
        message.add_message_integrity(&key, IntegrityAlgorithm::Sha1).unwrap();
    }
    message.finish()
}

pub(crate) fn new_transaction() -> TransactionId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).into()
}
