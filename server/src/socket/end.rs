//! Why and how a connection ends.

use std::time::Duration;

use futures_util::SinkExt;
use itodenwa_wire::{CLOSE_TO_RESUME, LeaveReason, RefusalCode, ServerMessage};
use tokio::io::{self, AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::error::{CapacityError, Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::Stream;
use crate::Limits;
use crate::hub::{Closing, Ending};
use crate::message;
use crate::rate::TooFast;

/// When a client that was too fast may come back, in milliseconds.
const RETRY_AFTER_FLOOD: u32 = 10_000;

/// Over how long connections are closed when the server stops, after everybody was told at once.
const SCATTERED: Duration = Duration::from_secs(1);

/// How much is still read of a connection that is closed, and thrown away: what can have been on its way.
const REST_BYTES: u64 = 8 * 1024 * 1024;

/// Why a connection ends.
#[derive(Debug)]
pub(super) enum End {
    /// The client closed it.
    Hung,
    /// The server is gone, or the client comes back on another socket, or the network is gone.
    Lost,
    /// The socket ended, and the client had not said that it would: it was killed, or what stands between was.
    Dropped,
    /// Nothing was heard of the client in time, or it took nothing that was written.
    Silent { heard: Instant },
    /// The server closes it.
    Closed(Closing),
}

impl End {
    /// The end that an error means.
    pub(super) fn of(error: Error, limits: &Limits) -> Self {
        match error {
            Error::Capacity(CapacityError::MessageTooLong { .. }) => {
                End::Closed(message::too_large(limits.signal_bytes))
            }
            Error::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<TooFast>()) => End::too_fast(TooFast),
            Error::Utf8(_) => End::Closed(message::not_utf8()),
            Error::Io(error) if is_an_end(error.kind()) => End::Dropped,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Dropped,
            Error::Protocol(ProtocolError::SendAfterClosing) => End::Lost,
            Error::Protocol(_) => End::Closed(Closing { code: CloseCode::Protocol.into(), refusal: None }),
            _ => End::Lost,
        }
    }

    /// The end that a close frame means: who comes back on another socket says so.
    pub(super) fn by_client(frame: Option<CloseFrame>) -> Self {
        match frame {
            Some(frame) if u16::from(frame.code) == CLOSE_TO_RESUME => End::Lost,
            _ => End::Hung,
        }
    }

    /// The end of a connection that goes on sending too fast.
    pub(super) fn too_fast(error: TooFast) -> Self {
        End::Closed(Closing::refusing(RefusalCode::MessageTooFast, error.to_string()).retry(RETRY_AFTER_FLOOD))
    }

    /// Why the server closes it, if it does.
    pub(super) fn refusal(&self) -> Option<RefusalCode> {
        match self {
            End::Closed(closing) => closing.refusal.as_ref().map(|refusal| refusal.code),
            End::Hung | End::Lost | End::Dropped | End::Silent { .. } => None,
        }
    }

    /// What it means for the member.
    pub(super) fn ending(&self) -> Ending {
        match self {
            End::Closed(_) => Ending::ForGood(LeaveReason::Refused),
            End::Hung => Ending::ForGood(LeaveReason::Gone),
            End::Lost => Ending::Broken { heard: Instant::now().into_std() },
            End::Dropped => Ending::Dropped,
            End::Silent { heard } => Ending::Broken { heard: heard.into_std() },
        }
    }
}

/// Ends a connection so that the client learns why. The caller sets the limit of time.
pub(super) async fn finish(mut stream: Stream, end: End) -> Result<(), Error> {
    match end {
        End::Lost | End::Dropped => return Ok(()),
        // The library has prepared the answer to the close frame: it only needs to be written.
        End::Hung => stream.flush().await.or_else(closed_is_fine)?,
        End::Silent { .. } => stream.close(Some(frame(CloseCode::Policy.into()))).await?,
        End::Closed(closing) => {
            if let Some(refusal) = closing.refusal
                && let Ok(text) = serde_json::to_string(&ServerMessage::<()>::Refused(refusal))
            {
                stream.send(Message::Text(text.into())).await?;
            }
            if closing.code == u16::from(CloseCode::Restart) {
                sleep(scatter()).await;
            }
            stream.close(Some(frame(closing.code))).await?;
        }
    }
    // Closing a TCP connection with unread data resets it, and the reset can overtake what was just written. So only our
    // direction is shut, and what still comes is thrown away, at any speed, until the client closes
    // its own.
    let io = stream.get_mut().get_mut();
    io.shutdown().await?;
    io::copy(&mut io.take(REST_BYTES), &mut io::sink()).await?;
    Ok(())
}

/// Whether the other side's end was seen (FIN or RST), and not only that nothing gets through.
fn is_an_end(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// A moment, another one for each connection: so they do not all go, and come elsewhere, at once.
fn scatter() -> Duration {
    let random = getrandom::u32().unwrap_or_default();
    SCATTERED.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

fn closed_is_fine(error: Error) -> Result<(), Error> {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => Ok(()),
        error => Err(error),
    }
}

fn frame(code: u16) -> CloseFrame {
    CloseFrame { code: code.into(), reason: Utf8Bytes::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_was_seen_is_not_silence() {
        let of = |kind| End::of(Error::Io(io::Error::from(kind)), &Limits::default());
        for seen in [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe, io::ErrorKind::UnexpectedEof] {
            assert!(matches!(of(seen), End::Dropped), "{seen:?}");
        }
        for unseen in [io::ErrorKind::TimedOut, io::ErrorKind::HostUnreachable, io::ErrorKind::NetworkUnreachable] {
            assert!(matches!(of(unseen), End::Lost), "{unseen:?}");
        }
        let without_a_word = Error::Protocol(ProtocolError::ResetWithoutClosingHandshake);
        assert!(matches!(End::of(without_a_word, &Limits::default()), End::Dropped));
    }
}
