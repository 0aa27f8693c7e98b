//! The relay's reading and writing of packets, for a fuzzer.

use std::net::SocketAddr;

use stun_types::attribute::AttributeType;

use super::{codec, framing};

/// What the first bytes of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// The first `message` of the first `taken` bytes are a message.
    Whole {
        /// Bytes of the message.
        message: usize,
        /// With the padding after it.
        taken: usize,
    },
    /// More bytes are needed.
    Part,
    /// Neither STUN nor TURN, or too large.
    Garbage,
}

/// A packet from a client.
#[derive(Debug, PartialEq, Eq)]
pub enum Packet {
    /// A STUN message, and what of it is not understood.
    Message {
        /// Attributes that must be understood and are not.
        not_understood: Vec<AttributeType>,
    },
    /// ChannelData.
    Channel {
        /// The channel's number.
        number: u16,
        /// What is for the peer.
        data: Vec<u8>,
    },
}

/// Looks at the beginning of a stream.
#[must_use]
pub fn frame(bytes: &[u8]) -> Frame {
    match framing::frame(bytes) {
        framing::Frame::Whole { message, taken } => Frame::Whole { message, taken },
        framing::Frame::Part => Frame::Part,
        framing::Frame::Garbage => Frame::Garbage,
    }
}

/// Reads a packet.
#[must_use]
pub fn read_packet(bytes: &[u8]) -> Option<Packet> {
    Some(match codec::read(bytes)? {
        codec::Packet::Message(message) => Packet::Message { not_understood: codec::not_understood(&message) },
        codec::Packet::Channel { number, data } => Packet::Channel { number, data: data.to_vec() },
    })
}

/// Writes ChannelData.
#[must_use]
pub fn write_channel_data(number: u16, data: &[u8], stream: bool) -> Vec<u8> {
    let mut buffer = Vec::new();
    codec::write_channel_data(&mut buffer, number, data, stream);
    buffer
}

/// Writes a Data indication.
#[must_use]
pub fn write_data(transaction: u128, peer: SocketAddr, data: &[u8]) -> Vec<u8> {
    let mut buffer = Vec::new();
    codec::write_data(&mut buffer, transaction.into(), peer, data);
    buffer
}
