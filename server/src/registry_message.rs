//! What other tasks send to the connection registry.

use hyper::upgrade::OnUpgrade;
use itodenwa_wire::{ClientMessage, RefusalCode};
use tokio::sync::oneshot;

use crate::address::Origin;
use crate::closing::{Closing, Ending};
use crate::gate::Denied;
use crate::metrics::Numbers;
use crate::node::ConnectionId;
use crate::operator::{Answer, Question};
use crate::packet::Opaque;

/// How many messages wait for the registry; a sender then waits too.
pub(crate) const INBOX_MESSAGES: usize = 256;

/// What the other tasks tell the connection registry.
#[derive(Debug)]
pub(crate) enum RegistryMessage {
    /// A client would like to open a WebSocket, and perhaps says that it joins later. If the answer is yes, the connection is taken over.
    Connect { origin: Origin, upgrade: OnUpgrade, visits: bool, answer: oneshot::Sender<Result<(), Denied>> },
    /// A client would like to know whether it could open one now.
    Admission { origin: Origin, answer: oneshot::Sender<Result<(), Denied>> },
    /// A page that may not connect tried to.
    WebOriginDenied,
    /// The numbers are asked for.
    Measure(oneshot::Sender<Numbers>),
    /// Somebody who operates the server asks of the rooms of all nodes.
    Ask(Question, oneshot::Sender<Vec<Answer>>),
    /// A connection sent something.
    Received(ConnectionId, Result<ClientMessage<Opaque>, Closing>),
    /// A connection sent a message of a kind that only later versions know.
    Unknown(ConnectionId),
    /// A connection took what it was sent before a mark.
    Taken(ConnectionId),
    /// A connection is gone, or is being closed, perhaps with a refusal.
    Ended(ConnectionId, Ending, Option<RefusalCode>),
}
