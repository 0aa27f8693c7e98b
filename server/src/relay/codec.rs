//! STUN messages, read and written with `stun-types` and `turn-types`; ChannelData by hand, for it has four bytes of header.

use std::net::SocketAddr;

use stun_types::attribute::{
    AttributeType, ErrorCode, Fingerprint, MessageIntegrity, Nonce, Realm, UnknownAttributes, Username,
    XorMappedAddress,
};
use stun_types::message::{
    IntegrityAlgorithm, IntegrityKey, Message, MessageClass, MessageType, MessageWriteMutSlice, MessageWriteVec,
    StunWriteError, TransactionId,
};
use stun_types::prelude::{
    Attribute, AttributeExt, AttributeStaticType, AttributeWrite, MessageWrite, MessageWriteExt,
};
use turn_types::attribute::{
    ChannelNumber, Data, EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport, XorPeerAddress,
};
use turn_types::message::DATA;

use super::framing::{CHANNEL_HEADER, Frame, MESSAGE_BYTES, STUN_HEADER, frame, padded};

/// What of a message must be understood and is (RFC 8489, section 6.3). Everything else below 0x8000 is refused with 420:
/// RESERVATION-TOKEN and DONT-FRAGMENT among it, as RFC 8656 has it for servers that do not offer these.
const UNDERSTOOD: [AttributeType; 13] = [
    Username::TYPE,
    MessageIntegrity::TYPE,
    Realm::TYPE,
    Nonce::TYPE,
    XorMappedAddress::TYPE,
    ErrorCode::TYPE,
    ChannelNumber::TYPE,
    Lifetime::TYPE,
    XorPeerAddress::TYPE,
    Data::TYPE,
    RequestedTransport::TYPE,
    RequestedAddressFamily::TYPE,
    EvenPort::TYPE,
];

/// So many attributes that are not understood are named; and so many to who may never have asked.
const NAMED: usize = 32;
const NAMED_TO_STRANGERS: usize = 4;

/// A packet from a client.
pub(super) enum Packet<'a> {
    Message(Message<'a>),
    Channel { number: u16, data: &'a [u8] },
}

/// Reads a packet: one message, and nothing after it but padding.
pub(super) fn read(packet: &[u8]) -> Option<Packet<'_>> {
    let Frame::Whole { message, taken } = frame(packet) else { return whole_without_padding(packet) };
    match packet.first()? {
        0..=3 if taken == packet.len() => Message::from_bytes(packet).ok().map(Packet::Message),
        0..=3 => None,
        _ => channel_data(packet.get(..message)?),
    }
}

/// ChannelData need not be padded in a datagram (RFC 8656, section 12.5).
fn whole_without_padding(packet: &[u8]) -> Option<Packet<'_>> {
    let [0x40..=0x7F, _, length @ ..] = packet.first_chunk::<4>()? else { return None };
    let end = CHANNEL_HEADER + usize::from(u16::from_be_bytes(*length));
    if end > MESSAGE_BYTES { None } else { channel_data(packet.get(..end)?) }
}

fn channel_data(packet: &[u8]) -> Option<Packet<'_>> {
    let ([high, low, ..], data) = packet.split_first_chunk::<CHANNEL_HEADER>()?;
    Some(Packet::Channel { number: u16::from_be_bytes([*high, *low]), data })
}

/// What of a message is not understood but must be.
pub(super) fn not_understood(message: &Message<'_>) -> Vec<AttributeType> {
    let kinds = message.iter_attributes().map(|(_, attribute)| attribute.get_type());
    kinds.filter(|kind| kind.comprehension_required() && !UNDERSTOOD.contains(kind)).collect()
}

/// Appends ChannelData. Over a stream it is padded.
pub(super) fn write_channel_data(buffer: &mut Vec<u8>, number: u16, data: &[u8], stream: bool) {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    buffer.extend_from_slice(&number.to_be_bytes());
    buffer.extend_from_slice(&length.to_be_bytes());
    buffer.extend_from_slice(data);
    if stream {
        buffer.resize(buffer.len() + padded(data.len()) - data.len(), 0);
    }
}

/// Appends a Data indication (RFC 8656, section 11.3).
pub(super) fn write_data(buffer: &mut Vec<u8>, transaction: TransactionId, peer: SocketAddr, data: &[u8]) {
    let (peer, data, start) = (XorPeerAddress::new(peer, transaction), Data::new(data), buffer.len());
    buffer.resize(start + STUN_HEADER + peer.padded_len() + data.padded_len(), 0);
    let Some(place) = buffer.get_mut(start..) else { return };
    let kind = MessageType::from_class_method(MessageClass::Indication, DATA);
    let mut message = Message::builder(kind, transaction, MessageWriteMutSlice::new(place));
    let written = message.add_attribute(&peer).and_then(|()| message.add_attribute(&data));
    debug_assert!(written.is_ok(), "the place is as long as the message");
}

/// An answer to a request: signed if there is a key, with a fingerprint if the request has one.
pub(super) struct Reply<'a> {
    request: &'a Message<'a>,
    message: MessageWriteVec,
    key: Option<&'a IntegrityKey>,
}

impl<'a> Reply<'a> {
    pub(super) fn success(request: &'a Message<'a>, key: Option<&'a IntegrityKey>) -> Self {
        Reply { request, message: Message::builder_success(request, MessageWriteVec::with_capacity(128)), key }
    }

    pub(super) fn error(request: &'a Message<'a>, key: Option<&'a IntegrityKey>, code: u16) -> Self {
        Reply::with_code(request, key, ErrorCode::builder(code).build())
    }

    /// To somebody unknown: without words, for it may be somebody who never asked.
    pub(super) fn brief_error(request: &'a Message<'a>, code: u16) -> Self {
        Reply::with_code(request, None, ErrorCode::builder(code).reason("").build())
    }

    fn with_code(
        request: &'a Message<'a>,
        key: Option<&'a IntegrityKey>,
        code: Result<ErrorCode, StunWriteError>,
    ) -> Self {
        let message = Message::builder_error(request, MessageWriteVec::with_capacity(128));
        let reply = Reply { request, message, key };
        match code {
            Ok(code) => reply.with(&code),
            Err(_) => reply,
        }
    }

    /// 420, and what it was that was not understood, each once; to somebody unknown only the first of it.
    pub(super) fn not_understood(
        request: &'a Message<'a>,
        key: Option<&'a IntegrityKey>,
        attributes: &[AttributeType],
    ) -> Self {
        let most = if key.is_some() { NAMED } else { NAMED_TO_STRANGERS };
        let mut named = Vec::new();
        for attribute in attributes {
            if named.len() < most && !named.contains(attribute) {
                named.push(*attribute);
            }
        }
        let code = ErrorCode::UNKNOWN_ATTRIBUTE;
        let reply = if key.is_some() { Reply::error(request, key, code) } else { Reply::brief_error(request, code) };
        reply.with(&UnknownAttributes::new(&named))
    }

    pub(super) fn with(mut self, attribute: &dyn AttributeWrite) -> Self {
        let written = self.message.add_attribute(attribute);
        debug_assert!(written.is_ok(), "it fits, and comes before the signature");
        self
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        if let Some(key) = self.key {
            let signed = self.message.add_message_integrity_with_key(key, IntegrityAlgorithm::Sha1);
            debug_assert!(signed.is_ok(), "it fits, and there is none yet");
        }
        if self.request.has_attribute(Fingerprint::TYPE) {
            let written = self.message.add_fingerprint();
            debug_assert!(written.is_ok(), "it fits, and there is none yet");
        }
        self.message.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn channel_data_may_be_padded_or_not() {
        for packet in [&b"\x40\x01\x00\x03abc"[..], b"\x40\x01\x00\x03abc\0"] {
            let Some(Packet::Channel { number, data }) = read(packet) else { panic!("{packet:?}") };
            assert_eq!((number, data), (0x4001, &b"abc"[..]));
        }
        assert!(read(b"\x40\x01\x00\x04abc").is_none());
        assert!(read(b"").is_none() && read(b"\x40\x01\x00").is_none());
    }

    #[test]
    fn what_is_written_is_read() {
        let peer = "[2001:1::1]:9".parse().unwrap();
        let mut buffer = Vec::new();
        write_data(&mut buffer, TransactionId::from(7), peer, b"hello");
        let Some(Packet::Message(message)) = read(&buffer) else { panic!("{buffer:?}") };
        assert_eq!(message.attribute::<XorPeerAddress>().unwrap().addr(TransactionId::from(7)), peer);
        assert_eq!(message.attribute::<Data>().unwrap().data(), b"hello");
        buffer.clear();
        write_channel_data(&mut buffer, 0x4000, b"hello", true);
        assert_eq!(buffer.len(), 12);
    }

    #[test]
    fn bytes_after_a_message_are_not_read() {
        let mut packet = Message::builder_request(stun_types::message::BINDING, MessageWriteVec::new()).finish();
        assert!(read(&packet).is_some());
        packet.extend([0; 4]);
        assert!(read(&packet).is_none());
    }

    proptest! {
        #[test]
        fn nothing_that_comes_in_panics(mut packet: Vec<u8>, stun: bool, kind in 0u8..4) {
            if stun && packet.len() >= 20 {
                let length = ((packet.len() - 20) as u16).to_be_bytes();
                packet[..8].copy_from_slice(&[0, kind, length[0], length[1], 0x21, 0x12, 0xa4, 0x42]);
            }
            if let Some(Packet::Message(message)) = read(&packet) {
                let _ = (not_understood(&message), message.attribute::<XorPeerAddress>().map(|peer| peer.addr(0.into())));
                let _ = message.attribute::<Data>();
            }
        }
    }
}
