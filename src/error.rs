//! What can fail, with a stable code for programs and a sentence for people.

mod call;
mod js;
mod media;
mod record;
mod request;

use std::error::Error as StdError;
use std::fmt;

use itodenwa_wire::InvalidId;
use itodenwa_wire::text::write_all;

pub use crate::dom::Exception;
pub use call::CallError;
pub use itodenwa_protocol::SignalingError;
pub use media::MediaError;
pub use record::RecordError;
pub use request::RequestError;

/// Why a room can't be joined, or ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// `room/invalid`: not a name for a room.
    Room(InvalidId),
    /// `name/invalid`: not a name for a person.
    Name(InvalidId),
    /// `key/…`: the room's key.
    Key(KeyError),
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
            Error::Key(error) => error.code(),
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
            Error::Room(why) => write_all(
                f,
                &["This can't be a room's name: ", &why.to_string(), ". Use 1 to 64 letters A-Z a-z, digits, - and _."],
            ),
            Error::Name(why) => {
                write_all(f, &["This can't be a name: ", &why.to_string(), ". Use up to 256 bytes of plain text."])
            }
            Error::Key(error) => error.fmt(f),
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
            Error::Key(error) => Some(error),
            Error::Unsupported | Error::Unread | Error::PageHidden => None,
        }
    }
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        Error::Key(error)
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
    /// Why a room's key can't be used.
    KeyError {
        Invalid = "key/invalid", "A room's key has 16 to 256 characters. Use one that was made for it.";
        Unavailable = "key/unavailable", "This browser encrypts nothing on this page. Serve it over https.";
    }
    /// Why a track is not sent.
    PublishError {
        Kind = "publish/kind", "The track is of another kind than the source. Publish sound as microphone, pictures as camera or screen, or either under a name of your own.";
        Ended = "publish/ended", "The track has ended, and nothing more comes from it. Publish one that lives.";
        TooMany = "publish/too-many", "Eight sources with names of your own are sent already. Take one of them away.";
        Closed = "room/closed", "The call is over. Join again.";
    }
    /// Why a channel can't be opened, is over, or does not take a message.
    ChannelError {
        Name = "channel/name", "A channel's name has 1 to 256 bytes. Choose another one.";
        TooMany = "channel/too-many", "There are 64 channels with this peer already. Close some.";
        Failed = "channel/failed", "The browser does not open the channel. Try again when the connection is there.";
        Refused = "channel/refused", "The other side does not want this channel.";
        TooLarge = "channel/too-large", "The message is longer than 1 MiB, or 64 KiB where not everything has to arrive in order. Send it in parts.";
        NotReady = "channel/not-ready", "The other side has not read what was sent before. Wait until it has.";
        QueueFull = "channel/queue-full", "Too many messages wait to be sent. Await send().";
        Data = "channel/data", "A message is text or bytes. Send a string, an ArrayBuffer or a view of one.";
        Flooded = "channel/flooded", "The other side sent more than it may. The channel is closed.";
        Malformed = "channel/malformed", "The other side sent what is no message. The channel is closed.";
        Lost = "channel/lost", "The connection was lost, and maybe what was sent last. Open the channel again.";
        Closed = "channel/closed", "The channel is closed. Open another one.";
        PeerGone = "channel/peer-gone", "The peer left.";
        RoomClosed = "room/closed", "The call is over. Join again.";
    }
    /// Why a file is not sent or received.
    FileError {
        Refused = "file/refused", "The other side does not want the file.";
        Cancelled = "file/cancelled", "The transfer was cancelled.";
        CancelledByPeer = "file/cancelled-by-peer", "The other side cancelled the transfer.";
        TooLarge = "file/too-large", "The file is larger than what may be taken. Choose another place for it.";
        NoSpace = "file/no-space", "The browser has no room for the file. Remove something, or choose another place for it.";
        Storage = "file/storage", "The file can't be stored. Look whether there is room, and whether the page may write there.";
        PeerStorage = "file/peer-storage", "The other side can't store the file.";
        Unreadable = "file/unreadable", "The file can't be read any more. Was it changed or moved? Choose it again.";
        PeerUnreadable = "file/peer-unreadable", "The other side can't read the file any more.";
        Corrupt = "file/corrupt", "What arrived is not what the other side says it sent. Ask them to send it again.";
        Malformed = "file/malformed", "The other side does not keep the rules of a transfer. It was ended.";
        TooMany = "file/too-many", "Too many files and channels are open with this peer. Wait until one is done.";
        Taken = "file/taken", "The file was accepted or refused already, or its offer was taken back.";
        Unsupported = "file/unsupported", "This browser can't verify or store files here. Use a page of HTTPS and a current browser.";
        PeerGone = "file/peer-gone", "The peer left.";
        RoomClosed = "room/closed", "The call is over. Join again.";
    }
    /// Why one is not called otherwise.
    NameError {
        Invalid = "name/invalid", "This can't be a name. Use up to 64 characters of plain text.";
        Fixed = "name/fixed", "The token says what you are called. Join with another one.";
        Unsupported = "name/unsupported", "The server is older than this, and knows no new names. Leave, and join with the name.";
        Unanswered = "name/unanswered", "The server did not say in time that it knows the name. Try again when it is there.";
        Closed = "room/closed", "The call is over. Join again.";
    }
    /// Why an attribute is not set.
    AttributeError {
        TooLarge = "attribute/too-large", "The key is empty or longer than 64 bytes, or the value is larger than 1 KiB. Send what is large as a message.";
        TooMany = "attribute/too-many", "There are 32 attributes already, with those that were removed. Use one of their keys.";
        Closed = "room/closed", "The call is over. Join again.";
    }
    /// Why there are no words to compare with a peer.
    VerificationError {
        BrokenCommitment = "verification/broken-commitment", "The other side does not reveal what it had committed itself to: somebody in between is trying to make the words match. Say nothing confidential, and hang up.";
        Malformed = "verification/malformed", "The other side does not keep the rules of comparing. Say nothing confidential, and hang up.";
        Certificates = "verification/certificates", "Parts of the connection end in different places, or where they began. Say nothing confidential, and hang up.";
        Changed = "verification/changed", "The connection was made anew, or has another certificate now. Compare again.";
        Unanswered = "verification/unanswered", "The other side does not know how to compare words: its version is older, or its application leaves it out. Use the same version on both sides.";
        Cancelled = "verification/cancelled", "The other side gave it up. Compare again.";
        TimedOut = "verification/timed-out", "The other side did not answer within a minute. Compare again.";
        Unsupported = "verification/unsupported", "This browser does not tell which certificate is at the other end, or makes no hashes on this page. Use a current browser, and https.";
        TooMany = "verification/too-many", "Too many channels are open with this peer. Close some.";
        PeerGone = "verification/peer-gone", "The peer left.";
        RoomClosed = "room/closed", "The call is over. Join again.";
    }
    /// Why an element can't show somebody.
    ViewError {
        NotFound = "view/not-found", "No element of the page fits the selector.";
        NotMedia = "view/not-media", "The element is neither a video nor an audio element. Choose one that is, or attach in a container.";
        Refused = "view/refused", "The page has no document, or it does not take the element.";
        Closed = "room/closed", "The call is over. Join again.";
    }
}
