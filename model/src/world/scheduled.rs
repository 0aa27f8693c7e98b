//! What will happen in a [`World`](super::World), and when.

use itodenwa_protocol::{Command, ConnectionId, Input, Report, Time};
use itodenwa_wire::{Body, Packet, PeerId};

use super::PageIndex;
use crate::browser::Gathering;

#[derive(Debug)]
pub(super) struct Scheduled {
    pub(super) at: Time,
    /// Of what happens at the same moment, what was scheduled first comes first.
    pub(super) order: u64,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Packet {
        to: PeerId,
        from: PeerId,
        packet: Packet<Body>,
    },
    /// A packet comes through the channel of this connection.
    Channel {
        page: PageIndex,
        id: ConnectionId,
        from: PeerId,
        packet: Packet<Body>,
    },
    Roster {
        page: PageIndex,
        input: Input,
    },
    Execute {
        page: PageIndex,
        id: ConnectionId,
        command: Command,
    },
    Report {
        page: PageIndex,
        id: ConnectionId,
        report: Report,
        answers: bool,
    },
    Gathered {
        page: PageIndex,
        id: ConnectionId,
        gathering: Gathering,
        place: usize,
    },
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}
