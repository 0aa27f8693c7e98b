//! Where one message ends in a stream of bytes (RFC 8656, sections 2.1 and 12.5; RFC 8489, section 6.2.2).

/// Largest message, in bytes: what fits into a packet of the internet, with much to spare.
pub(super) const MESSAGE_BYTES: usize = 2048;
/// Bytes of a STUN message before its attributes.
pub(super) const STUN_HEADER: usize = 20;
/// Bytes of ChannelData before the data.
pub(super) const CHANNEL_HEADER: usize = 4;

/// What the first bytes of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// The first `message` of the first `taken` bytes are a message; padding follows it.
    Whole { message: usize, taken: usize },
    /// More bytes are needed.
    Part,
    /// This is neither STUN nor TURN, or is too large.
    Garbage,
}

/// Looks at the beginning of a stream.
pub(super) fn frame(bytes: &[u8]) -> Frame {
    let (Some([kind, _, length @ ..]), most) = (bytes.first_chunk::<4>(), MESSAGE_BYTES) else {
        return match bytes.first() {
            None | Some(0..=3 | 0x40..=0x7F) => Frame::Part,
            Some(_) => Frame::Garbage,
        };
    };
    let length = usize::from(u16::from_be_bytes(*length));
    let (message, taken) = match kind {
        0..=3 if length % 4 == 0 => (STUN_HEADER + length, STUN_HEADER + length),
        0x40..=0x7F => (CHANNEL_HEADER + length, CHANNEL_HEADER + padded(length)),
        _ => return Frame::Garbage,
    };
    if taken > most {
        Frame::Garbage
    } else if taken > bytes.len() {
        Frame::Part
    } else {
        Frame::Whole { message, taken }
    }
}

/// Whether a message answers a request (RFC 8489, section 5: the higher bit of its class).
pub(super) fn is_answer(message: &[u8]) -> bool {
    matches!(message, [kind @ 0..=3, ..] if kind & 1 == 1)
}

/// The next multiple of four.
pub(super) fn padded(length: usize) -> usize {
    length.next_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_from_all_else() {
        // A binding's request, indication, success and error; the same of method 0x80; and a channel whose number looks like one.
        let kinds = [[0x00, 0x01], [0x00, 0x11], [0x01, 0x01], [0x01, 0x11], [0x02, 0x01], [0x03, 0x11], [0x41, 0x00]];
        assert_eq!(kinds.map(|kind| is_answer(&kind)), [false, false, true, true, false, true, false]);
        assert!(!is_answer(&[]));
    }

    #[test]
    fn stun_ends_where_its_header_says() {
        let mut bytes = [0; 64];
        bytes[..4].copy_from_slice(&[0, 1, 0, 8]);
        assert_eq!(frame(&bytes), Frame::Whole { message: 28, taken: 28 });
        assert_eq!(frame(&bytes[..27]), Frame::Part);
        bytes[3] = 7;
        assert_eq!(frame(&bytes), Frame::Garbage);
    }

    #[test]
    fn channel_data_is_padded() {
        let bytes = [0x40, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0, 0x40];
        assert_eq!(frame(&bytes), Frame::Whole { message: 9, taken: 12 });
        for end in 0..12 {
            assert_eq!(frame(&bytes[..end]), Frame::Part, "{end}");
        }
    }

    #[test]
    fn what_is_too_large_or_something_else_is_seen_at_once() {
        for garbage in [
            &b"GET / HTTP/1.1"[..],
            b"\x16\x03\x01",
            b"\x80",
            b"\x04\x00\x00\x00",
            b"\x00\x01\x07\xf0",
            b"\x40\x00\x07\xfd",
            b"\xff\xff\xff\xff",
        ] {
            assert_eq!(frame(garbage), Frame::Garbage, "{garbage:?}");
        }
        assert_eq!(frame(b"\x00\x01\x07\xec"), Frame::Part);
        assert_eq!(frame(b"\x40\x00\x07\xfc"), Frame::Part);
    }
}
