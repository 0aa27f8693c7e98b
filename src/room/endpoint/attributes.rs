//! What members and the room have for everybody to see.

use itodenwa_wire::{Attribute, Frame, PeerId};

use super::RoomEndpoint;
use crate::event::Event;
use crate::json::Json;
use crate::peer::Peer;

impl RoomEndpoint {
    /// Tells everybody what was written here, when it is time.
    pub(super) fn share(&mut self) {
        let now = self.parts.core.clock.now();
        let (known, changes) = (&self.parts.snapshot.attributes, &mut self.changes);
        while let Some(attribute) = known.change(|known| known.poll(now, changes)) {
            self.peers.tell(None, &Frame::Attribute(attribute));
        }
    }

    /// Tells somebody everything: a channel opened.
    pub(super) fn share_all(&self, peer: PeerId) {
        self.parts.snapshot.attributes.change(|attributes| {
            for attribute in attributes.all() {
                self.peers.tell(Some(peer), &Frame::Attribute(attribute.clone()));
            }
        });
    }

    /// Somebody told one that they have, or what they know of the room.
    pub(super) fn attribute(&mut self, peer: Peer, attribute: Attribute) {
        let (of_room, key) = (attribute.room, attribute.key.clone());
        let value = Json::parse(&*attribute.value).ok();
        // What is no value is not taken, here and everywhere.
        if value.is_none() && !attribute.value.is_empty() {
            return;
        }
        let known = if of_room { &self.parts.snapshot.attributes } else { peer.known_attributes() };
        if known.change(|known| known.merge(attribute)) {
            self.tell(Event::Attribute { peer: (!of_room).then_some(peer), key, value });
        }
    }
}
