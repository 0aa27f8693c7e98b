use std::error::Error as StdError;
use std::fmt;

use super::Exception;

/// Why a camera or microphone can't be used (W3C Media Capture and Streams, section 10.2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MediaError {
    /// `media/denied`: camera or microphone is not allowed, mostly by the person. Not every browser says more.
    Denied(Exception),
    /// `media/dismissed`: the person closed the browser's question without an answer.
    Dismissed(Exception),
    /// `media/denied-by-system`: the operating system does not let the browser use it.
    DeniedBySystem(Exception),
    /// `media/denied-by-policy`: the page's `Permissions-Policy`, or a frame without `allow`, does not let the page use it.
    DeniedByPolicy(Exception),
    /// `media/screen-denied`: the person chose nothing to be shared, or the browser may not share. Not every browser says which.
    ScreenDenied(Exception),
    /// `media/screen-denied-by-system`: the operating system does not let the browser record the screen.
    ScreenDeniedBySystem(Exception),
    /// `media/needs-gesture`: a screen can be shared only when the person has just clicked (W3C Screen Capture, section 5.1).
    NeedsGesture(Exception),
    /// `media/missing`: there is no such device.
    Missing(Exception),
    /// `media/busy`: the device is there and does not work, mostly because another program uses it.
    Busy(Exception),
    /// `media/unreadable`: the system does not give the picture of what was chosen to be shared.
    Unreadable(Exception),
    /// `media/constraints`: no device can do what is asked.
    Constraints(Exception),
    /// `media/insecure`: the page was not loaded over HTTPS (or from localhost).
    Insecure,
    /// `media/unsupported`: the browser has no `getUserMedia`.
    Unsupported,
    /// `media/ended`: the device was unplugged, or taken away, while it was in use.
    Ended,
    /// `media/processor`: a [`Processor`](crate::Processor) failed, and nothing is sent in place of what it should have made.
    Processor(Exception),
    /// `media/failed`: anything else.
    Failed(Exception),
    /// `room/closed`: the call is over.
    Closed,
}

impl MediaError {
    /// The code. It never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            MediaError::Denied(_) => "media/denied",
            MediaError::Dismissed(_) => "media/dismissed",
            MediaError::DeniedBySystem(_) => "media/denied-by-system",
            MediaError::DeniedByPolicy(_) => "media/denied-by-policy",
            MediaError::ScreenDenied(_) => "media/screen-denied",
            MediaError::ScreenDeniedBySystem(_) => "media/screen-denied-by-system",
            MediaError::NeedsGesture(_) => "media/needs-gesture",
            MediaError::Missing(_) => "media/missing",
            MediaError::Busy(_) => "media/busy",
            MediaError::Unreadable(_) => "media/unreadable",
            MediaError::Constraints(_) => "media/constraints",
            MediaError::Insecure => "media/insecure",
            MediaError::Unsupported => "media/unsupported",
            MediaError::Ended => "media/ended",
            MediaError::Processor(_) => "media/processor",
            MediaError::Failed(_) => "media/failed",
            MediaError::Closed => "room/closed",
        }
    }

    /// What `getUserMedia` threw, by the exception's name. Firefox and older browsers have names of their own.
    pub(crate) fn from_exception(thrown: Exception) -> Self {
        match thrown.name.as_str() {
            "NotAllowedError" | "SecurityError" | "PermissionDeniedError" => MediaError::denied(thrown),
            "NotFoundError" | "DevicesNotFoundError" => MediaError::Missing(thrown),
            "NotReadableError" | "TrackStartError" => MediaError::Busy(thrown),
            "OverconstrainedError" | "ConstraintNotSatisfiedError" | "TypeError" => MediaError::Constraints(thrown),
            _ => MediaError::Failed(thrown),
        }
    }

    /// What `getDisplayMedia` threw: some names mean something else there, and Safari has one of its own.
    pub(crate) fn from_display_exception(thrown: Exception) -> Self {
        match thrown.name.as_str() {
            "InvalidStateError" | "InvalidAccessError" => MediaError::NeedsGesture(thrown),
            "NotReadableError" => MediaError::Unreadable(thrown),
            _ => match MediaError::from_exception(thrown) {
                MediaError::Denied(thrown) | MediaError::Dismissed(thrown) => MediaError::ScreenDenied(thrown),
                MediaError::DeniedBySystem(thrown) => MediaError::ScreenDeniedBySystem(thrown),
                error => error,
            },
        }
    }

    /// All refusals have one name. Chromium's message tells them apart; another message is a refusal by the person.
    fn denied(thrown: Exception) -> Self {
        // Not `contains`, whose search for long texts is large.
        let message = thrown.message.as_bytes();
        let says = |words: &str| message.windows(words.len()).any(|part| part == words.as_bytes());
        if says("by system") {
            MediaError::DeniedBySystem(thrown)
        } else if says("dismissed") {
            MediaError::Dismissed(thrown)
        } else if says("permissions policy") {
            MediaError::DeniedByPolicy(thrown)
        } else {
            MediaError::Denied(thrown)
        }
    }
}

impl fmt::Display for MediaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MediaError::Denied(_) => {
                "The camera or microphone is not allowed. Allow it for this page in the browser's address bar."
            }
            MediaError::Dismissed(_) => "The browser's question was closed. Try again, and allow it.",
            MediaError::DeniedBySystem(_) => {
                "The operating system does not let this browser use camera or microphone. Allow it in the system's privacy settings."
            }
            MediaError::DeniedByPolicy(_) => {
                "This page may not do so. Its Permissions-Policy, and `allow` of the frame that it is in, have to name it."
            }
            MediaError::ScreenDenied(_) => "Nothing is shared. To share, choose a screen, a window or a tab.",
            MediaError::ScreenDeniedBySystem(_) => {
                "The operating system does not let this browser record the screen. Allow it in the system's privacy settings, and start the browser anew."
            }
            MediaError::NeedsGesture(_) => "A screen can be shared only after a click. Click again.",
            MediaError::Missing(_) => "No such device was found. Connect one and try again.",
            MediaError::Busy(_) => {
                "The camera or microphone is in use elsewhere. Close the other program and try again."
            }
            MediaError::Unreadable(_) => {
                "The system does not give a picture of what was chosen. Choose another window or screen."
            }
            MediaError::Constraints(_) => "No device can do what was asked.",
            MediaError::Insecure => {
                "Camera and microphone need a secure page. Load it over https:// or from localhost."
            }
            MediaError::Unsupported => {
                "This browser gives no access to cameras and microphones, or lets no screen be shared and no loudspeaker be chosen, as on most phones. Use a current browser."
            }
            MediaError::Ended => "The device, or what was shared, was taken away. Switch it on again.",
            MediaError::Processor(_) => {
                "What changes picture or sound failed, and nothing is sent in its place. Switch it off, or try again."
            }
            MediaError::Failed(_) => "Camera, microphone or screen failed. Try again.",
            MediaError::Closed => "The call is over. Join again.",
        })
    }
}

impl StdError for MediaError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            MediaError::Denied(thrown)
            | MediaError::Dismissed(thrown)
            | MediaError::DeniedBySystem(thrown)
            | MediaError::DeniedByPolicy(thrown)
            | MediaError::ScreenDenied(thrown)
            | MediaError::ScreenDeniedBySystem(thrown)
            | MediaError::NeedsGesture(thrown)
            | MediaError::Unreadable(thrown)
            | MediaError::Missing(thrown)
            | MediaError::Busy(thrown)
            | MediaError::Constraints(thrown)
            | MediaError::Processor(thrown)
            | MediaError::Failed(thrown) => Some(thrown),
            MediaError::Insecure | MediaError::Unsupported | MediaError::Ended | MediaError::Closed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_have_their_codes() {
        let code =
            |name: &str| MediaError::from_exception(Exception { name: name.into(), message: String::new() }).code();
        assert_eq!(code("NotAllowedError"), "media/denied");
        assert_eq!(code("SecurityError"), "media/denied");
        assert_eq!(code("NotFoundError"), "media/missing");
        assert_eq!(code("NotReadableError"), "media/busy");
        assert_eq!(code("OverconstrainedError"), "media/constraints");
        assert_eq!(code("AbortError"), "media/failed");
        assert_eq!(code("SomethingNew"), "media/failed");
    }

    #[test]
    fn refusals_are_told_apart_by_their_message() {
        let code = |message: &str| {
            MediaError::from_exception(Exception { name: "NotAllowedError".into(), message: message.into() }).code()
        };
        assert_eq!(code("Permission denied"), "media/denied");
        assert_eq!(code("Permission denied by user"), "media/denied");
        assert_eq!(code("Permission denied by system"), "media/denied-by-system");
        assert_eq!(code("Permission dismissed"), "media/dismissed");
        let policy = "Access to the feature \"display-capture\" is disallowed by permissions policy.";
        assert_eq!(code(policy), "media/denied-by-policy");
        assert_eq!(code("The request is not allowed by the user agent or the platform."), "media/denied");
    }

    #[test]
    fn a_screen_has_codes_of_its_own() {
        let code = |name: &str| {
            MediaError::from_display_exception(Exception { name: name.into(), message: String::new() }).code()
        };
        assert_eq!(code("InvalidStateError"), "media/needs-gesture");
        assert_eq!(code("InvalidAccessError"), "media/needs-gesture");
        assert_eq!(code("NotReadableError"), "media/unreadable");
        assert_eq!(code("NotAllowedError"), "media/screen-denied");
        let denied = |message: &str| {
            let thrown = Exception { name: "NotAllowedError".into(), message: message.into() };
            MediaError::from_display_exception(thrown)
        };
        assert_eq!(denied("Permission denied by user").code(), "media/screen-denied");
        assert_eq!(denied("Permission dismissed").code(), "media/screen-denied");
        assert_eq!(denied("Permission denied by system").code(), "media/screen-denied-by-system");
        assert_eq!(denied("disallowed by permissions policy").code(), "media/denied-by-policy");
        for error in [denied(""), denied("Permission denied by system")] {
            assert!(!error.to_string().contains("camera"), "{error}");
        }
    }
}
