//! Descriptions as people carry them: through mails, chats, consoles and forms.

use super::base64;

/// JSON in JSON in JSON is as deep as it is unwrapped.
const DEPTH: usize = 3;
/// Longest message of a browser that is passed on, in characters.
const MESSAGE: usize = 300;
const PASSWORD: &str = "ice-pwd:";
const VERSION: &str = "v=0";
/// How lines begin that are no attributes.
const LINES: [&str; 8] = ["s=-", "t=0 0", "c=IN ", "b=AS:", "b=TIAS:", "m=audio ", "m=video ", "m=application "];

/// The session description in what was pasted: out of JSON or Base64, without what is around it, unwrapped and unquoted, every
/// line ended by CRLF. What is none stays none, and is left to the check that follows.
pub(super) fn description(pasted: &str) -> String {
    let pasted = typed(pasted);
    let Some(text) = out_of_strings(&pasted).or_else(|| out_of_strings(&typed(&base64::text(&pasted)?))) else {
        return pasted;
    };
    let mut lines: Vec<String> = Vec::new();
    let mut is_wrapped = false;
    for line in text.split(['\r', '\n']).map(unquoted) {
        match lines.last_mut() {
            // Some mails put an empty line after each; what follows it is no rest of the line before it.
            _ if line.is_empty() => is_wrapped = false,
            // The end of a mail, or of what a chat shows as program text.
            Some(_) if line == "--" || line.starts_with("```") => break,
            _ if is_line(line) => {
                lines.push(line.to_owned());
                is_wrapped = true;
            }
            // Mails break long lines between words.
            Some(before) if is_wrapped => {
                before.push(' ');
                before.push_str(line);
            }
            _ => break,
        }
    }
    lines.iter().flat_map(|line| [line.as_str(), "\r\n"]).collect()
}

/// As a browser wrote it: without what can't be seen, with the spaces, quotes and dashes that programs for people make others of, and
/// with the characters that stand behind the names of HTML and of mails.
fn typed(pasted: &str) -> String {
    let mut text = String::with_capacity(pasted.len());
    for c in pasted.chars() {
        match c {
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {}
            '\u{85}' | '\u{2028}' | '\u{2029}' => text.push('\n'),
            '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => text.push(' '),
            '\u{2018}'..='\u{201b}' => text.push('\''),
            '\u{201c}'..='\u{201f}' => text.push('"'),
            '\u{bb}' => text.push('>'),
            '\u{2010}'..='\u{2013}' | '\u{2212}' => text.push('-'),
            '\u{2014}' | '\u{2015}' => text.push_str("--"),
            '\u{2026}' => text.push_str("..."),
            c => text.push(c),
        }
    }
    if text.contains("v%3D0") {
        text = percent_decoded(&text);
    }
    if text.contains("v=3D0") {
        // Quoted-printable (RFC 2045, section 6.7): of what it replaces a description has no more.
        text = text.replace("=\r\n", "").replace("=\n", "").replace("=20", " ").replace("=3D", "=");
    }
    if text.contains('&') {
        let names = [("&nbsp;", " "), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&gt;", ">"), ("&lt;", "<")];
        for (name, character) in names.into_iter().chain([("&#x2F;", "/"), ("&#43;", "+"), ("&amp;", "&")]) {
            text = text.replace(name, character);
        }
    }
    text
}

/// Out of a link (RFC 3986, section 2.1).
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What begins with the first line of a description, taken out of as many strings of a program as it is in.
fn out_of_strings(text: &str) -> Option<String> {
    let start =
        text.match_indices(VERSION).map(|(at, _)| at).find(|at| is_first_line(text.get(at + VERSION.len()..)))?;
    let (before, from) = text.split_at_checked(start)?;
    // A string ends with what it began with: as many backslashes, and that quotation mark.
    let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`'));
    let opening = before.get(..before.len() - quote.map_or(0, char::len_utf8)).unwrap_or_default();
    let backslashes = opening.len() - opening.trim_end_matches('\\').len();
    let end = quote.and_then(|quote| {
        let is_end = |at: &usize| {
            let before = from.get(..*at).unwrap_or_default();
            before.len() - before.trim_end_matches('\\').len() == backslashes
        };
        from.match_indices(quote).map(|(at, _)| at).find(is_end).map(|at| at - backslashes)
    });
    let mut text = from.get(..end.unwrap_or(from.len()))?.to_owned();
    for _ in 0..DEPTH {
        if !text.contains('\\') {
            break;
        }
        text = unescaped(&text);
    }
    // A field of one line takes the ends of lines out, or makes spaces of them.
    Some(if text.trim_end().contains(['\r', '\n']) { text } else { broken(&text) })
}

/// Whether a line ends here: by its end, by an escaped one, by the space that was made of one, or by nothing.
fn is_first_line(rest: Option<&str>) -> bool {
    let rest = rest.unwrap_or_default().trim_start_matches(' ');
    rest.starts_with(['\r', '\n', '\\']) || rest.starts_with("o=")
}

/// Without one level of escapes (ECMA-262, section 12.9.4; RFC 8259, section 7).
fn unescaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            result.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => result.push('\n'),
            Some('r') => result.push('\r'),
            Some('t') => result.push('\t'),
            Some('u') => {
                let code = chars.by_ref().take(4).try_fold(0, |code, digit| Some(code * 16 + digit.to_digit(16)?));
                // Halves of a surrogate pair are in no description.
                result.push(code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(other) => result.push(other),
            None => {}
        }
    }
    result
}

/// With the ends of lines that were lost: before what begins one in the descriptions that browsers write, and nothing else in them.
fn broken(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        // Only the second line begins so: names of parameters end as it begins.
        if at == VERSION.len() || text.get(at..).is_some_and(begins_line) {
            result.push('\n');
        }
        result.push(c);
    }
    result
}

fn begins_line(text: &str) -> bool {
    let attribute = text.strip_prefix("a=").is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    attribute || LINES.iter().any(|line| text.starts_with(line))
}

/// Without the marks of quoting in front of it.
fn unquoted(line: &str) -> &str {
    line.trim_start_matches(|c: char| matches!(c, '>' | '|') || c.is_whitespace()).trim_end()
}

/// A letter and a `=` (RFC 8866, section 5).
fn is_line(line: &str) -> bool {
    let mut chars = line.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase()) && chars.next() == Some('=')
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
        message = message.replace(&[PASSWORD, &password].concat(), &[PASSWORD, "…"].concat());
    }
    match message.char_indices().nth(MESSAGE) {
        Some((end, _)) => message.get(..end).map(|start| [start, "…"].concat()).unwrap_or_default(),
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
            // Around it.
            &format!("Hi Bob, the first line is v=0 as always:\n```json\n{json}\n```\nBye"),
            &format!("> {}", json.replace(",\"sdp\"", ",\n>   \"sdp\"")),
            &format!("[10:42] Ann: {SDP}\n\nBye,\nAnn"),
            &format!("`{}`", SDP.trim().replace("\r\n", "\\r\\n")),
            &format!("RTCSessionDescription {{type: 'offer', sdp: '{}'}}", SDP.replace("\r\n", "\\r\\n")),
            &format!("&gt; {}", SDP.replace("\r\n", "\r\n&gt; ").replace('+', "&#43;")),
            &json.replace('"', "&quot;"),
            // In it.
            &json.replacen('"', "\u{201c}", 4).replacen('"', "\u{201d}", 4),
            &json.replace("IN IP4", "IN\n IP4"),
            &SDP.replace("IN IP4", "IN\u{a0}IP4").replace("- 1", "\u{2013} 1"),
            &SDP.replace("a=ice", "\u{200b}a=\u{2060}ice").replace("v=0", "\u{202a}v=0\u{202c}"),
            &SDP.replace("\r\n", "\u{2028}"),
            &SDP.replace('=', "=3D").replace("IN IP4", "IN=\r\n IP4"),
            &json.replace('%', "%25").replace('"', "%22").replace('\\', "%5C").replace('=', "%3D").replace(' ', "%20"),
            &SDP.replace("\r\n", " "),
            &SDP.replace("\r\n", ""),
            // {"type":"offer","sdp":…} and the mere text.
            "eyJ0eXBlIjoib2ZmZXIiLCJzZHAiOiJ2PTBcclxubz0tIDEgMSBJTiBJUDQgMC4wLjAuMFxyXG5zPS1cclxuYT1pY2UtcHdkOnNlc2FtZS9PcGVuKzFcclxuIn0=",
            "dj0wDQpvPS0gMSAxIElOIElQNCAwLjAuMC4wDQpzPS0NCmE9aWNl\nLXB3ZDpzZXNhbWUvT3BlbisxDQo",
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
