use crate::error::SendError;
use crate::oneshot;

/// A message that was accepted: it arrives once, and in its order, while both are in the room.
#[derive(Debug)]
#[must_use = "whether it arrives is told by delivered()"]
pub struct Message {
    id: u32,
    delivered: Vec<oneshot::Receiver<()>>,
}

impl Message {
    pub(crate) fn new(id: u32, delivered: Vec<oneshot::Receiver<()>>) -> Self {
        Message { id, delivered }
    }

    /// Names it in [`Event::Delivered`](crate::Event::Delivered). Rises with each message.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Waits until the application of everybody it was sent to has read it.
    ///
    /// # Errors
    /// [`SendError::PeerGone`] if somebody left before, or the room is over.
    pub async fn delivered(self) -> Result<(), SendError> {
        for delivered in self.delivered {
            delivered.await.map_err(|_| SendError::PeerGone)?;
        }
        Ok(())
    }
}
