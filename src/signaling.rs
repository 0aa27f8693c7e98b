//! How messages reach the server, or whatever stands in its place.

mod address;
mod network_hints;
mod websocket;

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use itodenwa_wire::{ClientMessage, ServerMessage, Wait, Welcome};

use crate::dom::Timer;
use crate::error::Error;

pub use crate::error::SignalingError;
pub use websocket::WebSocketSignaling;

/// A way to the others: it takes messages, and is the stream of those that come.
///
/// Implement it to carry a call over something else than the WebSocket of itodenwa's server. What is at the other end
/// answers the first message, [`ClientMessage::Join`], with [`ServerMessage::Welcome`] or [`ServerMessage::Refused`], perhaps after a
/// [`ServerMessage::Wait`], says
/// [`ServerMessage::Joined`] and [`ServerMessage::Left`], answers [`ClientMessage::Rename`] with [`ServerMessage::Renamed`] to everybody, and passes [`ClientMessage::Signal`] on as
/// [`ServerMessage::Signal`] with the true sender. It may lose, duplicate and reorder what it passes on.
///
/// The stream gives an error for a message that it does not understand ([`SignalingError::Malformed`]) and when it comes
/// back later ([`SignalingError::Away`], then a further welcome), and goes on; any other error, or the stream's end, is the
/// end of the signalling. Dropping it closes it.
pub trait Signaling: Stream<Item = Result<ServerMessage, SignalingError>> + Unpin {
    /// Sends a message, now or as soon as the stream is polled. It does not wait.
    ///
    /// # Errors
    /// [`SignalingError::Lost`] when nothing can be sent any more, or too much waits to be sent.
    fn send(&mut self, message: &ClientMessage) -> Result<(), SignalingError>;

    /// How many messages that were sent wait for something else than the network, and for the stream to be polled. None unless it is said.
    fn waiting(&self) -> usize {
        0
    }
}

pub(crate) type Sealing = Pin<Box<dyn Future<Output = Result<Box<dyn Signaling>, Error>>>>;

/// What seals that which goes over the signaling. Behind a pointer: what joins rooms needs nothing of it.
pub(crate) trait Seal {
    fn seal(self: Box<Self>, room: String, signaling: Box<dyn Signaling>) -> Sealing;
}

/// Messages that are passed over while the last ones go out, at most.
const PASSED_OVER: usize = 64;

/// Lets what was sent last go out before the signalling is dropped; what comes meanwhile is of no use any more.
pub(crate) async fn flush(signaling: &mut Box<dyn Signaling>) {
    poll_fn(|cx| {
        for _ in 0..PASSED_OVER {
            match signaling.poll_next_unpin(cx) {
                Poll::Ready(Some(_)) => {}
                Poll::Pending if signaling.waiting() > 0 => return Poll::Pending,
                Poll::Pending | Poll::Ready(None) => break,
            }
        }
        Poll::Ready(())
    })
    .await;
}

/// How long the server may take to answer the join, with the attempts of a page that is not let in at once.
const WELCOME: Duration = Duration::from_secs(20);

/// Waits for the answer to a join. `waits` is told that it takes somebody to let one in, and for how long one waits at most: from then on
/// the server says when it is over.
pub(crate) async fn welcome(
    signaling: &mut Box<dyn Signaling>,
    waits: &dyn Fn(Duration),
) -> Result<Welcome, SignalingError> {
    let mut next = match select(pin!(answer(signaling)), Timer::new(WELCOME)).await {
        Either::Left((answer, _)) => answer?,
        Either::Right(_) => return Err(SignalingError::Lost("the server did not answer the join".into())),
    };
    loop {
        match next {
            Answer::Welcome(welcome) => return Ok(*welcome),
            Answer::Wait(wait) => waits(Duration::from_secs(wait.seconds.into())),
        }
        next = answer(signaling).await?;
    }
}

/// What a server says to who joins.
enum Answer {
    Welcome(Box<Welcome>),
    Wait(Wait),
}

async fn answer(signaling: &mut Box<dyn Signaling>) -> Result<Answer, SignalingError> {
    while let Some(message) = signaling.next().await {
        match message {
            Ok(ServerMessage::Welcome(welcome)) => return Ok(Answer::Welcome(Box::new(welcome))),
            Ok(ServerMessage::Wait(wait)) => return Ok(Answer::Wait(wait)),
            Ok(ServerMessage::Refused(refusal)) => return Err(SignalingError::Refused(refusal)),
            // What came too early, or was not understood, is of no use before the welcome; and who waits, and was away, waits again.
            Ok(_) | Err(SignalingError::Malformed(_) | SignalingError::Packet(..) | SignalingError::Away(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(SignalingError::Lost("it ended before the welcome".into()))
}
