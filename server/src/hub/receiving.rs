//! What connections say.

use std::sync::Arc;
use std::time::{Duration, Instant};

use itodenwa_wire::{ClientMessage, Delivery, LeaveReason, RefusalCode, ServerMessage, Signal};

use super::{Closing, ConnectionId, ConnectionState, Ending, Hub, Packet, join_expected, to_send};
use crate::closing;

/// How often signals are looked for that nobody counts, at most: it goes through all members.
const LOOK_FOR_OLD: Duration = Duration::from_secs(10);

impl<P: Packet> Hub<P> {
    pub(super) fn received(&mut self, now: Instant, from: ConnectionId, received: Result<ClientMessage<P>, Closing>) {
        match (self.connections.get_mut(&from), received) {
            // What was on its way when the connection was closed.
            (None, _) => {}
            (Some(ConnectionState::Visitor), Ok(ClientMessage::Join(join))) => self.join(now, from, join),
            (Some(ConnectionState::Visitor), Ok(_)) => {
                self.refuse(now, from, join_expected());
            }
            (Some(ConnectionState::Visitor), Err(closing)) => self.refuse(now, from, closing),
            (Some(ConnectionState::Waiting { .. }), Ok(ClientMessage::Ping(number))) => {
                self.send(from, ServerMessage::Pong(number));
            }
            (Some(ConnectionState::Waiting { .. }), Ok(ClientMessage::Leave)) => {
                self.close(now, from, Closing::NORMAL, Ending::ForGood(LeaveReason::Left));
            }
            (Some(ConnectionState::Waiting { .. }), received) => {
                let early = || Closing::refusing(RefusalCode::JoinTwice, "who waits to be let in says nothing else");
                self.refuse(now, from, received.err().unwrap_or_else(early));
            }
            (Some(ConnectionState::Member { .. }), Ok(ClientMessage::Signal(signal))) => self.signal(now, from, signal),
            (Some(ConnectionState::Member { .. }), Ok(ClientMessage::Remove(who))) => {
                self.remove_member(now, from, who)
            }
            (Some(ConnectionState::Member { .. }), Ok(ClientMessage::Lock(on))) => self.lock(now, from, on),
            (Some(ConnectionState::Member { .. }), Ok(ClientMessage::WaitingRoom(on))) => self.wait(now, from, on),
            (Some(ConnectionState::Member { .. }), Ok(ClientMessage::Admit(who))) => self.admit(now, from, who),
            (Some(ConnectionState::Member { .. }), Ok(ClientMessage::TurnAway(who))) => self.turn_away(now, from, who),
            (Some(ConnectionState::Member { .. }), Ok(ClientMessage::Ask(ask))) => self.ask(now, from, ask),
            (Some(ConnectionState::Member { .. }), Ok(ClientMessage::Rename(name))) => self.rename(now, from, name),
            (Some(ConnectionState::Member { .. }), Ok(ClientMessage::Record(on))) => self.record(from, on),
            (Some(ConnectionState::Member { .. }), Ok(ClientMessage::Ping(number))) => self.ping(now, from, number),
            (Some(ConnectionState::Member { .. }), Ok(ClientMessage::Leave)) => {
                self.close(now, from, Closing::NORMAL, Ending::ForGood(LeaveReason::Left));
            }
            // A wish that is not fulfilled, as with a name that is fixed.
            (Some(ConnectionState::Member { .. }), Err(Closing { refusal: Some(refusal), .. }))
                if refusal.code == RefusalCode::NameInvalid =>
            {
                self.send(from, ServerMessage::Refused(refusal));
            }
            (Some(ConnectionState::Member { malformed, .. }), received) => {
                let closing = match received {
                    Ok(_) => Closing::refusing(RefusalCode::JoinTwice, "this connection has joined a room already"),
                    Err(closing) => closing,
                };
                *malformed += 1;
                if closing.is_final() || *malformed > self.limits.malformed_messages {
                    self.refuse(now, from, closing);
                } else if let Some(refusal) = closing.refusal {
                    self.send(from, ServerMessage::Refused(refusal));
                }
            }
        }
    }

    pub(super) fn signal(&mut self, now: Instant, from: ConnectionId, signal: Signal<P>) {
        let Some(ConnectionState::Member { room, id, .. }) = self.connections.get(&from) else { return };
        let addressee = self.rooms.get_mut(room).filter(|_| signal.to != *id).and_then(|room| room.occupant(signal.to));
        match addressee {
            Some(other) => {
                let signal = Arc::new(ServerMessage::Signal(Delivery { from: *id, packet: signal.packet }));
                let pushed = other.outbox.push(*id, signal);
                match other.presence.connection() {
                    Some(connection) if pushed.is_ok() => self.outputs.extend(to_send(connection, &mut other.outbox)),
                    Some(connection) => self.overflowed(now, connection),
                    // What the next connection cannot have is forgotten, the oldest first.
                    None => other.outbox.disconnected(),
                }
            }
            // Somebody may have left while the signal was on its way: that is nobody's fault.
            None => {
                let refusal = closing::refusal(RefusalCode::PeerUnknown, format!("{} is not in the room", signal.to));
                self.send(from, ServerMessage::Refused(refusal));
            }
        }
    }

    /// A connection has room for more signals.
    pub(super) fn taken(&mut self, from: ConnectionId) {
        let Some(ConnectionState::Member { room, id, .. }) = self.connections.get(&from) else { return };
        if let Some(occupant) = self.rooms.get_mut(room).and_then(|room| room.occupant(*id)) {
            occupant.outbox.taken();
            self.outputs.extend(to_send(from, &mut occupant.outbox));
        }
    }

    /// A connection does not take what it is sent.
    pub(super) fn overflowed(&mut self, now: Instant, from: ConnectionId) {
        let closing = Closing::refusing(RefusalCode::QueueFull, "the queue is full: read faster").retry(1000);
        self.close(now, from, closing, Ending::Broken { last_received: now });
    }

    /// What nobody counts is not kept for ever: of members with a connection what was there a resume window ago is forgotten. A client
    /// that lives counts every few seconds, and one that does not is out of the room by then.
    pub(super) fn forget_old_signals(&mut self, now: Instant) {
        if now < self.looks_for_old {
            return;
        }
        self.looks_for_old = now + self.limits.resume_window.max(LOOK_FOR_OLD);
        for room in self.rooms.values_mut() {
            room.forget_old_signals();
        }
    }

    /// The answer; the signals that came are not kept any longer, and an old ticket is replaced.
    fn ping(&mut self, now: Instant, from: ConnectionId, number: u32) {
        self.send(from, ServerMessage::Pong(number));
        let Some(ConnectionState::Member { room: name, id, .. }) = self.connections.get(&from) else { return };
        let Some(room) = self.rooms.get_mut(name) else { return };
        let rules = room.rules();
        let Some(occupant) = room.occupant(*id) else { return };
        occupant.outbox.replay.seen(number);
        if self.tickets.is_old(now, occupant.ticketed) {
            occupant.ticketed = now;
            if let Some(ticket) = self.tickets.seal(now, name, &occupant.member, rules) {
                self.send(from, ServerMessage::Ticket(ticket));
            }
        }
    }
}
