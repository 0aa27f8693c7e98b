//! When a pair makes a connection, and what is done about one that does not carry or broke.

use std::time::Duration;

use itodenwa_wire::{Body, Media};

use super::{Context, Pair, State};
use crate::event::{ConnectionId, ConnectionState, Event, TroubleCode};
use crate::first_offer::FirstOffer;
use crate::health::{Health, Remedy};
use crate::media::ordered;
use crate::negotiator::Negotiator;
use crate::time::Time;
use crate::timeline::Step;
use crate::turn::{Role, offers};

/// How long until the next connection is made, by the number of connections since the last one that connected.
const BACKOFF: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
];
/// After this many connections in a row that broke before they connected, no other is made.
const ATTEMPTS: usize = BACKOFF.len();

impl Pair {
    /// Since when a connection is wanted, or will be.
    pub(crate) fn wants_connection(&self) -> Option<Time> {
        let State::Waiting { until, .. } = self.state else { return None };
        Some(until.max(self.connections.allowed_from()))
    }

    /// Makes a connection.
    pub(crate) fn open(&mut self, context: &mut Context, id: ConnectionId) {
        self.catch_up(context.me);
        if matches!(self.state, State::Waiting { renew: true, .. }) && !self.link.restart(context.now) {
            return self.give_up(context);
        }
        if context.is_paced {
            self.connections.spend(context.now, 1);
        }
        if self.attempts > 0 {
            self.note(context, Step::NewConnection);
        }
        self.attempts = self.attempts.saturating_add(1);
        let wanted = ordered(context.on.iter().chain(context.places).copied());
        let is_all_on = wanted.len() == context.on.len();
        let begins = self.role == Role::Leader && self.offered != Some(self.link.epochs());
        let negotiator = Negotiator::new(self.role, begins, context.ice, wanted, offers(context.is_paced));
        // What a description carries is on unless it was said before that it is not.
        self.go_live(context, id, negotiator, !is_all_on);
    }

    /// Goes on with the connection whose offer went with our join.
    pub(crate) fn begin_with(&mut self, context: &mut Context, id: ConnectionId, offer: FirstOffer) {
        if context.is_paced {
            self.connections.spend(context.now, 1);
        }
        self.attempts = 1;
        self.link.sent(context.now, offer.bodies());
        let is_otherwise = offer.on != context.on;
        let negotiator = Negotiator::offered(self.role, offer, context.now, offers(context.is_paced));
        self.go_live(context, id, negotiator, is_otherwise);
        if is_otherwise {
            self.want(context);
        }
    }

    fn go_live(&mut self, context: &mut Context, id: ConnectionId, negotiator: Negotiator, says_media: bool) {
        let health = context.heals.then(|| Health::new(context.now));
        self.state = State::Live { id, negotiator: Box::new(negotiator), health, channel: None };
        if says_media && self.link.send(context.now, Body::Media(Media { on: context.on.to_vec() })).is_err() {
            return self.overflow(context);
        }
        self.tell(context, Event::Connection { peer: self.peer, state: ConnectionState::New });
        self.carry_out(context);
    }

    /// The other side is a new incarnation: so is the connection.
    pub(super) fn renew(&mut self, context: &mut Context) {
        self.close(context);
        // One step shorter than after a failure of ours: the other side waits for that already.
        let wait = backoff(self.attempts.saturating_sub(1));
        self.state = State::Waiting { until: context.now + wait, renew: false };
    }

    /// The connection can't go on: we become a new incarnation.
    pub(super) fn break_off(&mut self, context: &mut Context, code: TroubleCode, detail: String) {
        self.close(context);
        self.trouble(context, code, detail);
        if code == TroubleCode::ConnectionNotMade {
            // Nothing was said through it. A browser that has too many connections lets go of closed ones some time.
            self.attempts = self.attempts.min(ATTEMPTS - 1);
            self.state = State::Waiting { until: context.now + backoff(self.attempts), renew: false };
            return;
        }
        if self.attempts >= ATTEMPTS || !self.link.restart(context.now) {
            return self.give_up(context);
        }
        self.state = State::Waiting { until: context.now + backoff(self.attempts), renew: false };
    }

    fn give_up(&mut self, context: &mut Context) {
        self.state = State::GivenUp;
        self.trouble(context, TroubleCode::GivenUp, String::new());
    }

    pub(super) fn try_again(&mut self, context: &Context) {
        self.attempts = 0;
        self.state = State::Waiting { until: context.now, renew: true };
    }

    /// What will be done about a connection that does not carry, and when.
    pub(super) fn remedy(&self) -> Option<(Time, Remedy)> {
        match &self.state {
            State::Live { negotiator, health: Some(health), .. } if negotiator.is_settled() => health.remedy(self.role),
            _ => None,
        }
    }

    pub(super) fn heal(&mut self, context: &mut Context) {
        let due = self.remedy().filter(|(at, _)| *at <= context.now);
        match (due, &mut self.state) {
            (Some((_, Remedy::Restart)), State::Live { negotiator, .. }) => {
                negotiator.restart_ice(context.now);
                self.carry_out(context);
            }
            (Some((_, Remedy::Renew)), _) => {
                self.break_off(context, TroubleCode::ConnectionFailed, "no path was found in time".into());
            }
            _ => {}
        }
    }
}

fn backoff(attempts: usize) -> Duration {
    BACKOFF.get(attempts).or(BACKOFF.last()).copied().unwrap_or_default()
}
