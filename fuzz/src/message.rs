//! Arbitrary text, as the server reads what a client says: what is too large, too deep or no message is refused, and a
//! packet stays the text that it was.

use itodenwa_server::Limits;
use itodenwa_server::message::{Received, parse};
use itodenwa_wire::{ClientMessage, PROTOCOL_VERSIONS};
use serde_json::Value;

/// The target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check(text, &Limits::default());
    // Limits that a short text can break.
    check(
        text,
        &Limits { signal_bytes: 512, message_bytes: 128, message_depth: 4, name_graphemes: 8, ..Limits::default() },
    );
}

fn check(text: &str, limits: &Limits) {
    let allowed = match parse(text, limits) {
        Ok(Received::Unknown) => {
            assert!(text.len() <= limits.message_bytes, "{text:?} is too large");
            Some(limits.message_depth)
        }
        Ok(Received::Message(message)) => {
            let allowed = match message {
                ClientMessage::Join(join) => {
                    assert!(join.common_version(PROTOCOL_VERSIONS).is_some());
                    let name = join.name.map(String::from).filter(|name| name.is_ascii());
                    assert!(name.is_none_or(|name| name.len() <= limits.name_graphemes), "{text:?} has a long name");
                    limits.message_bytes
                }
                ClientMessage::Signal(signal) => {
                    assert!(text.contains(signal.packet.get()), "{text:?} has another packet");
                    limits.signal_bytes
                }
                ClientMessage::Ping(_)
                | ClientMessage::Remove(_)
                | ClientMessage::Lock(_)
                | ClientMessage::WaitingRoom(_)
                | ClientMessage::Admit(_)
                | ClientMessage::TurnAway(_)
                | ClientMessage::Ask(_)
                | ClientMessage::Rename(_)
                | ClientMessage::Record(_)
                | ClientMessage::Leave => limits.message_bytes,
            };
            assert!(text.len() <= allowed, "{text:?} is too large");
            Some(limits.message_depth)
        }
        Err(closing) => {
            let refusal = closing.refusal.expect("a refusal says why");
            assert!(refusal.message.chars().count() <= 256, "{} is a long answer", refusal.message);
            assert!([1008, 1009].contains(&closing.code), "{} is no code for this", closing.code);
            None
        }
    };
    if let (Some(allowed), Ok(value)) = (allowed, serde_json::from_str::<Value>(text)) {
        assert!(depth(&value) <= allowed, "{text:?} is too deep");
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Object(values) => 1 + values.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
