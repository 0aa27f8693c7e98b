use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::TICKET_BYTES;
use crate::text::write_all;

/// What a session is resumed with: made and read by servers alone. Who has it can take the session over, so it is told to
/// nobody, and not shown in logs.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ticket(Box<str>);

/// The text is longer than a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketTooLong;

impl Ticket {
    /// Takes any text of up to [`TICKET_BYTES`]; whether it is worth something is for the server to say.
    ///
    /// # Errors
    /// [`TicketTooLong`].
    pub fn new(text: impl Into<String>) -> Result<Self, TicketTooLong> {
        let text = text.into();
        if text.len() > TICKET_BYTES { Err(TicketTooLong) } else { Ok(Ticket(text.into())) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(…)")
    }
}

impl fmt::Display for TicketTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_all(f, &["a ticket has at most ", &TICKET_BYTES.to_string(), " bytes"])
    }
}

impl std::error::Error for TicketTooLong {}

impl TryFrom<String> for Ticket {
    type Error = TicketTooLong;

    fn try_from(text: String) -> Result<Self, TicketTooLong> {
        Ticket::new(text)
    }
}

impl From<Ticket> for String {
    fn from(ticket: Ticket) -> String {
        ticket.0.into()
    }
}
