//! Candidates: ours until they can be sent, and which of theirs are let through to the browser.

use itodenwa_wire::Candidate;
use itodenwa_wire::limits::{CANDIDATE_BYTES, CANDIDATES_PER_FRAGMENT};

/// What was gathered here. At most [`CANDIDATES_PER_FRAGMENT`] are sent for one gathering: the other side takes no more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct LocalCandidates {
    fragments: Vec<String>,
    gathered: usize,
    complete: bool,
    /// The description was sent without waiting for all: the others follow it.
    trickles_rest: bool,
}

impl LocalCandidates {
    /// A local description was set, with these fragments. New ones begin a new gathering.
    pub(crate) fn described(&mut self, fragments: Vec<String>) {
        if fragments != self.fragments {
            *self = LocalCandidates { fragments, ..LocalCandidates::default() };
        }
    }

    /// A candidate was gathered. False if it is not to be sent: it is of an older gathering, or one too many, or one that only begins
    /// TCP connections, which is of no use to the other side (RFC 6544, section 4.5: it is not connected to).
    pub(crate) fn gather(&mut self, candidate: &Candidate) -> bool {
        let fragment = candidate.username_fragment.as_ref();
        if fragment.is_some_and(|name| !self.fragments.contains(name)) {
            return false;
        }
        self.gathered = self.gathered.saturating_add(1);
        let mut words = candidate.candidate.split_ascii_whitespace();
        let only_connects = words.any(|word| word == "tcptype") && words.next() == Some("active");
        self.gathered <= CANDIDATES_PER_FRAGMENT && !only_connects
    }

    /// Whether a candidate of this gathering came.
    pub(crate) fn has_begun(&self) -> bool {
        self.gathered > 0
    }

    /// Gathering is complete: gives the fragments that have no more candidates, once.
    pub(crate) fn finish(&mut self) -> &[String] {
        if std::mem::replace(&mut self.complete, true) { &[] } else { &self.fragments }
    }

    /// Whether the candidates to come follow their description, which is sent now.
    pub(crate) fn trickle_rest(&mut self, rest: bool) {
        self.trickles_rest |= rest;
    }

    pub(crate) fn trickles_rest(&self) -> bool {
        self.trickles_rest
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }
}

/// What the other side's current description lets in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct RemoteCandidates {
    fragments: Vec<Fragment>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Fragment {
    name: String,
    admitted: usize,
    ended: bool,
}

/// Whether a candidate is given to the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Yes.
    Admitted,
    /// It is of another description, or came after the end of candidates.
    Stale,
    /// It is the first beyond the limit.
    TooMany,
    /// It is longer than a candidate can be.
    TooLong,
}

impl RemoteCandidates {
    /// Whether there is no remote description yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.fragments.is_empty()
    }

    /// A remote description was set, with these fragments. Those that it does not name are over. True if all are new.
    pub(crate) fn described(&mut self, names: Vec<String>) -> bool {
        let all_new = !names.iter().any(|name| self.fragments.iter().any(|fragment| fragment.name == *name));
        let mut known = std::mem::take(&mut self.fragments);
        self.fragments = names
            .into_iter()
            .map(|name| match known.iter().position(|fragment| fragment.name == name) {
                Some(place) => known.swap_remove(place),
                None => Fragment { name, admitted: 0, ended: false },
            })
            .collect();
        all_new
    }

    /// Looks at a candidate before the browser does. One without a fragment belongs to the current description.
    pub(crate) fn admit(&mut self, candidate: &Candidate) -> Admission {
        if candidate.candidate.len() > CANDIDATE_BYTES {
            return Admission::TooLong;
        }
        let fragment = match &candidate.username_fragment {
            Some(name) => self.fragments.iter_mut().find(|fragment| fragment.name == *name),
            None => self.fragments.first_mut(),
        };
        let Some(fragment) = fragment.filter(|fragment| !fragment.ended) else { return Admission::Stale };
        fragment.admitted = fragment.admitted.saturating_add(1);
        match fragment.admitted.checked_sub(CANDIDATES_PER_FRAGMENT) {
            None | Some(0) => Admission::Admitted,
            Some(1) => Admission::TooMany,
            Some(_) => Admission::Stale,
        }
    }

    /// Whether the end of this fragment's candidates is news.
    pub(crate) fn end(&mut self, name: &str) -> bool {
        match self.fragments.iter_mut().find(|fragment| fragment.name == name) {
            Some(fragment) => !std::mem::replace(&mut fragment.ended, true),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(fragment: Option<&str>) -> Candidate {
        Candidate {
            candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host".into(),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: None,
            username_fragment: fragment.map(Into::into),
        }
    }

    #[test]
    fn only_the_current_description_has_candidates() {
        let mut remote = RemoteCandidates::default();
        assert_eq!(remote.admit(&candidate(None)), Admission::Stale, "there is no description yet");
        assert!(remote.described(vec!["old".into()]));
        assert!(!remote.described(vec!["old".into(), "more".into()]));
        assert_eq!(remote.admit(&candidate(Some("old"))), Admission::Admitted);
        assert_eq!(remote.admit(&candidate(Some("other"))), Admission::Stale);
        assert!(remote.described(vec!["new".into()]));
        assert_eq!(remote.admit(&candidate(Some("old"))), Admission::Stale);
        assert_eq!(remote.admit(&candidate(None)), Admission::Admitted);
    }

    #[test]
    fn the_limit_outlives_a_description_with_the_same_fragment() {
        let mut remote = RemoteCandidates::default();
        for _ in 0..CANDIDATES_PER_FRAGMENT {
            remote.described(vec!["one".into()]);
            assert_eq!(remote.admit(&candidate(Some("one"))), Admission::Admitted);
        }
        assert_eq!(remote.admit(&candidate(Some("one"))), Admission::TooMany);
        assert_eq!(remote.admit(&candidate(Some("one"))), Admission::Stale);
    }

    #[test]
    fn after_the_end_nothing_is_admitted() {
        let mut remote = RemoteCandidates::default();
        remote.described(vec!["one".into()]);
        assert!(remote.end("one") && !remote.end("one") && !remote.end("two"));
        assert_eq!(remote.admit(&candidate(Some("one"))), Admission::Stale);
    }

    #[test]
    fn what_only_begins_tcp_connections_is_not_sent() {
        let mut local = LocalCandidates::default();
        local.described(vec!["a".into()]);
        let tcp = |kind| Candidate {
            candidate: format!("candidate:1 1 tcp 1518280447 192.0.2.1 9 typ host tcptype {kind} generation 0 ufrag a"),
            ..candidate(Some("a"))
        };
        assert!(!local.gather(&tcp("active")) && local.has_begun());
        assert!(local.gather(&tcp("passive")) && local.gather(&tcp("so")) && local.gather(&candidate(Some("a"))));
    }

    #[test]
    fn gathering_ends_once_until_new_credentials() {
        let mut local = LocalCandidates::default();
        local.described(vec!["a".into()]);
        assert!(local.gather(&candidate(Some("a"))) && local.gather(&candidate(None)));
        assert_eq!(local.finish(), ["a"]);
        assert_eq!(local.finish(), [""; 0]);
        local.described(vec!["a".into()]);
        assert!(local.is_complete());
        local.described(vec!["b".into()]);
        assert!(!local.is_complete() && !local.has_begun());
        assert!(!local.gather(&candidate(Some("a"))) && !local.has_begun(), "it is of the gathering before");
    }
}
