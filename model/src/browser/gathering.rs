//! Candidates of a model: each says which fragment it is for, and each fragment how many candidates it has.

use itodenwa_wire::Candidate;

use crate::rng::Rng;

/// A gathering that begins: its fragment says how many candidates it will have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gathering {
    pub fragment: String,
    pub candidates: usize,
}

impl Gathering {
    /// The candidate at this place, from 1.
    pub fn candidate(&self, place: usize) -> Candidate {
        let Gathering { fragment, .. } = self;
        Candidate {
            candidate: format!("candidate:{place} 1 udp 2122 192.0.2.1 {place} typ host ufrag {fragment}"),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: Some(0),
            username_fragment: Some(fragment.clone()),
        }
    }
}

/// How many candidates a gathering finds; never none.
pub fn some_candidates(rng: &mut Rng) -> usize {
    1 + rng.up_to(4) as usize
}

/// How many candidates the gathering with this fragment has in all.
pub fn candidates_of(fragment: &str) -> usize {
    fragment.rsplit_once('x').and_then(|(_, count)| count.parse().ok()).unwrap_or(0)
}

/// Which fragment a candidate is for.
pub(super) fn fragment_of(candidate: &str) -> &str {
    candidate.rsplit_once(' ').map_or("", |(_, fragment)| fragment)
}
