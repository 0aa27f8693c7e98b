//! What members and the room have for everybody to see: small values by key, of which the last one that was written counts.
//!
//! ```text
//! one side                                  another
//!   | -- each attribute ----------------------> |   a channel opened, in both directions
//!   | -- each that changed -------------------> |   to everybody, at a bounded rate: of a key only its last value
//! ```
//!
//! Everybody holds the whole state of the room. When somebody leaves, those who stay tell each other what the room has: who left may not
//! have told everybody. In whatever order they hear it, all have the same in the end: of a key the highest version counts, then the value
//! that sorts last; and of more keys than there may be those that sort first.

use std::time::Duration;

use itodenwa_wire::Attribute;
use itodenwa_wire::limits::{ATTRIBUTE_BYTES, ATTRIBUTE_KEY_BYTES, ATTRIBUTES};

use crate::rate::Rate;
use crate::time::Time;

/// When changes may be told: so many at once, and then one in each interval.
#[derive(Debug, Clone)]
pub struct Changes(Rate);

impl Default for Changes {
    fn default() -> Self {
        Changes(Rate::new(2 * ATTRIBUTES as u32, Duration::from_millis(100)))
    }
}

/// The attributes of a member; or one's own and the room's. At most [`ATTRIBUTES`] of each, with those that were removed.
#[derive(Debug, Clone, Default)]
pub struct Attributes(Vec<Known>);

#[derive(Debug, Clone)]
struct Known {
    attribute: Attribute,
    /// The others are to be told.
    is_news: bool,
}

/// Why an attribute is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeError {
    /// Its key is empty or too long, or its value is too large.
    TooLarge,
    /// There are as many as there may be, with those that were removed; or the versions of this one are used up.
    TooMany,
}

impl Attributes {
    /// All that there are. Those that were removed have an empty value.
    pub fn all(&self) -> impl Iterator<Item = &Attribute> {
        self.0.iter().map(|known| &known.attribute)
    }

    /// Writes an own value as JSON, or one of the room; an empty one removes what was there. It is told to everybody.
    ///
    /// # Errors
    /// [`AttributeError`] if it is over a limit.
    pub fn set(&mut self, room: bool, key: String, value: String) -> Result<(), AttributeError> {
        let mut attribute = Attribute { room, key, value, version: 1 };
        if !is_small(&attribute) {
            return Err(AttributeError::TooLarge);
        }
        let is_full = self.count(room) >= ATTRIBUTES;
        match self.known(&attribute) {
            Some(known) => {
                attribute.version = known.attribute.version.saturating_add(1);
                if attribute.version == u32::MAX {
                    return Err(AttributeError::TooMany);
                }
                *known = Known { attribute, is_news: true };
            }
            None if is_full => return Err(AttributeError::TooMany),
            None => self.0.push(Known { attribute, is_news: true }),
        }
        Ok(())
    }

    /// Removes an own value. Whether there was one.
    pub fn unset(&mut self, key: &str) -> bool {
        let is_it = |known: &Attribute| !known.room && known.key == key && !known.value.is_empty();
        let Some(known) = self.0.iter_mut().find(|known| is_it(&known.attribute)) else { return false };
        let version = known.attribute.version.saturating_add(1);
        if version == u32::MAX {
            return false;
        }
        known.attribute.version = version;
        known.attribute.value = String::new();
        known.is_news = true;
        true
    }

    /// Takes what another side has, if it counts more than what is known. Whether the value is another one now. A key that had to go for
    /// one that sorts before it is not told.
    pub fn merge(&mut self, attribute: Attribute) -> bool {
        // Nobody could write a version after the last one.
        if !is_small(&attribute) || attribute.version == u32::MAX {
            return false;
        }
        match self.known(&attribute) {
            Some(known) => {
                let before = &known.attribute;
                let is_other = attribute.value != before.value;
                if attribute.version < before.version
                    || attribute.version == before.version && attribute.value <= before.value
                {
                    return false;
                }
                *known = Known { attribute, is_news: false };
                is_other
            }
            None => {
                let is_there = !attribute.value.is_empty();
                self.add(attribute) && is_there
            }
        }
    }

    /// Somebody is gone, and may not have told everybody what it wrote of the room.
    pub fn left(&mut self) {
        self.0.iter_mut().for_each(|known| known.is_news |= known.attribute.room);
    }

    /// The next change for everybody, if it is time to tell one.
    pub fn poll(&mut self, now: Time, changes: &mut Changes) -> Option<Attribute> {
        let news = self.0.iter_mut().find(|known| known.is_news && changes.0.allowed_from() <= now)?;
        news.is_news = false;
        changes.0.spend(now, 1);
        Some(news.attribute.clone())
    }

    /// When [`poll`](Self::poll) is wanted.
    #[must_use]
    pub fn deadline(&self, changes: &Changes) -> Option<Time> {
        self.0.iter().any(|known| known.is_news).then(|| changes.0.allowed_from())
    }

    fn known(&mut self, attribute: &Attribute) -> Option<&mut Known> {
        let is_it = |known: &Attribute| known.room == attribute.room && known.key == attribute.key;
        self.0.iter_mut().find(|known| is_it(&known.attribute))
    }

    fn count(&self, room: bool) -> usize {
        self.all().filter(|known| known.room == room).count()
    }

    /// Adds another one. Whether there is a place for it: of too many the one that sorts last goes.
    fn add(&mut self, attribute: Attribute) -> bool {
        let (room, key) = (attribute.room, attribute.key.clone());
        let mut new = Known { attribute, is_news: false };
        if self.count(room) < ATTRIBUTES {
            self.0.push(new);
            return true;
        }
        // Each that sorts after the one at hand gives it its place, and looks for another: the last one finds none.
        for known in self.0.iter_mut().filter(|known| known.attribute.room == room) {
            if known.attribute.key > new.attribute.key {
                std::mem::swap(known, &mut new);
            }
        }
        new.attribute.key != key
    }
}

fn is_small(attribute: &Attribute) -> bool {
    (1..=ATTRIBUTE_KEY_BYTES).contains(&attribute.key.len()) && attribute.value.len() <= ATTRIBUTE_BYTES
}
