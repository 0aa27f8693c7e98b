//! What sending and receiving have in common.

use std::future::Future;
use std::pin::pin;

use futures_util::future::{Either, select};
use itodenwa_protocol::file::{Fault, Word};

use super::transfer::Shared;
use crate::channel::Channel;
use crate::error::{ChannelError, FileError};

/// Why a channel's part of a transfer is over.
pub(super) enum Stop {
    /// It goes on through the next one.
    Lost,
    /// It does not.
    Failed(FileError),
}

impl From<ChannelError> for Stop {
    fn from(error: ChannelError) -> Self {
        Stop::Failed(match error {
            ChannelError::Lost => return Stop::Lost,
            ChannelError::PeerGone => FileError::PeerGone,
            ChannelError::RoomClosed => FileError::RoomClosed,
            ChannelError::Refused => FileError::Refused,
            ChannelError::TooMany => FileError::TooMany,
            ChannelError::Closed => FileError::CancelledByPeer,
            _ => FileError::Malformed,
        })
    }
}

impl From<FileError> for Stop {
    fn from(error: FileError) -> Self {
        Stop::Failed(error)
    }
}

/// Something is wrong here, or with what came: the other side is told why it ends.
pub(super) fn fail(channel: &Channel, fault: Fault) -> Stop {
    // One that takes nothing is told by the end alone.
    let _ = channel.try_send(Word::Failed(fault).write());
    Stop::Failed(match fault {
        Fault::Malformed | Fault::Order => FileError::Malformed,
        Fault::Hash => FileError::Corrupt,
        Fault::Storage => FileError::Storage,
        Fault::Unreadable => FileError::Unreadable,
    })
}

/// The other side gives it up.
pub(super) fn failed_there(fault: Fault) -> Stop {
    Stop::Failed(match fault {
        Fault::Malformed | Fault::Order => FileError::Malformed,
        Fault::Hash => FileError::Corrupt,
        Fault::Storage => FileError::PeerStorage,
        Fault::Unreadable => FileError::PeerUnreadable,
    })
}

/// Runs something of a transfer until it is cancelled.
pub(super) async fn unless_cancelled<T>(
    shared: &Shared,
    work: impl Future<Output = Result<T, Stop>>,
) -> Result<T, Stop> {
    match select(pin!(work), pin!(shared.cancelled())).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(FileError::Cancelled.into()),
    }
}

/// Two at once, until one of them is over.
pub(super) async fn either<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    match select(pin!(one), pin!(other)).await {
        Either::Left((result, _)) | Either::Right((result, _)) => result,
    }
}

/// Tells the other side when the person wants it to wait, and when not any more.
pub(super) async fn tell_wishes(shared: &Shared, channel: &Channel) -> Result<(), Stop> {
    let mut is_paused = false;
    loop {
        is_paused = shared.wish(is_paused).await;
        let word = if is_paused { Word::Pause } else { Word::Resume };
        channel.send(word.write()).await?;
    }
}
