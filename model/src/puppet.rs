//! A member for whom the test speaks: says what no machine of ours would.

use itodenwa_protocol::Command;
use itodenwa_protocol::Report;
use itodenwa_wire::{Answer, Body, Candidate, Epoch, Member, Offer, Packet, PeerId};

use crate::browser::{Connection, Gathering, Profile};
use crate::world::World;

#[derive(Debug)]
pub struct Puppet {
    me: Member,
    peer: Member,
    said: u32,
    browser: Connection,
    pub gathering: Option<Gathering>,
}

impl Puppet {
    /// Comes in, and speaks to this member.
    pub fn join(world: &mut World, id: PeerId, peer: &Member) -> Self {
        let me = world.puppet(id);
        let browser = Connection::new(Profile::Chromium, 1_000_000 + me.session);
        Puppet { me, peer: peer.clone(), said: 0, browser, gathering: None }
    }

    /// Says this, in order, and acknowledges everything that came.
    pub fn say(&mut self, world: &mut World, body: Body) {
        self.said += 1;
        let packet = Packet {
            from_epoch: Epoch::of_session(self.me.session),
            to_epoch: Epoch::of_session(self.peer.session),
            seq: self.said,
            ack: world.mail.iter().map(|packet| packet.seq).max().unwrap_or(0),
            body: Some(body),
        };
        world.send(self.me.id, self.peer.id, &packet);
        world.run_for(std::time::Duration::from_millis(100));
    }

    /// A real offer, with this many candidates to come.
    pub fn offer(&mut self, id: u32, candidates: usize) -> Body {
        let command = Command::MakeOffer { send: Vec::new(), ice_restart: false };
        match self.execute(command, candidates) {
            Report::OfferMade { sdp, sources } => Body::Offer(Offer { id, sdp, sources }),
            other => unreachable!("{other:?}"),
        }
    }

    /// A real answer to an offer, under any name.
    pub fn answer(&mut self, offer: &Offer, id: u32) -> Body {
        self.execute(Command::SetOffer { sdp: offer.sdp.clone() }, 0);
        match self.execute(Command::MakeAnswer { send: Vec::new() }, 1) {
            Report::AnswerMade { sdp, sources } => Body::Answer(Answer { id, sdp, sources }),
            other => unreachable!("{other:?}"),
        }
    }

    /// A real candidate.
    pub fn candidate(&self, place: usize) -> Candidate {
        self.gathering.as_ref().expect("an offer or answer was made").candidate(place)
    }

    fn execute(&mut self, command: Command, candidates: usize) -> Report {
        let (report, gathering) = self.browser.execute(command, candidates).expect("it is a valid operation");
        self.gathering = gathering.or(self.gathering.take());
        report
    }
}

/// The offers that came.
pub fn offers(mail: &[Packet<Body>]) -> Vec<Offer> {
    let offer = |packet: &Packet<Body>| match &packet.body {
        Some(Body::Offer(offer)) => Some(offer.clone()),
        _ => None,
    };
    let mut offers: Vec<_> = mail.iter().filter_map(offer).collect();
    offers.dedup();
    offers
}
