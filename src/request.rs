//! Asking a peer, and being asked.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use itodenwa_protocol::channel::Data;
pub use itodenwa_protocol::request::RequestRefusal;

use crate::channel::{Channel, ChannelOptions, accept, open};
use crate::dom::Timer;
use crate::error::{ChannelError, RequestError};
use crate::incoming::{IncomingRequest, REQUEST};
use crate::peer::Peer;

impl Peer {
    /// Asks this peer, whose application gets it as [`Event::Request`](crate::Event::Request), and waits for the answer, but not longer
    /// than this. Dropping the future takes the question back. Question and answer have 1 MiB at most.
    ///
    /// # Errors
    /// [`RequestError`]: [`Refused`](RequestError::Refused) with what the other side says, [`Unanswered`](RequestError::Unanswered) if it
    /// does not know such questions, [`TimedOut`](RequestError::TimedOut), or what can be wrong with a channel.
    pub async fn request(&self, name: &str, value: impl Into<Data>, within: Duration) -> Result<Data, RequestError> {
        let value = value.into();
        let answer = pin!(ask(self, name, value));
        match select(answer, Timer::new(within)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err(RequestError::TimedOut),
        }
    }
}

async fn ask(peer: &Peer, name: &str, value: Data) -> Result<Data, RequestError> {
    let channel = open(peer, name, REQUEST, ChannelOptions::new()).await.map_err(|error| match error {
        ChannelError::Refused => RequestError::Unanswered,
        error => RequestError::Channel(error),
    })?;
    channel.send(value).await?;
    match channel.receive().await? {
        Some(Data::Text(text)) => match RequestRefusal::read(&text) {
            Some(refusal) => Err(RequestError::Refused(refusal)),
            None => channel.receive().await?.ok_or(RequestError::Unanswered),
        },
        Some(Data::Bytes(_)) => Err(RequestError::Channel(ChannelError::Malformed)),
        None => Err(RequestError::Unanswered),
    }
}

/// What a peer asks. Dropping it without an answer tells them that there is none.
#[derive(Debug)]
pub struct Request {
    channel: Channel,
    value: Data,
}

impl IncomingRequest {
    /// Takes the question.
    ///
    /// # Errors
    /// [`ChannelError::Closed`] if it was taken or refused already, or taken back.
    pub async fn accept(&self) -> Result<Request, ChannelError> {
        let channel = accept(&self.0)?;
        let value = channel.receive().await?.ok_or(ChannelError::Closed)?;
        Ok(Request { channel, value })
    }
}

impl Request {
    /// Whose.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        self.channel.peer()
    }

    /// What is asked for, as the other side calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.channel.name()
    }

    /// What came with it.
    #[must_use]
    pub fn value(&self) -> &Data {
        &self.value
    }

    /// Answers.
    ///
    /// # Errors
    /// [`ChannelError`]: [`TooLarge`](ChannelError::TooLarge), with which it is refused, or nobody waits for it any more.
    pub async fn answer(self, value: impl Into<Data>) -> Result<(), ChannelError> {
        let value = value.into();
        let size = match &value {
            Data::Text(text) => text.len(),
            Data::Bytes(bytes) => bytes.len(),
        };
        if size > self.channel.message_bytes() {
            let error = ChannelError::TooLarge;
            self.refuse(RequestRefusal::new(error.code(), &error.to_string())).await?;
            return Err(error);
        }
        self.channel.send("").await?;
        self.channel.send(value).await
    }

    /// Says why there is no answer.
    ///
    /// # Errors
    /// [`ChannelError`] if nobody waits for it any more.
    pub async fn refuse(self, refusal: RequestRefusal) -> Result<(), ChannelError> {
        self.channel.send(refusal.write()).await
    }
}
