//! What clients send to the relay.

use std::net::{IpAddr, SocketAddr};

use arbitrary::{Arbitrary, Result, Unstructured};
use itodenwa_server::relay::credentials::Credentials;
use stun_types::attribute::{Nonce, Realm, Username};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageIntegrityCredentials,
    MessageType, MessageWriteVec, TransactionId,
};
use stun_types::prelude::{AttributeWrite, MessageWrite, MessageWriteExt};
use turn_types::attribute::{ChannelNumber, Data, Lifetime, RequestedTransport, XorPeerAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND};

/// What a request is signed with.
pub(super) struct Auth<'a> {
    pub(super) credentials: &'a Credentials,
    pub(super) realm: &'a str,
    pub(super) nonce: &'a str,
}

/// What a request names.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) peers: Vec<IpAddr>,
    pub(super) is_channel: bool,
}

/// A request that means something, more or less.
pub(super) fn request(u: &mut Unstructured, auth: Option<Auth<'_>>) -> Result<(Vec<u8>, Asked)> {
    let method =
        *u.choose(&[ALLOCATE, ALLOCATE, CREATE_PERMISSION, CREATE_PERMISSION, CHANNEL_BIND, REFRESH, BINDING])?;
    let transaction = TransactionId::from(u128::from(u32::arbitrary(u)?));
    let mut message = builder(MessageClass::Request, method, transaction);
    let mut asked = Asked { is_channel: method == CHANNEL_BIND, ..Asked::default() };
    let is_about_peers = method == CREATE_PERMISSION || method == CHANNEL_BIND;
    let mut add = |attribute: &dyn AttributeWrite| message.add_attribute(attribute).expect("it fits");
    if method == ALLOCATE {
        add(&RequestedTransport::new(if u.ratio(15, 16)? { RequestedTransport::UDP } else { 6 }));
    }
    if u.ratio(1, 4)? {
        add(&Lifetime::new(*u.choose(&[0, 1, 700, u32::MAX])?));
    }
    if method == CHANNEL_BIND {
        add(&ChannelNumber::new(*u.choose(&[0x3fff, 0x4000, 0x4000, 0x4001, 0x7fff])?));
    }
    if is_about_peers {
        // A channel has one peer; more in the request change nothing.
        for number in 0..u.int_in_range(1..=2)? {
            let peer = peer(u)?;
            add(&XorPeerAddress::new(peer, transaction));
            if number == 0 || method == CREATE_PERMISSION {
                asked.peers.push(peer.ip().to_canonical());
            }
        }
    }
    if let Some(Auth { credentials: Credentials { username, password }, realm, nonce }) = auth {
        add(&Username::new(username).expect("it is short"));
        add(&Realm::new(realm).expect("it is short"));
        add(&Nonce::new(nonce).expect("it is short"));
        let key = LongTermKeyCredentials::new(username.clone(), password.clone(), realm.to_owned());
        let key = MessageIntegrityCredentials::LongTerm(key);
        message.add_message_integrity(&key, IntegrityAlgorithm::Sha1).expect("it fits");
    }
    Ok((message.finish(), asked))
}

/// Data for a channel.
pub(super) fn channel_data(u: &mut Unstructured) -> Result<Vec<u8>> {
    let number: u16 = *u.choose(&[0x4000, 0x4001, 0x4002, 0x7fff])?;
    let length: u16 = u.int_in_range(0..=2100)?;
    let mut packet = [number.to_be_bytes(), length.to_be_bytes()].concat();
    packet.resize(4 + usize::from(length), 1);
    Ok(packet)
}

/// Data for a peer.
pub(super) fn send(u: &mut Unstructured) -> Result<Vec<u8>> {
    let transaction = TransactionId::from(u128::from(u32::arbitrary(u)?));
    let mut message = builder(MessageClass::Indication, SEND, transaction);
    message.add_attribute(&XorPeerAddress::new(peer(u)?, transaction)).expect("it fits");
    message.add_attribute(&Data::new(&vec![2; u.int_in_range(0..=1900)?])).expect("it fits");
    Ok(message.finish())
}

/// A few peers of each kind: of the internet, of this computer, of its network.
pub(super) fn peer(u: &mut Unstructured) -> Result<SocketAddr> {
    let ip: [u8; 4] = *u.choose(&[
        [1, 1, 1, 1],
        [8, 8, 8, 8],
        [9, 9, 9, 9],
        super::RELAYED,
        [198, 51, 100, 0],
        [198, 51, 100, 1],
        [127, 0, 0, 1],
        [10, 0, 0, 1],
        [169, 254, 169, 254],
        [0, 0, 0, 0],
        [224, 0, 0, 1],
    ])?;
    let ip = match u.int_in_range(0..=7)? {
        0 => IpAddr::from(std::net::Ipv4Addr::from(ip).to_ipv6_mapped()),
        1 => IpAddr::from([0x2606, 0x4700, 0, 0, 0, 0, 0, 0x1111]),
        _ => ip.into(),
    };
    Ok(SocketAddr::new(ip, *u.choose(&[0, 53, 1023, 1024, 5000, 50_000, 50_001])?))
}

fn builder(class: MessageClass, method: stun_types::message::Method, transaction: TransactionId) -> MessageWriteVec {
    Message::builder(MessageType::from_class_method(class, method), transaction, MessageWriteVec::new())
}
