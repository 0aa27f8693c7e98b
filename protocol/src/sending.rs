//! What is sent of a source to one of the others: as much as they show, as the options and limits allow, and as the machine and
//! the network bear.

mod quality_limitation;

use itodenwa_wire::Source;

use crate::options::DeviceConstraints;
pub use quality_limitation::QualityLimitation;

/// What is sent of a source, at most. None sets no limit of its own; of several limits the lowest counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits {
    /// Bits a second.
    pub max_bitrate: Option<u32>,
    /// Pictures a second.
    pub max_frame_rate: Option<f64>,
    /// Pixels: larger pictures are scaled down to about this height.
    pub max_height: Option<u32>,
    /// What suffers first when less can be sent than that.
    pub degradation: Option<Degradation>,
    /// Which codec, as `video/VP9`: one that both sides negotiated, where the browser lets it be chosen
    /// (`RTCRtpEncodingParameters.codec`). Where it can't, that is a trouble, `sending/codec`, and the browser's choice stays.
    pub codec: Option<String>,
}

/// What suffers first (`degradationPreference`; W3C MediaStreamTrack Content Hints, section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Degradation {
    /// Size, so that it stays smooth.
    MaintainFramerate,
    /// Smoothness, so that it stays sharp.
    MaintainResolution,
    /// Both.
    Balanced,
}

impl Degradation {
    /// The name in JavaScript: `maintain-framerate`, `maintain-resolution`, `balanced`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Degradation::MaintainFramerate => "maintain-framerate",
            Degradation::MaintainResolution => "maintain-resolution",
            Degradation::Balanced => "balanced",
        }
    }

    /// By that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Degradation::MaintainFramerate, Degradation::MaintainResolution, Degradation::Balanced]
            .into_iter()
            .find(|degradation| degradation.as_str() == name)
    }
}

/// How large a peer renders a source of ours, in physical pixels of its screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RenderedSize {
    /// The peer did not say.
    #[default]
    Unknown,
    /// Not at all.
    Hidden,
    /// Width and height.
    Size(u32, u32),
}

/// The parameters of a sender (W3C WebRTC, section 5.2.9).
#[derive(Debug, Clone, PartialEq)]
pub struct Encoding {
    /// Whether anything is sent (`active`).
    pub active: bool,
    /// Bits a second, at most (`maxBitrate`).
    pub max_bitrate: Option<u32>,
    /// For video; none for audio.
    pub picture: Option<Picture>,
    /// What suffers first (`degradationPreference`).
    pub degradation: Option<Degradation>,
    /// The codec's MIME type, as `video/VP9`.
    pub codec: Option<String>,
}

/// What is sent of video.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Picture {
    /// Frames a second, at most (`maxFramerate`).
    pub max_frame_rate: f64,
    /// By how much the height is divided (`scaleResolutionDownBy`), 1 or more.
    pub scale_down_by: f64,
    /// The same as width and height (`scaleResolutionDownTo`, WebRTC Extensions), where something is scaled: browsers that know it
    /// do not multiply it with the limit that they begin with.
    pub scale_down_to: Option<(u32, u32)>,
}

/// By how much pictures are scaled down: few steps, so that a rendered that changes a little changes nothing.
const STEPS: [f64; 8] = [1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0];
/// Below so many dots in height nobody sees more pictures than …
const SMALL: u32 = 200;
/// … these, a second.
const SMALL_FRAME_RATE: f64 = 15.0;
/// Pictures never get less than this, in bits a second.
const LEAST_BITRATE: f64 = 50_000.0;

/// What is to be sent of a source to one peer: `size` is that of the captured video, `rendered` how large the peer renders it.
/// Of the limits the lowest counts.
#[must_use]
pub fn encoding(
    constraints: &DeviceConstraints,
    source: Source,
    size: Option<(u32, u32)>,
    rendered: RenderedSize,
    limits: [Option<&Limits>; 2],
    limitation: &QualityLimitation,
) -> Encoding {
    let limits = || limits.into_iter().flatten();
    let degradation = limits().find_map(|limits| limits.degradation);
    let codec = limits().find_map(|limits| limits.codec.clone());
    let limit = limits().filter_map(|limits| limits.max_bitrate).min();
    if source.is_audio() {
        return Encoding { active: true, max_bitrate: limit, picture: None, degradation: None, codec };
    }
    let (frame_rate, bitrate) = match constraints {
        DeviceConstraints::Camera(options) => (options.quality.frame_rate, Some(options.quality.max_bitrate)),
        DeviceConstraints::Screen(options) => (options.content.frame_rate(), None),
        DeviceConstraints::Microphone(_) => (f64::INFINITY, None),
    };
    let max_height = limits().filter_map(|limits| limits.max_height).min();
    let scale = step(ratio(size, rendered, max_height)) * limitation.scale();
    let small = match rendered {
        RenderedSize::Size(_, height) if height < SMALL => SMALL_FRAME_RATE,
        _ => f64::INFINITY,
    };
    let limited = limits().filter_map(|limits| limits.max_frame_rate).fold(f64::INFINITY, f64::min);
    let max_frame_rate = frame_rate.min(small).min(limited).min(limitation.frame_rate()).max(1.0);
    // Half the height is a quarter of the dots, but needs more for each.
    let bitrate = bitrate.map(|bitrate| (f64::from(bitrate) / (scale * scale.sqrt())).max(LEAST_BITRATE) as u32);
    let scaled = |dots: u32| (f64::from(dots) / scale).ceil() as u32;
    Encoding {
        active: rendered != RenderedSize::Hidden,
        max_bitrate: limit.into_iter().chain(bitrate).min(),
        picture: Some(Picture {
            max_frame_rate,
            scale_down_by: scale,
            scale_down_to: size.filter(|_| scale > 1.0).map(|(width, height)| (scaled(width), scaled(height))),
        }),
        degradation,
        codec,
    }
}

/// How many times larger the picture is than what is of use. It has to fill the rendered both ways.
fn ratio(size: Option<(u32, u32)>, rendered: RenderedSize, max_height: Option<u32>) -> f64 {
    let Some((width, height)) = size else { return 1.0 };
    let times = |of: u32, by: u32| f64::from(of) / f64::from(by.max(1));
    let by_tile = match rendered {
        RenderedSize::Size(wide, high) => times(width, wide).min(times(height, high)),
        RenderedSize::Unknown | RenderedSize::Hidden => 1.0,
    };
    by_tile.max(max_height.map_or(1.0, |limit| times(height, limit)))
}

/// The largest step that is not above the ratio; a rendered may be a little smaller than the picture.
fn step(ratio: f64) -> f64 {
    STEPS.into_iter().rev().find(|step| *step <= ratio * 1.1).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{CameraOptions, Quality};

    const HD: Option<(u32, u32)> = Some((1280, 720));

    fn sent(rendered: RenderedSize, limits: &Limits) -> Encoding {
        let constraints =
            DeviceConstraints::Camera(CameraOptions { quality: Quality::H720, ..CameraOptions::default() });
        encoding(&constraints, Source::Camera, HD, rendered, [Some(limits), None], &QualityLimitation::default())
    }

    fn picture(rendered: RenderedSize, limits: &Limits) -> (f64, f64) {
        let picture = sent(rendered, limits).picture.unwrap();
        (picture.scale_down_by, picture.max_frame_rate)
    }

    #[test]
    fn a_picture_is_as_large_as_it_is_shown() {
        let none = Limits::default();
        assert_eq!(picture(RenderedSize::Unknown, &none), (1.0, 30.0));
        assert_eq!(picture(RenderedSize::Size(1280, 720), &none), (1.0, 30.0));
        assert_eq!(picture(RenderedSize::Size(640, 360), &none), (2.0, 30.0));
        assert_eq!(picture(RenderedSize::Size(160, 90), &none), (8.0, 15.0));
        assert_eq!(picture(RenderedSize::Size(160, 720), &none), (1.0, 30.0), "it fills a tall rendered, too");
        assert_eq!(picture(RenderedSize::Size(0, 0), &none), (12.0, 15.0), "nonsense is small");
        assert_eq!(picture(RenderedSize::Size(u32::MAX, u32::MAX), &none), (1.0, 30.0));
    }

    #[test]
    fn what_is_scaled_has_a_size_too() {
        let size = |rendered| sent(rendered, &Limits::default()).picture.unwrap().scale_down_to;
        assert_eq!(size(RenderedSize::Size(320, 180)), Some((320, 180)));
        assert_eq!(size(RenderedSize::Size(854, 480)), Some((854, 480)));
        assert_eq!(size(RenderedSize::Unknown), None, "as it is captured");
    }

    #[test]
    fn less_is_sent_for_less() {
        let none = Limits::default();
        let bitrate = |rendered| sent(rendered, &none).max_bitrate.unwrap();
        assert_eq!(bitrate(RenderedSize::Size(1280, 720)), 2_000_000);
        assert!((600_000..800_000).contains(&bitrate(RenderedSize::Size(640, 360))));
        assert!(!sent(RenderedSize::Hidden, &none).active && sent(RenderedSize::Unknown, &none).active);
    }

    #[test]
    fn the_lowest_limit_counts() {
        let limits = Limits {
            max_bitrate: Some(300_000),
            max_height: Some(360),
            max_frame_rate: Some(7.0),
            ..Limits::default()
        };
        assert_eq!(picture(RenderedSize::Unknown, &limits), (2.0, 7.0));
        assert_eq!(sent(RenderedSize::Unknown, &limits).max_bitrate, Some(300_000));
        assert_eq!(picture(RenderedSize::Size(320, 180), &limits), (4.0, 7.0), "the rendered is smaller still");
    }

    #[test]
    fn sound_has_only_a_rate() {
        let constraints = DeviceConstraints::default_of(Source::Microphone);
        let limits = Limits { max_bitrate: Some(16_000), max_height: Some(1), ..Limits::default() };
        let sent = encoding(
            &constraints,
            Source::Microphone,
            None,
            RenderedSize::Hidden,
            [None, Some(&limits)],
            &QualityLimitation::default(),
        );
        assert_eq!((sent.active, sent.max_bitrate, sent.picture), (true, Some(16_000), None));
    }
}
