//! What of a peer's media is to be seen and heard: carried by the connection, and on.

use itodenwa_wire::{Media, Source, SourceMap};

use crate::media::{SOURCES, ordered};

/// A peer's media.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct RemoteMedia {
    carried: SourceMap,
    /// What the peer said is on; it says so only when it changes something, so what is carried is on until then.
    told: Option<Vec<Source>>,
    /// What the peer said its system has silenced.
    interrupted: Vec<Source>,
    /// What the application was told.
    shown: SourceMap,
}

/// Something to tell the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MediaChange {
    On { source: Source, mid: String },
    Off { source: Source },
    Interrupted { source: Source, interrupted: bool },
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
        self.show(self.interrupted.clone())
    }

    /// The peer says what is on.
    pub(crate) fn tell(&mut self, media: Media) -> Vec<MediaChange> {
        self.told = Some(ordered(media.on.into_iter().take(SOURCES)));
        self.show(media.interrupted.into_iter().take(SOURCES).collect())
    }

    /// There is no connection any more.
    pub(crate) fn end(&mut self) -> Vec<MediaChange> {
        self.told = None;
        self.interrupted.clear();
        self.carry(SourceMap::new())
    }

    /// What begins anew is not interrupted until that is told.
    fn show(&mut self, interrupted: Vec<Source>) -> Vec<MediaChange> {
        let is_on = |source: &Source| self.told.as_ref().is_none_or(|on| on.contains(source));
        let now: SourceMap = self.carried.iter().filter(|(_, source)| is_on(source)).cloned().collect();
        let before = std::mem::replace(&mut self.shown, now);
        let over = before.iter().filter(|entry| !self.shown.contains(entry));
        let new = self.shown.iter().filter(|entry| !before.contains(entry));
        let were = std::mem::replace(&mut self.interrupted, interrupted);
        let otherwise = self.shown.iter().filter_map(|entry| {
            let source = entry.1;
            let interrupted = self.interrupted.contains(&source);
            let is_news = interrupted != (before.contains(entry) && were.contains(&source));
            is_news.then_some(MediaChange::Interrupted { source, interrupted })
        });
        over.map(|(_, source)| MediaChange::Off { source: *source })
            .chain(new.map(|(mid, source)| MediaChange::On { source: *source, mid: mid.clone() }))
            .chain(otherwise)
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
        assert_eq!(
            media.tell(Media { on: vec![Microphone], ..Media::default() }),
            [MediaChange::Off { source: Camera }]
        );
        assert_eq!(media.tell(Media { on: vec![Microphone, Camera], ..Media::default() }), [on(Camera, "1")]);
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

    #[test]
    fn what_is_interrupted_is_told_once_and_only_of_what_is_on() {
        let mut media = RemoteMedia::default();
        let told = |on: &[Source], interrupted: &[Source]| Media { on: on.to_vec(), interrupted: interrupted.to_vec() };
        let interrupted = |interrupted| MediaChange::Interrupted { source: Camera, interrupted };
        assert_eq!(media.tell(told(&[Camera], &[Camera, Microphone])), []);
        assert_eq!(media.carry(vec![("1".into(), Camera)]), [on(Camera, "1"), interrupted(true)]);
        assert_eq!(media.tell(told(&[Camera], &[Camera])), []);
        assert_eq!(media.tell(told(&[Camera], &[])), [interrupted(false)]);
        media.tell(told(&[Camera], &[Camera]));
        // Elsewhere it is told anew; off it is not, and on again it is not interrupted any more.
        let moved = media.carry(vec![("2".into(), Camera)]);
        assert_eq!(moved, [MediaChange::Off { source: Camera }, on(Camera, "2"), interrupted(true)]);
        assert_eq!(media.tell(told(&[], &[Camera])), [MediaChange::Off { source: Camera }]);
        assert_eq!(media.tell(told(&[Camera], &[])), [on(Camera, "2")]);
        media.tell(told(&[Camera], &[Camera]));
        media.end();
        assert_eq!(media.carry(vec![("1".into(), Camera)]), [on(Camera, "1")], "it is another connection");
    }
}
