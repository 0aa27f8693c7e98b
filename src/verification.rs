//! Whether anybody sits between two people: words that are the same at both ends of one connection. Loaded when it is first asked for.

mod certificates;
mod session;

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
pub use itodenwa_protocol::verification::Emoji;
use itodenwa_protocol::verification::WORDS;

use crate::channel::{Channel, ChannelOptions, accept, open};
use crate::dom::{Timer, has_digest};
use crate::error::{ChannelError, VerificationError};
use crate::incoming::{IncomingVerification, VERIFICATION};
use crate::oneshot;
use crate::peer::Peer;
use crate::room_ref::{Inspection, Request};
use session::Session;

/// How long the other side is waited for. It may have to load what it takes.
const WITHIN: Duration = Duration::from_secs(60);

/// What is known of who is at the other end of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Comparison {
    /// Nobody said yet what came of it.
    #[default]
    Open,
    /// The person said that both have the same words: nobody sits in between.
    Match,
    /// The person said that the words differ: somebody sits in between.
    Differ,
    /// The connection is over, or has another certificate at its end: what was compared says nothing of what comes after it.
    Changed,
}

impl Comparison {
    /// The name in JavaScript: `open`, `match`, `differ`, `changed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Comparison::Open => "open",
            Comparison::Match => "match",
            Comparison::Differ => "differ",
            Comparison::Changed => "changed",
        }
    }
}

/// What two people compare to know that nobody sits between them, the server included: seven signs of 64, 42 bits, that are the same at
/// both ends of one connection, and differ (but for one in 2⁴² connections) when there are two of them with somebody in the middle.
///
/// They are made of the certificates that DTLS found at both ends (RFC 8122, RFC 8827), of the room's name and both ids, and of a random number
/// of each side to which it had committed itself before it heard the other's, as in ZRTP (RFC 6189). **They say nothing until the two people have
/// read them to each other**, by voice, when they know it, or where nobody else can change it: not in the chat, which whoever sits in the
/// middle could rewrite.
///
/// It is about one connection. An ICE restart leaves it as it is. A new connection, as after a reload or a long cut, has new certificates: then
/// this is [`Comparison::Changed`], and there are other words to be compared.
#[derive(Clone)]
pub struct Verification(Rc<Session>);

impl Peer {
    /// What is to be compared with this peer: the same at both ends, whoever asks first, and the same each time it is asked for as long as the
    /// connection lives. Waits until there is a connection, and for the other side a minute at most. The other side is told by
    /// [`Event::Verification`](crate::Event::Verification).
    ///
    /// # Errors
    /// [`VerificationError`]: above all [`BrokenCommitment`](VerificationError::BrokenCommitment), [`Malformed`](VerificationError::Malformed) and
    /// [`Certificates`](VerificationError::Certificates), which no honest side makes happen.
    pub async fn verification(&self) -> Result<Verification, VerificationError> {
        within(async {
            let session = match known(self).await? {
                Some(session) => session,
                None => {
                    let channel = open(self, "verification", VERIFICATION, ChannelOptions::new()).await?;
                    begin(channel).await?
                }
            };
            Ok(Verification(session.agreed().await?))
        })
        .await
    }
}

impl IncomingVerification {
    /// What is to be compared.
    ///
    /// # Errors
    /// As [`Peer::verification`].
    pub async fn answer(&self) -> Result<Verification, VerificationError> {
        within(async {
            let session = begin(accept(&self.0)?).await?;
            Ok(Verification(session.agreed().await?))
        })
        .await
    }
}

impl Verification {
    /// Whose.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        self.0.peer()
    }

    /// The signs, in the order in which they are read, with what they are called.
    #[must_use]
    pub fn emoji(&self) -> [&'static Emoji; WORDS] {
        self.0.emoji()
    }

    /// The names of the signs in English, in the order in which they are read.
    #[must_use]
    pub fn words(&self) -> [&'static str; WORDS] {
        self.emoji().map(|emoji| emoji.english)
    }

    /// Whether it still says something, and what the person said of it.
    #[must_use]
    pub fn comparison(&self) -> Comparison {
        self.0.comparison()
    }

    /// Keeps what the person said. Nobody is told: whoever sits in the middle would say that it matches. Nothing when the connection has changed.
    pub fn compared(&self, matches: bool) {
        self.0.compared(matches);
    }

    /// Waits until it is [`Comparison::Changed`].
    pub async fn changed(&self) {
        self.0.changed().await;
    }

    /// The connection that it is about, to tell it from others.
    #[doc(hidden)]
    #[must_use]
    pub fn is_same(&self, other: &Verification) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification")
            .field("peer", self.peer())
            .field("comparison", &self.comparison())
            .finish_non_exhaustive()
    }
}

/// What the person was told is known already, if the connection is the same.
async fn known(peer: &Peer) -> Result<Option<Rc<Session>>, VerificationError> {
    if !has_digest() {
        return Err(VerificationError::Unsupported);
    }
    let room = peer.room().upgrade().ok_or(VerificationError::RoomClosed)?;
    let (tell, wait) = oneshot::channel();
    let inspection = Inspection(Box::new(move |connection| tell.send(session::find(connection.peer()))));
    room.ask(Request::Inspect(peer.id(), inspection));
    drop(room);
    let session = wait.await.ok().flatten();
    Ok(session.filter(|session| session.is_over()))
}

/// The exchange of the connection that this channel is of, which goes on over this channel, too.
async fn begin(channel: Channel) -> Result<Rc<Session>, VerificationError> {
    let peer = channel.peer().clone();
    let (tell, wait) = oneshot::channel();
    let inspection = Inspection(Box::new({
        let (peer, channel) = (peer.clone(), channel.clone());
        // A connection that was replaced meanwhile has ended its channels.
        move |connection| {
            let is_current = channel.disconnected().now_or_never().is_none();
            tell.send(if is_current { Session::of(peer, connection) } else { Err(VerificationError::Changed) });
        }
    }));
    let room = peer.room().upgrade().ok_or(VerificationError::RoomClosed)?;
    room.ask(Request::Inspect(peer.id(), inspection));
    drop(room);
    let session = wait.await.unwrap_or(Err(VerificationError::Changed))?;
    session.carry(channel);
    Ok(session)
}

async fn within<T>(exchange: impl Future<Output = Result<T, VerificationError>>) -> Result<T, VerificationError> {
    match select(Box::pin(exchange), Timer::new(WITHIN)).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(VerificationError::TimedOut),
    }
}

impl From<ChannelError> for VerificationError {
    fn from(error: ChannelError) -> Self {
        match error {
            ChannelError::Refused => VerificationError::Unanswered,
            ChannelError::Closed => VerificationError::Cancelled,
            ChannelError::Lost => VerificationError::Changed,
            ChannelError::PeerGone => VerificationError::PeerGone,
            ChannelError::RoomClosed => VerificationError::RoomClosed,
            ChannelError::Malformed | ChannelError::Flooded => VerificationError::Malformed,
            _ => VerificationError::TooMany,
        }
    }
}
