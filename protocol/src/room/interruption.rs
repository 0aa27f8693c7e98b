//! What the system has silenced of our sources: a call that rings, or another program, takes a device and gives it back.
//!
//! Chromium says the same of a camera that gave no picture for 25 times as long as one lasts, which a computer with too much to do comes to
//! as well, and takes it back with the next picture. So the others are told of what lasts, and at once when it is over.

use std::time::Duration;

use itodenwa_wire::Source;

use super::Room;
use crate::pair::Pair;
use crate::time::Time;

/// What the system gives back before that is told to nobody.
pub const INTERRUPTED_AFTER: Duration = Duration::from_secs(2);

impl Room {
    pub(super) fn set_interrupted(&mut self, now: Time, source: Source, interrupted: bool) {
        let is_known =
            self.media.interrupted.contains(&source) || self.silenced.iter().any(|(known, _)| *known == source);
        if !interrupted {
            if self.is_given_back(source) {
                self.each(now, Pair::set_media);
            }
        } else if !is_known && self.media.on.contains(&source) {
            self.silenced.push((source, now + INTERRUPTED_AFTER));
        }
    }

    /// Nothing is the matter with a source any more, or with its next track. Whether the others think otherwise.
    pub(super) fn is_given_back(&mut self, source: Source) -> bool {
        self.silenced.retain(|(known, _)| *known != source);
        let told = self.media.interrupted.len();
        self.media.interrupted.retain(|known| *known != source);
        told != self.media.interrupted.len()
    }

    /// Tells the others what has lasted for long enough.
    pub(super) fn tell_interrupted(&mut self, now: Time) {
        let told = self.media.interrupted.len();
        self.silenced.retain(|(source, at)| {
            let lasts = *at <= now;
            if lasts {
                self.media.interrupted.push(*source);
            }
            !lasts
        });
        self.media.interrupted.sort_unstable();
        if told != self.media.interrupted.len() {
            self.each(now, Pair::set_media);
        }
    }

    pub(super) fn interruption_deadline(&self) -> Option<Time> {
        self.silenced.iter().map(|(_, at)| *at).min()
    }
}
