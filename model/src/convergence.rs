//! What has to be so when everything is quiet: both sides agree, and nothing is left over.

use itodenwa_protocol::{ConnectionState, IceMode};
use itodenwa_wire::limits::CANDIDATES_PER_FRAGMENT;

use crate::browser::{Signaling, candidates_of};
use crate::page::Page;
use crate::world::{PageIndex, World};

impl World {
    /// Everybody who is there is connected with everybody else, and sees and hears what the other has on.
    pub fn assert_converged(&self) {
        let present = self.present();
        for a in &present {
            let page = self.page(*a);
            assert_eq!(page.members.len(), present.len() - 1, "page {a} knows who is there");
            assert!(page.away.is_empty(), "page {a} misses nobody");
            assert_eq!(page.connections.len(), present.len() - 1, "page {a} has one connection for each");
            assert_eq!(page.room.deadline(), None, "page {a} is at rest");
        }
        for (a, b) in self.pairs() {
            assert_agree(self.page(a), self.page(b));
        }
    }

    /// All candidates that were trickled came through, and the other side knows that these are all.
    pub fn assert_candidates_complete(&self) {
        for (a, b) in self.pairs().filter(|(_, b)| self.page(*b).ice == IceMode::Trickle) {
            assert_complete(self.page(a), self.page(b));
        }
    }

    fn pairs(&self) -> impl Iterator<Item = (PageIndex, PageIndex)> {
        let present = self.present();
        let other = present.clone();
        present.into_iter().flat_map(move |a| other.clone().into_iter().filter(move |b| a != *b).map(move |b| (a, b)))
    }
}

/// What `here` has of `there` is what `there` says, and they have a path to each other.
pub(crate) fn assert_agree(here: &Page, there: &Page) {
    let (connection, mine) = here.with(there.id()).expect("there is a connection");
    let (_, theirs) = there.with(here.id()).expect("there is a connection");
    assert_eq!(mine.browser.signaling, Signaling::Stable);
    assert!(!mine.in_flight, "an operation was never answered");
    let (local, remote) = mine.browser.credentials().expect("both descriptions count");
    assert_eq!(theirs.browser.credentials(), Some((remote, local)), "they disagree on ICE");
    assert_eq!(mine.path, Some((local.to_owned(), remote.to_owned())), "they have no path");
    assert_eq!(mine.state, ConnectionState::Connected);
    assert!(mine.channel_open);
    assert_eq!(mine.browser.media_lines(), theirs.browser.media_lines());

    assert_eq!(here.sees(there.id()), there.room.sources(), "one sees what the other has on");
    let sent = theirs.browser.sends();
    for (source, (id, mid)) in here.media.get(&here.key_of(there.id())).into_iter().flatten() {
        assert_eq!(*id, connection, "{source} is of the connection that there is");
        assert!(sent.contains(&(mid.clone(), *source)), "the other side sends {source} as {mid}: {sent:?}");
    }
}

/// All candidates that `there` trickled are known `here`, and that these are all.
pub(crate) fn assert_complete(here: &Page, there: &Page) {
    let (_, mine) = here.with(there.id()).expect("there is a connection");
    let (_, remote) = mine.browser.credentials().expect("both descriptions count");
    assert_eq!(mine.browser.known(remote), candidates_of(remote).min(CANDIDATES_PER_FRAGMENT));
    assert!(mine.browser.has_ended(remote), "the end of candidates of {remote} is not known");
}
