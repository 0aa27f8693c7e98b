//! The offer that goes with a join.

use itodenwa_wire::{Body, Media, Offer, Source, SourceMap};

use crate::config::{Config, IceMode};
use crate::media::ordered;

/// The id of the offer: the first one of its sender.
pub(crate) const FIRST_OFFER: u32 = 1;

/// An offer that is made before the server answers a join, and so before it is known for whom it is and by which ICE servers. It is of a
/// connection that has no local description yet: that is set, and candidates are gathered, when somebody got the offer
/// ([`Command::SetLocalOffer`](crate::Command::SetLocalOffer)).
///
/// With Vanilla ICE there is none: its description waits for all candidates.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FirstOffer {
    /// What was on then.
    pub(crate) on: Vec<Source>,
    /// What it carries.
    pub(crate) send: Vec<Source>,
    pub(crate) sdp: String,
    sources: SourceMap,
}

impl FirstOffer {
    /// What the offer has to carry; none if no offer goes with the join.
    #[must_use]
    pub fn send(config: &Config) -> Option<Vec<Source>> {
        (config.ice == IceMode::Trickle).then(|| ordered(config.on.iter().chain(&config.places).copied()))
    }

    /// The offer of a new connection, with a place for each of what [`send`](Self::send) said for the same configuration, in that order.
    #[must_use]
    pub fn new(config: &Config, send: Vec<Source>, sdp: String) -> Self {
        // Transceivers know their identification when the description is set.
        let mids = sdp.lines().filter_map(|line| line.strip_prefix("a=mid:"));
        let sources = mids.map(|mid| mid.trim_end().to_owned()).zip(send.iter().copied()).collect();
        FirstOffer { on: ordered(config.on.iter().copied()), send, sdp, sources }
    }

    /// The offer as a session description.
    #[must_use]
    pub fn sdp(&self) -> &str {
        &self.sdp
    }

    /// What is said to whoever gets it, from place 1: [`Join::offer`](itodenwa_wire::Join::offer).
    pub fn bodies(&self) -> impl Iterator<Item = Body> + use<> {
        // What a description carries is on unless it was said before that it is not.
        let media = (self.on.len() != self.send.len()).then(|| Body::Media(Media { on: self.on.clone() }));
        let offer = Offer { id: FIRST_OFFER, sdp: self.sdp.clone(), sources: self.sources.clone() };
        media.into_iter().chain([Body::Offer(offer)])
    }
}
