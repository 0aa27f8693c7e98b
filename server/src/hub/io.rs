//! What goes into the hub, and what comes out of it.

use std::sync::Arc;

use itodenwa_wire::{ClientMessage, ServerMessage};

use crate::closing::{Closing, Ending};
use crate::node::ConnectionId;

/// A fact for the hub. `P` is a packet, which nothing here looks at.
#[derive(Debug)]
pub enum Input<P> {
    /// A connection was made.
    Connected(ConnectionId),
    /// It said something, or something that is refused.
    Received(ConnectionId, Result<ClientMessage<P>, Closing>),
    /// It sent a message of a kind that only later versions know.
    Unknown(ConnectionId),
    /// It does not read what it is sent, and its queue is full.
    Overflowed(ConnectionId),
    /// It took all that it was sent before an [`Output::Mark`].
    Taken(ConnectionId),
    /// It is gone.
    Disconnected(ConnectionId, Ending),
    /// A moment that `Hub::deadline` named has come.
    Deadline,
    /// The server stops: everybody is sent away.
    Stop,
}

impl<P> Input<P> {
    /// Whom it is about, if about one connection.
    #[must_use]
    pub fn connection(&self) -> Option<ConnectionId> {
        match self {
            Input::Connected(from)
            | Input::Received(from, _)
            | Input::Unknown(from)
            | Input::Overflowed(from)
            | Input::Taken(from)
            | Input::Disconnected(from, _) => Some(*from),
            Input::Deadline | Input::Stop => None,
        }
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output<P> {
    /// Send this to this connection.
    Send(ConnectionId, Arc<ServerMessage<P>>),
    /// Say when this connection took all that it was sent before: [`Input::Taken`].
    Mark(ConnectionId),
    /// Close this connection. The hub has forgotten it.
    Close(ConnectionId, Closing),
}

impl<P> Output<P> {
    /// Whom it is about.
    #[must_use]
    pub fn connection(&self) -> ConnectionId {
        match self {
            Output::Send(connection, _) | Output::Mark(connection) | Output::Close(connection, _) => *connection,
        }
    }
}
