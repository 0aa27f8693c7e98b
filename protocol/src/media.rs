//! Which transceiver carries which source.

use itodenwa_wire::Source;
use itodenwa_wire::limits::OWN_SOURCES;

/// Sources that one side sends, at most.
pub(crate) const SOURCES: usize = Source::ALL.len() + OWN_SOURCES;

/// Each once, in the order in which they are offered.
pub(crate) fn ordered(sources: impl IntoIterator<Item = Source>) -> Vec<Source> {
    let mut all = Vec::new();
    for source in sources {
        if let Err(place) = all.binary_search(&source) {
            all.insert(place, source);
        }
    }
    all
}

/// What [`assign`] must know of one transceiver, in the order of `RTCPeerConnection.getTransceivers()`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Transceiver {
    /// Sound or pictures.
    pub audio: bool,
    /// The source of ours that it carries.
    pub carries: Option<Source>,
    /// It was stopped and can't be used again.
    pub stopped: bool,
}

/// One change to a connection's transceivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Assignment {
    /// Let the transceiver at this index send this source: put its track into the sender, and add sending to the direction.
    Reuse {
        /// Index in the list given.
        index: usize,
        /// What it carries from now on.
        source: Source,
    },
    /// Add a transceiver that sends and receives, for this source.
    Add {
        /// What it carries.
        source: Source,
    },
    /// Let the transceiver at this index send nothing: take the track out of the sender, and sending out of the direction.
    Release {
        /// Index in the list given.
        index: usize,
    },
}

/// Finds the fewest changes after which the wanted sources are carried and no others are.
///
/// Transceivers that send nothing of ours are reused before one is added, so the m-lines do not grow: an inactive
/// m-line never goes away. Only an offer may add (`may_add`); an answer has to do with what the offer has room for.
#[must_use]
pub fn assign(transceivers: &[Transceiver], wanted: &[Source], may_add: bool) -> Vec<Assignment> {
    let mut assignments = Vec::new();
    let mut free = Vec::new();
    for (index, transceiver) in transceivers.iter().enumerate().filter(|(_, transceiver)| !transceiver.stopped) {
        match transceiver.carries {
            Some(source) if wanted.contains(&source) => continue,
            Some(_) => assignments.push(Assignment::Release { index }),
            None => {}
        }
        free.push((index, transceiver.audio));
    }
    let carried = |source| transceivers.iter().any(|one| !one.stopped && one.carries == Some(source));
    for source in ordered(wanted.iter().copied()).into_iter().filter(|source| !carried(*source)) {
        let place = free.iter().position(|(_, audio)| *audio == source.is_audio());
        match place.map(|place| free.remove(place)) {
            Some((index, _)) => {
                assignments.retain(|one| *one != Assignment::Release { index });
                assignments.push(Assignment::Reuse { index, source });
            }
            None if may_add => assignments.push(Assignment::Add { source }),
            None => {}
        }
    }
    assignments
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use Source::{Camera, Microphone, Screen};

    fn line(audio: bool, carries: Option<Source>) -> Transceiver {
        Transceiver { audio, carries, stopped: false }
    }

    #[test]
    fn an_offer_adds_what_does_not_fit() {
        let lines = [line(true, None)];
        assert_eq!(
            assign(&lines, &[Camera, Microphone], true),
            [Assignment::Reuse { index: 0, source: Microphone }, Assignment::Add { source: Camera }]
        );
    }

    #[test]
    fn an_answer_uses_only_what_is_there() {
        let lines = [line(false, None)];
        assert_eq!(
            assign(&lines, &[Microphone, Camera, Screen], false),
            [Assignment::Reuse { index: 0, source: Camera }]
        );
    }

    #[test]
    fn a_released_line_is_reused_at_once() {
        let lines = [line(false, Some(Screen)), line(true, Some(Microphone))];
        assert_eq!(assign(&lines, &[Camera, Microphone], true), [Assignment::Reuse { index: 0, source: Camera }]);
        assert_eq!(assign(&lines, &[Microphone], true), [Assignment::Release { index: 0 }]);
    }

    #[test]
    fn stopped_lines_are_left_alone() {
        let stopped = Transceiver { audio: false, carries: Some(Camera), stopped: true };
        assert_eq!(assign(&[stopped], &[Camera], true), [Assignment::Add { source: Camera }]);
    }

    /// Up to five transceivers; no two carry the same source.
    fn any_lines() -> impl Strategy<Value = Vec<Transceiver>> {
        let carries = prop::option::of(prop::sample::select(&Source::ALL[..]));
        let any_line = (carries, any::<bool>(), prop::bool::weighted(0.2)).prop_map(|(carries, audio, stopped)| {
            Transceiver { audio: carries.map_or(audio, Source::is_audio), carries, stopped }
        });
        prop::collection::vec(any_line, 0..6).prop_map(|mut lines| {
            let mut carried = BTreeSet::new();
            lines.retain(|line| line.carries.is_none_or(|source| carried.insert(source)));
            lines
        })
    }

    /// What the transceivers carry when that is done.
    fn assigned(lines: &[Transceiver], assignments: &[Assignment]) -> Vec<Source> {
        let mut lines = lines.to_vec();
        let mut changed = Vec::new();
        for assignment in assignments {
            if let Assignment::Release { index } | Assignment::Reuse { index, .. } = assignment {
                assert!(!changed.contains(index), "{index} is changed twice");
                changed.push(*index);
            }
            match *assignment {
                Assignment::Release { index } => lines[index].carries = None,
                Assignment::Reuse { index, source } => {
                    assert_eq!((lines[index].audio, lines[index].stopped), (source.is_audio(), false), "{source}");
                    lines[index].carries = Some(source);
                }
                Assignment::Add { source } => lines.push(line(source.is_audio(), Some(source))),
            }
        }
        lines.retain(|line| !line.stopped);
        lines.iter().filter_map(|line| line.carries).collect()
    }

    proptest! {
        #[test]
        fn what_is_wanted_is_carried_once_and_nothing_else(
            lines in any_lines(),
            wanted in prop::sample::subsequence(&Source::ALL[..], 0..=4),
        ) {
            let assignments = assign(&lines, &wanted, true);
            let mut carried = assigned(&lines, &assignments);
            carried.sort();
            prop_assert_eq!(&carried, &wanted);
            // Nothing is added where there is room, and an answer does all of this but adding.
            let free = |audio| lines.iter().filter(|line| line.audio == audio && !line.stopped).count();
            for audio in [true, false] {
                let added = |one: &Assignment| matches!(one, Assignment::Add { source } if source.is_audio() == audio);
                let wanted = wanted.iter().filter(|source| source.is_audio() == audio).count();
                prop_assert_eq!(assignments.iter().filter(|one| added(one)).count(), wanted.saturating_sub(free(audio)));
            }
            let answer: Vec<_> =
                assignments.into_iter().filter(|one| !matches!(one, Assignment::Add { .. })).collect();
            prop_assert_eq!(assign(&lines, &wanted, false), answer);
        }
    }
}
