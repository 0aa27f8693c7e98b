//! What a media track shows or plays.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::{OTHERS_SOURCE_NAMES, OWN_SOURCE_NAMES};

/// Begins the label of an application's own source, so that none is taken for one that a later version brings.
const OWN: &str = "own:";
/// Ends the name of a sound that belongs to a picture: `screenAudio`.
const AUDIO: &str = "Audio";
/// Longest name that an application gives, in bytes.
const NAME_BYTES: usize = 24;

/// What a media track shows or plays. Each side has at most one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The voice.
    Microphone,
    /// The picture of the person.
    Camera,
    /// A shared screen, window or tab.
    Screen,
    /// The sound of what is shared.
    ScreenAudio,
    /// Something of the application's own.
    Own(OwnSource),
}

/// The name of an application's own source; that of sound ends in `Audio`. Each stands in memory once, and for good: so sources are small
/// and can be copied, and are keys of many maps.
#[derive(Clone, Copy)]
pub struct OwnSource(&'static str);

/// The names that were met, all with `Audio` at their ends: what names pictures is the beginning of one, so that no sound lacks its pictures.
static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

impl Source {
    /// All sources that have a meaning here, in the order in which they are offered. Own ones come after them.
    pub const ALL: [Source; 4] = [Source::Microphone, Source::Camera, Source::Screen, Source::ScreenAudio];

    /// Whether it is sound; otherwise it is pictures.
    #[must_use]
    pub fn is_audio(self) -> bool {
        match self {
            Source::Microphone | Source::ScreenAudio => true,
            Source::Camera | Source::Screen => false,
            Source::Own(own) => own.is_audio(),
        }
    }

    /// The name in Rust and JavaScript: `microphone`, `camera`, `screen`, `screenAudio`, or one of the application's own.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Source::Microphone => "microphone",
            Source::Camera => "camera",
            Source::Screen => "screen",
            Source::ScreenAudio => "screenAudio",
            Source::Own(own) => own.as_str(),
        }
    }

    /// By that name. An own one has 1 to 24 characters of `A-Z a-z 0-9 _ -`, and `Audio` after them if it is sound. A program takes 4096 of them
    /// ([`limits::OWN_SOURCE_NAMES`](crate::limits::OWN_SOURCE_NAMES)), its own and those of others together, sounds with their pictures; of
    /// others three quarters.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Source::known(name).or_else(|| OwnSource::new(name, OWN_SOURCE_NAMES).map(Source::Own))
    }

    /// What a track of this kind is under this name: the sound of `camera` is the `microphone`, and that of any other name has it with
    /// `Audio`. None for a name that nothing can have, and for pictures of the microphone.
    #[must_use]
    pub fn of_track(name: &str, is_audio: bool) -> Option<Self> {
        match Source::named(name)? {
            source if source.is_audio() == is_audio => Some(source),
            Source::Camera => Some(Source::Microphone),
            Source::Screen => Some(Source::ScreenAudio),
            Source::Own(own) if is_audio => own.audio().map(Source::Own),
            _ => None,
        }
    }

    /// The name on the wire.
    #[must_use]
    pub fn label(self) -> String {
        let prefix = if matches!(self, Source::Own(_)) { OWN } else { "" };
        [prefix, self.as_str()].concat()
    }

    /// By that label, which somebody else wrote. None is a source of a later version, no source, or one with a name for which there is no
    /// place ([`limits::OTHERS_SOURCE_NAMES`](crate::limits::OTHERS_SOURCE_NAMES)).
    #[must_use]
    pub fn labelled(label: &str) -> Option<Self> {
        match label.strip_prefix(OWN) {
            Some(name) => OwnSource::new(name, OTHERS_SOURCE_NAMES).map(Source::Own),
            None => Source::known(label),
        }
    }

    /// The same, of which nothing is kept: none also for an own source that nobody named before.
    #[must_use]
    pub fn labelled_before(label: &str) -> Option<Self> {
        match label.strip_prefix(OWN) {
            Some(name) => OwnSource::new(name, 0).map(Source::Own),
            None => Source::known(label),
        }
    }

    fn known(name: &str) -> Option<Self> {
        Source::ALL.into_iter().find(|source| source.as_str() == name)
    }
}

impl OwnSource {
    /// One that was not met yet is taken while there are fewer than `most`.
    fn new(full: &str, most: usize) -> Option<Self> {
        let name = full.strip_suffix(AUDIO).unwrap_or(full);
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let is_name = (1..=NAME_BYTES).contains(&name.len()) && name.bytes().all(is_allowed);
        // Nor the sound of one that is known: nobody could tell them apart.
        if !is_name || name.ends_with(AUDIO) || Source::known(name).is_some() {
            return None;
        }
        // A panic leaves the list whole.
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        let known = names.iter().copied().find(|known| known.strip_suffix(AUDIO) == Some(name));
        let sound = match known {
            Some(known) => known,
            None if names.len() >= most => return None,
            None => {
                let new: &'static str = Box::leak([name, AUDIO].concat().into());
                names.push(new);
                new
            }
        };
        let sound = OwnSource(sound);
        Some(if name == full { sound.picture() } else { sound })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.0
    }

    /// Whether it is sound.
    #[must_use]
    pub fn is_audio(&self) -> bool {
        self.as_str().ends_with(AUDIO)
    }

    /// The pictures that it is, or that it is the sound of.
    #[must_use]
    pub fn picture(&self) -> Self {
        OwnSource(self.0.strip_suffix(AUDIO).unwrap_or(self.0))
    }

    fn audio(&self) -> Option<Self> {
        OwnSource::new(&[self.as_str(), AUDIO].concat(), 0)
    }
}

// Compared in one place: sources are keys of many maps, and derived they would be compared anew in each of them.
impl Ord for OwnSource {
    #[inline(never)]
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for OwnSource {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for OwnSource {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for OwnSource {}

impl Hash for OwnSource {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for OwnSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.label())
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let label = String::deserialize(deserializer)?;
        Source::labelled(&label).ok_or_else(|| D::Error::custom("no source of this version"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_are_read_as_they_are_written() {
        for name in [
            "microphone",
            "camera",
            "screen",
            "screenAudio",
            "whiteboard",
            "whiteboardAudio",
            "a-Z_9",
            "twenty-four-characters-x",
        ] {
            let source = Source::named(name).unwrap();
            assert_eq!(source.as_str(), name);
            assert_eq!(Source::labelled(&source.label()), Some(source));
            assert_eq!(source.is_audio(), name == "microphone" || name.ends_with("Audio"), "{name}");
        }
        assert_eq!(Source::named("whiteboard").unwrap().label(), "own:whiteboard");
        assert_eq!(Source::labelled("whiteboard"), None, "of a later version");
        assert_eq!(Source::labelled("own:camera"), None, "nothing stands for what is known");
    }

    #[test]
    fn nonsense_has_no_name() {
        for name in [
            "",
            "Audio",
            "two words",
            "日本",
            "a\0",
            "cameraAudio",
            "microphoneAudio",
            "xAudioAudio",
            "twenty-five-characters-xx",
        ] {
            assert_eq!(Source::named(name), None, "{name}");
            assert_eq!(Source::labelled(&format!("own:{name}")), None, "{name}");
        }
    }

    #[test]
    fn a_track_is_what_its_kind_is_under_a_name() {
        let of = |name, is_audio| Source::of_track(name, is_audio).map(|source| source.as_str().to_owned());
        assert_eq!(of("camera", true).as_deref(), Some("microphone"));
        assert_eq!(of("screen", true).as_deref(), Some("screenAudio"));
        assert_eq!(of("music", true).as_deref(), Some("musicAudio"));
        assert_eq!(of("musicAudio", true).as_deref(), Some("musicAudio"));
        assert_eq!(of("music", false).as_deref(), Some("music"));
        assert_eq!(of("microphone", false), None);
        assert_eq!(of("musicAudio", false), None);
        let Source::Own(own) = Source::named("musicAudio").unwrap() else { unreachable!() };
        assert_eq!((own.picture().as_str(), own.picture().picture().as_str()), ("music", "music"));
    }

    #[test]
    fn sources_are_small_and_in_the_order_of_their_names() {
        assert!(size_of::<Source>() <= 3 * size_of::<usize>());
        let [late, early] = ["zebra", "aardvark"].map(|name| Source::named(name).unwrap());
        assert!(early < late && Source::Screen < early);
        assert_eq!(Source::named("zebra"), Some(late));
    }
}
