//! What is asked of camera, microphone and screen.

use itodenwa_wire::Source;

/// What is wanted of the camera. What a camera can't do is not an error: `Settings` say what came.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CameraOptions {
    /// Which one: the id of a `Device`. One that is not there is replaced by the browser's own choice.
    pub device: Option<String>,
    /// The side of a phone, when no device is named. Without it: [`Facing::User`].
    pub facing: Option<Facing>,
    /// How large the picture is, and what may be sent for it.
    pub quality: Quality,
}

/// What is wanted of the microphone. None leaves it to the browser, which mostly means on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MicrophoneOptions {
    /// Which one: the id of a `Device`. One that is not there is replaced by the browser's own choice.
    pub device: Option<String>,
    /// Takes out of the sound what the loudspeakers play (`echoCancellation`).
    pub echo_cancellation: Option<bool>,
    /// Takes out steady noise (`noiseSuppression`). Better off for music.
    pub noise_suppression: Option<bool>,
    /// Keeps the loudness even (`autoGainControl`). Better off for music.
    pub auto_gain_control: Option<bool>,
    /// Leaves nothing but the voice (`voiceIsolation`), which few systems can.
    pub voice_isolation: Option<bool>,
}

/// What is wanted of a shared screen. It counts from the next time that something is shared.
#[derive(Debug, Clone, PartialEq)]
pub struct ScreenOptions {
    /// What is shown: sharp letters, or smooth pictures.
    pub content: Content,
    /// With sound, where browser and system have it and the person lets it. What the call itself plays is not in it: where the browser
    /// can't leave that out (`restrictOwnAudio`), nothing is offered but the sound of a tab.
    pub audio: bool,
    /// Whoever shares a tab does not hear it themselves any more (`suppressLocalAudioPlayback`): then their microphone does not hear it,
    /// either.
    pub suppress_local_audio_playback: bool,
}

/// Which side of a phone a camera looks to (`facingMode`; W3C Media Capture and Streams, section 4.3.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Facing {
    /// The person who holds it.
    User,
    /// What they look at.
    Environment,
}

/// What a shared screen shows (W3C MediaStreamTrack Content Hints).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Content {
    /// Letters and lines (`detail`): every dot is sent, if need be fewer times a second. Up to 15 pictures a second.
    #[default]
    Text,
    /// Films and games (`motion`): smooth, if need be less sharp. Up to 30 pictures a second.
    Motion,
}

/// A size of pictures, with what may be sent for it to each of the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Pictures a second, at most.
    pub frame_rate: f64,
    /// Bits a second to each peer, at most.
    pub max_bitrate: u32,
}

impl Quality {
    /// 320 × 180, 15 pictures and 150 kbit a second: for many people, or a slow network.
    pub const H180: Quality = Quality::new(320, 180, 15.0, 150_000);
    /// 640 × 360, 25 pictures and 500 kbit a second.
    pub const H360: Quality = Quality::new(640, 360, 25.0, 500_000);
    /// 960 × 540, 25 pictures and 1 Mbit a second.
    pub const H540: Quality = Quality::new(960, 540, 25.0, 1_000_000);
    /// 1280 × 720, 30 pictures and 2 Mbit a second: what is taken when nothing is said.
    pub const H720: Quality = Quality::new(1280, 720, 30.0, 2_000_000);
    /// 1920 × 1080, 30 pictures and 4 Mbit a second.
    pub const H1080: Quality = Quality::new(1920, 1080, 30.0, 4_000_000);

    const NAMED: [(&'static str, Quality); 5] = [
        ("h180", Quality::H180),
        ("h360", Quality::H360),
        ("h540", Quality::H540),
        ("h720", Quality::H720),
        ("h1080", Quality::H1080),
    ];

    /// A size of one's own.
    #[must_use]
    pub const fn new(width: u32, height: u32, frame_rate: f64, max_bitrate: u32) -> Self {
        Quality { width, height, frame_rate, max_bitrate }
    }

    /// By its name in JavaScript: `h180`, `h360`, `h540`, `h720`, `h1080`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Quality::NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, quality)| quality)
    }
}

impl Default for Quality {
    fn default() -> Self {
        Quality::H720
    }
}

impl Default for ScreenOptions {
    fn default() -> Self {
        ScreenOptions { content: Content::default(), audio: true, suppress_local_audio_playback: false }
    }
}

impl Facing {
    /// The name in JavaScript: `user`, `environment`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Facing::User => "user",
            Facing::Environment => "environment",
        }
    }

    /// By that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Facing::User, Facing::Environment].into_iter().find(|facing| facing.as_str() == name)
    }
}

impl Content {
    /// The content hint of such a track.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Content::Text => "detail",
            Content::Motion => "motion",
        }
    }

    /// Frames a second, at most.
    #[must_use]
    pub const fn frame_rate(self) -> f64 {
        match self {
            Content::Text => 15.0,
            Content::Motion => 30.0,
        }
    }
}

/// The options of one source.
#[derive(Debug, Clone, PartialEq)]
pub enum DeviceConstraints {
    /// For the camera.
    Camera(CameraOptions),
    /// For the microphone.
    Microphone(MicrophoneOptions),
    /// For the screen and its sound.
    Screen(ScreenOptions),
}

impl DeviceConstraints {
    /// What is asked when nothing is said.
    #[must_use]
    pub fn default_of(source: Source) -> Self {
        match source {
            Source::Camera => DeviceConstraints::Camera(CameraOptions::default()),
            Source::Microphone => DeviceConstraints::Microphone(MicrophoneOptions::default()),
            Source::Screen | Source::ScreenAudio => DeviceConstraints::Screen(ScreenOptions::default()),
            Source::Own(_) => {
                DeviceConstraints::Screen(ScreenOptions { content: Content::Motion, ..ScreenOptions::default() })
            }
        }
    }

    /// The source that these are for.
    #[must_use]
    pub const fn source(&self) -> Source {
        match self {
            DeviceConstraints::Camera(_) => Source::Camera,
            DeviceConstraints::Microphone(_) => Source::Microphone,
            DeviceConstraints::Screen(_) => Source::Screen,
        }
    }

    /// The same of any device.
    #[must_use]
    pub fn anywhere(&self) -> Self {
        self.of(None)
    }

    /// The same of this device.
    #[must_use]
    pub fn on_device(&self, device: String) -> Self {
        self.of(Some(device))
    }

    fn of(&self, device: Option<String>) -> Self {
        match self {
            DeviceConstraints::Camera(options) => {
                DeviceConstraints::Camera(CameraOptions { device, ..options.clone() })
            }
            DeviceConstraints::Microphone(options) => {
                DeviceConstraints::Microphone(MicrophoneOptions { device, ..options.clone() })
            }
            DeviceConstraints::Screen(options) => DeviceConstraints::Screen(options.clone()),
        }
    }

    /// What pictures are, for the encoder (W3C MediaStreamTrack Content Hints).
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            DeviceConstraints::Screen(options) => Some(options.content.hint()),
            DeviceConstraints::Camera(_) | DeviceConstraints::Microphone(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_javascript() {
        assert_eq!(Quality::named("h1080"), Some(Quality::H1080));
        assert_eq!(Quality::named("H1080"), None);
        assert_eq!(Facing::named("environment"), Some(Facing::Environment));
        assert_eq!(Facing::named("left"), None);
    }

    #[test]
    fn any_device_keeps_the_rest() {
        let options = CameraOptions { device: Some("one".into()), facing: None, quality: Quality::H180 };
        let anywhere = DeviceConstraints::Camera(CameraOptions { device: None, ..options.clone() });
        assert_eq!(DeviceConstraints::Camera(options).anywhere(), anywhere);
    }
}
