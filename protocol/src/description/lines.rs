//! How many lines of each kind a description may have, and how long they may be.

use itodenwa_wire::limits::{
    BYTES_PER_KIND, BYTES_PER_KIND_IN_ALL, DESCRIPTION_LINE_BYTES, DESCRIPTION_LINES, LINES_PER_KIND,
    LINES_PER_KIND_IN_ALL, LINES_PER_SUBJECT,
};
use litemap::LiteMap;

use super::{CANDIDATE, MEDIA, Malformed};

/// Lines, and their bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    lines: usize,
    bytes: usize,
}

/// Checks that a browser has no more to do for this description than for those that browsers make. Its time goes up with the
/// lines of a codec times those of another kind for it, and their parameters: 3 000 `a=rtcp-fb` stop Chromium for 45 s.
pub(super) fn check(sdp: &str) -> Result<(), Malformed> {
    let (mut here, mut in_all) = (LiteMap::<&str, Count>::new(), LiteMap::<&str, Count>::new());
    let mut subjects = LiteMap::<&str, usize>::new();
    for (count, line) in sdp.lines().enumerate() {
        if line.len() > DESCRIPTION_LINE_BYTES {
            return Err(Malformed::LineTooLong);
        }
        if count >= DESCRIPTION_LINES {
            return Err(Malformed::TooManyLines);
        }
        if line.starts_with(MEDIA) {
            here.clear();
            subjects.clear();
        }
        let kind = kind(line);
        // There are few candidates already, and a browser looks at each by itself.
        let is_candidate = line.starts_with(CANDIDATE);
        let bytes = if is_candidate { 0 } else { line.len() };
        let here = add(&mut here, kind, bytes);
        let in_all = add(&mut in_all, kind, bytes);
        if here.lines > LINES_PER_KIND || in_all.lines > LINES_PER_KIND_IN_ALL {
            return Err(Malformed::TooManyLines);
        }
        if is_candidate {
            continue;
        }
        let same = subjects.entry(subject(line)).or_insert(0);
        *same += 1;
        if *same > LINES_PER_SUBJECT {
            return Err(Malformed::TooManyLines);
        }
        if here.bytes > BYTES_PER_KIND || in_all.bytes > BYTES_PER_KIND_IN_ALL {
            return Err(Malformed::LinesTooLong);
        }
    }
    Ok(())
}

fn add<'a>(counts: &mut LiteMap<&'a str, Count>, kind: &'a str, bytes: usize) -> Count {
    let count = counts.entry(kind).or_default();
    count.lines += 1;
    count.bytes += bytes;
    *count
}

/// The name of an attribute, or the letter of any other line.
fn kind(line: &str) -> &str {
    let name = line.strip_prefix("a=").and_then(|attribute| attribute.split([':', ' ', '\r']).next());
    name.or_else(|| line.split('=').next()).unwrap_or_default()
}

/// What a line is about: the attribute and the first word of its value, for instance a codec.
fn subject(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{check, *};
    use super::*;

    /// However they are spread.
    #[test]
    fn lines_of_a_kind_are_bounded() {
        let section = |count: usize| {
            let lines: String = (0..count).map(|number| format!("a=rtcp-fb:{number} nack\r\n")).collect();
            format!("m=video 9\r\n{lines}")
        };
        let with = |sections: &str| check(format!("v=0\r\n{sections}"));
        assert!(with(&section(LINES_PER_KIND)).is_ok());
        assert_eq!(with(&section(LINES_PER_KIND + 1)), Err(Malformed::TooManyLines));
        assert_eq!(with(&section(3000)), Err(Malformed::TooManyLines));
        assert!(with(&section(LINES_PER_KIND).repeat(10)).is_ok());
        assert_eq!(with(&section(LINES_PER_KIND).repeat(11)), Err(Malformed::TooManyLines));
        let kinds: String = (0..=DESCRIPTION_LINES).map(|number| format!("a=x{number}\n")).collect();
        assert_eq!(with(&kinds), Err(Malformed::TooManyLines));
    }

    #[test]
    fn lines_about_the_same_are_bounded() {
        for line in
            ["a=fmtp:96 x=1", "a=rtcp-fb:* nack", "a=msid:a b", "a=rtpmap:96 VP8/90000", "a=bundle-only", "b=AS:1", "x"]
        {
            let with = |count| check(format!("v=0\n{}", format!("{line}\n").repeat(count)));
            assert!(with(LINES_PER_SUBJECT).is_ok(), "{line}");
            assert_eq!(with(LINES_PER_SUBJECT + 1), Err(Malformed::TooManyLines), "{line}");
        }
    }

    #[test]
    fn lines_of_a_kind_are_as_long_as_browsers_write_them() {
        let with = |bytes: usize| check(format!("v=0\r\na=fmtp:96 {}\r\n", "x".repeat(bytes)));
        assert!(with(DESCRIPTION_LINE_BYTES - 10).is_ok());
        assert_eq!(with(DESCRIPTION_LINE_BYTES), Err(Malformed::LineTooLong));
        let section = |count: usize| {
            let lines: String =
                (0..count).map(|number| format!("a=fmtp:{number:03} {}\r\n", "x".repeat(1013))).collect();
            format!("m=video 9\r\n{lines}")
        };
        assert!(check(format!("v=0\r\n{}", section(2).repeat(13))).is_ok());
        assert_eq!(check(format!("v=0\r\n{}", section(3))), Err(Malformed::LinesTooLong));
        assert_eq!(check(format!("v=0\r\n{}", section(2).repeat(15))), Err(Malformed::LinesTooLong));
    }

    /// As many lines as the largest section of Chromium's offer has, 22 times.
    #[test]
    fn twenty_two_sections_of_chromiums_size_pass() {
        let lines = (0..23).map(|codec| {
            let feedback = if codec < 10 { format!("a=rtcp-fb:{codec} nack pli\r\n").repeat(5) } else { String::new() };
            format!("a=rtpmap:{codec} rtx/90000\r\n{feedback}a=fmtp:{codec} profile-id=0\r\na=extmap:{codec} x\r\n")
        });
        let section: String = lines.collect();
        let sdp = format!("v=0\r\n{}", format!("m=video 9\r\n{section}").repeat(22));
        assert_eq!(check(sdp.clone()), Ok(sdp));
    }
}
