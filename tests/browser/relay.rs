//! A signalling server within the page: it gives ids, stamps senders and tells who comes and goes, as the real one does.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::{Stream, StreamExt};
use itodenwa::SignalingError;
use itodenwa::signaling::Signaling;
use itodenwa::wire::{
    Asked, ClientMessage, Delivery, LeaveReason, Member, Packet, PeerId, Refusal, RefusalCode, ServerMessage,
    WaitingRoom, Welcome,
};

type Outbox = UnboundedSender<Result<ServerMessage, SignalingError>>;

#[derive(Clone, Default)]
pub(crate) struct Relay(Rc<RefCell<Hub>>);

#[derive(Default)]
struct Hub {
    sessions: u32,
    members: BTreeMap<PeerId, (Member, Outbox)>,
    /// Who somebody is now, that had this id before.
    renamed: BTreeMap<PeerId, PeerId>,
    is_last_lowest: bool,
    /// What was said of recording.
    recording: Vec<bool>,
    /// The bodies of all packets.
    bodies: Vec<String>,
    /// What is done to packets on their way.
    tamper: Option<fn(&mut Packet, &[String])>,
}

pub(crate) struct Line {
    relay: Relay,
    me: Option<PeerId>,
    outbox: Option<Outbox>,
    inbox: UnboundedReceiver<Result<ServerMessage, SignalingError>>,
    /// What was sent and is taken when the stream is polled, as a socket does it.
    waiting: Vec<ClientMessage>,
}

impl Relay {
    pub(crate) fn line(&self) -> Line {
        let (outbox, inbox) = unbounded();
        Line { relay: self.clone(), me: None, outbox: Some(outbox), inbox, waiting: Vec::new() }
    }

    /// Whoever comes later gets a lower id, and may offer.
    pub(crate) fn let_the_last_offer(&self) {
        self.0.borrow_mut().is_last_lowest = true;
    }

    /// What was said of recording, in its order.
    pub(crate) fn recording(&self) -> Vec<bool> {
        self.0.borrow().recording.clone()
    }

    /// What members said to each other.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.0.borrow().bodies.clone()
    }

    /// Does this to each packet from now on, knowing the bodies of all before; or nothing any more.
    pub(crate) fn tamper(&self, with: Option<fn(&mut Packet, &[String])>) {
        self.0.borrow_mut().tamper = with;
    }

    /// Ends everybody's signalling, as a server that goes away does.
    pub(crate) fn stop(&self) {
        self.0.borrow_mut().members.clear();
    }

    /// Says something to everybody that no server would say.
    pub(crate) fn say(&self, what: Result<ServerMessage, SignalingError>) {
        for (_, outbox) in self.0.borrow().members.values() {
            outbox.unbounded_send(what.clone()).ok();
        }
    }

    /// Everybody was away, and is back in the same session.
    pub(crate) fn welcome_back(&self) {
        self.say(Err(SignalingError::Away("a test".into())));
        let hub = self.0.borrow();
        for (me, outbox) in hub.members.values() {
            let others = hub.members.values().map(|(other, _)| other.clone()).filter(|other| other.id != me.id);
            let welcome = Welcome::new(me.clone(), others.collect());
            outbox.unbounded_send(Ok(ServerMessage::Welcome(welcome))).ok();
        }
    }

    /// Everybody was away, and comes back to a server that knows nobody.
    pub(crate) fn forget_sessions(&self) {
        let mut hub = self.0.borrow_mut();
        for (id, (mut member, outbox)) in std::mem::take(&mut hub.members) {
            hub.sessions += 1;
            member.id = PeerId::new(id.get() ^ 0xffff);
            member.session = hub.sessions;
            hub.renamed.insert(id, member.id);
            hub.members.insert(member.id, (member, outbox));
        }
        drop(hub);
        self.welcome_back();
    }

    fn part(&self, id: PeerId, reason: LeaveReason) {
        let mut hub = self.0.borrow_mut();
        let id = hub.now(id);
        if hub.members.remove(&id).is_some() {
            hub.tell_all(&ServerMessage::Left { id, reason, roster: 0 });
        }
    }
}

impl Hub {
    fn now(&self, id: PeerId) -> PeerId {
        self.renamed.get(&id).copied().unwrap_or(id)
    }

    fn tell_all(&self, message: &ServerMessage) {
        for (_, outbox) in self.members.values() {
            outbox.unbounded_send(Ok(message.clone())).ok();
        }
    }
}

impl Signaling for Line {
    fn send(&mut self, message: &ClientMessage) -> Result<(), SignalingError> {
        self.waiting.push(message.clone());
        Ok(())
    }
}

impl Line {
    fn pass_on(&mut self, message: &ClientMessage) -> Result<(), SignalingError> {
        let lost = || SignalingError::Lost("not joined".into());
        match message {
            ClientMessage::Join(join) => {
                let outbox = self.outbox.take().ok_or_else(lost)?;
                let mut hub = self.relay.0.borrow_mut();
                if join.unless_recorded && hub.recording.last() == Some(&true) {
                    let code = RefusalCode::RoomRecorded;
                    let refusal = Refusal { code, message: String::new(), retry_after: None };
                    return outbox.unbounded_send(Ok(ServerMessage::Refused(refusal))).map_err(|_| lost());
                }
                hub.sessions += 1;
                // The order of ids decides who leads: at random, not by who came first.
                let random = (js_sys::Math::random() * f64::from(u32::MAX)) as u64;
                let place = if hub.is_last_lowest { u64::from(u32::MAX - hub.sessions) } else { random };
                let id = PeerId::new(place << 32 | u64::from(hub.sessions));
                let me = Member { id, session: hub.sessions, name: join.name.clone(), pass: None, offered: None };
                let members = hub.members.values().map(|(member, _)| member.clone()).collect();
                hub.tell_all(&ServerMessage::Joined { member: me.clone(), roster: 0 });
                let welcome = Welcome::new(me.clone(), members);
                outbox.unbounded_send(Ok(ServerMessage::Welcome(welcome))).map_err(|_| lost())?;
                hub.members.insert(id, (me, outbox));
                self.me = Some(id);
            }
            ClientMessage::Signal(signal) => {
                let mut hub = self.relay.0.borrow_mut();
                let mut packet = signal.packet.clone();
                if let Some(tamper) = hub.tamper {
                    tamper(&mut packet, &hub.bodies);
                }
                hub.bodies.extend(signal.packet.body.clone());
                let from = hub.now(self.me.ok_or_else(lost)?);
                let unknown = Refusal { code: RefusalCode::PeerUnknown, message: String::new(), retry_after: None };
                let (to, message) = match hub.members.get(&signal.to) {
                    Some((_, outbox)) => (outbox, Delivery { from, packet }),
                    None => {
                        let (_, own) = hub.members.get(&from).ok_or_else(lost)?;
                        own.unbounded_send(Ok(ServerMessage::Refused(unknown))).map_err(|_| lost())?;
                        return Ok(());
                    }
                };
                to.unbounded_send(Ok(ServerMessage::Signal(message))).ok();
            }
            ClientMessage::Lock(on) => self.relay.0.borrow().tell_all(&ServerMessage::Locked(*on)),
            ClientMessage::Ask(ask) => {
                let (hub, from) = (self.relay.0.borrow(), self.me.ok_or_else(lost)?);
                let asked = ServerMessage::Asked(Asked { what: ask.what, from: hub.now(from) });
                let is_meant = |id: PeerId| id != from && ask.to.is_none_or(|to| to == id);
                for (_, (_, outbox)) in hub.members.iter().filter(|(id, _)| is_meant(**id)) {
                    outbox.unbounded_send(Ok(asked.clone())).ok();
                }
            }
            ClientMessage::Rename(name) => {
                let mut hub = self.relay.0.borrow_mut();
                let now = hub.now(self.me.ok_or_else(lost)?);
                let (member, own) = hub.members.get_mut(&now).ok_or_else(lost)?;
                // As a server that keeps names.
                if name.as_ref().is_some_and(|name| name.as_str() == "Fixed") {
                    let refusal = Refusal { code: RefusalCode::NameFixed, message: String::new(), retry_after: None };
                    return own.unbounded_send(Ok(ServerMessage::Refused(refusal))).map_err(|_| lost());
                }
                member.name.clone_from(name);
                let renamed = ServerMessage::Renamed { member: member.clone(), roster: 0 };
                hub.tell_all(&renamed);
            }
            ClientMessage::Record(on) => self.relay.0.borrow_mut().recording.push(*on),
            ClientMessage::WaitingRoom(on) => {
                let waiting_room = WaitingRoom { on: *on, waiting: Vec::new() };
                self.relay.0.borrow().tell_all(&ServerMessage::WaitingRoom(waiting_room));
            }
            ClientMessage::Admit(_) | ClientMessage::TurnAway(_) => {}
            ClientMessage::Remove(_) | ClientMessage::Ping(_) => {}
            ClientMessage::Leave => self.part(LeaveReason::Left),
        }
        Ok(())
    }

    fn part(&mut self, reason: LeaveReason) {
        if let Some(id) = self.me.take() {
            self.relay.part(id, reason);
        }
    }
}

impl Stream for Line {
    type Item = Result<ServerMessage, SignalingError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        for message in std::mem::take(&mut self.waiting) {
            if let Err(error) = self.pass_on(&message) {
                return Poll::Ready(Some(Err(error)));
            }
        }
        self.inbox.poll_next_unpin(cx)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.part(LeaveReason::Gone);
    }
}
