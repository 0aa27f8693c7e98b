//! Somebody who comes in with an offer.

use itodenwa_protocol::{Config, FirstOffer};

use crate::browser::{Connection, Profile};

/// A connection with its offer, as it is made before the server answers the join.
#[derive(Debug)]
pub struct Offering {
    pub offer: FirstOffer,
    pub connection: Connection,
}

impl Offering {
    /// Whose connection has this number, and will find so many candidates. None with Vanilla ICE.
    pub fn new(config: &Config, profile: Profile, number: u32, candidates: usize) -> Option<Self> {
        let send = FirstOffer::send(config)?;
        let mut connection = Connection::new(profile, number);
        let sdp = connection.create_offer(&send, candidates);
        Some(Offering { offer: FirstOffer::new(config, send, sdp), connection })
    }
}
