//! Why the suite is to be trusted: it fails when one answer is a lie, and when a profile is not the one that is expected.

#![allow(clippy::expect_used, reason = "helpers of tests are not in test functions, and may fail as tests do")]

use std::cell::Cell;
use std::rc::Rc;

use itodenwa_model::browser::{Profile, Signaling};
use itodenwa_model::conformance::{self, Browser, Modelled, Outcome, Peer, at_once};
use itodenwa_model::each_case;
use itodenwa_model::sdp::{Direction, Kind};
use itodenwa_protocol::{Command, Report};
use itodenwa_wire::Candidate;

type Case = (&'static str, fn(&mut Lying) -> Outcome);

macro_rules! listed {
    ($($group:ident::$case:ident),* $(,)?) => {
        const CASES: &[Case] = &[$((stringify!($case), |browser| at_once(conformance::$group::$case(browser)))),*];
    };
}

each_case!(listed);

#[test]
fn every_answer_is_looked_at() {
    for profile in Profile::ALL {
        for (name, case) in CASES {
            let mut honest = Lying::new(Modelled::new(profile), None);
            case(&mut honest).expect("it passes");
            for lie in 0..honest.answers.get() {
                let outcome = case(&mut Lying::new(Modelled::new(profile), Some(lie)));
                assert!(outcome.is_err(), "{name} in {profile:?}: nobody sees that answer {lie} is wrong");
            }
        }
    }
}

#[test]
fn every_difference_is_seen() {
    for (is, expected, wanted) in [
        (
            Profile::Chromium,
            Profile::Specification,
            &[
                "an_answer_that_turns_the_dtls_roles_around",
                "an_offer_takes_the_place_of_our_own_with_other_media",
                "the_end_before_the_description",
                "for_a_fragment_that_is_unknown",
                "the_end_for_a_fragment_that_is_unknown",
            ][..],
        ),
        (
            Profile::Firefox,
            Profile::Specification,
            &[
                "stopped_lines_are_recycled_for_another_kind",
                "cut_short",
                "of_the_description_that_is_about_to_be_replaced",
            ],
        ),
    ] {
        let fails = |case: &Case| case.1(&mut Lying::new(Modelled::new(is).expecting(expected), None)).is_err();
        let failed: Vec<_> = CASES.iter().filter(|case| fails(case)).map(|(name, _)| *name).collect();
        assert_eq!(failed, wanted, "{is:?}, where {expected:?} is expected");
    }
}

#[test]
fn every_case_is_in_the_table() {
    let readme = include_str!("../README.md");
    let is_missing = |(name, _): &&Case| !readme.contains(&format!("| {name} |"));
    let missing: Vec<_> = CASES.iter().filter(is_missing).map(|(name, _)| *name).collect();
    assert_eq!(missing, [""; 0], "not in model/README.md");
}

/// A browser one of whose answers is not true.
struct Lying {
    browser: Modelled,
    lie: Option<usize>,
    answers: Rc<Cell<usize>>,
}

struct Liar {
    peer: <Modelled as Browser>::Peer,
    begun: Vec<Command>,
    lie: Option<usize>,
    answers: Rc<Cell<usize>>,
}

impl Lying {
    fn new(browser: Modelled, lie: Option<usize>) -> Self {
        Lying { browser, lie, answers: Rc::default() }
    }
}

impl Browser for Lying {
    type Peer = Liar;

    fn profile(&self) -> Profile {
        self.browser.profile()
    }

    fn open(&mut self) -> Liar {
        let answers = Rc::clone(&self.answers);
        Liar { peer: self.browser.open(), begun: Vec::new(), lie: self.lie, answers }
    }
}

impl Liar {
    /// What would have been another answer.
    fn another(command: &Command, answer: Option<&Report>) -> Report {
        match (answer, command) {
            (Some(Report::Refused { .. }) | None, Command::SetOffer { .. }) => Report::OfferSet,
            (Some(Report::Refused { .. }) | None, Command::SetAnswer { .. }) => Report::AnswerSet,
            (Some(Report::Refused { .. } | Report::CandidateRefused { .. }) | None, _) => Report::CandidateAdded,
            (Some(_), _) => Report::Refused { name: "AbortError".into(), message: "a lie".into() },
        }
    }
}

impl Peer for Liar {
    fn begin(&mut self, command: Command) {
        self.begun.push(command.clone());
        self.peer.begin(command);
    }

    async fn answer(&mut self) -> Option<Report> {
        let command = self.begun.remove(0);
        let answer = self.peer.answer().await;
        let place = self.answers.replace(self.answers.get() + 1);
        if self.lie == Some(place) { Some(Liar::another(&command, answer.as_ref())) } else { answer }
    }

    async fn gathered(&mut self) -> Vec<Candidate> {
        self.peer.gathered().await
    }

    fn close(&mut self) {
        self.peer.close();
    }

    fn signaling(&self) -> Signaling {
        self.peer.signaling()
    }

    fn local(&self) -> Option<String> {
        self.peer.local()
    }

    fn remote(&self) -> Option<String> {
        self.peer.remote()
    }

    fn restart_ice(&mut self) {
        self.peer.restart_ice();
    }

    fn add(&mut self, kind: Kind) {
        self.peer.add(kind);
    }

    fn set_direction(&mut self, mid: &str, direction: Direction) {
        self.peer.set_direction(mid, direction);
    }

    fn stop(&mut self, mid: &str) {
        self.peer.stop(mid);
    }
}
