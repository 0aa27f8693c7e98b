//! Reading what a later version may have written.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::{Body, SourceMap};
use crate::source::Source;

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BodyVisitor)
    }
}

struct BodyVisitor;

impl<'de> Visitor<'de> for BodyVisitor {
    type Value = Body;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a body, or an object with that name and what it carries")
    }

    /// The name alone.
    fn visit_str<E: Error>(self, name: &str) -> Result<Body, E> {
        match name {
            "offer" | "answer" | "candidate" | "endOfCandidates" | "refuse" | "media" | "rejoined" => {
                Err(E::custom(format_args!("a body {name} carries something")))
            }
            name => Ok(named(name)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body, A::Error> {
        let Some(name) = map.next_key::<String>()? else { return Err(A::Error::custom("a body without a name")) };
        let body = match name.as_str() {
            "offer" => Body::Offer(map.next_value()?),
            "answer" => Body::Answer(map.next_value()?),
            "candidate" => Body::Candidate(map.next_value()?),
            "endOfCandidates" => Body::EndOfCandidates(map.next_value()?),
            "refuse" => Body::Refuse(map.next_value()?),
            "media" => Body::Media(map.next_value()?),
            "rejoined" => Body::Rejoined(map.next_value()?),
            name => {
                map.next_value::<IgnoredAny>()?;
                named(name)
            }
        };
        match map.next_key::<IgnoredAny>()? {
            None => Ok(body),
            Some(_) => Err(A::Error::custom("a body with two names")),
        }
    }
}

/// Those that carry nothing, or nothing that this version reads.
fn named(name: &str) -> Body {
    match name {
        "askTurn" => Body::AskTurn,
        "giveTurn" => Body::GiveTurn,
        "hello" => Body::Hello,
        "bye" => Body::Bye,
        _ => Body::Unknown,
    }
}

/// A source that this version knows, or none.
struct Known(Option<Source>);

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Known(Source::labelled(&String::deserialize(deserializer)?)))
    }
}

pub(super) fn source_map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SourceMap, D::Error> {
    let entries = Vec::<(String, Known)>::deserialize(deserializer)?;
    Ok(entries.into_iter().filter_map(|(mid, Known(source))| Some((mid, source?))).collect())
}

/// Sources with sizes.
pub(crate) fn sized<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Source, u32, u32)>, D::Error> {
    let entries = Vec::<(Known, u32, u32)>::deserialize(deserializer)?;
    Ok(entries.into_iter().filter_map(|(Known(source), width, height)| Some((source?, width, height))).collect())
}

pub(super) fn sources<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Source>, D::Error> {
    let sources = Vec::<Known>::deserialize(deserializer)?;
    Ok(sources.into_iter().filter_map(|Known(source)| source).collect())
}
