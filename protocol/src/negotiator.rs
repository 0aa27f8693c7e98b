//! Offer and answer for one connection: one operation at a time, and one side at a time.
//!
//! ```text
//!             MakingOffer ──(Gathering ── Describing)── AwaitingAnswer ── SettingAnswer
//!            ╱                                                                        ╲
//! Opening ── Stable ────────────────────────────────────────────────────────────────── Stable
//!            ╲                                                                        ╱
//!             SettingOffer ── MakingAnswer ──(Gathering ── Describing)────────────────
//! ```
//! The bracketed states are those of Vanilla ICE. Only who has the turn makes an offer, so two offers never meet, nothing is
//! rolled back, and no offer is ignored. The leader has the turn; the follower asks for it, and hands it back with its offer.
//!
//! The first offer may have come with the join of its maker, whoever leads: as if the leader had given the turn before there was a
//! connection. Its maker begins in `SettingLocalOffer` and then awaits the answer; the other side does not make a first one.

mod exchange;

use itodenwa_wire::limits::CANDIDATES_PER_FRAGMENT;
use itodenwa_wire::{Answer, Body, Offer, Source, SourceMap};

use crate::candidates::{Admission, LocalCandidates, RemoteCandidates};
use crate::config::IceMode;
use crate::description;
use crate::event::{Command, Report, TroubleCode};
use crate::first_offer::{FIRST_OFFER, FirstOffer};
use crate::rate::Rate;
use crate::time::Time;
use crate::timeline::{self, CandidateSummary, Step};
use crate::turn::{Role, Turn};

/// What the negotiator wants done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Effect {
    /// Give this to the connection.
    Do(Command),
    /// Say this to the other side.
    Say(Body),
    /// Write this down, with the text that it is about.
    Note(Step, String),
    /// The other side's media is now carried so.
    Carried(SourceMap),
    /// The other side's ICE credentials are known: for the first time, or new ones.
    Paths {
        /// For the first time.
        first: bool,
    },
    /// Something went wrong; the connection is as good as before.
    Trouble(TroubleCode, String),
    /// Something went wrong, and this connection can't go on.
    Broken(TroubleCode, String),
}

/// The negotiation of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Negotiator {
    role: Role,
    /// The first offer is ours.
    begins: bool,
    ice: IceMode,
    phase: Phase,
    turn: Turn,
    /// Offers of both sides together.
    offers_allowed: Rate,
    /// What we want carried, and what is.
    wanted: Vec<Source>,
    carried: Vec<Source>,
    restart_ice: bool,
    /// Offers made here so far: the last one's id.
    offers: u32,
    /// What was gathered while the description that it belongs to was being made.
    early: Vec<Report>,
    local: LocalCandidates,
    remote: RemoteCandidates,
    effects: Vec<Effect>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Phase {
    Opening,
    Stable,
    /// The connection's first offer went with the join, and becomes its local description.
    SettingLocalOffer,
    MakingOffer {
        id: u32,
        send: Vec<Source>,
    },
    SettingOffer {
        id: u32,
        sdp: String,
        sources: SourceMap,
    },
    MakingAnswer {
        id: u32,
    },
    Gathering {
        description: Described,
        until: Time,
    },
    Describing(Described),
    AwaitingAnswer {
        id: u32,
    },
    SettingAnswer {
        sdp: String,
        sources: SourceMap,
    },
    /// Nothing more is done: it broke, or never came to be.
    Over,
}

/// A local description that is set and not sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Described {
    Offer(Offer),
    Answer(Answer),
}

impl Negotiator {
    /// A negotiation that begins by opening its connection, and with an offer of the side that is said.
    pub(crate) fn new(role: Role, begins: bool, ice: IceMode, wanted: Vec<Source>, offers_allowed: Rate) -> Self {
        Negotiator {
            role,
            begins,
            ice,
            phase: Phase::Opening,
            turn: Turn::first(begins),
            offers_allowed,
            wanted,
            carried: Vec::new(),
            restart_ice: false,
            offers: 0,
            early: Vec::new(),
            local: LocalCandidates::default(),
            remote: RemoteCandidates::default(),
            effects: vec![Effect::Do(Command::Open)],
        }
    }

    /// A negotiation whose first offer went with the join.
    pub(crate) fn offered(role: Role, offer: FirstOffer, now: Time, mut offers_allowed: Rate) -> Self {
        offers_allowed.spend(now, 1);
        let FirstOffer { send, sdp, .. } = offer;
        let mut negotiator = Negotiator::new(role, true, IceMode::Trickle, send.clone(), offers_allowed);
        negotiator.effects.clear();
        negotiator.carried = send;
        negotiator.offers = FIRST_OFFER;
        negotiator.local.described(description::fragments(&sdp));
        negotiator.note_with(Step::MakeOffer, timeline::text(&sdp));
        negotiator.note(Step::SendOffer);
        negotiator.begin(Command::SetLocalOffer, Phase::SettingLocalOffer);
        negotiator
    }

    /// Takes what is to be done, in order.
    pub(crate) fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Whether this body of the other side can be dealt with now. One operation at a time, and offers at a bounded rate.
    pub(crate) fn is_ready(&self, now: Time, body: &Body) -> bool {
        self.is_idle() && (!matches!(body, Body::Offer(_)) || self.offers_allowed.allowed_from() <= now)
    }

    /// When something is to be done although nothing happens; `next` is what the other side said next.
    pub(crate) fn deadline(&self, next: Option<&Body>) -> Option<Time> {
        let held_back =
            matches!(next, Some(Body::Offer(_))) || matches!(self.turn, Turn::Mine { .. } if self.needs_offer());
        match self.phase {
            _ if !self.is_idle() => None,
            Phase::Gathering { until, .. } => Some(until),
            Phase::Stable if held_back => Some(self.offers_allowed.allowed_from()),
            _ => None,
        }
    }

    /// The clock's start moves forward by this.
    #[cfg(feature = "explore")]
    pub(crate) fn rebase(&mut self, by: std::time::Duration) {
        self.offers_allowed.rebase(by);
        if let Phase::Gathering { until, .. } = &mut self.phase {
            *until = *until - by;
        }
    }

    /// What we want carried.
    pub(crate) fn wanted(&self) -> &[Source] {
        &self.wanted
    }

    /// Wants these sources carried from now on.
    pub(crate) fn want(&mut self, now: Time, wanted: Vec<Source>) {
        self.wanted = wanted;
        self.advance(now);
    }

    /// Wants new ICE credentials, and so new paths. Nothing to do before there are any.
    pub(crate) fn restart_ice(&mut self, now: Time) {
        self.restart_ice |= !self.remote.is_empty();
        self.advance(now);
    }

    /// Whether both descriptions are set, and neither side is to do anything about that.
    pub(crate) fn is_settled(&self) -> bool {
        self.phase == Phase::Stable && !self.remote.is_empty() && !self.needs_offer()
    }

    /// Takes what the other side says. Only when [ready](Self::is_ready).
    pub(crate) fn hear(&mut self, now: Time, body: Body) {
        match body {
            Body::Offer(offer) => self.hear_offer(now, offer),
            Body::Answer(answer) => self.hear_answer(answer),
            Body::Candidate(candidate) => {
                let summary = CandidateSummary::of(&candidate);
                match self.remote.admit(&candidate) {
                    Admission::Admitted => {
                        let text = timeline::text(&candidate.candidate);
                        self.effects.push(Effect::Do(Command::AddCandidate(candidate)));
                        self.note_with(Step::SetCandidate(summary), text);
                    }
                    Admission::Stale => {}
                    Admission::TooMany => self.trouble(TroubleCode::CandidatesTooMany, String::new()),
                    Admission::TooLong => self.trouble(TroubleCode::CandidateRefused, "it is too long".into()),
                }
            }
            Body::EndOfCandidates(fragment) => {
                if self.remote.end(&fragment) {
                    self.effects.push(Effect::Do(Command::EndOfCandidates(fragment)));
                    self.note(Step::SetEndOfCandidates);
                }
            }
            Body::AskTurn => self.turn.ask(),
            Body::GiveTurn => self.turn = Turn::Mine { asked: false },
            Body::Refuse(refuse) => self.hear_refusal(refuse),
            // The link's and the pair's affairs.
            Body::Media(_) | Body::Hello | Body::Bye | Body::Rejoined(_) | Body::Unknown => {}
        }
        self.advance(now);
    }

    /// Takes what the connection did or saw.
    pub(crate) fn report(&mut self, now: Time, report: Report) {
        let making = matches!(
            self.phase,
            Phase::SettingLocalOffer | Phase::MakingOffer { .. } | Phase::MakingAnswer { .. } | Phase::Describing(_)
        );
        match report {
            // A candidate never overtakes its description.
            Report::LocalCandidate(_) | Report::GatheringComplete if making => {
                // The last place is kept for the end.
                let last = usize::from(report == Report::GatheringComplete);
                if self.early.len() < CANDIDATES_PER_FRAGMENT + last {
                    self.early.push(report);
                }
            }
            Report::LocalCandidate(candidate) => {
                if self.local.gather(&candidate) && self.trickles() {
                    let step = Step::SendCandidate(CandidateSummary::of(&candidate));
                    let text = timeline::text(&candidate.candidate);
                    self.say(Body::Candidate(candidate));
                    self.note_with(step, text);
                }
            }
            Report::GatheringComplete => {
                for fragment in self.local.finish().to_vec() {
                    if self.trickles() {
                        self.say_next(Body::EndOfCandidates(fragment), Step::SendEndOfCandidates);
                    }
                }
            }
            Report::Refused { name, message } => self.refused([&name, ": ", &message].concat()),
            Report::CandidateAdded => {}
            Report::CandidateRefused { name, message } => {
                let what = [&name, ": ", &message].concat();
                self.note(Step::Refused(what.clone()));
                self.trouble(TroubleCode::CandidateRefused, what);
            }
            done => {
                self.done(now, done);
                for report in std::mem::take(&mut self.early) {
                    // The end of the gathering before, which new ICE credentials cut short, is not the end of this one.
                    if report != Report::GatheringComplete || self.local.has_begun() {
                        self.report(now, report);
                    }
                }
            }
        }
        self.advance(now);
    }

    /// Begins what is due and possible.
    pub(crate) fn advance(&mut self, now: Time) {
        match &self.phase {
            Phase::Gathering { description, until } if self.local.is_complete() || *until <= now => {
                self.begin(Command::Describe, Phase::Describing(description.clone()));
            }
            Phase::Stable => self.take_turn(now),
            _ => {}
        }
    }

    fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Stable | Phase::Gathering { .. } | Phase::AwaitingAnswer { .. })
    }

    fn take_turn(&mut self, now: Time) {
        match self.turn {
            Turn::Mine { .. } if self.needs_offer() => self.make_offer(now),
            Turn::Mine { asked } if asked || self.role == Role::Follower => self.give_turn(),
            // The leader makes the first offer anyway: it may have room for what the follower wants.
            Turn::Theirs { asked: false }
                if self.role == Role::Follower && self.needs_offer() && !self.remote.is_empty() =>
            {
                self.turn = Turn::Theirs { asked: true };
                self.say(Body::AskTurn);
            }
            _ => {}
        }
    }

    fn needs_offer(&self) -> bool {
        let first = self.begins && self.offers == 0;
        first || self.restart_ice || !same(&self.wanted, &self.carried)
    }

    fn give_turn(&mut self) {
        self.turn = Turn::Theirs { asked: false };
        self.say(Body::GiveTurn);
    }

    fn make_offer(&mut self, now: Time) {
        if now < self.offers_allowed.allowed_from() {
            return;
        }
        self.offers_allowed.spend(now, 1);
        self.offers = self.offers.saturating_add(1);
        let send = self.wanted.clone();
        let ice_restart = std::mem::take(&mut self.restart_ice);
        if ice_restart {
            self.note(Step::RestartIce);
        }
        let phase = Phase::MakingOffer { id: self.offers, send: send.clone() };
        self.begin(Command::MakeOffer { send, ice_restart }, phase);
    }

    /// Our offer was answered. One round each: who asked meanwhile is next.
    fn answered(&mut self) {
        match (self.role, self.turn) {
            (Role::Leader, Turn::Mine { asked: true }) => self.give_turn(),
            (Role::Leader, _) => {}
            (Role::Follower, _) => self.turn = Turn::Theirs { asked: false },
        }
    }

    /// Whether what is gathered now is sent by itself.
    fn trickles(&self) -> bool {
        self.ice == IceMode::Trickle || self.local.trickles_rest()
    }

    fn break_off(&mut self, code: TroubleCode, why: String) {
        self.phase = Phase::Over;
        self.note(Step::Refused(why.clone()));
        self.effects.push(Effect::Broken(code, why));
    }

    fn begin(&mut self, command: Command, phase: Phase) {
        self.effects.push(Effect::Do(command));
        self.phase = phase;
    }

    fn say(&mut self, body: Body) {
        self.effects.push(Effect::Say(body));
    }

    fn say_next(&mut self, body: Body, step: Step) {
        self.say(body);
        self.note(step);
    }

    fn note(&mut self, step: Step) {
        self.note_with(step, String::new());
    }

    fn note_with(&mut self, step: Step, text: String) {
        self.effects.push(Effect::Note(step, text));
    }

    fn trouble(&mut self, code: TroubleCode, detail: String) {
        self.effects.push(Effect::Trouble(code, detail));
    }
}

fn same(wanted: &[Source], carried: &[Source]) -> bool {
    wanted.len() == carried.len() && wanted.iter().all(|source| carried.contains(source))
}
