//! What is there before it is known who joins which room.

use std::fmt;

use super::join::{PLACES, has_text};
use super::offering::{Offering, nothing_on};
use crate::error::Error;
use crate::room::Room;
use crate::signaling::WebSocketSignaling;

/// The way to a signalling server, and the offer of a first call: made by [`Room::prepare`], for one [join](crate::Join::prepared). Nobody is in a
/// room by it, no device is on, and no candidates are looked for. Dropping it closes the way.
pub struct Prepared {
    signaling: WebSocketSignaling,
    offering: Option<Offering>,
}

impl Room {
    /// Opens the way to a signalling server ([`Join::server`](crate::Join::server) says how it is named; without one it is that of the page) and makes the
    /// offer of a first call, for a join that follows: as a page does that shows a form to somebody who is about to call. A server keeps a visitor that
    /// does not join for as long as it is set to.
    ///
    /// # Errors
    /// [`Error::Signaling`] if the address is none. That nobody is there is not known yet: the join tells.
    pub fn prepare(server: Option<String>) -> Result<Prepared, Error> {
        let address = server.filter(has_text).map_or_else(WebSocketSignaling::own_server, Ok)?;
        let signaling = WebSocketSignaling::visit(address)?;
        // A page that can't make connections hears it from the join.
        let offering = nothing_on().and_then(|devices| Offering::begin(PLACES.to_vec(), &devices));
        Ok(Prepared { signaling, offering })
    }
}

impl Prepared {
    /// Whether the way is there, or being opened, as far as is known. One that was lost is of no use: prepare anew.
    pub fn is_connecting_or_open(&mut self) -> bool {
        self.signaling.is_connecting_or_open()
    }

    pub(super) fn taken(self) -> (WebSocketSignaling, Option<Offering>) {
        (self.signaling, self.offering)
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").finish_non_exhaustive()
    }
}
