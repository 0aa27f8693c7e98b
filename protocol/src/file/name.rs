//! Names of files that others give.

/// Bytes of a name, at most: what every file system takes, with room for an ending like ` (2)`.
const NAME_BYTES: usize = 200;
/// Bytes of an extension that is kept when a name is cut.
const EXTENSION_BYTES: usize = 16;
/// Names that Windows does not let a file have, whatever follows after a dot.
const RESERVED: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// A name for a file, whatever was given: without a path, without characters that a file system does not take or that change how
/// it is read (controls, direction overrides), none of the names that mean something else, not hidden, and not too long.
#[must_use]
pub fn safe_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).find(|part| !part.trim_matches(['.', ' ']).is_empty()).unwrap_or_default();
    let plain: String = last.chars().filter(|character| !is_invisible(*character)).map(usual).collect();
    let mut name = trimmed(&plain).to_owned();
    if name.is_empty() {
        name.push_str("file");
    }
    if is_reserved(&name) {
        name.insert(0, '_');
    }
    trimmed(&cut(&name)).to_owned()
}

/// Neither hidden nor with an end that Windows leaves out.
fn trimmed(name: &str) -> &str {
    name.trim_matches(|character: char| character == '.' || character.is_whitespace())
}

/// Controls, and what changes the direction or has no width: `gpj.exe` must not look like `exe.jpg`.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// What file systems do not take is a line.
fn usual(character: char) -> char {
    if "<>:\"|?*".contains(character) { '_' } else { character }
}

/// Cuts the middle out: the extension says what it is.
fn cut(name: &str) -> String {
    if name.len() <= NAME_BYTES {
        return name.to_owned();
    }
    let extension =
        name.rfind('.').and_then(|dot| name.get(dot..)).filter(|extension| extension.len() <= EXTENSION_BYTES);
    let extension = extension.unwrap_or_default();
    let mut end = NAME_BYTES - extension.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    [name.get(..end).unwrap_or_default(), extension].concat()
}

fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let is_port = |kind: &str| {
        stem.strip_prefix(kind)
            .is_some_and(|port| port.chars().count() == 1 && port.chars().all(|port| "0123456789¹²³".contains(port)))
    };
    RESERVED.contains(&stem.as_str()) || is_port("COM") || is_port("LPT")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_a_name_stays_one_and_nothing_else_does() {
        for (given, name) in [
            ("holiday.jpg", "holiday.jpg"),
            ("糸 電話 (1).tar.gz", "糸 電話 (1).tar.gz"),
            ("../../x", "x"),
            ("..\\..\\windows\\x.dll", "x.dll"),
            ("/etc/passwd", "passwd"),
            ("C:\\a\\..", "a"),
            ("", "file"),
            ("...", "file"),
            (" . ", "file"),
            (".bashrc", "bashrc"),
            ("x. ", "x"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\0b\nc\u{7f}\u{85}", "abc"),
            ("a:b|c?*<>\"", "a_b_c_____"),
            ("con", "_con"),
            ("NUL.txt", "_NUL.txt"),
            ("com1.log", "_com1.log"),
            ("LPT\u{b9}", "_LPT\u{b9}"),
            ("common.log", "common.log"),
        ] {
            assert_eq!(safe_name(given), name, "{given:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = safe_name(&("電".repeat(500) + ".tar.zst"));
        assert!(name.len() <= NAME_BYTES && name.ends_with("電.zst"), "{name}");
        assert!(safe_name(&("x.".to_owned() + &"y".repeat(500))).len() <= NAME_BYTES);
    }

    proptest! {
        #[test]
        fn whatever_is_given_is_a_safe_name(given in any::<String>()) {
            let name = safe_name(&given);
            prop_assert!(!name.is_empty() && name.len() <= NAME_BYTES);
            prop_assert!(!name.starts_with('.') && !name.ends_with(['.', ' ']));
            let has_bad = name.contains(['/', '\\', '\0', '\n', '\u{202e}', ':']);
            prop_assert!(!has_bad);
            prop_assert_eq!(safe_name(&name), name);
        }
    }
}
