//! Names and ids: parsed once where they come in, valid ever after.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::limits::{DISPLAY_NAME_BYTES, IDENTITY_BYTES, ROOM_NAME_BYTES};
use crate::text::{hexadecimal, write_all};

/// Why a text is not a valid id or name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidId {
    /// The text is empty.
    Empty,
    /// The text has more bytes than this.
    TooLong(usize),
    /// The text has a character that is not allowed there.
    Character(char),
    /// The text is not sixteen hexadecimal digits.
    NotAPeerId,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidId::Empty => f.write_str("it is empty"),
            InvalidId::TooLong(limit) => write_all(f, &["it is longer than ", &limit.to_string(), " bytes"]),
            InvalidId::Character(c) => {
                let digits = hexadecimal(u64::from(u32::from(*c)), 4).to_ascii_uppercase();
                write_all(f, &["it has the character U+", &digits])
            }
            InvalidId::NotAPeerId => f.write_str("it is not sixteen hexadecimal digits"),
        }
    }
}

impl std::error::Error for InvalidId {}

/// A room's name: 1 to 64 characters of `A-Z a-z 0-9 _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoomName(Box<str>);

impl RoomName {
    /// Checks and takes a name.
    ///
    /// # Errors
    /// [`InvalidId`] for an empty or overlong name or one with other characters.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidId> {
        let name = name.into();
        check_length(&name, ROOM_NAME_BYTES)?;
        match name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))) {
            Some(c) => Err(InvalidId::Character(c)),
            None => Ok(RoomName(name.into())),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a person is called: 1 to 256 bytes of text without control characters. Only ever shown as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DisplayName(Box<str>);

impl DisplayName {
    /// Checks and takes a name; white space at both ends is removed.
    ///
    /// # Errors
    /// [`InvalidId`] for an empty or overlong name or one with control characters. A name of which nothing is seen is empty.
    pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidId> {
        let name = name.as_ref().trim();
        if name.chars().all(is_invisible) {
            return Err(InvalidId::Empty);
        }
        check_length(name, DISPLAY_NAME_BYTES)?;
        match open_direction(name).or_else(|| name.chars().find(|&c| c.is_control())) {
            Some(c) => Err(InvalidId::Character(c)),
            None => Ok(DisplayName(name.into())),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who somebody is to the application, as their token says: 1 to 256 bytes of text without control characters. In a room
/// there is one of each at most.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identity(Box<str>);

impl Identity {
    /// Checks and takes an identity, as it is: not even white space is removed.
    ///
    /// # Errors
    /// [`InvalidId`] for an empty or overlong identity or one with control characters.
    pub fn new(identity: impl Into<String>) -> Result<Self, InvalidId> {
        let identity = identity.into();
        check_length(&identity, IDENTITY_BYTES)?;
        match identity.chars().find(|&c| c.is_control() || is_direction_override(c)) {
            Some(c) => Err(InvalidId::Character(c)),
            None => Ok(Identity(identity.into())),
        }
    }

    /// The identity as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A direction control that reaches beyond the name, if there is one: isolates that are closed again (UAX #9, section 2.4) are how
/// names of two directions are written, and touch nothing else; embeddings and overrides do.
fn open_direction(name: &str) -> Option<char> {
    let mut open = Vec::new();
    for c in name.chars() {
        match c {
            '\u{2066}'..='\u{2068}' => open.push(c),
            '\u{2069}' if open.pop().is_some() => {}
            c if is_direction_override(c) => return Some(c),
            _ => {}
        }
    }
    open.pop()
}

/// Unicode's explicit direction controls (UAX #9): in a name they would reverse the text that follows it.
fn is_direction_override(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// White space, and what Unicode says is not shown by default (`Default_Ignorable_Code_Point`), as far as it is in names that people
/// use to have none; with the blank of Braille, which is no white space.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
        )
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}')
        || matches!(c, '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}')
}

fn check_length(text: &str, limit: usize) -> Result<(), InvalidId> {
    match text.len() {
        0 => Err(InvalidId::Empty),
        n if n > limit => Err(InvalidId::TooLong(limit)),
        _ => Ok(()),
    }
}

/// Who somebody is in a room. Given by the server; on the wire sixteen hexadecimal digits.
///
/// The order of ids decides which side of a pair leads its negotiation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PeerId(u64);

impl PeerId {
    /// The id with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        PeerId(number)
    }

    /// The number of this id.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hexadecimal(self.0, 16))
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerId({self})")
    }
}

impl FromStr for PeerId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let digits = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match u64::from_str_radix(text, 16) {
            Ok(number) if digits => Ok(PeerId(number)),
            _ => Err(InvalidId::NotAPeerId),
        }
    }
}

impl TryFrom<String> for PeerId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<PeerId> for String {
    fn from(id: PeerId) -> String {
        id.to_string()
    }
}

macro_rules! text_conversions {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                $name::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.into()
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                $name::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

text_conversions!(RoomName, DisplayName, Identity);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_names_are_short_and_plain() {
        assert!(RoomName::new("blue-tiger_7").is_ok());
        assert_eq!(RoomName::new(""), Err(InvalidId::Empty));
        assert_eq!(RoomName::new("a b"), Err(InvalidId::Character(' ')));
        assert_eq!(RoomName::new("部屋"), Err(InvalidId::Character('部')));
        assert!(RoomName::new("x".repeat(64)).is_ok());
        assert_eq!(RoomName::new("x".repeat(65)), Err(InvalidId::TooLong(64)));
    }

    #[test]
    fn display_names_are_any_text_but_controls() {
        assert_eq!(DisplayName::new("  糸 電話 ").unwrap().as_str(), "糸 電話");
        for blank in [
            "",
            " ",
            "\u{a0}\u{3000}",
            "\u{200b}",
            " \u{200d}\u{feff} ",
            "\u{2068}\u{2069}",
            "\u{202e}",
            "\u{3164}",
            "\u{2800}",
        ] {
            assert_eq!(DisplayName::new(blank), Err(InvalidId::Empty), "{blank:?}");
        }
        assert_eq!(DisplayName::new("👩\u{200d}🚀 می\u{200c}خواهم").unwrap().as_str(), "👩\u{200d}🚀 می\u{200c}خواهم");
        assert_eq!(DisplayName::new("a\nb"), Err(InvalidId::Character('\n')));
        assert_eq!(DisplayName::new("a\u{202E}b"), Err(InvalidId::Character('\u{202E}')));
        for balanced in ["Guest \u{2068}דנה\u{2069}", "\u{2066}a\u{2067}b\u{2069}\u{2069}c"] {
            assert!(DisplayName::new(balanced).is_ok(), "{balanced:?}");
        }
        for open in ["\u{2068}a", "a\u{2069}", "\u{2069}a\u{2068}", "\u{2068}\u{2068}a\u{2069}", "\u{202A}a\u{202C}"] {
            assert!(matches!(DisplayName::new(open), Err(InvalidId::Character(_))), "{open:?}");
        }
    }

    #[test]
    fn identities_are_taken_as_they_are() {
        assert_eq!(Identity::new(" ann ").unwrap().as_str(), " ann ");
        assert_eq!(Identity::new(""), Err(InvalidId::Empty));
        assert_eq!(Identity::new("a\0"), Err(InvalidId::Character('\0')));
        assert_eq!(Identity::new("x".repeat(257)), Err(InvalidId::TooLong(256)));
    }

    #[test]
    fn peer_ids_are_sixteen_digits() {
        let id = PeerId::new(0xab);
        assert_eq!(id.to_string(), "00000000000000ab");
        assert_eq!("00000000000000ab".parse(), Ok(id));
        for wrong in ["", "ab", "+0000000000000ab", "00000000000000AB", "00000000000000zz"] {
            assert_eq!(wrong.parse::<PeerId>(), Err(InvalidId::NotAPeerId), "{wrong}");
        }
    }
}
