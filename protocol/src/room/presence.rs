//! Who vanishes from the server and is still at the other end of a connection, and who comes back to the server under another id.
//!
//! That somebody is gone is a rumour as long as their connection carries: the pair goes on, away, until it falls silent or leaving
//! is said. Whoever comes back as somebody new says so twice: over the control channel, which nobody else can speak in, whom the
//! server takes them for now ([`Rejoined`]); and over the server, which stamps the new id, whom it took them for before. Only
//! who is both is one: a claim over a channel alone would let its sender pass for any member, and a claim over the server alone
//! would let any member take a connection over. The pair then goes on under its first id, and nobody is told of a new one.
//!
//! ```text
//! Ann, who is Ann2 to the server now                     Ben
//!    | -- Rejoined { Ann, Ann2 }, by the channel -------> |
//!    | -- Rejoined { Ann, Ann2 }, stamped Ann2 ---------> |   both: Ann is here again
//!    | <------- Rejoined { Ann, Ann2 }, by the channel -- |   known
//! ```
//!
//! | bound | value |
//! |---|---|
//! | a newcomer waits, while somebody is away, to be known | [`KNOWN_WITHIN`] |
//! | it is said | once in a second, until it is known, for six |
//! | then the connection is given up and the pair begins anew | |
//! | an away pair that hears nothing ends | after 20 s |
//! | away pairs | as many as there are places: whoever comes in takes the place of one |

use std::time::Duration;

use itodenwa_wire::limits::ROOM_PEERS;
use itodenwa_wire::{Body, LeaveReason, Left, Member, Packet, PeerId, Rejoined};

use super::{FORMER, Room};
use crate::event::{Event, Output, Way};
use crate::pair::{Pair, Presence};
use crate::time::Time;

/// Whoever comes in while somebody is away may be them.
const KNOWN_WITHIN: Duration = Duration::from_secs(2);

impl Room {
    /// What the server calls somebody now. Everywhere else the first id holds.
    #[must_use]
    pub fn server_id(&self, peer: PeerId) -> PeerId {
        self.pairs.get(&peer).map_or(peer, |(member, _)| member.id)
    }

    /// Under which id the somebody came in that the server calls so.
    #[must_use]
    pub fn key_of(&self, id: PeerId) -> Option<PeerId> {
        self.pairs.iter().find_map(|(key, (member, _))| (member.id == id).then_some(*key))
    }

    /// Somebody vanished from the server. Whether that is all, for now.
    pub(super) fn goes_away(&mut self, peer: PeerId, reason: LeaveReason) -> bool {
        let pair = self.pairs.get_mut(&peer).map(|(_, pair)| pair);
        let Some(pair) = pair.filter(|pair| reason == LeaveReason::Gone && pair.is_alive()) else { return false };
        if pair.identity.presence == Presence::Here {
            pair.identity.presence = Presence::Away { ends_at: None };
            self.outputs.push_back(Output::Event(Event::Away { peer, is_away: true }));
        }
        true
    }

    /// The server knows somebody, perhaps again.
    pub(super) fn is_here(&mut self, now: Time, peer: PeerId) {
        let Some((_, pair)) = self.pairs.get_mut(&peer) else { return };
        if pair.identity.presence != Presence::Here {
            pair.identity.presence = Presence::Here;
            self.outputs.push_back(Output::Event(Event::Away { peer, is_away: false }));
        }
        pair.identity.introduce(now, self.me.id);
    }

    /// A newcomer while somebody is away: perhaps it is them. Whether that is waited for.
    pub(super) fn holds(&mut self, now: Time, member: &Member) -> bool {
        self.newcomers.retain(|(_, known)| known.id != member.id);
        let is_away = |pair: &Pair| pair.identity.presence != Presence::Here;
        if self.newcomers.len() >= ROOM_PEERS || !self.pairs.values().any(|(_, pair)| is_away(pair)) {
            return false;
        }
        self.newcomers.push((now + KNOWN_WITHIN, member.clone()));
        if let Some(key) = self.claims(member.id) {
            self.introduce(now, key);
            self.unite(now, key);
        }
        true
    }

    /// We are somebody else to the server than before. Whose connection carries is told; all else begins anew.
    pub(super) fn become_other(&mut self, now: Time, me: Member) {
        self.me = me;
        self.newcomers.clear();
        let keys: Vec<PeerId> = self.pairs.keys().copied().collect();
        for key in keys {
            if self.pairs.get(&key).is_some_and(|(_, pair)| pair.is_alive()) {
                self.introduce(now, key);
            } else {
                // They know nothing of the old pair any more: there is nobody to say bye to.
                self.remove(now, key, LeaveReason::Gone);
            }
        }
        self.former.clear();
    }

    /// Somebody says that the server takes them, or us, for somebody else than before.
    pub(super) fn hear_rejoined(
        &mut self,
        now: Time,
        (from, way): (PeerId, Way),
        rejoined: Rejoined,
        packet: &Packet<Body>,
    ) {
        let Rejoined { former, id } = rejoined;
        let key = match way {
            Way::Channel(_) => Some(from),
            // Only they can say it.
            Way::Server if from == id => self.key_of(former).or_else(|| self.key_of(id)),
            Way::Server => None,
        };
        let Some(key) = key else { return };
        let mut is_taken = false;
        self.act(now, key, |pair, context| is_taken = pair.is_of_connection(context, way, packet));
        let me = self.me.id;
        let is_another = self.key_of(id).is_some_and(|another| another != key);
        let Some((member, pair)) = self.pairs.get_mut(&key).filter(|_| is_taken) else { return };
        let identity = &mut pair.identity;
        if member.id == id {
            // It is known, and they do not know that.
            identity.confirm(rejoined);
        } else if member.id == former && way == Way::Server {
            identity.consented = Some(id);
        } else if member.id == former && is_another {
            // It is too late: they are met anew.
            return self.remove(now, key, LeaveReason::Gone);
        } else if member.id == former {
            // If we are somebody else, too, they can be told by the server now.
            if identity.claimed.replace(id) != Some(id) {
                identity.introduce(now, me);
            }
        } else if (former, id) == (identity.known_as, me) && way != Way::Server {
            identity.is_known_as(me);
        }
        self.unite(now, key);
    }

    /// Makes one of somebody who is away and a newcomer, if both say so and have the same name and rights.
    fn unite(&mut self, now: Time, key: PeerId) {
        let Some((member, pair)) = self.pairs.get_mut(&key).filter(|(_, pair)| pair.is_alive()) else { return };
        let identity = &mut pair.identity;
        let Some(id) = identity.claimed.filter(|id| identity.consented == Some(*id)) else { return };
        let is_they =
            |newcomer: &Member| newcomer.id == id && (&newcomer.name, &newcomer.pass) == (&member.name, &member.pass);
        let Some(place) = self.newcomers.iter().position(|(_, newcomer)| is_they(newcomer)) else { return };
        let (_, newcomer) = self.newcomers.remove(place);
        let former = std::mem::replace(member, newcomer).id;
        (identity.claimed, identity.consented) = (None, None);
        identity.theirs = (id, member.session);
        identity.confirm(Rejoined { former, id });
        self.is_here(now, key);
    }

    /// Ends what is over, lets newcomers in who are nobody else, and says who we are.
    pub(super) fn settle_presence(&mut self, now: Time) {
        let lost = |(key, (_, pair)): (&PeerId, &(Member, Pair))| pair.is_lost(now).then_some(*key);
        while let Some(key) = self.pairs.iter().find_map(lost) {
            let known = self.pairs.get(&key).filter(|(_, pair)| pair.identity.presence == Presence::Here);
            let known = known.map(|(member, _)| member.clone());
            match known {
                Some(member) => self.begin_anew(now, key, member),
                None => self.remove(now, key, LeaveReason::Gone),
            }
        }
        while let Some(place) = self.newcomers.iter().position(|(until, _)| *until <= now) {
            let (_, newcomer) = self.newcomers.remove(place);
            if let Some(key) = self.claims(newcomer.id) {
                self.remove(now, key, LeaveReason::Gone);
            }
            self.replace_away(now, &newcomer);
            self.admit(now, newcomer);
        }
        self.say_rejoined(now);
    }

    /// When [`settle_presence`](Self::settle_presence) is wanted although nothing happens.
    pub(super) fn presence_deadline(&self) -> Option<Time> {
        let pairs = self.pairs.values().map(|(_, pair)| pair);
        let ends = pairs.clone().filter_map(Pair::presence_deadline);
        let says = pairs.filter_map(Pair::says_at).map(|at| at.max(self.packets_allowed_from()));
        ends.chain(says).chain(self.newcomers.iter().map(|(until, _)| *until)).min()
    }

    /// Who says to be this member now.
    fn claims(&self, id: PeerId) -> Option<PeerId> {
        self.pairs.iter().find_map(|(key, (_, pair))| (pair.identity.claimed == Some(id)).then_some(*key))
    }

    /// There is one of each identity, the newest. The server sees to that where it knows both.
    fn replace_away(&mut self, now: Time, newcomer: &Member) {
        let Some(pass) = &newcomer.pass else { return };
        let is_former = |(key, (member, pair)): (&PeerId, &(Member, Pair))| {
            let is_same = member.pass.as_ref().is_some_and(|known| known.identity == pass.identity);
            (is_same && pair.identity.presence != Presence::Here).then_some(*key)
        };
        while let Some(key) = self.pairs.iter().find_map(is_former) {
            self.remove(now, key, LeaveReason::Replaced);
        }
    }

    fn introduce(&mut self, now: Time, key: PeerId) {
        if let Some((_, pair)) = self.pairs.get_mut(&key) {
            pair.identity.introduce(now, self.me.id);
        }
    }

    /// Within the rates of all packets.
    fn say_rejoined(&mut self, now: Time) {
        let me = self.me.id;
        let says =
            |(key, (_, pair)): (&PeerId, &(Member, Pair))| pair.says_at().is_some_and(|at| at <= now).then_some(*key);
        while self.packets_allowed_from() <= now
            && let Some(key) = self.pairs.iter().find_map(says)
        {
            let is_there = |id: PeerId| self.newcomers.iter().any(|(_, newcomer)| newcomer.id == id);
            let Some((member, pair)) = self.pairs.get_mut(&key) else { return };
            let at_server = match pair.identity.presence {
                Presence::Here => Some(member.id),
                Presence::Away { .. } => pair.identity.claimed.filter(|id| is_there(*id)),
            };
            let count = pair.say_rejoined(now, me, at_server, &mut self.outputs);
            self.pacing.packets.spend(now, count);
        }
    }

    /// Somebody does not know us as who we are now, and no connection is left by which to say it.
    pub(super) fn begin_anew(&mut self, now: Time, key: PeerId, member: Member) {
        self.remove(now, key, LeaveReason::Gone);
        // What the two were to each other was between others: nothing of it is on its way to who we are now.
        self.former.retain(|(id, _)| *id != member.id);
        self.admit(now, member);
    }

    /// Somebody who is away gives their place to whoever comes in, if there is no other one.
    pub(super) fn make_room(&mut self, now: Time) {
        let is_away = |pair: &Pair| pair.identity.presence != Presence::Here;
        let away = self.pairs.iter().find_map(|(key, (_, pair))| is_away(pair).then_some(*key));
        if let Some(key) = away.filter(|_| self.pairs.len() + 1 >= ROOM_PEERS) {
            self.remove(now, key, LeaveReason::Gone);
        }
    }

    /// Somebody is gone, whatever their connection does.
    pub(super) fn remove(&mut self, now: Time, key: PeerId, reason: LeaveReason) {
        self.with(now, key, Pair::end);
        if let Some((member, pair)) = self.pairs.remove(&key) {
            self.former.truncate(FORMER - 1);
            self.former.push_front((member.id, pair.epochs()));
            self.outputs.push_back(Output::Event(Event::Left(Left { id: key, reason })));
        }
    }
}
