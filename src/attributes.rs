//! What members and the room have for everybody to see: small values by key.

use itodenwa_protocol::attributes::{AttributeError as Refused, Attributes};

use crate::codec::Writer;
use crate::error::AttributeError;
use crate::json::Json;
use crate::peer::Peer;
use crate::room::Handle;
use crate::room_ref::Request;
use crate::snapshot::SnapshotCell;

impl Handle {
    /// Sets an own attribute, or removes it with none: everybody sees it in [`Peer::attributes`], also those who come later. At most 32
    /// keys of 64 bytes (those that were removed count), with values of 1 KiB; 64 changes at once and then ten a second: of a key that
    /// changes faster the last value is told. They go from one to the other, never through the server.
    ///
    /// # Errors
    /// [`AttributeError`] if it is over a limit, or the room is over.
    pub fn set_attribute(&self, key: &str, value: impl Into<Option<Json>>) -> Result<(), AttributeError> {
        self.set(false, key, value.into())
    }

    /// Sets an attribute of the room, or removes it with none. Everybody may: the last one counts, and it stays as long as somebody is
    /// there. The limits are the same.
    ///
    /// # Errors
    /// [`AttributeError`] if it is over a limit, or the room is over.
    pub fn set_room_attribute(&self, key: &str, value: impl Into<Option<Json>>) -> Result<(), AttributeError> {
        self.set(true, key, value.into())
    }

    /// One's own attributes: an object that has each by its key.
    #[must_use]
    pub fn attributes(&self) -> Json {
        object(self.known_attributes(), false)
    }

    /// The attributes of the room: an object that has each by its key.
    #[must_use]
    pub fn room_attributes(&self) -> Json {
        object(self.known_attributes(), true)
    }

    fn set(&self, room: bool, key: &str, value: Option<Json>) -> Result<(), AttributeError> {
        if !self.room().is_open() {
            return Err(AttributeError::Closed);
        }
        let value = value.as_ref().map_or("", Json::as_str).to_owned();
        let set = self.known_attributes().change(|attributes| attributes.set(room, key.to_owned(), value));
        set.map_err(|refused| match refused {
            Refused::TooLarge => AttributeError::TooLarge,
            Refused::TooMany => AttributeError::TooMany,
        })?;
        // If too much is asked already, the driver looks before long.
        self.room().ask(Request::Share);
        Ok(())
    }
}

impl Peer {
    /// What they have for everybody to see ([`Handle::set_attribute`]): an object that has each by its key. All are known soon after they
    /// are connected.
    #[must_use]
    pub fn attributes(&self) -> Json {
        object(self.known_attributes(), false)
    }
}

/// Attributes as one object. Their values were JSON when they came.
fn object(attributes: &SnapshotCell<Attributes>, room: bool) -> Json {
    let mut json = Writer::default();
    json.open('{');
    attributes.change(|attributes| {
        for attribute in attributes.all().filter(|it| it.room == room && !it.value.is_empty()) {
            json.key(&attribute.key);
            json.json(&attribute.value);
        }
    });
    json.close('}');
    Json::written(json.finish())
}
