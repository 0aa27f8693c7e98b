//! A model of `RTCPeerConnection`: it refuses what browsers refuse, and takes what they should refuse and do not.
//!
//! [`Connection::operate`] does what a browser does, and is shown to do so by the [`conformance`](crate::conformance) suite.
//! What a browser would do wrongly in silence (a stale answer, a candidate twice, media of a closed connection), or would do
//! and nobody wants (a rollback), is a *blunder* of whoever asked. [`Connection::execute`] fails at the first one: those are
//! the properties that the machine has to keep.

mod gathering;
mod profile;
mod transceivers;

use std::collections::BTreeSet;

use itodenwa_protocol::{Command, Report};
use itodenwa_wire::limits::CANDIDATES_PER_FRAGMENT;
use itodenwa_wire::{Candidate, Source, SourceMap};

use crate::sdp::{Description, Direction, Kind, Media, Origin, Setup};
use gathering::fragment_of;
use transceivers::Transceivers;

pub use gathering::{Gathering, candidates_of, some_candidates};
pub use profile::{Capabilities, Profile, Verdict};

/// `RTCSignalingState`; there are no provisional answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signaling {
    Stable,
    HaveLocalOffer,
    HaveRemoteOffer,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Connection {
    capabilities: Capabilities,
    number: u32,
    pub signaling: Signaling,
    transceivers: Transceivers,
    versions: u32,
    fragments: u32,
    /// The fragment that `restartIce` wants replaced: by the next offer that is made with it.
    outworn: Option<String>,
    /// An offer that was created and not set, and the gathering that begins when it is.
    created: Option<(Description, Option<Gathering>)>,
    local: Slots,
    remote: Slots,
    /// Candidates of ours for the current fragment, as far as they are gathered.
    gathered: Vec<String>,
    /// Candidates of theirs, in a description or added.
    known: BTreeSet<String>,
    added: BTreeSet<String>,
    ended: Vec<String>,
    blunders: Vec<String>,
}

/// A description that counts, and one that will when the answer is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Slots {
    current: Option<Description>,
    pending: Option<Description>,
}

/// The exception's name and message.
pub type Exception = (&'static str, String);

/// What a page is told of a command that the browser refused.
pub fn refusal(of_a_candidate: bool, (name, message): Exception) -> Report {
    let name = name.to_owned();
    if of_a_candidate { Report::CandidateRefused { name, message } } else { Report::Refused { name, message } }
}

impl Connection {
    pub fn new(profile: Profile, number: u32) -> Self {
        Connection {
            capabilities: profile.capabilities(),
            number,
            signaling: Signaling::Stable,
            transceivers: Transceivers::default(),
            versions: 0,
            fragments: 0,
            outworn: None,
            created: None,
            local: Slots::default(),
            remote: Slots::default(),
            gathered: Vec::new(),
            known: BTreeSet::new(),
            added: BTreeSet::new(),
            ended: Vec::new(),
            blunders: Vec::new(),
        }
    }

    /// Does what is asked, which has to be sensible; `candidates` is how many a new gathering will find.
    pub fn execute(&mut self, command: Command, candidates: usize) -> Result<(Report, Option<Gathering>), Exception> {
        let done = self.operate(command, candidates);
        assert!(self.blunders.is_empty(), "{}", self.blunders.join("; "));
        done
    }

    /// Does what a browser does when it is asked this.
    pub fn operate(&mut self, command: Command, candidates: usize) -> Result<(Report, Option<Gathering>), Exception> {
        match command {
            Command::Open => Ok((Report::Opened, None)),
            Command::MakeOffer { send, ice_restart } => {
                self.expect_state(Signaling::Stable, "an offer was made");
                if ice_restart {
                    self.restart_ice();
                }
                self.transceivers.place(&send, true);
                let (sdp, gathering) = self.set_local(candidates)?;
                Ok((Report::OfferMade { sdp, sources: self.carried(self.local.latest()) }, gathering))
            }
            Command::MakeAnswer { send } => {
                self.expect_state(Signaling::HaveRemoteOffer, "an answer was made");
                self.transceivers.place(&send, false);
                let (sdp, gathering) = self.set_local(candidates)?;
                Ok((Report::AnswerMade { sdp, sources: self.sends() }, gathering))
            }
            Command::SetLocalOffer => Ok((Report::LocalOfferSet, self.set_created()?)),
            Command::SetOffer { sdp } => self.set_offer(&sdp).map(|()| (Report::OfferSet, None)),
            Command::SetAnswer { sdp } => self.set_answer(&sdp).map(|()| (Report::AnswerSet, None)),
            Command::Describe => Ok((Report::Described { sdp: self.describe()?.to_string() }, None)),
            Command::AddCandidate(candidate) => self.add_candidate(&candidate).map(|()| (Report::CandidateAdded, None)),
            Command::EndOfCandidates(fragment) => self.end(fragment).map(|()| (Report::CandidateAdded, None)),
            Command::Close => unreachable!("closing is not an operation"),
        }
    }

    /// `restartIce`: the credentials that there are now will not be offered again.
    pub fn restart_ice(&mut self) {
        self.outworn = self.local_fragment().map(str::to_owned);
    }

    /// `addTransceiver`, for who does not let sources be placed.
    pub fn add(&mut self, kind: Kind) {
        self.transceivers.add(kind);
    }

    /// `transceiver.direction`, likewise.
    pub fn set_direction(&mut self, mid: &str, direction: Direction) {
        self.transceivers.set_direction(mid, direction);
    }

    /// `transceiver.stop`, likewise.
    pub fn stop(&mut self, mid: &str) {
        self.transceivers.stop(mid);
    }

    /// One more candidate was gathered.
    pub fn gather(&mut self, candidate: String) {
        self.gathered.push(candidate);
    }

    /// A candidate was not taken, for no fault of anybody: no other one comes in its place.
    pub fn miss(&mut self, candidate: &Candidate) {
        self.known.insert(candidate.candidate.clone());
    }

    /// `localDescription`, without candidates.
    pub fn local_description(&self) -> Option<&Description> {
        self.local.latest()
    }

    /// `remoteDescription`.
    pub fn remote_description(&self) -> Option<&Description> {
        self.remote.latest()
    }

    /// The fragment that our candidates are for.
    pub fn local_fragment(&self) -> Option<&str> {
        self.local.latest().map(|description| &*description.fragment)
    }

    /// Both fragments, when both descriptions count.
    pub fn credentials(&self) -> Option<(&str, &str)> {
        let (local, remote) = (self.local.current.as_ref()?, self.remote.current.as_ref()?);
        (self.signaling == Signaling::Stable).then_some((&local.fragment, &remote.fragment))
    }

    /// How many candidates of this fragment of the other side are known.
    pub fn known(&self, fragment: &str) -> usize {
        self.known.iter().filter(|candidate| fragment_of(candidate) == fragment).count()
    }

    /// Whether the other side was said to have no more candidates.
    pub fn has_ended(&self, fragment: &str) -> bool {
        self.ended.iter().any(|ended| ended == fragment)
    }

    /// What we send, by `mid`, as both sides agreed.
    pub fn sends(&self) -> SourceMap {
        self.carried(self.local.current.as_ref())
    }

    /// The m-lines of the latest description. Sources added and never negotiated are not among these.
    pub fn media_lines(&self) -> usize {
        self.lines().len()
    }

    /// `setLocalDescription()`: an answer when there is an offer to answer, else an offer.
    fn set_local(&mut self, candidates: usize) -> Result<(String, Option<Gathering>), Exception> {
        match self.signaling {
            Signaling::HaveRemoteOffer => self.make_answer(candidates),
            Signaling::Stable | Signaling::HaveLocalOffer => Ok(self.make_offer(candidates)),
        }
    }

    /// `createOffer`, with these sources; what follows it must be that it is set.
    pub fn create_offer(&mut self, send: &[Source], candidates: usize) -> String {
        self.transceivers.place(send, true);
        let (description, gathering) = self.offer(candidates);
        let sdp = description.to_string();
        self.created = Some((description, gathering));
        sdp
    }

    fn set_created(&mut self) -> Result<Option<Gathering>, Exception> {
        self.expect_state(Signaling::Stable, "an offer was set");
        let Some((description, gathering)) = self.created.take() else {
            return Err(("InvalidModificationError", "it is not the last offer that was created".into()));
        };
        self.local.pending = Some(description);
        self.signaling = Signaling::HaveLocalOffer;
        Ok(gathering)
    }

    fn make_offer(&mut self, candidates: usize) -> (String, Option<Gathering>) {
        let (description, gathering) = self.offer(candidates);
        let sdp = description.to_string();
        self.local.pending = Some(description);
        self.signaling = Signaling::HaveLocalOffer;
        (sdp, gathering)
    }

    fn offer(&mut self, candidates: usize) -> (Description, Option<Gathering>) {
        let agreed = media(self.local.current.as_ref());
        let media =
            self.transceivers.offer(&media(self.local.latest()), &agreed, self.capabilities.recycles_for_other_kind);
        let outworn = self.local_fragment().is_some() && self.local_fragment() == self.outworn.as_deref();
        self.description(media, outworn, candidates, None)
    }

    fn make_answer(&mut self, candidates: usize) -> Result<(String, Option<Gathering>), Exception> {
        let offer = self.remote.pending.take().ok_or(("InvalidStateError", String::new()))?;
        let restarted = self.remote.current.as_ref().is_some_and(|before| before.fragment != offer.fragment);
        let media = self.transceivers.answer(&offer.media);
        let (description, gathering) = self.description(media, restarted, candidates, Some(offer.origin));
        let sdp = description.to_string();
        self.agree(description, offer);
        Ok((sdp, gathering))
    }

    fn set_offer(&mut self, sdp: &str) -> Result<(), Exception> {
        self.expect_state(Signaling::Stable, "an offer was set");
        let offer = parse(sdp)?;
        if self.signaling == Signaling::HaveLocalOffer {
            self.roll_back(&offer)?;
        }
        if offer.media.len() < media(self.remote.current.as_ref()).len() {
            return Err(("InvalidAccessError", "the order of m-lines in the offer".into()));
        }
        demand_same(&media(self.local.current.as_ref()), &offer)?;
        self.expect_same_origin(&offer);
        self.transceivers.take(&offer.media);
        self.known.extend(offer.candidates.iter().cloned());
        self.remote.pending = Some(offer);
        self.signaling = Signaling::HaveRemoteOffer;
        Ok(())
    }

    fn set_answer(&mut self, sdp: &str) -> Result<(), Exception> {
        let Some(offer) = self.local.pending.clone() else {
            return Err(("InvalidStateError", format!("an answer in {:?}", self.signaling)));
        };
        let answer = parse(sdp)?;
        if answer.media.len() != offer.media.len() {
            return Err(("InvalidAccessError", "the order of m-lines in the answer".into()));
        }
        demand_same(&offer.media, &answer)?;
        if self.role().is_some_and(|role| answer.setup != role.other()) {
            self.capabilities.dtls_role_change.check(|| "failed to set SSL role for the transport".into())?;
        }
        // A browser takes a stale answer with the right m-lines, and never connects.
        self.expect(answer.answers == Some(offer.origin), "an answer was applied to an offer that it does not answer");
        self.expect_same_origin(&answer);
        self.known.extend(answer.candidates.iter().cloned());
        self.local.pending = None;
        self.agree(offer, answer);
        Ok(())
    }

    fn agree(&mut self, local: Description, remote: Description) {
        self.transceivers.forget(&remote.media);
        self.transceivers.forget(&local.media);
        if self.outworn.as_ref().is_some_and(|outworn| *outworn != local.fragment) {
            self.outworn = None;
        }
        self.local.current = Some(local);
        self.remote.current = Some(remote);
        self.signaling = Signaling::Stable;
    }

    /// An offer that meets our own takes its place (W3C WebRTC, `setRemoteDescription`).
    fn roll_back(&mut self, offer: &Description) -> Result<(), Exception> {
        let other = |(ours, theirs): (&Media, &Media)| ours.kind != theirs.kind;
        if media(self.local.pending.as_ref()).iter().zip(&offer.media).any(other) {
            self.capabilities.rollback_to_other_media.check(|| "RTP extension ID reassignment".into())?;
        }
        self.transceivers.roll_back(&media(self.local.current.as_ref()));
        self.local.pending = None;
        self.signaling = Signaling::Stable;
        Ok(())
    }

    fn describe(&self) -> Result<Description, Exception> {
        let description = self.local.latest().ok_or(("InvalidStateError", "no local description".into()))?;
        Ok(Description { candidates: self.gathered.clone(), ..description.clone() })
    }

    fn add_candidate(&mut self, candidate: &Candidate) -> Result<(), Exception> {
        let Candidate { candidate, sdp_mid, sdp_m_line_index, username_fragment } = candidate;
        if sdp_mid.is_none() && sdp_m_line_index.is_none() {
            return Err(("TypeError", "neither sdpMid nor sdpMLineIndex".into()));
        }
        self.demand_remote()?;
        if !candidate.starts_with("candidate:") {
            return Err(("OperationError", "not a candidate".into()));
        }
        if candidate.split(' ').count() < 8 {
            self.capabilities.candidate_cut_short.check(|| "not a whole candidate".into())?;
        }
        let lines = media(self.remote.latest());
        let is_there = match (sdp_mid, sdp_m_line_index) {
            (Some(mid), _) => lines.iter().any(|media| media.mid == *mid),
            (None, index) => index.is_some_and(|index| usize::from(index) < lines.len()),
        };
        if !is_there {
            return Err(("OperationError", "no such m-line".into()));
        }
        if let Some(fragment) = username_fragment {
            self.demand_fragment(fragment)?;
        }
        let news = self.added.insert(candidate.clone());
        self.expect(news, "a candidate was applied twice");
        self.known.insert(candidate.clone());
        Ok(())
    }

    fn end(&mut self, fragment: String) -> Result<(), Exception> {
        if self.remote.latest().is_none() {
            self.capabilities.end_before_description.check(|| "the remote description was null".into())?;
        } else {
            self.demand_fragment(&fragment)?;
        }
        let expected = candidates_of(&fragment).min(CANDIDATES_PER_FRAGMENT);
        self.expect(self.known(&fragment) == expected, "the end of candidates overtook some of them");
        self.expect(!self.has_ended(&fragment), "the end of candidates was applied twice");
        self.ended.push(fragment);
        Ok(())
    }

    fn demand_remote(&self) -> Result<(), Exception> {
        match self.remote.latest() {
            Some(_) => Ok(()),
            None => Err(("InvalidStateError", "the remote description was null".into())),
        }
    }

    /// Where an unknown fragment is taken in silence, milliseconds are spent on it and it is of no use.
    fn demand_fragment(&mut self, fragment: &str) -> Result<(), Exception> {
        let has = |description: &Option<Description>| description.as_ref().is_some_and(|one| one.fragment == fragment);
        if has(&self.remote.pending) {
            return Ok(());
        }
        if has(&self.remote.current) {
            let alone = self.remote.pending.is_none();
            let verdict = if alone { Verdict::Taken } else { self.capabilities.fragment_before_restart };
            return verdict.check(|| format!("{fragment} is about to be replaced"));
        }
        self.capabilities.unknown_fragment.check(|| format!("unknown fragment {fragment}"))?;
        self.blunders.push(format!("{fragment} is of no description of the other side"));
        Ok(())
    }

    /// What has to be so, though a browser does not see to it.
    fn expect(&mut self, so: bool, else_this: &str) {
        if !so {
            self.blunders.push(else_this.to_owned());
        }
    }

    fn expect_state(&mut self, wanted: Signaling, what: &str) {
        let is = self.signaling;
        self.expect(is == wanted, &format!("{what} in {is:?}, not in {wanted:?}"));
    }

    /// Else DTLS would fail: the other side's connection is another one.
    fn expect_same_origin(&mut self, description: &Description) {
        let known = self.remote.latest().map_or(description.origin.connection, |known| known.origin.connection);
        self.expect(known == description.origin.connection, "a description of another connection was applied");
    }

    /// A description with new ICE credentials, if they are asked for or if there are none.
    fn description(
        &mut self,
        media: Vec<Media>,
        restart: bool,
        candidates: usize,
        answers: Option<Origin>,
    ) -> (Description, Option<Gathering>) {
        self.versions += 1;
        let origin = Origin { connection: self.number, version: self.versions };
        let known = self.local_fragment().filter(|_| !restart).map(str::to_owned);
        let gathering = known.is_none().then(|| {
            self.fragments += 1;
            self.gathered.clear();
            Gathering { fragment: format!("f{}.{}x{candidates}", self.number, self.fragments), candidates }
        });
        let fragment = gathering.as_ref().map(|gathering| gathering.fragment.clone()).or(known).unwrap_or_default();
        let setup = match answers {
            Some(_) => self.role().unwrap_or(Setup::Active),
            None => Setup::Actpass,
        };
        (Description { origin, answers, fragment, setup, media, candidates: self.gathered.clone() }, gathering)
    }

    /// Ours in the DTLS association, since the first answer said it.
    fn role(&self) -> Option<Setup> {
        let (local, remote) = (self.local.current.as_ref()?, self.remote.current.as_ref()?);
        Some(if local.setup == Setup::Actpass { remote.setup.other() } else { local.setup })
    }

    /// The latest description is of either side; all have the same m-lines, or more.
    fn lines(&self) -> &[Media] {
        let pending = self.local.pending.as_ref().or(self.remote.pending.as_ref());
        pending.or(self.local.current.as_ref()).map_or(&[], |description| &description.media)
    }

    fn carried(&self, description: Option<&Description>) -> SourceMap {
        description.map(|description| self.transceivers.carried(&description.media)).unwrap_or_default()
    }
}

impl Slots {
    fn latest(&self) -> Option<&Description> {
        self.pending.as_ref().or(self.current.as_ref())
    }
}

fn media(description: Option<&Description>) -> Vec<Media> {
    description.map(|description| description.media.clone()).unwrap_or_default()
}

/// An m-line keeps its kind and its mid until both sides rejected it.
fn demand_same(lines: &[Media], description: &Description) -> Result<(), Exception> {
    let same = |(line, media): (&Media, &Media)| line.is_rejected || (line.kind == media.kind && line.mid == media.mid);
    if lines.iter().zip(&description.media).all(same) {
        return Ok(());
    }
    Err(("InvalidAccessError", "an m-line changed its kind or its mid".into()))
}

fn parse(sdp: &str) -> Result<Description, Exception> {
    Description::parse(sdp).ok_or(("OperationError", "failed to parse the session description".into()))
}
