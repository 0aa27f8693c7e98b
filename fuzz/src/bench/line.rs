//! What two sides of a pair said to each other, and what that allows.

use std::collections::BTreeSet;

use itodenwa_wire::limits::{CANDIDATES_PER_FRAGMENT, UNACKNOWLEDGED_PACKETS};
use itodenwa_wire::{Body, Epoch, Packet};

use super::browser::without_candidates;
use super::outside;

/// Packets between the room and one member, from the room's side.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) mine: Epoch,
    pub(crate) theirs: Epoch,
    /// What the room said in order, between these incarnations.
    said: Vec<Body>,
    /// How much of it was acknowledged.
    acknowledged: usize,
    /// The places of what came in order, and how many of them the room acknowledged.
    heard: BTreeSet<u32>,
    consumed: u32,
    /// The other side's descriptions.
    offers: Vec<String>,
    answers: Vec<(u32, String)>,
}

impl Line {
    pub(super) fn new(mine: u32, theirs: u32) -> Self {
        Line::between(Epoch::of_session(mine), Epoch::of_session(theirs))
    }

    fn between(mine: Epoch, theirs: Epoch) -> Self {
        Line {
            mine,
            theirs,
            said: Vec::new(),
            acknowledged: 0,
            heard: BTreeSet::new(),
            consumed: 0,
            offers: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// The next packet of the other side, in order and with all acknowledgements.
    pub(crate) fn next(&self, body: Option<Body>) -> Packet<Body> {
        let mut packet =
            Packet { from_epoch: self.theirs, to_epoch: self.mine, seq: 0, ack: self.said.len() as u32, body };
        if !outside(&packet) {
            packet.seq = self.in_order() + 1;
        }
        packet
    }

    /// The id of the room's last offer.
    pub(crate) fn offered(&self) -> Option<u32> {
        self.said.iter().rev().find_map(|body| if let Body::Offer(offer) = body { Some(offer.id) } else { None })
    }

    /// A session after the one that is known, if a server can give one.
    pub(super) fn newer_session(&self) -> Option<u32> {
        u32::try_from(self.theirs.session()).ok()?.checked_add(1)
    }

    /// The server tells of a session.
    pub(super) fn joined(&mut self, session: u32) {
        let epoch = Epoch::of_session(session);
        if epoch.session() > self.theirs.session() {
            *self = Line::between(self.mine, epoch);
        }
    }

    pub(super) fn left(&mut self) {
        *self = Line::between(self.mine, self.theirs);
    }

    /// A packet comes to the room.
    pub(super) fn heard(&mut self, packet: &Packet<Body>) {
        if packet.from_epoch > self.theirs {
            *self = Line::between(self.mine, packet.from_epoch);
        }
        if (packet.from_epoch, packet.to_epoch) != (self.theirs, self.mine) {
            return;
        }
        self.acknowledged = self.acknowledged.max((packet.ack as usize).min(self.said.len()));
        match &packet.body {
            Some(Body::Offer(offer)) => self.offers.push(without_candidates(&offer.sdp)),
            Some(Body::Answer(answer)) => self.answers.push((answer.id, without_candidates(&answer.sdp))),
            _ => {}
        }
        if !outside(packet) {
            self.heard.insert(packet.seq);
        }
    }

    /// A packet comes from the room.
    pub(super) fn said(&mut self, packet: Packet<Body>) {
        assert!(packet.from_epoch >= self.mine, "{packet:?} is of an incarnation before {:?}", self.mine);
        assert_eq!(packet.to_epoch, self.theirs, "{packet:?} is for another incarnation");
        if packet.from_epoch > self.mine {
            *self = Line::between(packet.from_epoch, self.theirs);
        }
        let acknowledges = self.consumed..=self.in_order();
        assert!(acknowledges.contains(&packet.ack), "{packet:?} does not acknowledge {acknowledges:?}");
        self.consumed = packet.ack;
        if outside(&packet) {
            return assert_eq!(packet.seq, 0, "{packet:?} is in order");
        }
        let Packet { seq, body: Some(body), .. } = packet else { return };
        let place = (seq as usize).checked_sub(1).expect("what is in order has a place");
        match self.said.get(place) {
            Some(before) => {
                assert!(*before == body && place >= self.acknowledged, "{seq} was {before:?}, not {body:?}")
            }
            None => {
                assert_eq!(place, self.said.len(), "{body:?} has a place of its own");
                self.said.push(body);
                self.demand_few_candidates();
            }
        }
        let waiting = self.said.len() - self.acknowledged;
        assert!(waiting <= UNACKNOWLEDGED_PACKETS, "{waiting} packets wait for their acknowledgement");
    }

    /// The browser is given an offer: one that came.
    pub(super) fn demand_offer(&self, sdp: &str) {
        assert!(self.offers.contains(&without_candidates(sdp)), "an offer that did not come: {sdp:?}");
    }

    /// The browser is given an answer: one that came, to this offer.
    pub(super) fn demand_answer(&self, offered: u32, sdp: &str) {
        assert!(self.answers.contains(&(offered, without_candidates(sdp))), "no answer to {offered}: {sdp:?}");
    }

    /// The other side takes only so many.
    fn demand_few_candidates(&self) {
        let Some(Body::Candidate(last)) = self.said.last() else { return };
        let same =
            |body: &&Body| matches!(body, Body::Candidate(one) if one.username_fragment == last.username_fragment);
        let many = self.said.iter().filter(same).count();
        assert!(last.username_fragment.is_none() || many <= CANDIDATES_PER_FRAGMENT, "{many} candidates: {last:?}");
    }

    /// How much came without a gap.
    fn in_order(&self) -> u32 {
        (1..).take_while(|place| self.heard.contains(place)).last().unwrap_or(0)
    }
}
