//! How loud somebody is, and who speaks.
//!
//! A voice is told from noise by its loudness: it speaks when it is loud for a moment, and until it was quiet for a while. The
//! speaker is the loudest of those who speak; another one takes over when they are clearly louder for a while, or when the
//! speaker stops. When nobody speaks the last one stays: a large picture does not jump back and forth.

use std::collections::BTreeMap;
use std::time::Duration;

use itodenwa_negotiation::Time;
use itodenwa_wire::PeerId;

/// How often levels are looked at.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Louder than this is a voice: about -40 dB of full scale.
const LOUD: f64 = 0.01;
/// A click is no voice, …
const ATTACK: Duration = Duration::from_millis(200);
/// … and a breath is no end.
const HOLD: Duration = Duration::from_millis(1200);
/// How much louder another one has to be, …
const LOUDER: f64 = 1.5;
/// … and for how long.
const TAKE_OVER: Duration = Duration::from_millis(800);
/// The share of a new measurement in the level.
const SMOOTH: f64 = 0.5;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    Speaking(PeerId, bool),
    Speaker(Option<PeerId>),
}

/// The voices of everybody else.
#[derive(Debug, Default)]
pub(crate) struct Voices {
    voices: BTreeMap<PeerId, Voice>,
    speaker: Option<PeerId>,
    /// Who is louder than the speaker, and since when.
    rival: Option<(PeerId, Time)>,
}

#[derive(Debug)]
struct Voice {
    level: f64,
    speaking: bool,
    /// Since when it is otherwise than `speaking` says.
    otherwise: Option<Time>,
}

impl Voices {
    /// Somebody was as loud as this, from 0 to 1. Gives the level that is to be shown.
    pub(crate) fn measured(&mut self, now: Time, who: PeerId, level: f64, heard: &mut Vec<Heard>) -> f64 {
        let level = if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 };
        let voice = self.voices.entry(who).or_insert(Voice { level: 0.0, speaking: false, otherwise: None });
        voice.level += (level - voice.level) * SMOOTH;
        if (voice.level > LOUD) == voice.speaking {
            voice.otherwise = None;
        } else {
            let since = *voice.otherwise.get_or_insert(now);
            let patience = if voice.speaking { HOLD } else { ATTACK };
            if now - since >= patience {
                voice.speaking = !voice.speaking;
                voice.otherwise = None;
                heard.push(Heard::Speaking(who, voice.speaking));
            }
        }
        voice.level
    }

    /// Somebody is not heard any more: silent, or gone.
    pub(crate) fn silent(&mut self, who: PeerId, is_gone: bool, heard: &mut Vec<Heard>) {
        if self.voices.remove(&who).is_some_and(|voice| voice.speaking) && !is_gone {
            heard.push(Heard::Speaking(who, false));
        }
        if is_gone && self.speaker == Some(who) {
            self.speaker = None;
            heard.push(Heard::Speaker(None));
        }
    }

    /// Who the speaker is, after everybody was measured.
    pub(crate) fn judge(&mut self, now: Time, heard: &mut Vec<Heard>) {
        let speaking = self.voices.iter().filter(|(_, voice)| voice.speaking);
        let loudest = speaking.max_by(|(_, one), (_, other)| one.level.total_cmp(&other.level));
        let Some((&loudest, level)) = loudest.map(|(who, voice)| (who, voice.level)) else {
            self.rival = None;
            return;
        };
        let current = self.speaker.and_then(|who| self.voices.get(&who)).filter(|voice| voice.speaking);
        let takes_over = match current {
            _ if self.speaker == Some(loudest) => false,
            None => true,
            Some(current) if level < current.level * LOUDER => false,
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
            heard.push(Heard::Speaker(Some(loudest)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: PeerId = PeerId::new(1);
    const BOB: PeerId = PeerId::new(2);

    /// Everybody is as loud as this for so many looks; what was heard, with the look at which it was.
    fn listen(voices: &mut Voices, from: u64, looks: u64, levels: &[(PeerId, f64)]) -> Vec<(u64, Heard)> {
        let mut all = Vec::new();
        for look in from..from + looks {
            let now = Time::default() + LOOK_EVERY * u32::try_from(look).unwrap();
            let mut heard = Vec::new();
            for (who, level) in levels {
                voices.measured(now, *who, *level, &mut heard);
            }
            voices.judge(now, &mut heard);
            all.extend(heard.into_iter().map(|what| (look, what)));
        }
        all
    }

    #[test]
    fn a_voice_is_heard_after_a_moment_and_until_a_while_after_its_end() {
        let mut voices = Voices::default();
        let heard = listen(&mut voices, 0, 10, &[(ANN, 0.2)]);
        assert_eq!(heard, [(2, Heard::Speaking(ANN, true)), (2, Heard::Speaker(Some(ANN)))]);
        assert_eq!(listen(&mut voices, 10, 8, &[(ANN, 0.0)]), [], "a breath");
        assert_eq!(listen(&mut voices, 18, 5, &[(ANN, 0.2)]), []);
        let heard = listen(&mut voices, 23, 30, &[(ANN, 0.0)]);
        assert!(matches!(heard[..], [(look, Heard::Speaking(ANN, false))] if (36..42).contains(&look)), "{heard:?}");
    }

    #[test]
    fn a_click_is_no_voice() {
        let mut voices = Voices::default();
        assert_eq!(listen(&mut voices, 0, 1, &[(ANN, 0.03)]), []);
        assert_eq!(listen(&mut voices, 1, 10, &[(ANN, 0.0)]), []);
    }

    #[test]
    fn another_speaker_takes_over_when_clearly_louder_for_a_while() {
        let mut voices = Voices::default();
        listen(&mut voices, 0, 10, &[(ANN, 0.2), (BOB, 0.0)]);
        let heard = listen(&mut voices, 10, 20, &[(ANN, 0.2), (BOB, 0.22)]);
        assert_eq!(heard, [(12, Heard::Speaking(BOB, true))], "not clearly");
        let heard = listen(&mut voices, 30, 20, &[(ANN, 0.1), (BOB, 0.4)]);
        assert!(matches!(heard[..], [(look, Heard::Speaker(Some(BOB)))] if (38..42).contains(&look)), "{heard:?}");
    }

    #[test]
    fn who_goes_speaks_no_more() {
        let mut voices = Voices::default();
        listen(&mut voices, 0, 10, &[(ANN, 0.2)]);
        let mut heard = Vec::new();
        voices.silent(ANN, false, &mut heard);
        assert_eq!(heard, [Heard::Speaking(ANN, false)], "the last speaker stays");
        heard.clear();
        voices.silent(ANN, true, &mut heard);
        assert_eq!(heard, [Heard::Speaker(None)]);
    }

    #[test]
    fn nonsense_is_silence() {
        let mut voices = Voices::default();
        assert_eq!(listen(&mut voices, 0, 10, &[(ANN, f64::NAN), (BOB, -4.0)]), []);
        let level = voices.measured(Time::default(), ANN, f64::INFINITY, &mut Vec::new());
        assert!(level == 0.0);
    }
}
