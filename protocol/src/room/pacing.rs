//! What a room spends on all of its pairs together: packets, which the server counts, and connections, which the browser does.
//! Others make us spend them, so each pair has a rate of its own, and what the room has is shared out in turn.

use std::time::Duration;

use itodenwa_wire::{Body, Packet};

use super::Room;
use crate::event::ConnectionId;
use crate::pair::Pair;
use crate::rate::Rate;
use crate::time::Time;

/// Packets to all, by all ways: so many at once, and then 40 a second. A server lets 200 and 50 messages a second pass, by its defaults.
const PACKETS: u32 = 150;
const PACKET_INTERVAL: Duration = Duration::from_millis(25);
/// A packet counts once more for each so many bytes: 200 KiB a second, of 256 that a server lets pass.
const PACKET_BYTES: usize = 5 * 1024;
/// Connections to all: so many at once, and then one in two seconds. Chromium refuses the 501st of a page until closed ones are
/// collected; Firefox has no such limit.
const CONNECTIONS: u32 = 128;
const CONNECTION_INTERVAL: Duration = Duration::from_secs(2);

/// What was spent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pacing {
    /// False in the explorer of the model: to wait longer is what its network does anyway.
    pub(super) is_on: bool,
    pub(super) packets: Rate,
    connections: Rate,
    /// Connections made so far: the next one's id.
    made: u32,
    /// The place of the pair that sends next.
    turn: usize,
}

impl Default for Pacing {
    fn default() -> Self {
        Pacing {
            is_on: true,
            packets: Rate::new(PACKETS, PACKET_INTERVAL),
            connections: Rate::new(CONNECTIONS, CONNECTION_INTERVAL),
            made: 0,
            turn: 0,
        }
    }
}

impl Room {
    /// Makes the connections that are due. The pair that has wanted one for longest is the first: pairs that come and go, however
    /// many, do not keep one waiting that stays.
    pub(super) fn open_connections(&mut self, now: Time) {
        while self.pacing.connections.allowed_from() <= now {
            let wanted = self.pairs.iter().filter_map(|(id, (_, pair))| Some((pair.wants_connection()?, *id)));
            let Some((_, peer)) = wanted.filter(|(since, _)| *since <= now).min() else { return };
            let id = self.next_connection();
            if self.pacing.is_on {
                self.pacing.connections.spend(now, 1);
            }
            self.act(now, peer, |pair, context| pair.open(context, id));
        }
    }

    pub(super) fn next_connection(&mut self) -> ConnectionId {
        let id = ConnectionId(self.pacing.made);
        self.pacing.made = self.pacing.made.wrapping_add(1);
        id
    }

    /// Sends what may be sent now, one packet of each pair in turn.
    pub(super) fn send_packets(&mut self, now: Time) {
        while self.pacing.packets.allowed_from() <= now && self.send_packet(now).is_some() {}
    }

    /// When one more packet may be sent to anybody.
    pub(super) fn packets_allowed_from(&self) -> Time {
        self.pacing.packets.allowed_from()
    }

    fn send_packet(&mut self, now: Time) -> Option<()> {
        let count = self.pairs.len();
        let place = (0..count).map(|place| (self.pacing.turn + place) % count).find(|place| {
            let next = self.pairs.values().nth(*place).and_then(|(_, pair)| pair.may_send_from());
            next.is_some_and(|from| from <= now)
        })?;
        self.pacing.turn = (place + 1) % count;
        let (_, (_, pair)) = self.pairs.iter_mut().nth(place)?;
        let count: fn(&Packet<Body>) -> u32 = if self.pacing.is_on { cost } else { |_| 0 };
        let count = pair.send_next(now, &mut self.outputs, count)?;
        self.pacing.packets.spend(now, count);
        Some(())
    }

    /// When the next connection or packet that waits may be made or sent.
    pub(super) fn paced_deadline(&self) -> Option<Time> {
        let earliest = |wanted: &dyn Fn(&Pair) -> Option<Time>, allowed: Time| {
            self.pairs.values().filter_map(|(_, pair)| wanted(pair)).min().map(|at| at.max(allowed))
        };
        let connection = earliest(&Pair::wants_connection, self.pacing.connections.allowed_from());
        let packet = earliest(&Pair::may_send_from, self.pacing.packets.allowed_from());
        connection.into_iter().chain(packet).min()
    }
}

fn cost(packet: &Packet<Body>) -> u32 {
    let bytes = match &packet.body {
        Some(Body::Offer(offer)) => offer.sdp.len(),
        Some(Body::Answer(answer)) => answer.sdp.len(),
        _ => 0,
    };
    u32::try_from(1 + bytes / PACKET_BYTES).unwrap_or(u32::MAX)
}
