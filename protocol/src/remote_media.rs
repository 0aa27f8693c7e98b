//! What of a peer's media is to be seen and heard: carried by the connection, and on.

use itodenwa_wire::{Media, Source, SourceMap};

use crate::media::{SOURCES, ordered};

/// A peer's media.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct RemoteMedia {
    carried: SourceMap,
    /// What the peer said is on; it says so only when it changes something, so what is carried is on until then.
    told: Option<Vec<Source>>,
    /// What the application was told.
    shown: SourceMap,
}

/// Something to tell the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MediaChange {
    On { source: Source, mid: String },
    Off { source: Source },
}

impl RemoteMedia {
    /// The connection now carries this. Each source counts once.
    pub(crate) fn carry(&mut self, carried: SourceMap) -> Vec<MediaChange> {
        self.carried.clear();
        for (mid, source) in carried {
            let known = self.carried.iter().any(|(other, held)| *held == source || *other == mid);
            if !known && self.carried.len() < SOURCES {
                self.carried.push((mid, source));
            }
        }
        self.show()
    }

    /// The peer says what is on.
    pub(crate) fn tell(&mut self, media: Media) -> Vec<MediaChange> {
        self.told = Some(ordered(media.on.into_iter().take(SOURCES)));
        self.show()
    }

    /// There is no connection any more.
    pub(crate) fn end(&mut self) -> Vec<MediaChange> {
        self.told = None;
        self.carry(SourceMap::new())
    }

    fn show(&mut self) -> Vec<MediaChange> {
        let is_on = |source: &Source| self.told.as_ref().is_none_or(|on| on.contains(source));
        let now: SourceMap = self.carried.iter().filter(|(_, source)| is_on(source)).cloned().collect();
        let before = std::mem::replace(&mut self.shown, now);
        let over = before.iter().filter(|entry| !self.shown.contains(entry));
        let new = self.shown.iter().filter(|entry| !before.contains(entry));
        over.map(|(_, source)| MediaChange::Off { source: *source })
            .chain(new.map(|(mid, source)| MediaChange::On { source: *source, mid: mid.clone() }))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Source::{Camera, Microphone};

    fn on(source: Source, mid: &str) -> MediaChange {
        MediaChange::On { source, mid: mid.into() }
    }

    #[test]
    fn a_source_is_ready_once_until_it_is_off() {
        let mut media = RemoteMedia::default();
        let map = vec![("0".into(), Microphone), ("1".into(), Camera)];
        assert_eq!(media.carry(map.clone()), [on(Microphone, "0"), on(Camera, "1")]);
        assert_eq!(media.carry(map), []);
        assert_eq!(media.tell(Media { on: vec![Microphone] }), [MediaChange::Off { source: Camera }]);
        assert_eq!(media.tell(Media { on: vec![Microphone, Camera] }), [on(Camera, "1")]);
        assert_eq!(media.end().len(), 2);
    }

    #[test]
    fn what_was_said_to_be_off_stays_off_when_it_is_carried() {
        let mut media = RemoteMedia::default();
        assert_eq!(media.tell(Media::default()), []);
        assert_eq!(media.carry(vec![("1".into(), Camera)]), []);
    }

    #[test]
    fn a_source_that_moves_is_told_anew_and_nonsense_counts_once() {
        let mut media = RemoteMedia::default();
        media.carry(vec![("1".into(), Camera), ("2".into(), Camera), ("1".into(), Microphone)]);
        assert_eq!(media.carry(vec![("2".into(), Camera)]), [MediaChange::Off { source: Camera }, on(Camera, "2")]);
    }
}
