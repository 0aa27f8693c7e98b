//! The offer that goes with a join, so that a first call of two needs one way there and one back.
//!
//! Somebody who comes in does not know who is there, so the offer is for whoever it is, if it is one. It is handed to them as if the
//! newcomer had sent it as first packets. That both know it, and that the newcomer offers first, is a word about the newcomer that all are
//! told in the same way ([`Member::offered`]): both see it in each welcome, roster and `joined`.
//!
//! | | the offer |
//! |---|---|
//! | exactly one other member, connected, whose client reads it; the newcomer is somebody new | goes to that one |
//! | nobody, several, one who is waited for, an older client | is dropped, and nothing is said |
//! | the room is being built up again after a restart | is dropped: others may still come back |
//! | a session that goes on, a member of a former run, who had to wait to be let in | is dropped: what it is of is not new any more |
//! | more than [`OFFER_BODIES`] bodies | is dropped |

use std::time::Instant;

use itodenwa_wire::limits::OFFER_BODIES;
use itodenwa_wire::{Epoch, Member, OFFERS_SINCE, RoomName, Signal};

use super::{ConnectionId, Hub, Packet};

impl<P: Packet> Hub<P> {
    /// Who gets the offer of somebody who is about to come in with this version of the protocol.
    pub(super) fn receiver(&self, name: &RoomName, version: u32, offer: &[String]) -> Option<Member> {
        let room = self.rooms.get(name)?;
        let is_offer = version >= OFFERS_SINCE && (1..=OFFER_BODIES).contains(&offer.len());
        if !is_offer || room.settles.is_some() {
            return None;
        }
        let mut occupants = room.occupants();
        let (Some(only), None) = (occupants.next(), occupants.next()) else { return None };
        let state = self.connections.get(&only.presence.connection()?)?;
        state.speaks(OFFERS_SINCE).then(|| only.member.clone())
    }

    /// Sends it, as the newcomer would.
    pub(super) fn hand_over(
        &mut self,
        now: Instant,
        from: ConnectionId,
        newcomer: &Member,
        receiver: &Member,
        offer: Vec<String>,
    ) {
        let (from_epoch, to_epoch) = (Epoch::of_session(newcomer.session), Epoch::of_session(receiver.session));
        for (seq, body) in (1..).zip(offer) {
            let packet = itodenwa_wire::Packet { from_epoch, to_epoch, seq, ack: 0, body: Some(body) };
            if let Some(packet) = P::written(&packet) {
                self.signal(now, from, Signal { to: receiver.id, packet });
            }
        }
    }
}
