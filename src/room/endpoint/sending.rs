//! What is sent to whom: what they show of us, and what we show of them.

use std::time::Duration;

use itodenwa_protocol::sending::{Limits, QualityLimitation, RenderedSize, encoding};
use itodenwa_wire::limits::OWN_SOURCES;
use itodenwa_wire::{Frame, PeerId, Source};
use litemap::LiteMap;

use super::RoomEndpoint;
use super::listening::Ticker;
use crate::browser_event::PageEvent;
use crate::connection::Connection;
use crate::media::{DeviceConstraints, Devices};
use crate::stream_kind::StreamKind;

/// How often it is looked at what is shown.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(500);
/// With every so manieth look the browser is asked whether it is at its limit.
const STRAIN_EVERY: u32 = 4;
/// What can be shown of everybody.
const PICTURES: [Source; 2] = [Source::Camera, Source::Screen];

/// What is known of sending to one of the others.
#[derive(Debug, Default)]
pub(super) struct Sending {
    /// How they show what we send.
    theirs: LiteMap<Source, RenderedSize>,
    /// How we show what they send, as they were told.
    ours: LiteMap<Source, RenderedSize>,
    limits: LiteMap<Source, Limits>,
    strain: QualityLimitation,
    /// What is to be sent may be something else.
    stale: bool,
}

impl Sending {
    /// They say how they show it. It counts with the next look: nobody can make us work more often.
    pub(super) fn shown(&mut self, tiles: &[(Source, u32, u32)]) {
        let most = PICTURES.len() + OWN_SOURCES;
        for &(source, width, height) in tiles.iter().filter(|(source, ..)| !source.is_audio()).take(most) {
            let tile = if width == 0 || height == 0 { RenderedSize::Hidden } else { RenderedSize::Size(width, height) };
            // They may say of names that we do not have what they like.
            if self.theirs.len() < most || self.theirs.contains_key(&source) {
                self.theirs.insert(source, tile);
            }
        }
        self.stale = true;
    }

    pub(super) fn limit(&mut self, source: Source, limits: Limits) {
        self.limits.insert(source, limits);
        self.stale = true;
    }

    pub(super) fn looked(&mut self, is_limited: bool) {
        self.stale |= self.strain.looked(is_limited);
    }

    pub(super) fn set_stale(&mut self) {
        self.stale = true;
    }

    /// A new channel: nobody has said anything yet, neither they nor we.
    pub(super) fn begin_anew(&mut self) {
        self.ours.clear();
        self.theirs.clear();
        self.stale = true;
    }

    /// What they do not know yet when this is how we show them now.
    pub(super) fn news(
        &self,
        own: impl Iterator<Item = Source>,
        show: impl Fn(StreamKind) -> Option<RenderedSize>,
    ) -> LiteMap<Source, RenderedSize> {
        let news = |source| {
            let told = self.ours.get(&source).copied();
            // What an own source was before it was over is not known of it: it is told in any case.
            let told = if matches!(source, Source::Own(_)) { told } else { told.or(Some(RenderedSize::Unknown)) };
            // What nobody shows or reads need not come.
            let now = show(StreamKind::of(source)).unwrap_or(RenderedSize::Hidden);
            (Some(now) != told).then_some((source, now))
        };
        let mut all = LiteMap::new();
        for (source, size) in PICTURES.into_iter().chain(own).filter_map(news) {
            all.insert(source, size);
        }
        all
    }

    /// A source of theirs is over. One of the same name begins anew.
    pub(super) fn forget(&mut self, source: Source) {
        if matches!(source, Source::Own(_)) {
            self.ours.remove(&source);
        }
    }

    /// They were told.
    pub(super) fn told(&mut self, news: LiteMap<Source, RenderedSize>) {
        for (source, size) in news {
            self.ours.insert(source, size);
        }
    }

    /// Sends what is to be sent now, if that may be something else.
    pub(super) fn tune(&mut self, connection: &mut Connection, devices: &Devices, own: &LiteMap<Source, Limits>) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let sources = devices.sources();
        // What they say of names that are over is not kept.
        self.theirs.retain(|source, _| sources.contains(source));
        for source in sources {
            let Some(settings) = devices.settings(source) else { continue };
            let wish = devices.constraints(source).cloned().unwrap_or_else(|| DeviceConstraints::default_of(source));
            let tile = self.theirs.get(&source).copied().unwrap_or_default();
            let limits = [self.limits.get(&source), own.get(&source)];
            let size = settings.width.zip(settings.height);
            connection.tune(source, encoding(&wish, source, size, tile, limits, &self.strain));
        }
    }
}

/// How it is told.
pub(super) fn frame(news: &LiteMap<Source, RenderedSize>) -> Frame {
    let tiles = news.iter().map(|(&source, &tile)| match tile {
        // As large as can be: what is not in the page may be used in any way.
        RenderedSize::Unknown => (source, u32::MAX, u32::MAX),
        RenderedSize::Hidden => (source, 0, 0),
        RenderedSize::Size(width, height) => (source, width, height),
    });
    Frame::Shown(tiles.collect())
}

impl RoomEndpoint {
    /// It is time to look again.
    pub(super) fn look_again(&mut self) {
        self.looks = self.looks.wrapping_add(1);
        self.looking = None;
        self.set_looking();
        self.look();
        self.peers.looked();
        if self.parts.adaptive && self.looks.is_multiple_of(STRAIN_EVERY) {
            self.peers.look_at_strain();
        }
    }

    /// Looks at what is shown.
    pub(super) fn look(&mut self) {
        let media = &self.parts.core.media;
        let show = |id, kind| media.views.tile(id, kind);
        self.peers.look(&media.devices, &self.limits, self.parts.adaptive, show);
    }

    /// What is sent may be something else for everybody.
    pub(super) fn retune(&mut self) {
        self.peers.set_stale();
        self.look();
    }

    pub(super) fn limit(&mut self, peer: Option<PeerId>, source: Source, limits: Limits) {
        match peer {
            Some(peer) => self.peers.limit(peer, source, limits),
            None => {
                self.limits.insert(source, limits);
            }
        }
        self.retune();
    }

    pub(super) fn set_looking(&mut self) {
        if self.peers.is_empty() == self.looking.is_none() {
            return;
        }
        let after = (!self.peers.is_empty()).then_some(LOOK_EVERY);
        self.looking = after.map(|after| Ticker::new(after, self.parts.core.media.notify(), PageEvent::Look));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sending: &mut Sending, person: Option<RenderedSize>) -> Vec<(Source, u32, u32)> {
        let screen = Some(RenderedSize::Unknown);
        let news = sending.news(std::iter::empty(), |kind| if kind == StreamKind::Camera { person } else { screen });
        let Frame::Shown(tiles) = frame(&news) else { return Vec::new() };
        sending.told(news);
        tiles
    }

    #[test]
    fn what_is_shown_is_told_once_and_so_is_what_nobody_shows() {
        let mut sending = Sending::default();
        assert_eq!(told(&mut sending, Some(RenderedSize::Unknown)), []);
        assert_eq!(told(&mut sending, Some(RenderedSize::Size(320, 180))), [(Source::Camera, 320, 180)]);
        assert_eq!(told(&mut sending, Some(RenderedSize::Size(320, 180))), []);
        for _ in 0..2 {
            assert_eq!(told(&mut sending, None), [(Source::Camera, 0, 0)], "it is detached, or was never shown");
            assert_eq!(told(&mut sending, None), []);
            sending.begin_anew();
        }
        assert_eq!(told(&mut sending, None), [(Source::Camera, 0, 0)]);
        assert_eq!(told(&mut sending, Some(RenderedSize::Unknown)), [(Source::Camera, u32::MAX, u32::MAX)]);
    }

    #[test]
    fn a_new_channel_is_told_anew() {
        let mut sending = Sending::default();
        told(&mut sending, Some(RenderedSize::Hidden));
        sending.shown(&[(Source::Camera, 0, 0)]);
        sending.begin_anew();
        // Who does not say that it is hidden any more is believed to show it.
        assert!(sending.theirs.is_empty() && told(&mut sending, Some(RenderedSize::Unknown)).is_empty());
        assert_eq!(told(&mut sending, Some(RenderedSize::Hidden)), [(Source::Camera, 0, 0)]);
    }

    #[test]
    fn what_could_not_be_told_is_told_again() {
        let mut sending = Sending::default();
        told(&mut sending, Some(RenderedSize::Hidden));
        // The channel does not take it.
        assert_eq!(
            sending.news(std::iter::empty(), |_| Some(RenderedSize::Unknown)).get(&Source::Camera),
            Some(&RenderedSize::Unknown)
        );
        assert_eq!(told(&mut sending, Some(RenderedSize::Unknown)), [(Source::Camera, u32::MAX, u32::MAX)]);
    }

    #[test]
    fn of_what_they_say_only_pictures_count() {
        let mut sending = Sending::default();
        let nonsense = vec![(Source::Microphone, 0, 0); 5000];
        sending.shown(&nonsense);
        sending.shown(&[(Source::Camera, 0, 90), (Source::Screen, 320, 180)]);
        assert_eq!(sending.theirs.get(&Source::Camera), Some(&RenderedSize::Hidden));
        assert_eq!(sending.theirs.get(&Source::Screen), Some(&RenderedSize::Size(320, 180)));
        assert_eq!(sending.theirs.len(), 2);
    }
}
