//! Which end of the DTLS association this side is.

use std::cell::Cell;
use std::rc::Rc;

const ACTIVE: &str = "a=setup:active";
const PASSIVE: &str = "a=setup:passive";

/// What the first answer said; it holds as long as the connection (RFC 8842, section 5.3).
///
/// Firefox says `active` once more when it answers an ICE restart, whatever it is, and Chromium does not take that answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Role(Rc<Cell<Option<&'static str>>>);

impl Role {
    /// A description of ours as the other side has to get it. An offer leaves the role open and is as it was.
    pub(crate) fn kept_in(&self, sdp: String) -> String {
        match (said(&sdp), self.0.get()) {
            (Some(said), Some(role)) if said != role => with_role(&sdp, said, role),
            (Some(said), _) => {
                self.0.set(Some(said));
                sdp
            }
            (None, _) => sdp,
        }
    }

    /// An answer of the other side counts.
    pub(crate) fn answered(&self, sdp: &str) {
        if self.0.get().is_none() {
            self.0.set(said(sdp).map(|theirs| if theirs == ACTIVE { PASSIVE } else { ACTIVE }));
        }
    }
}

/// The description with another role, line by line.
fn with_role(sdp: &str, said: &str, role: &str) -> String {
    let mut changed = String::with_capacity(sdp.len() + sdp.len() / 8);
    for line in sdp.split_inclusive('\n') {
        match line.strip_prefix(said) {
            Some(end) if end.trim_end().is_empty() => {
                changed.push_str(role);
                changed.push_str(end);
            }
            _ => changed.push_str(line),
        }
    }
    changed
}

/// All media descriptions of a bundle say the same.
fn said(sdp: &str) -> Option<&'static str> {
    sdp.lines().find_map(|line| [ACTIVE, PASSIVE].into_iter().find(|role| line.trim_end() == *role))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\nm=audio 9\r\na=setup:actpass\r\n";

    fn answer(role: &str) -> String {
        format!("v=0\r\nm=audio 9\r\n{role}\r\nm=video 9\r\n{role}\r\n")
    }

    #[test]
    fn what_the_first_answer_said_holds() {
        let ours = Role::default();
        assert_eq!(ours.kept_in(OFFER.into()), OFFER);
        ours.answered(&answer(ACTIVE));
        assert_eq!(ours.kept_in(answer(ACTIVE)), answer(PASSIVE));
        assert_eq!(ours.kept_in(OFFER.into()), OFFER);

        let theirs = Role::default();
        assert_eq!(theirs.kept_in(answer(ACTIVE)), answer(ACTIVE));
        theirs.answered(&answer(ACTIVE));
        assert_eq!(theirs.kept_in(answer(PASSIVE)), answer(ACTIVE));
    }

    #[test]
    fn nonsense_says_nothing() {
        let role = Role::default();
        role.answered("a=setup:holdconn");
        role.answered("");
        assert_eq!(role.kept_in(answer(PASSIVE)), answer(PASSIVE));
    }
}
