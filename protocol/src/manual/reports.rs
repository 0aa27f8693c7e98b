//! What the connection says: of the operation at work, of candidates, and of its state.

use itodenwa_wire::Candidate;
use itodenwa_wire::limits::CANDIDATES_PER_FRAGMENT;

use super::{
    Done, Flight, InFlight, LocalCandidates, Manual, ManualOutput, OperationError, OperationId, Remote, Stage, pasted,
};
use crate::config::IceMode;
use crate::event::{Command, ConnectionState, Report};
use crate::time::Time;
use crate::timeline::{self, CandidateSummary, Step};

impl Manual {
    pub(super) fn report(&mut self, now: Time, report: Report) {
        match report {
            Report::LocalCandidate(candidate) => self.gathered(now, candidate),
            Report::GatheringComplete => self.gathered_all(now),
            Report::State(state) => self.state(now, state),
            // The browser calls it connected all the same.
            Report::Silent => self.state(now, ConnectionState::Disconnected),
            Report::Heard => self.state(now, ConnectionState::Connected),
            Report::ChannelOpen => {
                self.step(now, Step::ChannelOpen);
                self.outputs.push_back(ManualOutput::ChannelOpen);
            }
            Report::Layer { layer, state } => self.step(now, Step::Layer { layer, state }),
            Report::CandidateError(what) => self.step(now, Step::CandidateError(what)),
            Report::ChannelClosed => self.close(now),
            Report::Refused { name, message } => self.refused(now, name, &message),
            answer => self.answered(now, answer),
        }
    }

    fn refused(&mut self, now: Time, name: String, message: &str) {
        let Some((id, command)) = self.take_command() else { return };
        let description = match &command {
            InFlight::SetOffer(sdp) | InFlight::SetAnswer(sdp) => sdp.as_str(),
            _ => "",
        };
        let message = pasted::without_secrets(message, description);
        self.failed(now, id, name, message);
    }

    fn failed(&mut self, now: Time, id: OperationId, name: String, message: String) {
        self.step(now, Step::Refused([&name, ": ", &message].concat()));
        self.fail(id, OperationError::Refused { name, message });
    }

    /// The answer to the command in flight. Whatever else is reported completes nothing.
    fn answered(&mut self, now: Time, report: Report) {
        let Some((id, command)) = self.take_command() else { return };
        match (command, report) {
            (InFlight::MakeOffer, Report::OfferMade { sdp, .. }) => {
                self.stage = Stage::OfferMade;
                self.step_with(now, Step::MakeOffer, timeline::text(&sdp));
                self.made(now, id, sdp);
            }
            (InFlight::MakeAnswer, Report::AnswerMade { sdp, .. }) => {
                self.negotiated(now, Step::MakeAnswer, timeline::text(&sdp));
                self.made(now, id, sdp);
            }
            (InFlight::SetOffer(sdp), Report::OfferSet) => {
                self.stage = Stage::OfferSet;
                self.step_with(now, Step::SetOffer, timeline::text(&sdp));
                self.described();
                self.done(id, Done::DescriptionSet);
            }
            (InFlight::SetAnswer(sdp), Report::AnswerSet) => {
                self.negotiated(now, Step::SetAnswer, timeline::text(&sdp));
                self.described();
                self.done(id, Done::DescriptionSet);
            }
            (InFlight::AddCandidate(line), Report::CandidateAdded) => {
                let step = Step::SetCandidate(CandidateSummary::of_line(&line));
                self.step_with(now, step, timeline::text(&line));
                self.done(id, Done::CandidateAdded);
            }
            (InFlight::EndOfCandidates, Report::CandidateAdded) => {
                self.step(now, Step::SetEndOfCandidates);
                self.done(id, Done::CandidateAdded);
            }
            (InFlight::Describe, Report::Described { sdp }) => {
                let LocalCandidates { count: candidates, is_complete: complete, .. } = self.local;
                self.local.follow = !complete;
                self.step_with(now, Step::GatherCandidates { candidates, complete }, timeline::text(&sdp));
                self.done(id, Done::Description(sdp));
            }
            (InFlight::AddCandidate(_) | InFlight::EndOfCandidates, Report::CandidateRefused { name, message }) => {
                self.failed(now, id, name, message);
            }
            (command, _) => self.flight = Flight::Command { id, command },
        }
    }

    fn negotiated(&mut self, now: Time, step: Step, text: String) {
        self.stage = Stage::Stable;
        self.step_with(now, step, text);
        self.outputs.push_back(ManualOutput::Negotiated);
    }

    /// The other side's description is set: the candidates that came before it are next.
    fn described(&mut self) {
        if let Remote::Unknown { early } = std::mem::replace(&mut self.remote, Remote::Known) {
            early.into_iter().rev().for_each(|candidate| self.waiting.push_front(candidate));
        }
    }

    /// An own description is made: with Vanilla ICE it waits for its candidates.
    fn made(&mut self, now: Time, id: OperationId, sdp: String) {
        match self.ice {
            IceMode::Trickle => self.done(id, Done::Description(sdp)),
            IceMode::Vanilla { limit } => {
                self.flight = Flight::Gathering { id, until: now + limit };
                if self.local.is_complete {
                    self.describe();
                }
            }
        }
    }

    pub(super) fn describe(&mut self) {
        if let Flight::Gathering { id, .. } = self.flight {
            self.command(id, InFlight::Describe, Command::Describe);
        }
    }

    fn gathered(&mut self, now: Time, candidate: Candidate) {
        self.local.count = self.local.count.saturating_add(1);
        let is_told = self.ice == IceMode::Trickle || self.local.follow;
        if is_told && self.local.count <= CANDIDATES_PER_FRAGMENT {
            let step = Step::SendCandidate(CandidateSummary::of(&candidate));
            self.step_with(now, step, timeline::text(&candidate.candidate));
            self.outputs.push_back(ManualOutput::Candidate(candidate));
        }
    }

    fn gathered_all(&mut self, now: Time) {
        self.local.is_complete = true;
        if self.ice == IceMode::Trickle || self.local.follow {
            self.local.follow = false;
            self.step(now, Step::SendEndOfCandidates);
            self.outputs.push_back(ManualOutput::EndOfCandidates);
        }
        self.describe();
    }

    fn state(&mut self, now: Time, state: ConnectionState) {
        self.step(now, Step::State(state));
        self.outputs.push_back(ManualOutput::Connection(state));
    }
}
