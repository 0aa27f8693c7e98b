//! What happens to pages and browsers.

use super::{Test, client, named, rules, server, told};
use crate::faults::row::{People, Row, Suite};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "P01",
        fault: "the other page is closed",
        criterion: "it is seen that they left, and nobody has to find out by silence",
        people: People::Two,
        tests: &[
            server("leaving::by_closing_the_socket"),
            named("together.test.mjs", "one closes the tab, and the other sees it"),
        ],
    },
    Row {
        id: "P02",
        fault: "the other browser is killed",
        criterion: "it is seen that they are gone; 15 s are meant to be enough",
        people: People::Two,
        tests: &[
            server("leaving::by_a_connection_that_is_reset"),
            told("gone.test.mjs", "the other browser is killed"),
        ],
    },
    Row {
        id: "P03",
        fault: "the other browser stands still for 20 s, and goes on",
        criterion: "they are there again, once",
        people: People::Two,
        tests: &[told("gone.test.mjs", "the other browser stands still for 20 s, and goes on")],
    },
    Row {
        id: "P04",
        fault: "the other page is loaded anew five times, each in the middle of a negotiation",
        criterion: "both see each other at the end, with one connection",
        people: People::Two,
        tests: &[
            rules("membership::a_reload_in_every_moment_of_the_first_call"),
            told("gone.test.mjs", "the other page is loaded anew five times in the middle of a negotiation"),
        ],
    },
    Row {
        id: "P05",
        fault: "the other page is loaded anew in a call",
        criterion: "both see each other again; 3 s are meant to be enough",
        people: People::Two,
        tests: &[named("calls.test.mjs", "one reloads in mid-call and is back")],
    },
    Row {
        id: "P07",
        fault: "somebody comes while the others change everything at once",
        criterion: "all see each other",
        people: People::Two,
        tests: &[
            Test::Native(Suite::Mesh, "four_meet_change_their_media_at_once_and_one_leaves_and_comes_back"),
            told("glare.test.mjs", "somebody comes while the others change everything at once"),
        ],
    },
    Row {
        id: "B01",
        fault: "the page is hidden, none of its timers ends, and its socket breaks",
        criterion: "the session is resumed when it is looked at",
        people: People::One,
        tests: &[told("hidden.test.mjs", "the page is hidden while nobody else is there, and its socket breaks")],
    },
    Row {
        id: "B02",
        fault: "the page is frozen for 3 s, and goes on",
        criterion: "both are there for each other, pictures come again, and nothing is an error",
        people: People::TwoWithChromium,
        tests: &[told(
            "hidden.test.mjs",
            "a page that was frozen for a while shows pictures again, and the other one its",
        )],
    },
    Row {
        id: "B03",
        fault: "the person goes to another page, and back",
        criterion: "the call is there again, or the way back to it",
        people: People::One,
        tests: &[named("back.test.mjs", "who comes back to the page of a call is in it again, or is asked to come")],
    },
    Row {
        id: "B06",
        fault: "a call is left in the middle of anything",
        criterion: "nothing waits for ever, and nothing is left",
        people: People::One,
        tests: &[
            client("leaving::after_calls_with_everything_switched_published_and_taken_away_nothing_is_left"),
            named("abort.test.mjs", "a call is left while the browser is at work on a description or a candidate"),
            named(
                "abort.test.mjs",
                "a join that is given up, at whatever moment, leaves nobody in the room and no device on",
            ),
        ],
    },
    Row {
        id: "B07",
        fault: "the browser has no WebRTC, or makes no connection",
        criterion: "an error with its code",
        people: People::One,
        tests: &[
            rules("recovery::a_connection_that_cannot_be_made_is_tried_ever_more_rarely_and_never_given_up"),
            client("check::a_browser_without_calls_says_so"),
        ],
    },
];
