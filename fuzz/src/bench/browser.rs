//! What may be asked of a connection, and when. It takes any description and any candidate: what it is given is the point.

use std::collections::BTreeSet;

use itodenwa_model::browser::Signaling;
use itodenwa_protocol::{Command, Report};
use itodenwa_wire::Candidate;
use itodenwa_wire::limits::{CANDIDATE_BYTES, CANDIDATES_PER_FRAGMENT, DESCRIPTION_BYTES, MEDIA_DESCRIPTIONS};

/// One connection.
#[derive(Debug)]
pub(super) struct Browser {
    signaling: Signaling,
    in_flight: Option<Command>,
    /// Offers that it was asked to make: the last one's id. It may be answered, by a guess, before it is sent.
    pub(super) offers: u32,
    /// Our ICE credentials so far; none before the first description.
    gatherings: u32,
    /// What the other side's current description names.
    fragments: Vec<Fragment>,
    candidates: BTreeSet<String>,
}

#[derive(Debug)]
struct Fragment {
    name: String,
    added: usize,
    ended: bool,
}

impl Default for Browser {
    fn default() -> Self {
        Browser {
            signaling: Signaling::Stable,
            in_flight: None,
            offers: 0,
            gatherings: 0,
            fragments: Vec::new(),
            candidates: BTreeSet::new(),
        }
    }
}

impl Browser {
    /// Something is asked: it has to be something that can be asked now.
    pub(super) fn begin(&mut self, command: Command) {
        match &command {
            Command::MakeOffer { .. } => {
                self.demand(Signaling::Stable, &command);
                self.offers += 1;
            }
            Command::SetOffer { sdp } => {
                self.demand(Signaling::Stable, &command);
                demand_description(sdp);
            }
            Command::SetLocalOffer => self.demand(Signaling::Stable, &command),
            Command::MakeAnswer { .. } => self.demand(Signaling::HaveRemoteOffer, &command),
            Command::SetAnswer { sdp } => {
                self.demand(Signaling::HaveLocalOffer, &command);
                demand_description(sdp);
            }
            Command::Describe => assert!(self.gatherings > 0, "there is nothing to describe"),
            Command::AddCandidate(candidate) => self.add(candidate),
            Command::EndOfCandidates(name) => {
                let fragment = self.fragment(Some(name));
                assert!(!std::mem::replace(&mut fragment.ended, true), "{name} ends twice");
            }
            Command::Open | Command::Close => {}
        }
        if command.is_waited_for() {
            self.in_flight = Some(command);
        }
    }

    /// Does what was asked, or refuses to.
    pub(super) fn answer(&mut self, granted: bool) -> Option<Report> {
        let command = self.in_flight.take()?;
        if !granted {
            return Some(Report::Refused { name: "OperationError".into(), message: "as it likes".into() });
        }
        Some(match command {
            Command::Open => Report::Opened,
            Command::MakeOffer { send, ice_restart } => {
                self.signaling = Signaling::HaveLocalOffer;
                self.gatherings += u32::from(ice_restart || self.gatherings == 0);
                Report::OfferMade { sdp: self.describe(), sources: carried(&send) }
            }
            Command::SetLocalOffer => {
                self.signaling = Signaling::HaveLocalOffer;
                self.gatherings += 1;
                Report::LocalOfferSet
            }
            Command::SetOffer { sdp } => {
                self.signaling = Signaling::HaveRemoteOffer;
                self.described(&sdp);
                Report::OfferSet
            }
            Command::MakeAnswer { send } => {
                self.signaling = Signaling::Stable;
                self.gatherings += u32::from(self.gatherings == 0);
                Report::AnswerMade { sdp: self.describe(), sources: carried(&send) }
            }
            Command::SetAnswer { sdp } => {
                self.signaling = Signaling::Stable;
                self.described(&sdp);
                Report::AnswerSet
            }
            Command::Describe => Report::Described { sdp: self.describe() },
            Command::AddCandidate(_) | Command::EndOfCandidates(_) | Command::Close => return None,
        })
    }

    /// Whether this report would be the answer to what was asked.
    pub(super) fn awaits(&self, report: &Report) -> bool {
        match (&self.in_flight, report) {
            (None, _) => false,
            (Some(_), Report::Refused { .. })
            | (Some(Command::Open), Report::Opened)
            | (Some(Command::MakeOffer { .. }), Report::OfferMade { .. })
            | (Some(Command::SetLocalOffer), Report::LocalOfferSet)
            | (Some(Command::SetOffer { .. }), Report::OfferSet)
            | (Some(Command::MakeAnswer { .. }), Report::AnswerMade { .. })
            | (Some(Command::SetAnswer { .. }), Report::AnswerSet)
            | (Some(Command::Describe), Report::Described { .. }) => true,
            (Some(_), _) => false,
        }
    }

    fn demand(&self, wanted: Signaling, command: &Command) {
        assert_eq!(self.signaling, wanted, "{command:?}");
    }

    fn add(&mut self, candidate: &Candidate) {
        assert!(candidate.candidate.len() <= CANDIDATE_BYTES, "a long candidate");
        let name = candidate.username_fragment.as_ref();
        let fragment = self.fragment(name);
        assert!(!fragment.ended, "a candidate after the end of {}", fragment.name);
        fragment.added += 1;
        assert!(fragment.added <= CANDIDATES_PER_FRAGMENT, "too many candidates for {}", fragment.name);
        let again =
            candidate.candidate.starts_with("candidate:") && !self.candidates.insert(candidate.candidate.clone());
        assert!(!again, "{candidate:?} twice");
    }

    /// The fragment with this name, or the first one.
    fn fragment(&mut self, name: Option<&String>) -> &mut Fragment {
        let fragment = match name {
            Some(name) => self.fragments.iter_mut().find(|fragment| fragment.name == *name),
            None => self.fragments.first_mut(),
        };
        fragment.unwrap_or_else(|| panic!("{name:?} is of no description of the other side"))
    }

    /// The other side's description counts.
    fn described(&mut self, sdp: &str) {
        let mut before = std::mem::take(&mut self.fragments);
        for line in sdp.lines() {
            let Some(name) = line.strip_prefix("a=ice-ufrag:").map(str::trim_end) else { continue };
            if self.fragments.iter().any(|fragment| fragment.name == name) {
                continue;
            }
            // One for each media description and one for all: what is named beyond that is not known afterwards.
            if self.fragments.len() > MEDIA_DESCRIPTIONS {
                break;
            }
            let known = before.iter().position(|fragment| fragment.name == name);
            let new = || Fragment { name: name.to_owned(), added: 0, ended: false };
            self.fragments.push(known.map_or_else(new, |place| before.swap_remove(place)));
        }
    }

    fn describe(&self) -> String {
        format!("v=0\r\nm=audio 9\r\na=mid:0\r\na=ice-ufrag:{}\r\n", own_fragment(self.gatherings))
    }
}

/// Our fragment, by the number of the gathering.
pub(super) fn own_fragment(gathering: u32) -> String {
    format!("own{gathering}")
}

fn carried(send: &[itodenwa_wire::Source]) -> itodenwa_wire::SourceMap {
    send.iter().enumerate().map(|(mid, source)| (mid.to_string(), *source)).collect()
}

/// What of the other side's descriptions a browser is given.
fn demand_description(sdp: &str) {
    assert!(sdp.len() <= DESCRIPTION_BYTES && sdp.starts_with("v=0"), "this is no description: {sdp:?}");
    let (mut media, mut candidates) = (0, 0);
    for line in sdp.split('\n') {
        if line.starts_with("m=") {
            (media, candidates) = (media + 1, 0);
        }
        candidates += usize::from(is_candidate(line));
        assert!(candidates <= CANDIDATES_PER_FRAGMENT, "too many candidates in one media description");
    }
    assert!(media <= MEDIA_DESCRIPTIONS, "too many media descriptions");
}

/// The description as it was before some of its candidates were taken out.
pub(super) fn without_candidates(sdp: &str) -> String {
    sdp.split_inclusive('\n').filter(|line| !is_candidate(line)).collect()
}

fn is_candidate(line: &str) -> bool {
    line.starts_with("a=candidate:")
}
