//! Frames of a WebSocket, in pieces of any size: what is read of them is what a plain decoder of the whole reads (RFC 6455,
//! section 5). Short inputs become long streams.

use std::result::Result as Either;

use arbitrary::{Arbitrary, Result, Unstructured};
use itodenwa_server::fuzzing::{End, Message, read_frames};

/// Longest stream that is made.
const STREAM_BYTES: usize = 1 << 18;

/// The target.
pub fn run(data: &[u8]) {
    // Bytes that are too few for a stream say nothing.
    let _ = streamed(&mut Unstructured::new(data));
}

fn streamed(u: &mut Unstructured) -> Result<()> {
    let most = *u.choose(&[16, 125, 126, 1000, 70_000])?;
    let mut pieces = Vec::new();
    for _ in 0..u.int_in_range(0..=6)? {
        pieces.push(usize::from(u16::arbitrary(u)?) % 5000);
    }
    let stream = if u.ratio(1, 4)? { u.bytes(u.len())?.to_vec() } else { frames(u)? };
    let read = read_frames(&stream, &pieces, most);
    assert_eq!(read, read_frames(&stream, &[], most), "it does not matter how it comes");
    let (messages, end) = decode(&stream, most);
    assert_eq!(read, (messages, end));
    Ok(())
}

fn frames(u: &mut Unstructured) -> Result<Vec<u8>> {
    let (mut stream, mut is_begun) = (Vec::new(), false);
    while !u.is_empty() && stream.len() < STREAM_BYTES {
        // When the bytes are over, the stream is.
        if frame(u, &mut is_begun, &mut stream).is_err() {
            break;
        }
    }
    if u.ratio(1, 8)? {
        stream.truncate(u.int_in_range(0..=stream.len())?);
    }
    Ok(stream)
}

fn frame(u: &mut Unstructured, is_begun: &mut bool, stream: &mut Vec<u8>) -> Result<()> {
    let opcode = match (u.ratio(31, 32)?, *is_begun) {
        (true, true) => *u.choose(&[0, 0, 0, 9, 10])?,
        (true, false) => *u.choose(&[1, 1, 1, 2, 8, 9])?,
        (false, _) => u8::arbitrary(u)? & 0x7f,
    };
    let is_final = opcode >= 8 || u.ratio(1, 2)?;
    *is_begun = if opcode < 8 { !is_final } else { *is_begun };
    let length = match u.int_in_range(0..=63)? {
        0 => *u.choose(&[65_535, 65_536, 69_999, 70_000, 70_001])?,
        1..=7 => *u.choose(&[0, 1, 2, 125, 126, 127])?,
        _ => u.int_in_range(0..=40)?,
    };
    stream.push(u8::from(is_final) << 7 | opcode);
    let is_masked = if u.ratio(63, 64)? { 0x80 } else { 0 };
    match (length, u.ratio(1, 64)?) {
        (0..=125, false) => stream.push(is_masked | length as u8),
        (0..=65_535, false) => {
            stream.push(is_masked | 126);
            stream.extend((length as u16).to_be_bytes());
        }
        _ => {
            stream.push(is_masked | 127);
            stream.extend((length as u64).to_be_bytes());
        }
    }
    let mask = <[u8; 4]>::arbitrary(u)?;
    stream.extend(mask);
    let pattern = match u.int_in_range(0..=3)? {
        0 => u.bytes(u.len().min(8))?.to_vec(),
        1 => "é日🎈".as_bytes().to_vec(),
        2 => vec![0x0f, 0xa0],
        _ => b"text".to_vec(),
    };
    let payload = pattern.iter().chain([&b'.']).cycle().take(length);
    stream.extend(payload.zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    Ok(())
}

/// What a stream says, read at once.
fn decode(mut bytes: &[u8], most: usize) -> (Vec<Message>, End) {
    let (mut messages, mut begun) = (Vec::new(), None::<(bool, Vec<u8>)>);
    loop {
        let Some((&[first, second], rest)) = bytes.split_first_chunk::<2>() else { return (messages, End::Eof) };
        if first & 0x70 != 0 || second & 0x80 == 0 {
            return (messages, End::NoFrame);
        }
        let extended = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some((extended, rest)) = rest.split_at_checked(extended) else { return (messages, End::Eof) };
        let length = match extended {
            [] => u64::from(second & 0x7f),
            bytes => bytes.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        };
        let is_longer = matches!((extended.len(), length), (2, 0..=125) | (8, 0..=65_535 | 0x8000_0000_0000_0000..));
        if is_longer {
            return (messages, End::NoFrame);
        }
        let Some((mask, rest)) = rest.split_first_chunk::<4>() else { return (messages, End::Eof) };
        let (opcode, is_final) = (first & 0x0f, first & 0x80 != 0);
        let collected = match (opcode, &begun) {
            (8..=15, _) if is_final && length <= 125 => 0,
            (1 | 2, None) => 0,
            (0, Some((_, collected))) => collected.len(),
            _ => return (messages, End::NoFrame),
        };
        if opcode < 8 && length > most as u64 - collected as u64 {
            return (messages, End::TooLarge);
        }
        let Some((payload, rest)) = rest.split_at_checked(length as usize) else { return (messages, End::Eof) };
        let payload: Vec<u8> = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        bytes = rest;
        if opcode >= 8 {
            match control(opcode, payload) {
                Ok(message) => messages.push(message),
                Err(end) => return (messages, end),
            }
            continue;
        }
        let (is_text, collected) = begun.get_or_insert((opcode == 1, Vec::new()));
        collected.extend(payload);
        if !is_final {
            continue;
        }
        let (is_text, collected) = (*is_text, std::mem::take(collected));
        begun = None;
        match (is_text, String::from_utf8(collected)) {
            (false, _) => messages.push(Message::Binary),
            (true, Ok(text)) => messages.push(Message::Text(text)),
            (true, Err(_)) => return (messages, End::NotUtf8),
        }
    }
}

fn control(opcode: u8, payload: Vec<u8>) -> Either<Message, End> {
    match (opcode, &payload[..]) {
        (9, _) => Ok(Message::Ping(payload)),
        (10, _) => Ok(Message::Pong),
        (8, []) => Ok(Message::Close(None)),
        (8, [high, low, reason @ ..]) => {
            let code = u16::from_be_bytes([*high, *low]);
            match std::str::from_utf8(reason) {
                Err(_) => Err(End::NotUtf8),
                // Section 7.4, and what was registered later.
                Ok(_) if matches!(code, 1000..=1003 | 1007..=1013 | 3000..=4999) => Ok(Message::Close(Some(code))),
                Ok(_) => Err(End::NoFrame),
            }
        }
        _ => Err(End::NoFrame),
    }
}
