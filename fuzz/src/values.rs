//! Messages made of arbitrary bytes.

use arbitrary::{Arbitrary, Result, Unstructured};
use itodenwa_wire::{
    Answer, Body, Candidate, DisplayName, Epoch, Media, Offer, Packet, Refuse, RefuseCode, Source, SourceMap,
};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, U64Deserializer};

/// A short text.
pub(crate) fn text(u: &mut Unstructured) -> Result<String> {
    let length = u.int_in_range(0..=40)?;
    let bytes = u.bytes(length.min(u.len()))?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

pub(crate) fn source(u: &mut Unstructured) -> Result<Source> {
    u.choose(&Source::ALL).copied()
}

/// Any subset of the sources.
pub(crate) fn some_sources(u: &mut Unstructured) -> Result<Vec<Source>> {
    let mask = u8::arbitrary(u)?;
    Ok(Source::ALL.into_iter().enumerate().filter(|(place, _)| mask >> place & 1 == 1).map(|(_, one)| one).collect())
}

/// Sources by `mid`, with repetitions.
pub(crate) fn source_map(u: &mut Unstructured) -> Result<SourceMap> {
    several(u, 6, |u| Ok((text(u)?, source(u)?)))
}

/// Up to that many of something.
pub(crate) fn several<T>(
    u: &mut Unstructured,
    most: usize,
    mut one: impl FnMut(&mut Unstructured) -> Result<T>,
) -> Result<Vec<T>> {
    let count = u.int_in_range(0..=most)?;
    (0..count).map(|_| one(u)).collect()
}

pub(crate) fn maybe<T>(u: &mut Unstructured, one: impl FnOnce(&mut Unstructured) -> Result<T>) -> Result<Option<T>> {
    if bool::arbitrary(u)? { one(u).map(Some) } else { Ok(None) }
}

pub(crate) fn display_name(u: &mut Unstructured) -> Result<Option<DisplayName>> {
    Ok(maybe(u, text)?.and_then(|name| DisplayName::new(name).ok()))
}

pub(crate) fn candidate(u: &mut Unstructured) -> Result<Candidate> {
    Ok(Candidate {
        candidate: text(u)?,
        sdp_mid: maybe(u, text)?,
        sdp_m_line_index: Arbitrary::arbitrary(u)?,
        username_fragment: maybe(u, text)?,
    })
}

pub(crate) fn refuse(u: &mut Unstructured) -> Result<Refuse> {
    let codes = [RefuseCode::Malformed, RefuseCode::NotYourTurn, RefuseCode::NotApplied, RefuseCode::Other];
    Ok(Refuse { id: Arbitrary::arbitrary(u)?, code: *u.choose(&codes)? })
}

pub(crate) fn body(u: &mut Unstructured) -> Result<Body> {
    Ok(match u.int_in_range(0..=10)? {
        0 => Body::Offer(Offer { id: Arbitrary::arbitrary(u)?, sdp: text(u)?, sources: source_map(u)? }),
        1 => Body::Answer(Answer { id: Arbitrary::arbitrary(u)?, sdp: text(u)?, sources: source_map(u)? }),
        2 => Body::Candidate(candidate(u)?),
        3 => Body::EndOfCandidates(text(u)?),
        4 => Body::AskTurn,
        5 => Body::GiveTurn,
        6 => Body::Refuse(refuse(u)?),
        7 => Body::Media(Media { on: several(u, 6, source)? }),
        8 => Body::Hello,
        9 => Body::Unknown,
        _ => Body::Bye,
    })
}

/// Any epoch that JSON can hold, also those that no server gives.
pub(crate) fn epoch(u: &mut Unstructured) -> Result<Epoch> {
    Ok(epoch_of(Arbitrary::arbitrary(u)?))
}

/// The epoch that is this number on the wire.
pub(crate) fn epoch_of(number: u64) -> Epoch {
    let number: U64Deserializer<Error> = number.into_deserializer();
    Epoch::deserialize(number).expect("every number is an epoch")
}

/// A packet as it is on the wire: what is said is a text, mostly one that is JSON.
pub(crate) fn packet(u: &mut Unstructured) -> Result<Packet> {
    let body = maybe(u, |u| if u.ratio(1, 4)? { text(u) } else { Ok(json(&body(u)?)) })?;
    let (from_epoch, to_epoch) = (epoch(u)?, epoch(u)?);
    Ok(Packet { from_epoch, to_epoch, seq: Arbitrary::arbitrary(u)?, ack: Arbitrary::arbitrary(u)?, body })
}

pub(crate) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("every value can be written")
}
