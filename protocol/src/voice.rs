//! Whether somebody speaks, by how loud they are.

use std::time::Duration;

use crate::time::Time;

/// How often levels are sampled.
pub const SAMPLE_EVERY: Duration = Duration::from_millis(100);
/// Louder than this is a voice: about -40 dB of full scale.
const LOUD: f64 = 0.01;
/// A click is no voice, …
const ATTACK: Duration = Duration::from_millis(200);
/// … and a breath is no end.
const HOLD: Duration = Duration::from_millis(1200);
/// The share of a new measurement in the level.
const SMOOTH: f64 = 0.5;

/// A voice, which begins and ends after a while.
#[derive(Debug, Clone, Default)]
pub struct Voice {
    level: f64,
    speaking: bool,
    /// Since when it is otherwise than `speaking` says.
    otherwise: Option<Time>,
}

impl Voice {
    /// The audio level now, from 0 to 1; what is none is silence. Whether somebody began to speak or stopped by it.
    pub fn on_level(&mut self, now: Time, level: f64) -> bool {
        let level = if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 };
        self.level += (level - self.level) * SMOOTH;
        if (self.level > LOUD) == self.speaking {
            self.otherwise = None;
            return false;
        }
        let since = *self.otherwise.get_or_insert(now);
        if now - since < if self.speaking { HOLD } else { ATTACK } {
            return false;
        }
        self.speaking = !self.speaking;
        self.otherwise = None;
        true
    }

    /// The smoothed level, from 0 to 1.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.level
    }

    /// Whether somebody speaks.
    #[must_use]
    pub fn is_speaking(&self) -> bool {
        self.speaking
    }
}
