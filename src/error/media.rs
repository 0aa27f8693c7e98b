use std::error::Error as StdError;
use std::fmt;

use super::Exception;

/// Why a camera or microphone can't be used (W3C Media Capture and Streams, section 10.2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MediaError {
    /// `media/denied`: the person, or the page's policy, does not allow it.
    Denied(Exception),
    /// `media/missing`: there is no such device.
    Missing(Exception),
    /// `media/busy`: the device is there and does not work, mostly because another program uses it.
    Busy(Exception),
    /// `media/constraints`: no device can do what is asked.
    Constraints(Exception),
    /// `media/insecure`: the page was not loaded over HTTPS (or from localhost).
    Insecure,
    /// `media/unsupported`: the browser has no `getUserMedia`.
    Unsupported,
    /// `media/ended`: the device was unplugged, or taken away, while it was in use.
    Ended,
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
            MediaError::Missing(_) => "media/missing",
            MediaError::Busy(_) => "media/busy",
            MediaError::Constraints(_) => "media/constraints",
            MediaError::Insecure => "media/insecure",
            MediaError::Unsupported => "media/unsupported",
            MediaError::Ended => "media/ended",
            MediaError::Failed(_) => "media/failed",
            MediaError::Closed => "room/closed",
        }
    }

    /// What `getUserMedia` threw, by the exception's name. Firefox and older browsers have names of their own.
    pub(crate) fn from_exception(thrown: Exception) -> Self {
        match thrown.name.as_str() {
            "NotAllowedError" | "SecurityError" | "PermissionDeniedError" => MediaError::Denied(thrown),
            "NotFoundError" | "DevicesNotFoundError" => MediaError::Missing(thrown),
            "NotReadableError" | "TrackStartError" => MediaError::Busy(thrown),
            "OverconstrainedError" | "ConstraintNotSatisfiedError" | "TypeError" => MediaError::Constraints(thrown),
            _ => MediaError::Failed(thrown),
        }
    }
}

impl fmt::Display for MediaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MediaError::Denied(_) => {
                "The camera or microphone is not allowed. Allow it for this page in the browser's address bar."
            }
            MediaError::Missing(_) => "No camera or microphone was found. Connect one and try again.",
            MediaError::Busy(_) => {
                "The camera or microphone is in use elsewhere. Close the other program and try again."
            }
            MediaError::Constraints(_) => "No camera or microphone can do what was asked.",
            MediaError::Insecure => {
                "Camera and microphone need a secure page. Load it over https:// or from localhost."
            }
            MediaError::Unsupported => {
                "This browser gives no access to cameras and microphones. Use a current browser."
            }
            MediaError::Ended => "The camera or microphone was taken away. Connect it and switch it on again.",
            MediaError::Failed(_) => "The camera or microphone failed. Try again.",
            MediaError::Closed => "The call is over. Join again.",
        })
    }
}

impl StdError for MediaError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            MediaError::Denied(thrown)
            | MediaError::Missing(thrown)
            | MediaError::Busy(thrown)
            | MediaError::Constraints(thrown)
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
}
