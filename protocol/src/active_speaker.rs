//! Who speaks, by the audio levels of the others.
//!
//! A peer speaks when its level is high for a moment, and until it was low for a while. The active speaker is the loudest of those
//! that speak; another one takes over when it is clearly louder for a while, or when the active speaker stops. When nobody speaks
//! the last one stays: a large picture does not jump back and forth.

use std::time::Duration;

use itodenwa_wire::PeerId;
use litemap::LiteMap;

use crate::time::Time;
use crate::voice::Voice;

/// How much louder another one has to be, …
const LOUDER: f64 = 1.5;
/// … and for how long.
const TAKE_OVER: Duration = Duration::from_millis(800);

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeakerEvent {
    /// A peer began to speak, or stopped.
    Speaking(PeerId, bool),
    /// Another peer is the active speaker, or none is any more.
    Speaker(Option<PeerId>),
}

/// The audio levels of all others, and the active speaker among them.
#[derive(Debug, Default)]
pub struct ActiveSpeaker {
    voices: LiteMap<PeerId, Voice>,
    speaker: Option<PeerId>,
    /// Who is louder than the speaker, and since when.
    rival: Option<(PeerId, Time)>,
}

impl ActiveSpeaker {
    /// The audio level of a peer, from 0 to 1. Returns the smoothed level.
    pub fn on_level(&mut self, now: Time, who: PeerId, level: f64, events: &mut Vec<SpeakerEvent>) -> f64 {
        let voice = self.voices.entry(who).or_default();
        if voice.on_level(now, level) {
            events.push(SpeakerEvent::Speaking(who, voice.is_speaking()));
        }
        voice.level()
    }

    /// A peer's microphone is off, or the peer is gone.
    pub fn on_silence(&mut self, who: PeerId, is_gone: bool, events: &mut Vec<SpeakerEvent>) {
        if self.voices.remove(&who).is_some_and(|voice| voice.is_speaking()) && !is_gone {
            events.push(SpeakerEvent::Speaking(who, false));
        }
        if is_gone && self.speaker == Some(who) {
            self.speaker = None;
            events.push(SpeakerEvent::Speaker(None));
        }
    }

    /// Decides who the active speaker is, after all levels of a sample.
    pub fn update(&mut self, now: Time, events: &mut Vec<SpeakerEvent>) {
        let speaking = self.voices.iter().filter(|(_, voice)| voice.is_speaking());
        let loudest = speaking.max_by(|(_, one), (_, other)| one.level().total_cmp(&other.level()));
        let Some((&loudest, level)) = loudest.map(|(who, voice)| (who, voice.level())) else {
            self.rival = None;
            return;
        };
        let current = self.speaker.and_then(|who| self.voices.get(&who)).filter(|voice| voice.is_speaking());
        let takes_over = match current {
            _ if self.speaker == Some(loudest) => false,
            None => true,
            Some(current) if level < current.level() * LOUDER => false,
            Some(_) => {
                let since = self.rival.filter(|(who, _)| *who == loudest).map_or(now, |(_, since)| since);
                self.rival = Some((loudest, since));
                if now - since < TAKE_OVER {
                    return;
                }
                true
            }
        };
        self.rival = None;
        if takes_over {
            self.speaker = Some(loudest);
            events.push(SpeakerEvent::Speaker(Some(loudest)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::SAMPLE_EVERY;

    const ANN: PeerId = PeerId::new(1);
    const BOB: PeerId = PeerId::new(2);

    /// Everybody is as loud as this for so many looks; what was heard, with the look at which it was.
    fn listen(
        speaker: &mut ActiveSpeaker,
        from: u64,
        looks: u64,
        levels: &[(PeerId, f64)],
    ) -> Vec<(u64, SpeakerEvent)> {
        let mut all = Vec::new();
        for look in from..from + looks {
            let now = Time::default() + SAMPLE_EVERY * u32::try_from(look).unwrap();
            let mut events = Vec::new();
            for (who, level) in levels {
                speaker.on_level(now, *who, *level, &mut events);
            }
            speaker.update(now, &mut events);
            all.extend(events.into_iter().map(|what| (look, what)));
        }
        all
    }

    #[test]
    fn a_voice_is_heard_after_a_moment_and_until_a_while_after_its_end() {
        let mut speaker = ActiveSpeaker::default();
        let events = listen(&mut speaker, 0, 10, &[(ANN, 0.2)]);
        assert_eq!(events, [(2, SpeakerEvent::Speaking(ANN, true)), (2, SpeakerEvent::Speaker(Some(ANN)))]);
        assert_eq!(listen(&mut speaker, 10, 8, &[(ANN, 0.0)]), [], "a breath");
        assert_eq!(listen(&mut speaker, 18, 5, &[(ANN, 0.2)]), []);
        let events = listen(&mut speaker, 23, 30, &[(ANN, 0.0)]);
        assert!(
            matches!(events[..], [(look, SpeakerEvent::Speaking(ANN, false))] if (36..42).contains(&look)),
            "{events:?}"
        );
    }

    #[test]
    fn a_click_is_no_voice() {
        let mut speaker = ActiveSpeaker::default();
        assert_eq!(listen(&mut speaker, 0, 1, &[(ANN, 0.03)]), []);
        assert_eq!(listen(&mut speaker, 1, 10, &[(ANN, 0.0)]), []);
    }

    #[test]
    fn another_speaker_takes_over_when_clearly_louder_for_a_while() {
        let mut speaker = ActiveSpeaker::default();
        listen(&mut speaker, 0, 10, &[(ANN, 0.2), (BOB, 0.0)]);
        let events = listen(&mut speaker, 10, 20, &[(ANN, 0.2), (BOB, 0.22)]);
        assert_eq!(events, [(12, SpeakerEvent::Speaking(BOB, true))], "not clearly");
        let events = listen(&mut speaker, 30, 20, &[(ANN, 0.1), (BOB, 0.4)]);
        assert!(
            matches!(events[..], [(look, SpeakerEvent::Speaker(Some(BOB)))] if (38..42).contains(&look)),
            "{events:?}"
        );
    }

    #[test]
    fn who_goes_speaks_no_more() {
        let mut speaker = ActiveSpeaker::default();
        listen(&mut speaker, 0, 10, &[(ANN, 0.2)]);
        let mut events = Vec::new();
        speaker.on_silence(ANN, false, &mut events);
        assert_eq!(events, [SpeakerEvent::Speaking(ANN, false)], "the last speaker stays");
        events.clear();
        speaker.on_silence(ANN, true, &mut events);
        assert_eq!(events, [SpeakerEvent::Speaker(None)]);
    }

    #[test]
    fn nonsense_is_silence() {
        let mut speaker = ActiveSpeaker::default();
        assert_eq!(listen(&mut speaker, 0, 10, &[(ANN, f64::NAN), (BOB, -4.0)]), []);
        let level = speaker.on_level(Time::default(), ANN, f64::INFINITY, &mut Vec::new());
        assert!(level == 0.0);
    }
}
