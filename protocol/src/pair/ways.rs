//! Which way a packet takes: over the server, which introduces, or over the control channel of the connection, which nobody else
//! has to carry.
//!
//! | | over the channel | over the server |
//! |---|---|---|
//! | the channel is not open, or the other side does not read packets there | | yes |
//! | it is open | yes | |
//! | something was not acknowledged within a second, or the connection does not carry | yes | yes |
//! | the other side was heard over the server | yes | yes |
//!
//! Where neither carries, as when new ICE paths are needed while the server is dead, the pair waits: an offer that is not answered is said
//! again by both ways, no new connection is made for want of an answer, and whichever way comes back first (the lost path itself, or the
//! server) carries it on over the connection that there is. Only what the browser closes, or who is [away](super::Presence::Away) and silent for
//! 20 s, ends.
//!
//! What comes twice is a duplicate to the link. What comes over the channel is of the connection that both sides have, so it is for
//! exactly these incarnations: it makes nobody begin anew.

use std::time::Duration;

use itodenwa_wire::{Body, Packet};

use super::{Context, Pair, State};
use crate::event::{ConnectionId, Way};
use crate::rate::Rate;
use crate::time::Time;

/// Packets that are taken out of a channel: no server counts them. A peer that keeps to its own rate never comes to this.
const RECEIVED: Rate = Rate::new(200, Duration::from_millis(20));

/// A control channel whose other side reads packets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PacketChannel {
    /// The connection does not carry, as far as the browser knows.
    pub(super) is_doubted: bool,
    /// The other side spoke over the server, so it may hear nothing by the channel.
    answers_by_server: bool,
    received: Rate,
}

impl PacketChannel {
    pub(super) const fn new(is_doubted: bool) -> Self {
        PacketChannel { is_doubted, answers_by_server: false, received: RECEIVED }
    }
}

impl Pair {
    /// The ways of the next packet: a channel, and whether the server.
    pub(super) fn ways(&mut self) -> (Option<ConnectionId>, bool) {
        let is_late = self.link.is_late();
        let State::Live { id, channel: Some(channel), .. } = &mut self.state else { return (None, true) };
        let answers_by_server = std::mem::take(&mut channel.answers_by_server);
        let is_enough = !(is_late || channel.is_doubted || answers_by_server);
        (Some(*id), !is_enough)
    }

    /// Whether a packet that came this way is to be taken.
    pub(super) fn takes(&mut self, context: &Context, way: Way, packet: &Packet<Body>) -> bool {
        match (way, &mut self.state) {
            (Way::Server, State::Live { channel: Some(channel), .. }) => {
                channel.answers_by_server = true;
                true
            }
            (Way::Server, _) => true,
            (Way::Channel(from), State::Live { id, channel: Some(channel), .. }) if from == *id => {
                self.link.epochs() == (packet.to_epoch, packet.from_epoch) && channel.admits(context)
            }
            (Way::Channel(_), _) => false,
        }
    }

    /// The connection carries, or it does not.
    pub(super) fn doubt_channel(&mut self, now: Time, is_doubted: bool) {
        self.identity.doubt(now, is_doubted);
        if let State::Live { channel: Some(channel), .. } = &mut self.state {
            channel.is_doubted = is_doubted;
        }
    }

    /// The connection whose control channel takes packets.
    pub(crate) fn channel(&self) -> Option<ConnectionId> {
        match &self.state {
            State::Live { id, channel: Some(_), .. } => Some(*id),
            _ => None,
        }
    }
}

impl PacketChannel {
    fn admits(&mut self, context: &Context) -> bool {
        let is_admitted = self.received.allowed_from() <= context.now;
        if is_admitted && context.is_paced {
            self.received.spend(context.now, 1);
        }
        is_admitted
    }
}
