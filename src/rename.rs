//! Another name for oneself, while one is in the room.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use itodenwa_wire::{ClientMessage, DisplayName, InvalidId, RENAMES_SINCE, RefusalCode};

use crate::dom::Timer;
use crate::error::NameError;
use crate::oneshot;
use crate::room::Handle;
use crate::room_ref::Request;

/// How long the server may take, with all that happens to the connection to it.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

impl Handle {
    /// Changes what the others see, while one is in the room: up to 64 characters of plain text, as at the join; white space alone is no
    /// name. Done when the server has told everybody ([`Event::Renamed`](crate::Event::Renamed)): it is in the room's list for those who come
    /// later, and goes through interruptions. When it is asked for several times, each is done in its turn. The others are told a second
    /// name within half a second after that; of names that change faster the last one. Dropped before it is done, it may be made or not.
    ///
    /// # Errors
    /// [`NameError`]: it is no name, one's token says what one is called, the server is older than this or did not answer within 30 s (then
    /// it may know it all the same), or the room is over. The name is as before.
    pub async fn set_name(&self, name: &str) -> Result<(), NameError> {
        let name = match DisplayName::new(name) {
            Err(InvalidId::Empty) => None,
            name => Some(name.map_err(|_| NameError::Invalid)?),
        };
        let room = self.room();
        let (_done, done) = oneshot::channel();
        if let Some(before) = room.naming.last.replace(Some(done)) {
            let _ = before.await;
        }
        let over = pin!(room.requests.closed());
        let ends = select(Timer::new(ANSWERED_WITHIN), over);
        match select(pin!(self.say_name(name)), ends).await {
            Either::Left((said, _)) => said,
            Either::Right((Either::Left(_), _)) => Err(NameError::Unanswered),
            Either::Right((Either::Right(_), _)) => Err(NameError::Closed),
        }
    }

    /// Says it until the server knows it, or refuses: what is said while there is no server is lost.
    async fn say_name(&self, name: Option<DisplayName>) -> Result<(), NameError> {
        let room = self.room();
        loop {
            if room.version.get() < RENAMES_SINCE {
                return Err(NameError::Unsupported);
            }
            let (waits, answer) = oneshot::channel();
            room.naming.waits.set(Some(waits));
            // If too much is asked already, the time runs out.
            if !room.ask(Request::Say(ClientMessage::Rename(name.clone()))) && !room.is_open() {
                return Err(NameError::Closed);
            }
            match answer.await {
                Ok(None) if room.name.get() == name => return Ok(()),
                Ok(None) => {}
                Ok(Some(RefusalCode::NameFixed)) => return Err(NameError::Fixed),
                Ok(Some(_)) => return Err(NameError::Invalid),
                Err(_) => return Err(NameError::Closed),
            }
        }
    }
}
