//! What cases read of a session description, a browser's or a model's (RFC 8866).

use crate::sdp::{Direction, Kind};

/// One m-line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) mid: String,
    pub(super) direction: Direction,
    pub(super) is_rejected: bool,
}

/// The m-lines, in order.
pub(super) fn lines(sdp: &str) -> Vec<Line> {
    sdp.split("\nm=").skip(1).filter_map(line).collect()
}

fn line(section: &str) -> Option<Line> {
    let mut words = section.split(' ');
    let (kind, port) = (Kind::parse(words.next()?)?, words.next()?);
    let attributes = || section.lines().filter_map(|line| line.trim_end().strip_prefix("a="));
    let mid = attributes().find_map(|attribute| attribute.strip_prefix("mid:")).unwrap_or_default();
    // A media description of a bundle need not have a port of its own (RFC 8843, section 6).
    let is_rejected = port == "0" && attributes().all(|attribute| attribute != "bundle-only");
    let direction = attributes().find_map(Direction::parse).unwrap_or(Direction::SENDRECV);
    Some(Line { kind, mid: mid.into(), direction, is_rejected })
}

/// The mids of the m-lines, in order.
pub(super) fn mids(sdp: &str) -> Vec<String> {
    lines(sdp).into_iter().map(|line| line.mid).collect()
}

/// The ICE username fragment; all m-lines of a bundle have the same.
pub(super) fn fragment(sdp: &str) -> String {
    sdp.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap_or_default().to_owned()
}
