//! Base64 (RFC 4648, sections 4 and 5), in which some programs let people carry descriptions.

/// The text that this is the Base64 of, in either alphabet, with or without its padding, in one line or in several.
pub(super) fn text(base64: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(base64.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for c in
        base64.trim_end_matches(|c: char| c == '=' || c.is_whitespace()).bytes().filter(|c| !c.is_ascii_whitespace())
    {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_alphabets_are_read_and_nothing_else() {
        // Of RFC 4648, section 10, and one with the last two letters.
        for (base64, expected) in
            [("", ""), ("Zg==", "f"), ("Zm8", "fo"), ("Zm9v\r\nYmFy", "foobar"), ("Pz8/Pj4+", "???>>>")]
        {
            assert_eq!(text(base64).as_deref(), Some(expected));
        }
        assert_eq!(text("Pz8_Pj4-").as_deref(), Some("???>>>"));
        for none in ["Zm9v!", "{}", "Zm=9v", "/w==", "\u{e9}"] {
            assert_eq!(text(none), None, "{none}");
        }
    }
}
