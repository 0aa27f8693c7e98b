//! Descriptions: those of the other side are checked and set, ours are made and sent, and either may be refused.

use itodenwa_wire::{Answer, Body, Offer, Refuse, RefuseCode, SourceMap};

use super::{Described, Effect, Negotiator, Phase};
use crate::config::IceMode;
use crate::description;
use crate::event::{Command, Report, TroubleCode};
use crate::first_offer::FIRST_OFFER;
use crate::time::Time;
use crate::timeline::{self, Step};
use crate::turn::Turn;

impl Negotiator {
    pub(super) fn hear_offer(&mut self, now: Time, Offer { id, sdp, sources }: Offer) {
        self.note_with(Step::ReceiveOffer, timeline::text(&sdp));
        // Refused ones count, too: what a peer sends makes no more answers than offers are allowed.
        self.offers_allowed.spend(now, 1);
        if !matches!((&self.phase, &self.turn), (Phase::Stable, Turn::Theirs { .. })) {
            return self.refuse(id, RefuseCode::NotYourTurn, "an offer out of turn".into());
        }
        match description::check(sdp) {
            Ok(sdp) => {
                let setting = Phase::SettingOffer { id, sdp: sdp.clone(), sources };
                self.begin(Command::SetOffer { sdp }, setting);
            }
            Err(malformed) => self.refuse(id, RefuseCode::Malformed, malformed.explain()),
        }
    }

    pub(super) fn hear_answer(&mut self, Answer { id, sdp, sources }: Answer) {
        // An answer to any other offer is stale, and a browser would take it.
        if self.phase != (Phase::AwaitingAnswer { id }) {
            return self.note(Step::Refused("an answer to another offer".into()));
        }
        self.note_with(Step::ReceiveAnswer, timeline::text(&sdp));
        match description::check(sdp) {
            Ok(sdp) => {
                let setting = Phase::SettingAnswer { sdp: sdp.clone(), sources };
                self.begin(Command::SetAnswer { sdp }, setting);
            }
            Err(malformed) => self.break_off(TroubleCode::DescriptionRefused, malformed.explain()),
        }
    }

    pub(super) fn hear_refusal(&mut self, Refuse { id, code }: Refuse) {
        if self.phase == (Phase::AwaitingAnswer { id }) {
            self.break_off(TroubleCode::DescriptionRejected, code.as_str().to_owned());
        }
    }

    /// The operation in flight succeeded.
    pub(super) fn done(&mut self, now: Time, report: Report) {
        let phase = std::mem::replace(&mut self.phase, Phase::Over);
        self.phase = match (phase, report) {
            (Phase::Opening, Report::Opened) => Phase::Stable,
            (Phase::SettingLocalOffer, Report::LocalOfferSet) => Phase::AwaitingAnswer { id: FIRST_OFFER },
            (Phase::MakingOffer { id, send }, Report::OfferMade { sdp, sources }) => {
                self.note_with(Step::MakeOffer, timeline::text(&sdp));
                self.carried = send;
                self.set_local(now, Described::Offer(Offer { id, sdp, sources }))
            }
            (Phase::SettingOffer { id, sdp, sources }, Report::OfferSet) => {
                self.note(Step::SetOffer);
                if self.set_remote(&sdp, sources) {
                    // The answer has new credentials, too (RFC 8839, section 4.4.1.1.1).
                    self.restart_ice = false;
                }
                let send = self.wanted.clone();
                self.effects.push(Effect::Do(Command::MakeAnswer { send }));
                Phase::MakingAnswer { id }
            }
            (Phase::MakingAnswer { id }, Report::AnswerMade { sdp, sources }) => {
                self.note_with(Step::MakeAnswer, timeline::text(&sdp));
                self.carried = sources.iter().map(|(_, source)| *source).collect();
                self.set_local(now, Described::Answer(Answer { id, sdp, sources }))
            }
            (Phase::Describing(described), Report::Described { sdp }) => {
                let candidates = description::candidates(&sdp);
                let complete = self.local.is_complete();
                self.note_with(Step::GatherCandidates { candidates, complete }, timeline::text(&sdp));
                self.local.trickle_rest(!complete);
                self.send_description(described.with(sdp))
            }
            (Phase::SettingAnswer { sdp, sources }, Report::AnswerSet) => {
                self.note(Step::SetAnswer);
                self.set_remote(&sdp, sources);
                self.answered();
                Phase::Stable
            }
            // A report that answers nothing: the connection's mistake, and harmless.
            (phase, _) => phase,
        };
    }

    /// True if the other side's ICE credentials are new.
    fn set_remote(&mut self, sdp: &str, sources: SourceMap) -> bool {
        let first = self.remote.is_empty();
        let renewed = self.remote.described(description::fragments(sdp));
        if renewed {
            self.effects.push(Effect::Paths { first });
        }
        self.effects.push(Effect::Carried(sources));
        renewed
    }

    fn set_local(&mut self, now: Time, described: Described) -> Phase {
        self.local.described(description::fragments(described.sdp()));
        match self.ice {
            IceMode::Trickle => self.send_description(described),
            IceMode::Vanilla { limit } => Phase::Gathering { description: described, until: now + limit },
        }
    }

    fn send_description(&mut self, described: Described) -> Phase {
        match described {
            Described::Offer(offer) => {
                let id = offer.id;
                self.say_next(Body::Offer(offer), Step::SendOffer);
                Phase::AwaitingAnswer { id }
            }
            Described::Answer(answer) => {
                self.say_next(Body::Answer(answer), Step::SendAnswer);
                self.turn = self.turn.after_answering(self.role);
                Phase::Stable
            }
        }
    }

    /// The operation in flight was refused by the browser.
    pub(super) fn refused(&mut self, what: String) {
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::SettingOffer { id, .. } => {
                // The browser stays as it was (RFC 8829, section 5.9): so do we.
                self.phase = Phase::Stable;
                self.refuse(id, RefuseCode::NotApplied, what);
            }
            Phase::SettingAnswer { .. } => self.break_off(TroubleCode::DescriptionRefused, what),
            Phase::Opening => self.break_off(TroubleCode::ConnectionNotMade, what),
            Phase::SettingLocalOffer
            | Phase::MakingOffer { .. }
            | Phase::MakingAnswer { .. }
            | Phase::Describing(_) => {
                self.break_off(TroubleCode::DescriptionNotMade, what);
            }
            idle => self.phase = idle,
        }
    }

    fn refuse(&mut self, id: u32, code: RefuseCode, why: String) {
        self.say(Body::Refuse(Refuse { id, code }));
        self.note(Step::Refused(why.clone()));
        self.trouble(TroubleCode::DescriptionRefused, why);
    }
}

impl Described {
    fn sdp(&self) -> &str {
        match self {
            Described::Offer(offer) => &offer.sdp,
            Described::Answer(answer) => &answer.sdp,
        }
    }

    fn with(self, sdp: String) -> Self {
        match self {
            Described::Offer(offer) => Described::Offer(Offer { sdp, ..offer }),
            Described::Answer(answer) => Described::Answer(Answer { sdp, ..answer }),
        }
    }
}
