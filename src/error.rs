//! What can fail, with a stable code for programs and a sentence for people.

mod call;
mod js;
mod media;
mod record;

use std::error::Error as StdError;
use std::fmt;

use itodenwa_wire::InvalidId;

pub use crate::dom::Exception;
pub use call::CallError;
pub use itodenwa_protocol::SignalingError;
pub use media::MediaError;
pub use record::RecordError;

/// Why a room can't be joined, or ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// `room/invalid`: not a name for a room.
    Room(InvalidId),
    /// `name/invalid`: not a name for a person.
    Name(InvalidId),
    /// `webrtc/unsupported`: the browser has no `RTCPeerConnection`, or it is switched off.
    Unsupported,
    /// `signaling/…`: the way to the server.
    Signaling(SignalingError),
    /// `room/unread`: the application did not read the room's events, and too many waited.
    Unread,
    /// `page/hidden`: the person left the page, which may be shown again from the back/forward cache (HTML, `pagehide`).
    PageHidden,
}

impl Error {
    /// The code. It never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Error::Room(_) => "room/invalid",
            Error::Name(_) => "name/invalid",
            Error::Unsupported => "webrtc/unsupported",
            Error::Signaling(error) => error.code(),
            Error::Unread => "room/unread",
            Error::PageHidden => "page/hidden",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Room(why) => {
                write!(f, "This can't be a room's name: {why}. Use 1 to 64 letters A-Z a-z, digits, - and _.")
            }
            Error::Name(why) => write!(f, "This can't be a name: {why}. Use up to 256 bytes of plain text."),
            Error::Unsupported => {
                f.write_str("This browser can't make calls (WebRTC is missing or switched off). Use a current browser.")
            }
            Error::Signaling(error) => error.fmt(f),
            Error::Unread => {
                f.write_str("The room was closed because its events were not read. Poll the room's stream.")
            }
            Error::PageHidden => {
                f.write_str("The page was left, and the call with it. Join again when the page is shown again.")
            }
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Error::Room(why) | Error::Name(why) => Some(why),
            Error::Signaling(error) => Some(error),
            Error::Unsupported | Error::Unread | Error::PageHidden => None,
        }
    }
}

impl From<SignalingError> for Error {
    fn from(error: SignalingError) -> Self {
        Error::Signaling(error)
    }
}

macro_rules! plain_errors {
    ($($(#[doc = $doc:literal])+ $name:ident { $($variant:ident = $code:literal, $text:literal;)+ })+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $code, "`: ", $text)] $variant,)+
        }

        impl $name {
            /// The code. It never changes.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $($name::$variant => $code,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($name::$variant => $text,)+ })
            }
        }

        impl StdError for $name {}
    )+};
}

plain_errors! {
    /// Why a message is not sent, or was not delivered.
    SendError {
        TooLarge = "send/too-large", "The message is larger than 16 KiB (bytes: 12 KiB). Send it in parts.";
        Unsupported = "send/unsupported", "It is neither text nor bytes nor a value that JSON has. Send one of them.";
        QueueFull = "send/queue-full", "Too many messages wait for this peer. Wait until some are delivered.";
        Nobody = "send/nobody", "Nobody else is in the room. Send it when somebody has joined.";
        PeerGone = "send/peer-gone", "The peer left before the message was delivered.";
        Closed = "room/closed", "The call is over. Join again.";
    }
    /// Why a track is not sent.
    PublishError {
        Kind = "publish/kind", "The track is of another kind than the source. Publish sound as microphone, pictures as camera or screen, or either under a name of your own.";
        Ended = "publish/ended", "The track has ended, and nothing more comes from it. Publish one that lives.";
        TooMany = "publish/too-many", "Eight sources with names of your own are sent already. Take one of them away.";
        Closed = "room/closed", "The call is over. Join again.";
    }
    /// Why an element can't show somebody.
    ViewError {
        NotFound = "view/not-found", "No element of the page fits the selector.";
        NotMedia = "view/not-media", "The element is neither a video nor an audio element. Choose one that is, or attach in a container.";
        Refused = "view/refused", "The page has no document, or it does not take the element.";
        Closed = "room/closed", "The call is over. Join again.";
    }
}
