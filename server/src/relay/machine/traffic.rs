//! What is relayed: the way of every packet, without a lock and, once the buffer has grown, without an allocation.

use std::net::SocketAddr;
use std::time::Instant;

use stun_types::message::Message;
use turn_types::attribute::{Data, XorPeerAddress};

use super::{Relay, Step};
use crate::relay::codec;
use crate::relay::framing::MESSAGE_BYTES;
use crate::relay::io::{AllocationId, Client, canonical};

/// Largest datagram that a peer may send: with its header it is a message.
const PAYLOAD_BYTES: usize = MESSAGE_BYTES - 64;

impl Relay {
    /// From a client, for the peer of a channel (RFC 8656, section 12.6).
    pub(super) fn channel_data(&mut self, now: Instant, client: Client, number: u16, data: &[u8]) {
        let Some((id, allocation)) = self.clients.get(&client).and_then(|id| Some((*id, self.allocations.get(id)?)))
        else {
            return;
        };
        let Some(peer) = allocation.contacts.peer(now, number) else { return };
        // The port of another allocation may be somebody else's by now.
        if self.rules.peers.admit(&self.local, peer) && allocation.permit.spend(now, data.len()) {
            self.pass_on(id, peer, data);
        }
    }

    /// From a client, for any peer that it has a permission for (RFC 8656, section 11.2).
    pub(super) fn send(&mut self, now: Instant, client: Client, message: &Message<'_>) {
        let (Some(to), Some(data)) = (message.attribute::<XorPeerAddress>().ok(), message.attribute::<Data>().ok())
        else {
            return;
        };
        let peer = canonical(to.addr(message.transaction_id()));
        let Some((id, allocation)) = self.clients.get(&client).and_then(|id| Some((*id, self.allocations.get(id)?)))
        else {
            return;
        };
        if allocation.contacts.is_permitted(now, peer.ip())
            && self.rules.peers.admit(&self.local, peer)
            && allocation.permit.spend(now, data.data().len())
        {
            self.pass_on(id, peer, data.data());
        }
    }

    /// From a peer, for the client of an allocation (RFC 8656, section 11.3).
    pub(super) fn peer_data(&mut self, now: Instant, id: AllocationId, peer: SocketAddr, payload: &[u8]) {
        let (peer, Some(allocation)) = (canonical(peer), self.allocations.get(&id)) else { return };
        if payload.len() > PAYLOAD_BYTES
            || !allocation.contacts.is_permitted(now, peer.ip())
            || !self.rules.peers.admit(&self.local, peer)
            || !allocation.permit.spend(now, payload.len())
        {
            return;
        }
        let (client, start) = (allocation.client, self.buffer.len());
        match allocation.contacts.channel(now, peer) {
            Some(number) => codec::write_channel_data(&mut self.buffer, number, payload, client.is_stream()),
            None => {
                self.indications += 1;
                codec::write_data(&mut self.buffer, self.indications.into(), peer, payload);
            }
        }
        self.steps.push_back(Step::ToClient { client, bytes: start..self.buffer.len() });
    }

    fn pass_on(&mut self, allocation: AllocationId, peer: SocketAddr, payload: &[u8]) {
        let start = self.buffer.len();
        self.buffer.extend_from_slice(payload);
        self.steps.push_back(Step::ToPeer { allocation, peer, bytes: start..self.buffer.len() });
    }
}
