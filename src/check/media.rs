//! Camera and microphone, as a preview has them.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use itodenwa_wire::Source;

use super::Checking;
use super::finding::{Outcome, Part, fails, skipped, works};
use crate::dom::Timer;
use crate::media::{CameraOptions, MicrophoneOptions, Settings};
use crate::preview::Preview;

/// How long a person may take to allow them.
const ANSWER: Duration = Duration::from_secs(30);
/// A microphone that is heard at all is heard within this.
const LISTEN: Duration = Duration::from_secs(3);
/// How often it is listened to.
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(super) async fn check(
    checking: &Checking,
    preview: Option<Preview>,
    camera: Option<CameraOptions>,
    microphone: Option<MicrophoneOptions>,
) {
    let wanted = [(Source::Camera, camera.is_some()), (Source::Microphone, microphone.is_some())];
    let opened = match preview {
        Some(preview) => Ok(preview),
        None => open(camera, microphone).await,
    };
    for (source, is_wanted) in wanted {
        let part = if source == Source::Camera { Part::Camera } else { Part::Microphone };
        match &opened {
            Ok(preview) => checking.part(part, one(preview, source)).await,
            Err(_) if !is_wanted => checking.say(part, skipped("check/not-wanted")),
            Err(outcome) => checking.say(part, outcome.clone()),
        }
    }
}

async fn open(camera: Option<CameraOptions>, microphone: Option<MicrophoneOptions>) -> Result<Preview, Outcome> {
    match select(pin!(Preview::open(camera, microphone)), Timer::new(ANSWER)).await {
        Either::Left((Ok(preview), _)) => Ok(preview),
        Either::Left((Err(error), _)) => Err(Outcome::of(error.code(), &error)),
        Either::Right(_) => Err(fails("media/unanswered")),
    }
}

async fn one(preview: &Preview, source: Source) -> (Outcome, String, ()) {
    if let Some(error) = preview.error(source).filter(|_| preview.settings(source).is_none()) {
        let detail = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        return (Outcome::of(error.code(), &error), detail, ());
    }
    let Some(settings) = preview.settings(source) else {
        return (skipped("check/not-wanted"), String::new(), ());
    };
    let outcome = if source == Source::Microphone { heard(preview).await } else { works() };
    (outcome, described(&settings), ())
}

/// Digital silence is no room: even a quiet one is heard. Where the browser measures nothing it is believed.
async fn heard(preview: &Preview) -> Outcome {
    let listening = async {
        while preview.level() == 0.0 {
            Timer::new(LOOK_EVERY).await;
        }
    };
    match select(pin!(listening), Timer::new(LISTEN)).await {
        Either::Left(_) => works(),
        Either::Right(_) if !preview.is_measured() => works(),
        Either::Right(_) => fails("microphone/silent"),
    }
}

fn described(settings: &Settings) -> String {
    match (settings.width, settings.height) {
        (Some(width), Some(height)) => [&settings.label, ", ", &width.to_string(), " × ", &height.to_string()].concat(),
        _ => settings.label.clone(),
    }
}
