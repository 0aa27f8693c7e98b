//! What reads bytes from outside, as a fuzzer gives them: thin ways to what is private.

use std::time::{Duration, Instant};

use itodenwa_wire::{IceServer, Member, PeerId, RoomName, Ticket};

use crate::ice::list;
pub use crate::relay::fuzzing::{Frame, Packet, frame, read_packet, write_channel_data, write_data};
pub use crate::socket::fuzzing::{End, Message, read_frames};
use crate::ticket::{TicketSecret, Tickets};

/// The tickets of a run of a server that began at this moment.
#[must_use]
pub fn tickets(secret: &TicketSecret, lifetime: Duration, start: (Instant, u64)) -> Tickets {
    Tickets::new(secret, lifetime, 1, start)
}

/// Makes a ticket.
#[must_use]
pub fn seal_ticket(tickets: &Tickets, now: Instant, room: &RoomName, member: &Member) -> Option<Ticket> {
    tickets.seal(now, room, member, Default::default())
}

/// What a ticket says, if it is good.
#[must_use]
pub fn open_ticket(tickets: &Tickets, now: Instant, ticket: &Ticket) -> Option<(RoomName, PeerId, u32)> {
    tickets.open(now, ticket).map(|claims| (claims.room, claims.id, claims.session))
}

/// A fetched list of ICE servers.
#[must_use]
pub fn read_ice_servers(text: &[u8]) -> Option<Vec<IceServer>> {
    list::read(text).map(|list| list.servers)
}
