//! Why and how a connection ends.

use std::time::Duration;

use itodenwa_wire::{CLOSE_TO_RESUME, LeaveReason, RefusalCode, ServerMessage};
use tokio::io::{self, AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::Io;
use super::reader::{Broken, Reader};
use super::writer::{Frame, Writer};
use crate::closing::{Closing, Ending};
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
    /// The client closed it, with this code.
    ClosedByClient(Option<u16>),
    /// The server is gone, or the network is.
    Lost,
    /// The socket ended, and the client had not said that it would: it was killed, or what stands between was.
    Dropped,
    /// Nothing came from the client in time, or it took nothing that was written.
    Silent { last_received: Instant },
    /// The server closes it.
    Closed(Closing),
}

impl End {
    /// What it means that nothing more can be read.
    pub(super) fn of(broken: Broken) -> Self {
        match broken {
            Broken::Io(error) => End::of_io(error),
            Broken::TooLarge(most) => End::Closed(message::too_large(most)),
            Broken::NotUtf8 => End::Closed(message::not_utf8()),
            Broken::NoFrame => End::Closed(Closing { code: CloseCode::Protocol.into(), refusal: None }),
        }
    }

    /// The end that an error means.
    pub(super) fn of_io(error: io::Error) -> Self {
        match error.kind() {
            _ if error.get_ref().is_some_and(|inner| inner.is::<TooFast>()) => End::too_fast(TooFast),
            kind if is_an_end(kind) => End::Dropped,
            _ => End::Lost,
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
            End::ClosedByClient(_) | End::Lost | End::Dropped | End::Silent { .. } => None,
        }
    }

    /// What it means for the member.
    pub(super) fn ending(&self) -> Ending {
        match self {
            // It has to slow down, and may then go on: what it had to say may have been the answers to others' flood.
            End::Closed(_) if self.refusal() == Some(RefusalCode::MessageTooFast) => broken_now(),
            End::Closed(_) => Ending::ForGood(LeaveReason::Refused),
            // A client that comes back on another socket says so.
            End::ClosedByClient(Some(CLOSE_TO_RESUME)) => broken_now(),
            End::ClosedByClient(_) => Ending::ForGood(LeaveReason::Gone),
            End::Lost => broken_now(),
            End::Dropped => Ending::Dropped,
            End::Silent { last_received } => Ending::Broken { last_received: last_received.into_std() },
        }
    }
}

fn broken_now() -> Ending {
    Ending::Broken { last_received: Instant::now().into_std() }
}

/// Ends a connection so that the client learns why. The caller sets the limit of time.
pub(super) async fn finish(
    reader: Reader<ReadHalf<Io>>,
    mut writer: Writer<WriteHalf<Io>>,
    end: End,
) -> io::Result<()> {
    let code = match end {
        End::Lost | End::Dropped => return Ok(()),
        // The closing handshake is the same whatever the code means (RFC 6455, section 5.5.1).
        End::ClosedByClient(code) => code,
        End::Silent { .. } => Some(CloseCode::Policy.into()),
        End::Closed(closing) => {
            // What was being written when the end came.
            writer.flush().await?;
            if let Some(refusal) = closing.refusal
                && let Ok(text) = serde_json::to_string(&ServerMessage::<()>::Refused(refusal))
            {
                writer.put(Frame::Text(text.into()));
            }
            if closing.code == u16::from(CloseCode::Restart) {
                writer.flush().await?;
                sleep(scatter()).await;
            }
            Some(closing.code)
        }
    };
    // What is to be written yet, and the last frame.
    writer.flush().await?;
    writer.put(Frame::Close(code));
    writer.flush().await?;
    // Closing a TCP connection with unread data resets it, and the reset can overtake what was just written. So only our
    // direction is shut, and what still comes is thrown away, at any speed, until the client closes
    // its own.
    let mut io = reader.into_inner().unsplit(writer.into_inner()).into_inner();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_was_seen_is_not_silence() {
        let of = |kind| End::of_io(io::Error::from(kind));
        for seen in [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe, io::ErrorKind::UnexpectedEof] {
            assert!(matches!(of(seen), End::Dropped), "{seen:?}");
        }
        for unseen in [io::ErrorKind::TimedOut, io::ErrorKind::HostUnreachable, io::ErrorKind::NetworkUnreachable] {
            assert!(matches!(of(unseen), End::Lost), "{unseen:?}");
        }
    }
}
