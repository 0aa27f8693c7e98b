//! Whether the server knows the other side, and the other side whom the server takes us for. The room decides what comes of it.

use std::collections::VecDeque;
use std::time::Duration;

use itodenwa_wire::{Body, Epoch, Member, Packet, PeerId, Rejoined};

use super::{Context, Pair, State};
use crate::event::{Output, Way, send};
use crate::link::Link;
use crate::time::Time;
use crate::turn::Role;

/// An away pair whose connection does not carry for so long is over: nobody could help it to another one.
pub(crate) const SILENCE: Duration = Duration::from_secs(20);
/// How often the other side is told whom the server takes us for, …
const AGAIN: Duration = Duration::from_secs(1);
/// … and for how long.
const SAID_FOR: Duration = Duration::from_secs(6);

/// Whether the server knows the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Presence {
    Here,
    /// It does not, and the pair goes on.
    Away {
        /// The connection does not carry: when that is the end.
        ends_at: Option<Time>,
    },
}

/// What is said of who is somebody else to the server than before.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(crate) presence: Presence,
    /// What the server calls the other side, and its session.
    pub(crate) theirs: (PeerId, u32),
    /// The id by which the other side knows us.
    pub(crate) known_as: PeerId,
    /// We are somebody else by now, and the other side may not know.
    introduction: Option<Introduction>,
    /// Who the other side says to be now, over the channel; and who said over the server that it is them.
    pub(crate) claimed: Option<PeerId>,
    pub(crate) consented: Option<PeerId>,
    /// The other side is to be told that this is known.
    confirms: Option<Rejoined>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Introduction {
    /// When it is said next, if it is.
    again_at: Option<Time>,
    until: Time,
}

impl Identity {
    pub(super) fn new(me: &Member, peer: &Member) -> Self {
        Identity {
            presence: Presence::Here,
            theirs: (peer.id, peer.session),
            known_as: me.id,
            introduction: None,
            claimed: None,
            consented: None,
            confirms: None,
        }
    }

    pub(super) fn doubt(&mut self, now: Time, is_doubted: bool) {
        if let Presence::Away { ends_at } = &mut self.presence {
            *ends_at = is_doubted.then(|| ends_at.unwrap_or(now + SILENCE));
        }
    }

    /// The other side knows that this is who they are.
    pub(crate) fn confirm(&mut self, rejoined: Rejoined) {
        self.confirms = Some(rejoined);
    }

    /// The other side is to know that we are this member.
    pub(crate) fn introduce(&mut self, now: Time, me: PeerId) {
        if self.known_as != me {
            self.introduction = Some(Introduction { again_at: Some(now), until: now + SAID_FOR });
        }
    }

    /// The other side does.
    pub(crate) fn is_known_as(&mut self, me: PeerId) {
        (self.known_as, self.introduction) = (me, None);
    }

    /// Whether the other side may not know who we are.
    pub(crate) fn is_introducing(&self) -> bool {
        self.introduction.is_some()
    }

    fn says_at(&self) -> Option<Time> {
        let again = self.introduction.and_then(|introduction| introduction.again_at);
        if self.confirms.is_some() { Some(Time::default()) } else { again }
    }
}

impl Pair {
    /// Whether the connection carries, and the link goes over it.
    pub(crate) fn is_alive(&self) -> bool {
        matches!(&self.state, State::Live { channel: Some(channel), .. } if !channel.is_doubted)
    }

    /// Whether nothing keeps the two together any more: not the server, and not a connection.
    pub(crate) fn is_lost(&self, now: Time) -> bool {
        let is_live = matches!(self.state, State::Live { .. });
        match self.identity.presence {
            Presence::Away { ends_at } => !is_live || ends_at.is_some_and(|at| at <= now),
            Presence::Here => self.identity.introduction.is_some_and(|said| !is_live || said.until <= now),
        }
    }

    /// When it is lost although nothing happens.
    pub(crate) fn presence_deadline(&self) -> Option<Time> {
        match self.identity.presence {
            Presence::Away { ends_at } => ends_at,
            Presence::Here => self.identity.introduction.map(|said| said.until),
        }
    }

    /// When the other side is told next whom the server takes us for, or that it is known whom it takes them for.
    pub(crate) fn says_at(&self) -> Option<Time> {
        self.channel().and_then(|_| self.identity.says_at()).map(|at| at.max(self.packets.allowed_from()))
    }

    /// Says it: over the channel, and over the server to whom it takes the other side for. Says how many packets these are.
    pub(crate) fn say_rejoined(
        &mut self,
        now: Time,
        me: PeerId,
        at_server: Option<PeerId>,
        outputs: &mut VecDeque<Output>,
    ) -> u32 {
        let channel = self.channel();
        let (to, mut count) = (at_server.unwrap_or(self.identity.theirs.0), 0);
        if let Some(rejoined) = self.identity.confirms.take() {
            count += 1;
            send(outputs, to, (channel, false), self.link.outside(Body::Rejoined(rejoined)));
        }
        if let Some(said) = &mut self.identity.introduction
            && said.again_at.is_some_and(|at| at <= now)
        {
            said.again_at = Some(now + AGAIN).filter(|again| *again < said.until);
            count += 1 + u32::from(at_server.is_some());
            let rejoined = Rejoined { former: self.identity.known_as, id: me };
            send(outputs, to, (channel, at_server.is_some()), self.link.outside(Body::Rejoined(rejoined)));
        }
        self.packets.spend(now, count);
        count
    }

    /// Whether a packet that is outside of the order belongs to the connection that there is.
    pub(crate) fn is_of_connection(&mut self, context: &Context, way: Way, packet: &Packet<Body>) -> bool {
        let is_current = self.link.epochs() == (packet.to_epoch, packet.from_epoch);
        is_current && self.channel().is_some() && self.takes(context, way, packet)
    }

    /// A new connection is of the sessions that both sides have by now, and the leader that their ids say.
    pub(super) fn catch_up(&mut self, me: &Member) {
        let ((id, session), (mine, theirs)) = (self.identity.theirs, self.link.epochs());
        let now = (mine.max(Epoch::of_session(me.session)), theirs.max(Epoch::of_session(session)));
        if now != (mine, theirs) {
            self.link = Link::new(now.0, now.1);
        }
        self.role = Role::of(me.id, id);
    }
}
