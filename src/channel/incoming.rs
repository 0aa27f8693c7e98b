use super::Channel;
use super::state::Shared;
use crate::error::ChannelError;
use crate::incoming::{Incoming, IncomingChannel};

impl IncomingChannel {
    /// Opens it here, too. From now on the other side may send.
    ///
    /// # Errors
    /// [`ChannelError::Closed`] if it was accepted or refused already, or the other side closed it; [`ChannelError::Lost`] while its connection is
    /// lost: it can be accepted when there is another one.
    pub fn accept(&self) -> Result<Channel, ChannelError> {
        accept(&self.0)
    }
}

pub(crate) fn accept(incoming: &Incoming) -> Result<Channel, ChannelError> {
    if incoming.is_lost() {
        return Err(ChannelError::Lost);
    }
    let transport = incoming.take().ok_or(ChannelError::Closed)?;
    // Nobody listened to it before.
    if matches!(transport.channel.ready_state().as_str(), "closing" | "closed") || transport.slot.ended().is_some() {
        return Err(ChannelError::Closed);
    }
    let shared = Shared::new(transport, incoming.peer().clone());
    shared.accept();
    Ok(Channel::new(shared))
}
