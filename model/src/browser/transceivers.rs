//! What is sent and received by which m-line (W3C WebRTC, `RTCRtpTransceiver`; RFC 8829, section 5).

use itodenwa_protocol as machine;
use itodenwa_protocol::{Assignment, assign};
use itodenwa_wire::{Source, SourceMap};

use crate::sdp::{Direction, Kind, Media};

/// In the order of `getTransceivers()`. Those that an m-line was rejected of are not among them any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Transceivers(Vec<Transceiver>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Transceiver {
    kind: Kind,
    /// None until an offer of ours, or of theirs, has an m-line for it.
    mid: Option<String>,
    direction: Direction,
    carries: Option<Source>,
    /// `stop()` was called, and the other side does not know it yet.
    stopping: bool,
}

impl Transceivers {
    /// Lets these sources be sent and no others, as the client does it.
    pub(super) fn place(&mut self, send: &[Source], may_add: bool) {
        let describe = |one: &Transceiver| machine::Transceiver {
            audio: one.kind == Kind::Audio,
            carries: one.carries,
            stopped: one.stopping || (!may_add && one.mid.is_none()),
        };
        let known: Vec<_> = self.0.iter().map(describe).collect();
        for assignment in assign(&known, send, may_add) {
            match assignment {
                Assignment::Reuse { index, source } => self.0[index].send(Some(source)),
                Assignment::Release { index } => self.0[index].send(None),
                Assignment::Add { source } => {
                    let kind = if source.is_audio() { Kind::Audio } else { Kind::Video };
                    self.0.push(Transceiver { carries: Some(source), ..Transceiver::new(kind, Direction::SENDRECV) });
                }
            }
        }
    }

    /// `addTransceiver`.
    pub(super) fn add(&mut self, kind: Kind) {
        self.0.push(Transceiver::new(kind, Direction::SENDRECV));
    }

    /// `transceiver.direction`.
    pub(super) fn set_direction(&mut self, mid: &str, direction: Direction) {
        if let Some(one) = self.find_mut(mid) {
            one.direction = direction;
        }
    }

    /// `transceiver.stop()`.
    pub(super) fn stop(&mut self, mid: &str) {
        if let Some(one) = self.find_mut(mid) {
            one.stopping = true;
        }
    }

    /// The m-lines of an offer. Those that both sides rejected are recycled before new ones are made.
    pub(super) fn offer(&mut self, last: &[Media], agreed: &[Media], any_kind: bool) -> Vec<Media> {
        let mut mids =
            last.iter().chain(agreed).filter_map(|media| media.mid.parse().ok()).max().map_or(0, |mid: u32| mid + 1);
        let mut lines: Vec<Media> = last.iter().map(|media| self.continued(media)).collect();
        for one in self.0.iter_mut().filter(|one| one.mid.is_none() && !one.stopping) {
            let media = Media::new(one.kind, mids.to_string(), one.direction);
            one.mid = Some(media.mid.clone());
            mids += 1;
            let rejected = |(line, agreed): (&Media, &Media)| {
                line.is_rejected && agreed.is_rejected && (any_kind || line.kind == media.kind)
            };
            match lines.iter().zip(agreed).position(rejected) {
                Some(place) => lines[place] = media,
                None => lines.push(media),
            }
        }
        if lines.iter().all(|media| media.kind != Kind::Application) {
            lines.push(Media::new(Kind::Application, mids.to_string(), Direction::SENDRECV));
        }
        lines
    }

    /// The m-lines of an answer (RFC 3264, section 6).
    pub(super) fn answer(&self, offered: &[Media]) -> Vec<Media> {
        let answering = |media: &Media| {
            let own = self.continued(media);
            Media {
                direction: own.direction.answering(media.direction),
                is_rejected: own.is_rejected || media.is_rejected,
                ..own
            }
        };
        offered.iter().map(answering).collect()
    }

    /// An offer of the other side brings m-lines, or ends some.
    pub(super) fn take(&mut self, offered: &[Media]) {
        self.forget(offered);
        for media in offered.iter().filter(|media| media.kind != Kind::Application && !media.is_rejected) {
            if self.find(&media.mid).is_none() {
                let mid = Some(media.mid.clone());
                self.0.push(Transceiver { mid, ..Transceiver::new(media.kind, Direction::RECVONLY) });
            }
        }
    }

    /// Those whose m-lines were rejected are no more.
    pub(super) fn forget(&mut self, media: &[Media]) {
        let rejected = |mid: &str| media.iter().any(|media| media.is_rejected && media.mid == mid);
        self.0.retain(|one| one.mid.as_deref().is_none_or(|mid| !rejected(mid)));
    }

    /// Our offer is rolled back: what only it had an m-line for has none.
    pub(super) fn roll_back(&mut self, agreed: &[Media]) {
        for one in &mut self.0 {
            one.mid = one.mid.take().filter(|mid| agreed.iter().any(|media| media.mid == *mid));
        }
    }

    /// What these m-lines send.
    pub(super) fn carried(&self, media: &[Media]) -> SourceMap {
        let sent = media.iter().filter(|media| media.direction.send && !media.is_rejected);
        sent.filter_map(|media| Some((media.mid.clone(), self.find(&media.mid)?.carries?))).collect()
    }

    /// An m-line as it goes on from here.
    fn continued(&self, media: &Media) -> Media {
        match (media.kind, self.find(&media.mid)) {
            (Kind::Application, _) => media.clone(),
            (_, Some(one)) if !one.stopping => Media { direction: one.direction, ..media.clone() },
            _ => Media { direction: Direction::INACTIVE, is_rejected: true, ..media.clone() },
        }
    }

    fn find(&self, mid: &str) -> Option<&Transceiver> {
        self.0.iter().find(|one| one.mid.as_deref() == Some(mid))
    }

    fn find_mut(&mut self, mid: &str) -> Option<&mut Transceiver> {
        self.0.iter_mut().find(|one| one.mid.as_deref() == Some(mid))
    }
}

impl Transceiver {
    fn new(kind: Kind, direction: Direction) -> Self {
        Transceiver { kind, mid: None, direction, carries: None, stopping: false }
    }

    fn send(&mut self, source: Option<Source>) {
        self.carries = source;
        self.direction.send = source.is_some();
    }
}
