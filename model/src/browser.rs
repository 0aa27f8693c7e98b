//! A model of `RTCPeerConnection` that refuses what browsers refuse, and takes what they should refuse and do not.
//!
//! What a browser would do wrongly in silence (a stale answer, a candidate twice, media of a closed connection) is a failed
//! assertion here: those are the properties that the machine has to keep.

use std::collections::BTreeSet;

use itodenwa_negotiation::{Assignment, Command, Report, Transceiver, assign};
use itodenwa_wire::limits::CANDIDATES_PER_FRAGMENT;
use itodenwa_wire::{Candidate, Source, SourceMap};

use crate::rng::Rng;
use crate::sdp::{Description, Direction, Kind, Media, Origin};

/// Where browsers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    Chromium,
    Firefox,
}

/// `RTCSignalingState`; there is no rollback and there are no provisional answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signaling {
    Stable,
    HaveLocalOffer,
    HaveRemoteOffer,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Connection {
    profile: Profile,
    number: u32,
    pub signaling: Signaling,
    lines: Vec<Line>,
    versions: u32,
    fragments: u32,
    local: Slots,
    remote: Slots,
    /// Candidates of ours for the current fragment, as far as they are gathered.
    gathered: Vec<String>,
    /// Candidates of theirs, in a description or added.
    known: BTreeSet<String>,
    added: BTreeSet<String>,
    ended: Vec<String>,
}

/// A description that counts, and one that will when the answer is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Slots {
    current: Option<Description>,
    pending: Option<Description>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Line {
    media: Media,
    carries: Option<Source>,
}

/// The exception's name and message.
pub type Exception = (&'static str, String);

/// A gathering that begins: its fragment says how many candidates it will have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gathering {
    pub fragment: String,
    pub candidates: usize,
}

impl Connection {
    pub fn new(profile: Profile, number: u32) -> Self {
        Connection {
            profile,
            number,
            signaling: Signaling::Stable,
            lines: Vec::new(),
            versions: 0,
            fragments: 0,
            local: Slots::default(),
            remote: Slots::default(),
            gathered: Vec::new(),
            known: BTreeSet::new(),
            added: BTreeSet::new(),
            ended: Vec::new(),
        }
    }

    /// Does what is asked; `candidates` is how many a new gathering will find.
    pub fn execute(&mut self, command: Command, candidates: usize) -> Result<(Report, Option<Gathering>), Exception> {
        match command {
            Command::Open => Ok((Report::Opened, None)),
            Command::MakeOffer { send, ice_restart } => self.make_offer(&send, ice_restart, candidates),
            Command::SetOffer { sdp } => self.set_offer(&sdp).map(|()| (Report::OfferSet, None)),
            Command::MakeAnswer { send } => self.make_answer(&send, candidates),
            Command::SetAnswer { sdp } => self.set_answer(&sdp).map(|()| (Report::AnswerSet, None)),
            Command::Describe => Ok((Report::Described { sdp: self.describe()?.to_string() }, None)),
            Command::AddCandidate(candidate) => self.add_candidate(&candidate).map(|()| (Report::CandidateAdded, None)),
            Command::EndOfCandidates(fragment) => self.end(fragment).map(|()| (Report::CandidateAdded, None)),
            Command::Close => unreachable!("closing is not an operation"),
        }
    }

    /// One more candidate was gathered.
    pub fn gather(&mut self, candidate: String) {
        self.gathered.push(candidate);
    }

    /// A candidate was not taken, for no fault of anybody: no other one comes in its place.
    pub fn miss(&mut self, candidate: &Candidate) {
        self.known.insert(candidate.candidate.clone());
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

    /// Sources added and never negotiated are not among these.
    pub fn media_lines(&self) -> usize {
        self.lines.len()
    }

    fn make_offer(
        &mut self,
        send: &[Source],
        ice_restart: bool,
        candidates: usize,
    ) -> Result<(Report, Option<Gathering>), Exception> {
        self.demand(Signaling::Stable)?;
        self.change(send, true);
        if !self.lines.iter().any(|line| line.media.kind == Kind::Application) {
            self.add_line(Kind::Application, None);
        }
        let gathering = self.renew(ice_restart, candidates);
        let media = self.lines.iter().map(|line| line.media.clone()).collect();
        let description = self.description(media, gathering.as_ref(), None);
        let (sdp, sources) = (description.to_string(), self.carried(Some(&description)));
        self.local.pending = Some(description);
        self.signaling = Signaling::HaveLocalOffer;
        Ok((Report::OfferMade { sdp, sources }, gathering))
    }

    fn set_offer(&mut self, sdp: &str) -> Result<(), Exception> {
        self.demand(Signaling::Stable)?;
        let offer = parse(sdp)?;
        if offer.answers.is_some() || offer.media.len() < self.lines.len() {
            return Err(("InvalidAccessError", "the order of m-lines in the offer".into()));
        }
        self.demand_same(&offer)?;
        self.demand_same_origin(&offer);
        for media in offer.media.iter().skip(self.lines.len()).cloned() {
            self.lines.push(Line { media: Media { direction: Direction::RECVONLY, ..media }, carries: None });
        }
        self.known.extend(offer.candidates.iter().cloned());
        self.remote.pending = Some(offer);
        self.signaling = Signaling::HaveRemoteOffer;
        Ok(())
    }

    fn make_answer(&mut self, send: &[Source], candidates: usize) -> Result<(Report, Option<Gathering>), Exception> {
        self.demand(Signaling::HaveRemoteOffer)?;
        let offer = self.remote.pending.take().ok_or(("InvalidStateError", String::new()))?;
        self.change(send, false);
        let restarted = self.remote.current.as_ref().is_some_and(|before| before.fragment != offer.fragment);
        let gathering = self.renew(restarted, candidates);
        let answering = |(line, offered): (&Line, &Media)| Media {
            direction: line.media.direction.answering(offered.direction),
            ..line.media.clone()
        };
        let media = self.lines.iter().zip(&offer.media).map(answering).collect();
        let description = self.description(media, gathering.as_ref(), Some(offer.origin));
        let (sdp, sources) = (description.to_string(), self.carried(Some(&description)));
        self.local.current = Some(description);
        self.remote.current = Some(offer);
        self.signaling = Signaling::Stable;
        Ok((Report::AnswerMade { sdp, sources }, gathering))
    }

    fn set_answer(&mut self, sdp: &str) -> Result<(), Exception> {
        self.demand(Signaling::HaveLocalOffer)?;
        let answer = parse(sdp)?;
        let offer = self.local.pending.as_ref().ok_or(("InvalidStateError", String::new()))?;
        if answer.media.len() != offer.media.len() {
            return Err(("InvalidAccessError", "the order of m-lines in the answer".into()));
        }
        self.demand_same(&answer)?;
        // A browser takes a stale answer with the right m-lines, and never connects.
        assert_eq!(answer.answers, Some(offer.origin), "an answer was applied to an offer that it does not answer");
        self.demand_same_origin(&answer);
        self.known.extend(answer.candidates.iter().cloned());
        self.local.current = self.local.pending.take();
        self.remote.current = Some(answer);
        self.signaling = Signaling::Stable;
        Ok(())
    }

    fn describe(&self) -> Result<Description, Exception> {
        let description = self.local.latest().ok_or(("InvalidStateError", "no local description".into()))?;
        Ok(Description { candidates: self.gathered.clone(), ..description.clone() })
    }

    fn add_candidate(&mut self, candidate: &Candidate) -> Result<(), Exception> {
        self.demand_remote("addIceCandidate")?;
        let Candidate { candidate, sdp_mid, username_fragment, .. } = candidate;
        if !candidate.starts_with("candidate:") || candidate.split(' ').count() < 8 {
            return Err(("OperationError", "not a candidate".into()));
        }
        if sdp_mid.as_ref().is_some_and(|mid| !self.lines.iter().any(|line| line.media.mid == *mid)) {
            return Err(("OperationError", "no such mid".into()));
        }
        if let Some(fragment) = username_fragment {
            self.demand_fragment(fragment)?;
        }
        assert!(self.added.insert(candidate.clone()), "a candidate was applied twice: {candidate}");
        self.known.insert(candidate.clone());
        Ok(())
    }

    fn end(&mut self, fragment: String) -> Result<(), Exception> {
        if self.profile == Profile::Firefox || self.remote.latest().is_some() {
            self.demand_remote("addIceCandidate")?;
            self.demand_fragment(&fragment)?;
        }
        let expected = candidates_of(&fragment).min(CANDIDATES_PER_FRAGMENT);
        assert_eq!(self.known(&fragment), expected, "the end of candidates of {fragment} overtook some of them");
        assert!(!self.has_ended(&fragment), "the end of candidates of {fragment} was applied twice");
        self.ended.push(fragment);
        Ok(())
    }

    fn demand(&self, wanted: Signaling) -> Result<(), Exception> {
        let is = self.signaling;
        if is == wanted { Ok(()) } else { Err(("InvalidStateError", format!("in {is:?}, not in {wanted:?}"))) }
    }

    fn demand_remote(&self, what: &str) -> Result<(), Exception> {
        match self.remote.latest() {
            Some(_) => Ok(()),
            None => Err(("InvalidStateError", format!("{what}: the remote description was null"))),
        }
    }

    /// Firefox refuses an unknown fragment, Chromium takes it in silence and spends milliseconds on it.
    fn demand_fragment(&self, fragment: &str) -> Result<(), Exception> {
        let known = self.remote.iter().any(|description| description.fragment == fragment);
        assert!(known || self.profile == Profile::Firefox, "{fragment} is of no description of the other side");
        if known { Ok(()) } else { Err(("OperationError", format!("unknown fragment {fragment}"))) }
    }

    fn demand_same(&self, description: &Description) -> Result<(), Exception> {
        let same = |(line, media): (&Line, &Media)| line.media.kind == media.kind && line.media.mid == media.mid;
        if self.lines.iter().zip(&description.media).all(same) {
            return Ok(());
        }
        Err(("InvalidAccessError", "an m-line changed its kind or its mid".into()))
    }

    /// DTLS would fail: the other side's connection is another one.
    fn demand_same_origin(&self, description: &Description) {
        let known = self.remote.latest().map_or(description.origin.connection, |known| known.origin.connection);
        assert_eq!(known, description.origin.connection, "a description of another connection was applied");
    }

    fn change(&mut self, send: &[Source], may_add: bool) {
        let places: Vec<usize> =
            (0..self.lines.len()).filter(|at| self.lines[*at].media.kind != Kind::Application).collect();
        let transceiver = |at: &usize| {
            let Line { media, carries } = &self.lines[*at];
            Transceiver { audio: media.kind == Kind::Audio, carries: *carries, stopped: false }
        };
        let transceivers: Vec<_> = places.iter().map(transceiver).collect();
        for assignment in assign(&transceivers, send, may_add) {
            match assignment {
                Assignment::Reuse { index, source } => self.lines[places[index]].send(Some(source)),
                Assignment::Release { index } => self.lines[places[index]].send(None),
                Assignment::Add { source } => {
                    self.add_line(if source.is_audio() { Kind::Audio } else { Kind::Video }, Some(source));
                }
            }
        }
    }

    fn add_line(&mut self, kind: Kind, carries: Option<Source>) {
        let mid = self.lines.len().to_string();
        self.lines.push(Line { media: Media { kind, mid, direction: Direction::SENDRECV }, carries });
    }

    /// New ICE credentials, if they are asked for or if there are none.
    fn renew(&mut self, restart: bool, candidates: usize) -> Option<Gathering> {
        if self.fragments > 0 && !restart {
            return None;
        }
        self.fragments += 1;
        self.gathered.clear();
        let fragment = format!("f{}.{}x{candidates}", self.number, self.fragments);
        Some(Gathering { fragment, candidates })
    }

    fn description(
        &mut self,
        media: Vec<Media>,
        gathering: Option<&Gathering>,
        answers: Option<Origin>,
    ) -> Description {
        self.versions += 1;
        let origin = Origin { connection: self.number, version: self.versions };
        let fragment = match gathering {
            Some(gathering) => gathering.fragment.clone(),
            None => self.local_fragment().unwrap_or_default().to_owned(),
        };
        Description { origin, answers, fragment, media, candidates: self.gathered.clone() }
    }

    fn carried(&self, description: Option<&Description>) -> SourceMap {
        let media = description.map_or(&[][..], |description| &description.media);
        let sent = self.lines.iter().zip(media).filter(|(_, media)| media.direction.send);
        sent.filter_map(|(line, media)| Some((media.mid.clone(), line.carries?))).collect()
    }
}

impl Line {
    fn send(&mut self, source: Option<Source>) {
        self.carries = source;
        self.media.direction.send = source.is_some();
    }
}

impl Slots {
    fn latest(&self) -> Option<&Description> {
        self.pending.as_ref().or(self.current.as_ref())
    }

    fn iter(&self) -> impl Iterator<Item = &Description> {
        self.pending.iter().chain(&self.current)
    }
}

impl Gathering {
    /// The candidate at this place, from 1.
    pub fn candidate(&self, place: usize) -> Candidate {
        let Gathering { fragment, .. } = self;
        Candidate {
            candidate: format!("candidate:{place} 1 udp 2122 192.0.2.1 {place} typ host ufrag {fragment}"),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: Some(0),
            username_fragment: Some(fragment.clone()),
        }
    }
}

/// How many candidates a gathering finds; never none.
pub fn some_candidates(rng: &mut Rng) -> usize {
    1 + rng.up_to(4) as usize
}

/// How many candidates the gathering with this fragment has in all.
pub fn candidates_of(fragment: &str) -> usize {
    fragment.rsplit_once('x').and_then(|(_, count)| count.parse().ok()).unwrap_or(0)
}

fn fragment_of(candidate: &str) -> &str {
    candidate.rsplit_once(' ').map_or("", |(_, fragment)| fragment)
}

fn parse(sdp: &str) -> Result<Description, Exception> {
    Description::parse(sdp).ok_or(("OperationError", "failed to parse the session description".into()))
}
