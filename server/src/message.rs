//! What a client says, from text to message. The packets in it stay text.

use itodenwa_wire::{ClientMessage, DisplayName, Join, PROTOCOL_VERSIONS, RefusalCode, RoomName};
use serde_json::value::Value;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use unicode_segmentation::UnicodeSegmentation;

use crate::Limits;
use crate::closing::Closing;
pub use crate::packet::Opaque;

/// The kinds of messages that clients of this version send.
const KINDS: [&str; 12] = [
    "join",
    "signal",
    "remove",
    "lock",
    "waitingRoom",
    "admit",
    "turnAway",
    "ask",
    "rename",
    "record",
    "ping",
    "leave",
];

/// What a text message was.
#[derive(Debug)]
pub enum Received {
    /// A message of this version.
    Message(ClientMessage<Opaque>),
    /// A message of a kind that this version does not know: the client is a later one. It is ignored.
    Unknown,
}

/// Reads one text message.
///
/// # Errors
/// Why it is refused, and how the socket is closed if the refusal closes it.
pub fn parse(text: &str, limits: &Limits) -> Result<Received, Closing> {
    if text.len() > limits.signal_bytes.max(limits.first_message_bytes()) {
        return Err(too_large(limits.signal_bytes));
    }
    if is_deeper_than(text, limits.message_depth) {
        let message = format!("arrays and objects are nested deeper than {} levels", limits.message_depth);
        return Err(Closing::refusing(RefusalCode::MessageMalformed, message));
    }
    let mut parsed = serde_json::from_str(text);
    let most = limits.message_bytes.min(limits.signal_bytes);
    if text.len() > most {
        match &mut parsed {
            Ok(ClientMessage::Signal(_)) if text.len() <= limits.signal_bytes => {}
            Ok(ClientMessage::Signal(_)) => return Err(too_large(limits.signal_bytes)),
            // For want of room for an offer nobody is kept out: the call begins without it.
            Ok(ClientMessage::Join(join)) => leave_offer_out(join, most)?,
            _ => return Err(too_large(most)),
        }
    }
    match parsed {
        Ok(ClientMessage::Join(join)) => {
            check_join(join, limits).map(|join| Received::Message(ClientMessage::Join(join)))
        }
        Ok(message) => Ok(Received::Message(message)),
        Err(_) if is_of_an_unknown_kind(text) => Ok(Received::Unknown),
        Err(error) => Err(why_not_a_join(text).or_else(|| why_not_a_name(text)).unwrap_or_else(|| malformed(&error))),
    }
}

fn leave_offer_out(join: &mut Join, most: usize) -> Result<(), Closing> {
    let has_offer = !std::mem::take(&mut join.offer).is_empty();
    let fits = serde_json::to_string(join).is_ok_and(|text| text.len() <= most);
    if has_offer && fits { Ok(()) } else { Err(too_large(most)) }
}

/// The refusal of a binary message (RFC 6455, section 7.4.1: a type of data that is not accepted).
pub(crate) fn binary() -> Closing {
    Closing {
        code: CloseCode::Unsupported.into(),
        ..Closing::refusing(RefusalCode::MessageMalformed, "messages are text, this one was binary")
    }
}

/// The refusal of a text message that is none (RFC 6455, section 7.4.1: not consistent with its type).
pub(crate) fn not_utf8() -> Closing {
    Closing {
        code: CloseCode::Invalid.into(),
        ..Closing::refusing(RefusalCode::MessageMalformed, "the message is not UTF-8")
    }
}

/// The refusal of a message that is larger than this.
pub(crate) fn too_large(limit: usize) -> Closing {
    Closing::refusing(RefusalCode::MessageTooLarge, format!("a message of this kind has at most {limit} bytes"))
}

fn malformed(error: &serde_json::Error) -> Closing {
    // The text may repeat what the client sent, as long as that was.
    let error: String = error.to_string().chars().take(200).collect();
    Closing::refusing(RefusalCode::MessageMalformed, error)
}

fn check_join(join: Join, limits: &Limits) -> Result<Join, Closing> {
    if join.common_version(PROTOCOL_VERSIONS).is_none() {
        return Err(version_unsupported());
    }
    match &join.name {
        Some(name) if name.as_str().graphemes(true).count() > limits.name_graphemes => {
            let message = format!("the name is longer than {} characters", limits.name_graphemes);
            Err(Closing::refusing(RefusalCode::NameInvalid, message))
        }
        _ => Ok(join),
    }
}

fn version_unsupported() -> Closing {
    let (oldest, newest) = PROTOCOL_VERSIONS.into_inner();
    let message = format!("this server speaks the versions {oldest} to {newest} of the protocol, and no other ones");
    Closing::refusing(RefusalCode::VersionUnsupported, message)
}

/// Whether a text is a message as later versions may have them: its kind alone, or as the only key.
fn is_of_an_unknown_kind(text: &str) -> bool {
    match serde_json::from_str(text) {
        Ok(Value::String(kind)) => !KINDS.contains(&kind.as_str()),
        Ok(Value::Object(message)) if message.len() == 1 => message.keys().all(|kind| !KINDS.contains(&kind.as_str())),
        _ => false,
    }
}

/// What is wrong with a join, when the text is meant to be one and has all that a join has.
fn why_not_a_join(text: &str) -> Option<Closing> {
    let value: Value = serde_json::from_str(text).ok()?;
    let join = value.get("join")?;
    // Another version may have other rules for everything else, so it comes first.
    let number = |value: &Value| value.as_u64().map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    let oldest = number(join.get("version")?)?;
    let newest = join.get("maxVersion").map_or(Some(oldest), number)?;
    let (own_oldest, own_newest) = PROTOCOL_VERSIONS.into_inner();
    if newest < own_oldest || oldest > own_newest {
        return Some(version_unsupported());
    }
    if let Err(error) = RoomName::new(join.get("room")?.as_str()?) {
        return Some(Closing::refusing(RefusalCode::RoomInvalid, format!("the room's name is not valid: {error}")));
    }
    not_a_name(join.get("name")?)
}

/// The same of another name.
fn why_not_a_name(text: &str) -> Option<Closing> {
    let value: Value = serde_json::from_str(text).ok()?;
    not_a_name(value.get("rename")?)
}

fn not_a_name(name: &Value) -> Option<Closing> {
    let error = DisplayName::new(name.as_str()?).err()?;
    Some(Closing::refusing(RefusalCode::NameInvalid, format!("the name is not valid: {error}")))
}

/// Whether arrays and objects are nested deeper than this. Looks at brackets outside of strings and nothing else, so that
/// it is cheap and needs no stack; whether the text is JSON at all is found out later.
fn is_deeper_than(text: &str, most: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > most {
                    return true;
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> RefusalCode {
        parse(text, &Limits::default()).unwrap_err().refusal.unwrap().code
    }

    #[test]
    fn a_packet_stays_the_text_that_it_was() {
        let packet = r#"{"z":1.0, "a" : [ "\u00e9}" ]}"#;
        let text = format!(r#"{{"signal":{{"to":"00000000000000ab","from":"me","packet":{packet}}}}}"#);
        let Ok(Received::Message(ClientMessage::Signal(signal))) = parse(&text, &Limits::default()) else { panic!() };
        assert_eq!(signal.packet.get(), packet);
    }

    #[test]
    fn what_is_no_message_is_malformed() {
        for text in [
            "",
            "hello",
            "{",
            "7",
            "null",
            "[]",
            "\"join\"",
            r#"{"join":{}}"#,
            r#"{"join":{"version":1}}"#,
            r#"{"join":{"version":"1","room":"r"}}"#,
            r#"{"join":{"version":-1,"room":"r"}}"#,
            r#"{"join":{"version":1,"room":7}}"#,
            r#"{"join":{"version":1,"room":"r","name":7}}"#,
            r#"{"signal":{"to":"ab","packet":1}}"#,
            r#"{"signal":{"packet":1}}"#,
            r#"{"ping":-1}"#,
            r#"{"ping":1,"leave":null}"#,
            r#"{"ping":1,"shout":"hello"}"#,
            r#"{}"#,
        ] {
            assert_eq!(code(text), RefusalCode::MessageMalformed, "{text}");
        }
    }

    #[test]
    fn what_a_later_version_adds_is_not_malformed() {
        for text in [r#"{"shout":"hello"}"#, r#"{"shout":{"a":[1]}}"#, r#""wave""#] {
            assert!(matches!(parse(text, &Limits::default()), Ok(Received::Unknown)), "{text}");
        }
        for text in [
            r#"{"join":{"version":1,"maxVersion":7,"room":"r","colour":"blue"}}"#,
            r#"{"signal":{"to":"00000000000000ab","packet":1,"urgent":true}}"#,
        ] {
            assert!(matches!(parse(text, &Limits::default()), Ok(Received::Message(_))), "{text}");
        }
        let large = format!(r#"{{"shout":"{}"}}"#, "x".repeat(20_000));
        assert_eq!(code(&large), RefusalCode::MessageTooLarge);
    }

    #[test]
    fn a_join_says_what_is_wrong_with_it() {
        let long = "x".repeat(65);
        let emoji = "👩‍👩‍👧‍👦".repeat(10);
        for (join, expected) in [
            (r#"{"version":6,"room":"r"}"#.to_owned(), RefusalCode::VersionUnsupported),
            (r#"{"version":99999999999,"room":7}"#.to_owned(), RefusalCode::VersionUnsupported),
            (r#"{"version":6,"maxVersion":9,"room":7}"#.to_owned(), RefusalCode::VersionUnsupported),
            (r#"{"version":0,"room":"not a room"}"#.to_owned(), RefusalCode::VersionUnsupported),
            (r#"{"version":0,"maxVersion":1,"room":""}"#.to_owned(), RefusalCode::RoomInvalid),
            (r#"{"version":1,"room":""}"#.to_owned(), RefusalCode::RoomInvalid),
            (r#"{"version":1,"room":"a/b"}"#.to_owned(), RefusalCode::RoomInvalid),
            (format!(r#"{{"version":1,"room":"{long}"}}"#), RefusalCode::RoomInvalid),
            (r#"{"version":1,"room":"r","name":" "}"#.to_owned(), RefusalCode::NameInvalid),
            (r#"{"version":1,"room":"r","name":"a\u0007"}"#.to_owned(), RefusalCode::NameInvalid),
            (format!(r#"{{"version":1,"room":"r","name":"{long}"}}"#), RefusalCode::NameInvalid),
        ] {
            assert_eq!(code(&format!(r#"{{"join":{join}}}"#)), expected, "{join}");
        }
        let families = format!(r#"{{"join":{{"version":1,"room":"r","name":"{emoji}"}}}}"#);
        assert!(parse(&families, &Limits::default()).is_ok(), "ten graphemes of 25 bytes each are ten");
    }

    #[test]
    fn only_a_signal_may_be_large() {
        let limits = Limits::default();
        let signal = |bytes: usize| {
            let frame = r#"{"signal":{"to":"00000000000000ab","packet":""}}"#.len();
            format!(r#"{{"signal":{{"to":"00000000000000ab","packet":"{}"}}}}"#, "x".repeat(bytes - frame))
        };
        assert!(parse(&signal(limits.signal_bytes), &limits).is_ok());
        assert_eq!(code(&signal(limits.signal_bytes + 1)), RefusalCode::MessageTooLarge);
        let ping = |bytes: usize| format!("{}{{\"ping\":1}}", " ".repeat(bytes - 10));
        assert!(parse(&ping(limits.message_bytes), &limits).is_ok());
        assert_eq!(code(&ping(limits.message_bytes + 1)), RefusalCode::MessageTooLarge);
    }

    #[test]
    fn an_offer_that_is_too_large_is_left_out_of_a_join_and_nothing_else() {
        let join = |name: &str, offer: usize| {
            let offer = serde_json::json!(["x".repeat(offer)]);
            serde_json::json!({"join": {"version": 1, "room": "r", "name": name, "offer": offer}}).to_string()
        };
        let offer = |text: &str, limits: &Limits| match parse(text, limits) {
            Ok(Received::Message(ClientMessage::Join(join))) => Ok(join.offer.len()),
            Ok(other) => panic!("{other:?}"),
            Err(closing) => Err(closing.refusal.unwrap().code),
        };
        let limits = Limits::default();
        assert_eq!(offer(&join("Ann", 16_000), &limits), Ok(1));
        assert_eq!(offer(&join("Ann", 16_384), &limits), Ok(0));
        let little = Limits { signal_bytes: 1024, ..Limits::default() };
        assert_eq!(offer(&join("Ann", 16_000), &little), Ok(0));
        let long = format!(r#"{{"join":{{"version":1,"room":"r","token":"{}","offer":["x"]}}}}"#, "t".repeat(1024));
        assert_eq!(offer(&long, &little), Err(RefusalCode::MessageTooLarge));
        let strict = Limits { message_bytes: 1024, ..limits };
        assert_eq!(offer(&join("Ann", 1024), &strict), Ok(0));
        let token = format!(r#"{{"join":{{"version":1,"room":"r","token":"{}","offer":["x"]}}}}"#, "t".repeat(1024));
        assert_eq!(offer(&token, &strict), Err(RefusalCode::MessageTooLarge));
    }

    #[test]
    fn nesting_is_counted_outside_of_strings() {
        let nested = |levels: usize| {
            let (open, close) = ("[".repeat(levels - 2), "]".repeat(levels - 2));
            format!(r#"{{"signal":{{"to":"00000000000000ab","packet":{open}"[[\"[[[[[[[[[[[[[[["{close}}}}}"#)
        };
        assert!(parse(&nested(16), &Limits::default()).is_ok());
        assert_eq!(code(&nested(17)), RefusalCode::MessageMalformed);
        assert_eq!(code(&"[".repeat(500_000)), RefusalCode::MessageMalformed);
    }

    #[test]
    fn a_refusal_is_short_however_long_the_message_was() {
        let text = format!(r#"{{"ping":1,"{}":1}}"#, "x".repeat(10_000));
        let refusal = parse(&text, &Limits::default()).unwrap_err().refusal.unwrap();
        assert!(refusal.message.len() <= 200, "{}", refusal.message.len());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = parse(&text, &Limits::default());
        }

        #[test]
        fn any_join_is_read_or_refused(version in 0..3_u32, room in "\\PC{0,3}", name in "\\PC{0,3}") {
            let join = serde_json::json!({"join": {"version": version, "room": room, "name": name}}).to_string();
            if let Err(closing) = parse(&join, &Limits::default()) {
                prop_assert_ne!(closing.refusal.unwrap().code, RefusalCode::MessageMalformed);
            }
        }
    }
}
