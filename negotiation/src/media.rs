//! Which transceiver carries which source.

use itodenwa_wire::Source;

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
    for source in Source::ALL.into_iter().filter(|source| wanted.contains(source) && !carried(*source)) {
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
}
