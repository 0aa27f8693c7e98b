//! Who is here, and what is done for each of them.

mod pacing;
mod presence;

use std::collections::VecDeque;

use itodenwa_wire::limits::ROOM_PEERS;
use itodenwa_wire::{Body, DisplayName, Epoch, LeaveReason, Left, Member, Packet, PeerId, Source, Welcome};
use litemap::LiteMap;

use crate::config::{Config, IceMode};
use crate::event::{Event, Input, Output, Way};
use crate::first_offer::FirstOffer;
use crate::media::ordered;
use crate::pair::{Context, Pair, Presence};
use crate::time::Time;
use pacing::Pacing;

/// How many of those who left are remembered, in case they come back.
const FORMER: usize = 64;

/// The machine: everybody who is here, and what is done for each.
///
/// It never holds more than [`ROOM_PEERS`] members; what it keeps for each is bounded by the limits of the wire. Packets and new
/// connections have rates, for each member and for all together, whatever the others do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Room {
    me: Member,
    ice: IceMode,
    heals: bool,
    on: Vec<Source>,
    places: Vec<Source>,
    /// By the id under which somebody came in; the server may call them otherwise by now.
    pairs: LiteMap<PeerId, (Member, Pair)>,
    /// Who left lately, and how far the incarnations of both sides had come.
    former: VecDeque<(PeerId, (Epoch, Epoch))>,
    /// Who came in while somebody was away, and until when they may be them.
    newcomers: Vec<(Time, Member)>,
    pacing: Pacing,
    left: bool,
    outputs: VecDeque<Output>,
}

impl Room {
    /// The room that the server let us into. Tells [`Event::Joined`] for everybody who is there.
    #[must_use]
    pub fn new(config: Config, welcome: &Welcome, now: Time) -> Self {
        Room::offering(config, welcome, None, now)
    }

    /// The same for somebody whose join had this offer. If somebody got it ([`Member::offered`]) the connection with them begins with
    /// [`Command::SetLocalOffer`](crate::Command::SetLocalOffer); otherwise nobody has use for it.
    #[must_use]
    pub fn offering(config: Config, welcome: &Welcome, offer: Option<FirstOffer>, now: Time) -> Self {
        let mut room = Room {
            me: welcome.me.clone(),
            ice: config.ice,
            heals: true,
            on: Vec::new(),
            places: config.places,
            pairs: LiteMap::new(),
            former: VecDeque::new(),
            newcomers: Vec::new(),
            pacing: Pacing::default(),
            left: false,
            outputs: VecDeque::new(),
        };
        room.on = ordered(config.on);
        for member in &welcome.members {
            room.join(now, member.clone());
        }
        let receiver = welcome.members.iter().find(|member| welcome.me.offered == Some(member.session));
        if let (Some(receiver), Some(offer)) = (receiver, offer) {
            let id = room.next_connection();
            room.with(now, receiver.id, |pair, context| pair.begin_with(context, id, offer));
        }
        room.advance(now);
        room
    }

    /// Takes a fact.
    pub fn handle(&mut self, now: Time, input: Input) {
        if self.left {
            return;
        }
        match input {
            Input::Joined(member) => self.join(now, member),
            Input::Left(left) => self.part(now, left),
            Input::Roster(members) => self.roster(now, members),
            Input::Welcome(welcome) => self.welcome(now, welcome),
            Input::Packet { from, way, packet } => self.packet(now, from, way, packet),
            Input::SetSource { source, on } => self.set_source(now, source, on),
            Input::RestartIce(peer) => self.with(now, peer, Pair::restart_ice),
            Input::Report { peer, connection, report } => {
                self.with(now, peer, |pair, context| pair.report(context, connection, report));
            }
            Input::Deadline => self.each(now, |_, _| {}),
            Input::Leave => self.leave(now),
        }
        self.advance(now);
    }

    /// The next thing to do, until there is none.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Deadline`] is wanted.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        if self.left {
            return None;
        }
        self.pairs
            .values()
            .filter_map(|(_, pair)| pair.deadline())
            .chain(self.paced_deadline())
            .chain(self.presence_deadline())
            .min()
    }

    /// Us.
    #[must_use]
    pub fn me(&self) -> &Member {
        &self.me
    }

    /// The others, in the order of their ids.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.pairs.values().map(|(member, _)| member)
    }

    /// Our sources that are on.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.on
    }

    fn join(&mut self, now: Time, member: Member) {
        let id = member.id;
        if id == self.me.id {
            return self.is_called(member.name);
        }
        match self.key_of(id) {
            Some(key) => self.again(now, key, member),
            None if self.pairs.contains_key(&id) || self.holds(now, &member) => {}
            None => self.admit(now, member),
        }
    }

    /// We have another name, perhaps.
    fn is_called(&mut self, name: Option<DisplayName>) {
        if self.me.name != name {
            self.me.name = name.clone();
            self.outputs.push_back(Output::Event(Event::Renamed { peer: None, name }));
        }
    }

    /// The server tells of somebody who is known.
    fn again(&mut self, now: Time, key: PeerId, member: Member) {
        let Some((known, pair)) = self.pairs.get_mut(&key) else { return };
        if member.session > known.session && pair.identity.is_introducing() {
            return self.begin_anew(now, key, member);
        }
        let is_renamed = known.name != member.name;
        let is_news = member.session != known.session || pair.identity.presence != Presence::Here;
        *known = member.clone();
        if is_renamed {
            self.outputs.push_back(Output::Event(Event::Renamed { peer: Some(key), name: known.name.clone() }));
            if !is_news {
                return;
            }
        }
        self.is_here(now, key);
        self.with(now, key, |pair, context| {
            pair.rejoined(context, &member);
            // It may be the other side that was away.
            pair.resume(context);
        });
    }

    /// Lets somebody in whom nobody knows.
    fn admit(&mut self, now: Time, member: Member) {
        let id = member.id;
        self.make_room(now);
        if self.pairs.len() + 1 >= ROOM_PEERS || self.pairs.contains_key(&id) {
            return;
        }
        self.outputs.push_back(Output::Event(Event::Joined(member.clone())));
        let former = self.former.iter().position(|(former, _)| *former == id);
        let pair = match former.and_then(|place| self.former.remove(place)) {
            Some((_, epochs)) => Pair::again(&self.me, &member, epochs, now),
            None => Pair::new(&self.me, &member, now),
        };
        self.pairs.insert(id, (member, pair));
        self.with(now, id, |_, _| {});
    }

    fn roster(&mut self, now: Time, members: Vec<Member>) {
        let is_here = |id: PeerId| members.iter().any(|member| member.id == id);
        let missing: Vec<PeerId> =
            self.pairs.values().map(|(member, _)| member.id).filter(|id| !is_here(*id)).collect();
        self.newcomers.retain(|(_, newcomer)| is_here(newcomer.id));
        for id in missing {
            self.part(now, Left { id, reason: LeaveReason::Gone });
        }
        for member in members {
            self.join(now, member);
        }
    }

    fn welcome(&mut self, now: Time, welcome: Welcome) {
        let Welcome { me, members, settling, .. } = welcome;
        self.is_called(me.name.clone());
        if (me.id, me.session) != (self.me.id, self.me.session) {
            self.become_other(now, me);
        }
        if settling {
            for member in members {
                self.join(now, member);
            }
        } else {
            self.roster(now, members);
        }
        self.each(now, |pair, context| pair.resume(context));
    }

    fn part(&mut self, now: Time, left: Left) {
        self.newcomers.retain(|(_, newcomer)| newcomer.id != left.id);
        if let Some(key) = self.key_of(left.id)
            && !self.goes_away(key, left.reason)
        {
            self.remove(now, key, left.reason);
        }
    }

    fn packet(&mut self, now: Time, from: PeerId, way: Way, packet: Packet<Body>) {
        if let Some(Body::Rejoined(rejoined)) = packet.body {
            return self.hear_rejoined(now, (from, way), rejoined, &packet);
        }
        let key = if way == Way::Server { self.key_of(from) } else { Some(from) };
        if let Some(key) = key {
            self.with(now, key, |pair, context| pair.receive(context, way, packet));
        }
    }

    /// Says bye to everybody, at once.
    fn leave(&mut self, now: Time) {
        self.each(now, Pair::leave);
        self.left = true;
    }

    /// Does what waits for its turn among all pairs.
    fn advance(&mut self, now: Time) {
        if !self.left {
            self.settle_presence(now);
            self.open_connections(now);
            self.send_packets(now);
        }
    }

    fn set_source(&mut self, now: Time, source: Source, on: bool) {
        if self.on.contains(&source) == on {
            return;
        }
        let others = self.on.iter().copied().filter(|one| *one != source);
        self.on = ordered(others.chain(on.then_some(source)));
        self.each(now, Pair::set_media);
    }

    fn each(&mut self, now: Time, mut act: impl FnMut(&mut Pair, &mut Context)) {
        let ids: Vec<PeerId> = self.pairs.keys().copied().collect();
        for id in ids {
            self.with(now, id, &mut act);
        }
    }

    /// Lets one pair act, and then do what is due and possible.
    fn with(&mut self, now: Time, peer: PeerId, act: impl FnOnce(&mut Pair, &mut Context)) {
        self.act(now, peer, |pair, context| {
            act(pair, context);
            pair.settle(context);
        });
    }

    fn act(&mut self, now: Time, peer: PeerId, act: impl FnOnce(&mut Pair, &mut Context)) {
        let Some((_, pair)) = self.pairs.get_mut(&peer) else { return };
        let (on, places) = (&self.on, &self.places);
        let (ice, heals, is_paced) = (self.ice, self.heals, self.pacing.is_on);
        let me = &self.me;
        let mut context = Context { now, me, ice, heals, is_paced, on, places, outputs: &mut self.outputs };
        act(pair, &mut context);
    }
}

/// For the explorer of the model, which compares states of rooms.
#[cfg(feature = "explore")]
impl Room {
    /// The clock's start moves forward by this: every moment that is remembered or waited for comes that much earlier by it. Two
    /// rooms that do the same, only at another time, are then equal.
    pub fn rebase(&mut self, by: std::time::Duration) {
        for (_, pair) in self.pairs.iter_mut().map(|(_, pair)| pair) {
            pair.rebase(by);
        }
    }

    /// The same room, in which nothing heals but by [`Input::RestartIce`]: the explorer asks for that at any moment.
    #[must_use]
    pub fn without_healing(self) -> Self {
        Room { heals: false, ..self }
    }

    /// The same room, without limits for all pairs together: to wait longer is what the explorer's network does anyway.
    #[must_use]
    pub fn without_pacing(mut self) -> Self {
        self.pacing.is_on = false;
        self
    }
}
