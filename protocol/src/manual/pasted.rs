//! Descriptions as people carry them: through mails, chats and consoles.

/// JSON in JSON in JSON is as deep as it is unwrapped.
const DEPTH: usize = 3;
/// Longest message of a browser that is passed on, in characters.
const MESSAGE: usize = 300;
const PASSWORD: &str = "ice-pwd:";

/// The session description in what was pasted: out of JSON, without what is around it, unwrapped and unquoted, every line
/// ended by CRLF. What is none stays none, and is left to the check that follows.
pub(super) fn description(pasted: &str) -> String {
    let mut text = unwrapped(pasted);
    for _ in 0..DEPTH {
        let Some(inner) = in_json(&text) else { break };
        text = unwrapped(&inner);
    }
    let mut lines: Vec<String> = Vec::new();
    for line in text.split(['\r', '\n', '\u{2028}', '\u{2029}']).map(unquoted) {
        match lines.last_mut() {
            _ if line.is_empty() || line.starts_with("```") => {}
            // A mail's signature.
            Some(_) if line == "--" => break,
            // A greeting before it is no part of it.
            None if line.starts_with("v=") => lines.push(line.to_owned()),
            None => {}
            Some(_) if is_line(line) => lines.push(line.to_owned()),
            // Mails break long lines between words.
            Some(before) => {
                before.push(' ');
                before.push_str(line);
            }
        }
    }
    if lines.is_empty() {
        return text;
    }
    lines.iter().flat_map(|line| [line.as_str(), "\r\n"]).collect()
}

/// Without what surrounds it unseen.
fn unwrapped(text: &str) -> String {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '`')).to_owned()
}

/// Without the marks of quoting in front of it.
fn unquoted(line: &str) -> &str {
    line.trim_start_matches(|c: char| c == '>' || c.is_whitespace()).trim_end()
}

/// A letter and a `=` (RFC 8866, section 5).
fn is_line(line: &str) -> bool {
    let mut chars = line.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase()) && chars.next() == Some('=')
}

/// The text of a JSON string, or the member `sdp` of a JSON object.
fn in_json(text: &str) -> Option<String> {
    match text.chars().next()? {
        '"' => string(text.get(1..)?).map(|(text, _)| text),
        '{' => member_sdp(text.get(1..)?),
        _ => None,
    }
}

/// Goes through an object's strings: the one after `sdp` and a colon is it.
fn member_sdp(mut rest: &str) -> Option<String> {
    let mut is_next = false;
    while let Some(start) = rest.find('"') {
        let (text, after) = string(rest.get(start + 1..)?)?;
        if is_next {
            return Some(text);
        }
        is_next = text == "sdp" && after.trim_start().starts_with(':');
        rest = after;
    }
    None
}

/// A JSON string (RFC 8259, section 7) after its first quotation mark, and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    let mut result = String::new();
    let mut chars = text.char_indices();
    while let Some((place, c)) = chars.next() {
        match c {
            '"' => return Some((result, text.get(place + 1..)?)),
            '\\' => result.push(match chars.next()?.1 {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let mut code = 0;
                    for _ in 0..4 {
                        code = code * 16 + chars.next()?.1.to_digit(16)?;
                    }
                    // Halves of a surrogate pair are in no description.
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
                other => other,
            }),
            c => result.push(c),
        }
    }
    None
}

/// What a browser says of a description, without its passwords (RFC 8839, section 5.4) and without the rest of it.
pub(super) fn without_secrets(message: &str, description: &str) -> String {
    let mut message = message.to_owned();
    for password in after(description, PASSWORD) {
        message = message.replace(password, "…");
    }
    // It may quote another form of it than was given.
    let quoted: Vec<String> = after(&message, PASSWORD).map(str::to_owned).collect();
    for password in quoted {
        message = message.replace(&format!("{PASSWORD}{password}"), &format!("{PASSWORD}…"));
    }
    match message.char_indices().nth(MESSAGE) {
        Some((end, _)) => message.get(..end).map(|start| format!("{start}…")).unwrap_or_default(),
        None => message,
    }
}

/// The words that follow each of these marks, as many as a description may have.
fn after<'a>(text: &'a str, mark: &'static str) -> impl Iterator<Item = &'a str> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '\\' | '"' | '…');
    text.split(mark)
        .skip(1)
        .take(MESSAGE)
        .filter_map(move |rest| rest.split(is_end).next())
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDP: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\na=ice-pwd:sesame/Open+1\r\n";

    #[test]
    fn a_description_survives_mails_and_chats() {
        let json =
            r#"{"type":"offer","sdp":"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\na=ice-pwd:sesame\/Open\u002b1\r\n"}"#;
        let twice = format!("\"{}\"", json.replace('\\', "\\\\").replace('"', "\\\""));
        for pasted in [
            SDP,
            SDP.trim(),
            &SDP.replace("\r\n", "\n"),
            &SDP.replace("\r\n", "\r"),
            &format!("\u{feff}\n\n  {SDP} \n"),
            &SDP.replace("\r\n", "\r\n\r\n"),
            &SDP.replace("IN IP4", "IN\nIP4"),
            &format!("> {}", SDP.replace("\r\n", "\r\n> ")),
            &format!("Here it is:\n\n```\n{SDP}```\n-- \nAnn"),
            json,
            &format!("\n{json}\n"),
            &twice,
            &json.replace("\"type\":\"offer\",", ""),
        ] {
            assert_eq!(description(pasted), SDP, "{pasted:?}");
        }
    }

    #[test]
    fn what_is_no_description_stays_none() {
        for nonsense in
            ["", "{", "{}", "\"", "\"\\", "{\"sdp\":7}", "{\"sdp\":\"\\u12\"}", "hello", "> > >", "[[[[", "\\"]
        {
            assert!(!description(nonsense).starts_with("v=0"), "{nonsense:?}");
        }
    }

    #[test]
    fn what_is_told_of_it_has_no_secrets() {
        let whole = format!("Failed to parse. {SDP} Invalid.");
        let escaped = whole.replace("\r\n", "\\r\\n");
        for message in [whole.as_str(), &escaped, "the password sesame/Open+1 is short", "a=ice-pwd:another\r\n"] {
            let told = without_secrets(message, SDP);
            assert!(!told.contains("sesame") && !told.contains("another") && told.contains('…'), "{told}");
        }
        assert!(without_secrets(&"x".repeat(100_000), SDP).len() < 400);
        assert_eq!(without_secrets("Called in wrong state", SDP), "Called in wrong state");
    }
}
