//! What is read of a session description (RFC 8866), and what is asked of one that a peer sends.

mod lines;

use itodenwa_wire::limits::{
    BYTES_PER_KIND, BYTES_PER_KIND_IN_ALL, CANDIDATES_PER_FRAGMENT, DESCRIPTION_BYTES, DESCRIPTION_LINE_BYTES,
    DESCRIPTION_LINES, LINES_PER_KIND, LINES_PER_KIND_IN_ALL, LINES_PER_SUBJECT, MEDIA_DESCRIPTIONS,
};

const MEDIA: &str = "m=";
const CANDIDATE: &str = "a=candidate:";
const FRAGMENT: &str = "a=ice-ufrag:";
/// One for each media description, and one for all of them.
const FRAGMENTS: usize = MEDIA_DESCRIPTIONS + 1;

/// Why a peer's description is not given to the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// It does not begin as one.
    NotADescription,
    /// It has more bytes than [`DESCRIPTION_BYTES`].
    TooLarge,
    /// It has more than [`MEDIA_DESCRIPTIONS`].
    TooManyMediaDescriptions,
    /// It has more lines of a kind, or in all, than browsers write: [`LINES_PER_KIND`] and the limits beside it.
    TooManyLines,
    /// Its lines of a kind are longer than browsers write them: [`BYTES_PER_KIND`], [`BYTES_PER_KIND_IN_ALL`].
    LinesTooLong,
    /// It has a line of more than [`DESCRIPTION_LINE_BYTES`].
    LineTooLong,
}

impl Malformed {
    pub(crate) fn explain(self) -> String {
        match self {
            Malformed::NotADescription => "not a session description".into(),
            Malformed::TooLarge => ["more than ", &DESCRIPTION_BYTES.to_string(), " bytes"].concat(),
            Malformed::TooManyMediaDescriptions => {
                ["more than ", &MEDIA_DESCRIPTIONS.to_string(), " media descriptions"].concat()
            }
            Malformed::TooManyLines => [
                "more than ",
                &LINES_PER_SUBJECT.to_string(),
                " lines of a kind for one thing, ",
                &LINES_PER_KIND.to_string(),
                " in a media description, ",
                &LINES_PER_KIND_IN_ALL.to_string(),
                " in all, or ",
                &DESCRIPTION_LINES.to_string(),
                " lines",
            ]
            .concat(),
            Malformed::LinesTooLong => [
                "lines of a kind of more than ",
                &BYTES_PER_KIND.to_string(),
                " bytes in a media description, or ",
                &BYTES_PER_KIND_IN_ALL.to_string(),
                " in all",
            ]
            .concat(),
            Malformed::LineTooLong => ["a line of more than ", &DESCRIPTION_LINE_BYTES.to_string(), " bytes"].concat(),
        }
    }
}

/// Checks a peer's description, and takes out the candidates beyond [`CANDIDATES_PER_FRAGMENT`] in each media description:
/// a browser spends milliseconds of its main thread on each.
///
/// # Errors
/// [`Malformed`] if it is not one, or more than browsers make of one: it may hold a page for seconds.
pub fn check(sdp: String) -> Result<String, Malformed> {
    if sdp.len() > DESCRIPTION_BYTES {
        return Err(Malformed::TooLarge);
    }
    if !sdp.starts_with("v=0") {
        return Err(Malformed::NotADescription);
    }
    if lines(&sdp, MEDIA).count() > MEDIA_DESCRIPTIONS {
        return Err(Malformed::TooManyMediaDescriptions);
    }
    let sdp = limit_candidates(sdp);
    lines::check(&sdp)?;
    Ok(sdp)
}

fn limit_candidates(sdp: String) -> String {
    if lines(&sdp, CANDIDATE).count() <= CANDIDATES_PER_FRAGMENT {
        return sdp;
    }
    let mut candidates = 0;
    let kept = sdp.split_inclusive('\n').filter(|line| {
        if line.starts_with(MEDIA) {
            candidates = 0;
        }
        candidates += usize::from(line.starts_with(CANDIDATE));
        !line.starts_with(CANDIDATE) || candidates <= CANDIDATES_PER_FRAGMENT
    });
    kept.collect()
}

/// An own description that lets the others send all sound but the voice in stereo (RFC 7587, section 6.1: `stereo`). The first media
/// description of sound is the place of the microphone.
#[must_use]
pub fn in_stereo(sdp: &str) -> String {
    let (mut changed, mut sounds, mut opus) = (String::with_capacity(sdp.len() + 64), 0, "");
    for line in sdp.split_inclusive('\n') {
        let text = line.trim_end();
        if line.starts_with(MEDIA) {
            sounds += usize::from(line.starts_with("m=audio"));
            opus = "";
        }
        let of = |prefix| text.strip_prefix(prefix).and_then(|text| text.split_once(' '));
        if let Some((payload, _)) = of("a=rtpmap:").filter(|(_, codec)| codec.starts_with("opus/")) {
            opus = payload;
        }
        let is_stereo = |parameter: &str| parameter.trim_start().starts_with("stereo=");
        match of("a=fmtp:") {
            Some((payload, parameters)) if sounds > 1 && payload == opus && !parameters.split(';').any(is_stereo) => {
                changed.push_str(text);
                changed.push_str(";stereo=1\r\n");
            }
            _ => changed.push_str(line),
        }
    }
    changed
}

/// The ICE username fragments of a description (RFC 8839, section 5.4), each once. At most [`FRAGMENTS`]: a hostile peer can
/// write fifteen thousand, and going through them would take seconds.
pub(crate) fn fragments(sdp: &str) -> Vec<String> {
    let mut fragments: Vec<String> = Vec::new();
    for fragment in lines(sdp, FRAGMENT) {
        if fragments.len() == FRAGMENTS {
            break;
        }
        if !fragments.iter().any(|known| known == fragment) {
            fragments.push(fragment.to_owned());
        }
    }
    fragments
}

/// How many candidates a description has.
pub(crate) fn candidates(sdp: &str) -> usize {
    lines(sdp, CANDIDATE).count()
}

fn lines<'a>(sdp: &'a str, prefix: &'static str) -> impl Iterator<Item = &'a str> {
    sdp.lines().filter_map(move |line| line.strip_prefix(prefix)).map(str::trim_end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fragments_are_found_once_each() {
        let sdp = "v=0\r\nm=audio 9\r\na=ice-ufrag:Ab+/\r\nm=video 9\r\na=ice-ufrag:Ab+/\r\nm=x\r\na=ice-ufrag:cd\r\n";
        assert_eq!(fragments(sdp), ["Ab+/", "cd"]);
        assert_eq!(fragments("nonsense"), [""; 0]);
    }

    #[test]
    fn fragments_are_as_many_as_media_can_have() {
        let sdp: String = (0..15_000).map(|number| format!("a=ice-ufrag:{number}\n")).collect();
        assert_eq!(fragments(&sdp).len(), FRAGMENTS);
    }

    #[test]
    fn nonsense_is_told_apart() {
        assert_eq!(check("hello".into()), Err(Malformed::NotADescription));
        assert_eq!(check("v=0".repeat(DESCRIPTION_BYTES)), Err(Malformed::TooLarge));
        assert_eq!(check(format!("v=0\n{}", "m=audio\n".repeat(65))), Err(Malformed::TooManyMediaDescriptions));
    }

    #[test]
    fn all_sound_but_the_voice_is_in_stereo() {
        let voice = "v=0\r\nm=audio 9\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\nm=video 9\r\n";
        assert_eq!(in_stereo(voice), voice);
        let music = "m=audio 9\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\n";
        let stereo = music.replace("minptime=10", "minptime=10;stereo=1");
        assert_eq!(in_stereo(&format!("{voice}{music}m=x\r\n")), format!("{voice}{stereo}m=x\r\n"));
        for said in ["stereo=1", "stereo=0", "sprop-stereo=1; stereo=0"] {
            let music = format!("{voice}{}", music.replace("minptime=10", said));
            assert_eq!(in_stereo(&music), music);
        }
        assert_eq!(in_stereo("a=fmtp: x\na=rtpmap:\nm=audio"), "a=fmtp: x\na=rtpmap:\nm=audio");
    }

    #[test]
    fn candidates_beyond_the_limit_are_taken_out() {
        let media = format!("m=audio 9\r\n{}a=mid:0\r\n", "a=candidate:1 1 udp\r\n".repeat(5000));
        let checked = check(format!("v=0\r\n{media}{media}")).unwrap();
        assert_eq!(candidates(&checked), 2 * CANDIDATES_PER_FRAGMENT);
        assert_eq!(lines(&checked, "a=mid:").count(), 2);
    }

    /// Any lines, most of them such as are looked at.
    fn any_lines() -> impl Strategy<Value = String> {
        let line = prop_oneof!["m=audio 9", "a=candidate:1 1 udp", "a=ice-ufrag:[a-c]{1,2}", "[a-z=:]{0,12}"];
        let lines = (line, prop_oneof![1..4_usize, 60..70_usize], prop_oneof!["\n", "\r\n"]);
        let lines = lines.prop_map(|(line, times, end)| format!("{line}{end}").repeat(times));
        prop::collection::vec(lines, 0..8).prop_map(|lines| format!("v=0\r\n{}", lines.concat()))
    }

    fn but_candidates(sdp: &str) -> String {
        sdp.split_inclusive('\n').filter(|line| !line.starts_with(CANDIDATE)).collect()
    }

    proptest! {
        #[test]
        fn what_passes_lost_candidates_at_most_and_passes_again_as_it_is(sdp in any_lines()) {
            match check(sdp.clone()) {
                Ok(checked) => {
                    prop_assert_eq!(but_candidates(&checked), but_candidates(&sdp));
                    let by_media = |sdp: &str| sdp.split("\nm=").map(candidates).collect::<Vec<_>>();
                    let most = by_media(&sdp).into_iter().map(|count| count.min(CANDIDATES_PER_FRAGMENT));
                    prop_assert_eq!(by_media(&checked), most.collect::<Vec<_>>());
                    prop_assert_eq!(fragments(&checked), fragments(&sdp));
                    prop_assert_eq!(in_stereo(&checked), checked.clone(), "there is no Opus");
                    prop_assert_eq!(check(checked.clone()), Ok(checked));
                }
                Err(Malformed::TooManyMediaDescriptions) => {
                    prop_assert!(lines(&sdp, MEDIA).count() > MEDIA_DESCRIPTIONS);
                }
                Err(malformed) => {
                    prop_assert_eq!(malformed, Malformed::TooManyLines);
                    prop_assert!(but_candidates(&sdp).lines().count() > LINES_PER_SUBJECT);
                }
            }
        }
    }
}
