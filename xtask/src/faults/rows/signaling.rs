//! What happens to what is said over the server, and to the way there.

use super::{client, named, rules, rules_inside, server, told};
use crate::faults::row::{People, Row};

/// What becomes of messages while a call comes about.
const WEATHER: &str = "weather.test.mjs";

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "S01",
        fault: "the first offer is lost",
        criterion: "it is said again, and both are connected; 3 s are meant to be enough",
        people: People::Two,
        tests: &[
            rules_inside("link::tests::what_is_lost_comes_again_in_order_and_once"),
            told(WEATHER, "the first offer is lost"),
        ],
    },
    Row {
        id: "S02",
        fault: "the first answer is lost",
        criterion: "it is said again, and both are connected; 3 s are meant to be enough",
        people: People::Two,
        tests: &[
            rules_inside("link::tests::what_is_lost_comes_again_in_order_and_once"),
            told(WEATHER, "the first answer is lost"),
        ],
    },
    Row {
        id: "S03",
        fault: "of one side's candidates none comes",
        criterion: "a path is found all the same, by what comes from there (prflx)",
        people: People::Two,
        tests: &[told(WEATHER, "of one side's candidates none comes")],
    },
    Row {
        id: "S04",
        fault: "candidates come before the description that they are of",
        criterion: "they are kept, and both are connected",
        people: People::Two,
        tests: &[
            client("calls::trickle_by_hand_with_candidates_before_the_description"),
            told(WEATHER, "candidates overtake the descriptions that they are of"),
        ],
    },
    Row {
        id: "S05",
        fault: "every message comes twice",
        criterion: "no browser refuses anything",
        people: People::Two,
        tests: &[told(WEATHER, "every message comes twice")],
    },
    Row {
        id: "S06",
        fault: "messages come in any order, eight at a time",
        criterion: "both sides agree",
        people: People::Two,
        tests: &[told(WEATHER, "messages come in any order, eight at a time")],
    },
    Row {
        id: "S07",
        fault: "messages are lost, doubled, late and out of order, while both change everything: six seeds in browsers, 100 000 in the model",
        criterion: "after each both sides agree, and everything flows",
        people: People::Two,
        tests: &[
            rules("interleavings::a_hundred_thousand_stories_end_well"),
            named("storms.test.mjs", "after a storm both sides agree, and everything flows"),
        ],
    },
    Row {
        id: "S08",
        fault: "both begin to change something within 50 ms, fifty times",
        criterion: "both have the same transceivers",
        people: People::Two,
        tests: &[
            rules("turns::audio_here_and_video_there_at_the_same_moment"),
            told("glare.test.mjs", "both begin to change something within 50 ms, again and again"),
        ],
    },
    Row {
        id: "S10",
        fault: "a message for somebody who one is not, or not any more",
        criterion: "it is ignored, and answered by who one is",
        people: People::Nobody,
        tests: &[
            rules_inside("link::tests::whoever_is_addressed_by_an_old_name_says_hello"),
            rules_inside("link::tests::packets_for_an_old_name_are_answered_once_a_second"),
            rules("membership::an_older_session_is_nobody"),
        ],
    },
    Row {
        id: "S11",
        fault: "candidates of an offer that was not taken",
        criterion: "they are not given to the browser",
        people: People::Nobody,
        tests: &[
            rules("candidates::of_another_description_are_dropped"),
            rules("recovery::an_offer_out_of_turn_is_refused_and_not_applied"),
        ],
    },
    Row {
        id: "S12",
        fault: "the socket breaks for 2 s in the middle of a negotiation",
        criterion: "it is resumed, and the call comes about",
        people: People::Two,
        tests: &[
            rules("recovery::a_gap_in_the_signalling_is_made_up_for_at_once"),
            told("signaling.test.mjs", "cut for 2 s in the middle of a negotiation, again and again"),
        ],
    },
    Row {
        id: "S13",
        fault: "the socket breaks for 2 s in a call in which nothing changes",
        criterion: "media flow on over the same connection",
        people: People::Two,
        tests: &[told("signaling.test.mjs", "cut for 2 s in an idle call")],
    },
    Row {
        id: "S14",
        fault: "the socket is dead and does not say so",
        criterion: "that is noticed within 15 s, and it is resumed",
        people: People::Two,
        tests: &[
            rules_inside("session::tests::pings_say_how_many_signals_came_and_silence_is_death_after_15_seconds"),
            told("signaling.test.mjs", "a socket that is dead and does not say so"),
        ],
    },
    Row {
        id: "S16",
        fault: "the server is killed and started again under eight people",
        criterion: "all are back, and nobody's media stopped; a thousand clients come back at a bounded rate",
        people: People::Two,
        tests: &[
            rules_inside("session::tests::attempts::a_thousand_clients_are_a_bounded_load_on_a_server_that_comes_back"),
            told(
                "restart.test.mjs",
                "the server is killed and started again: eight are back, and nothing was interrupted",
            ),
        ],
    },
    Row {
        id: "S17",
        fault: "the server is asked to end",
        criterion: "everybody is told, it ends within its time, and media flow on",
        people: People::Two,
        tests: &[
            server("stopping::everybody_is_told_and_the_server_ends"),
            server("stopping::it_does_not_wait_for_ever"),
            told("restart.test.mjs", "the server is asked to end, and another one begins: nobody's media stop"),
        ],
    },
    Row {
        id: "S19",
        fault: "somebody leaves while one is offline",
        criterion: "one is told when one is back",
        people: People::Two,
        tests: &[
            server("resuming::after_a_cut_everything_that_was_missed_comes_and_nobody_is_told"),
            told("signaling.test.mjs", "who leaves while one is away is gone when one is back"),
        ],
    },
    Row {
        id: "S20",
        fault: "the same identity comes in twice",
        criterion: "the newest stays, and the older one is told",
        people: People::Two,
        tests: &[
            server("tokens::the_newest_of_an_identity_stays"),
            told("program.test.mjs", "the newest of an identity goes on, and the older one is told and stays away"),
        ],
    },
    Row {
        id: "S21",
        fault: "new paths are needed while the server is dead, and nothing passes on the old ones: 12 s in a network, two minutes in the model",
        criterion: "the connection is kept, and goes on by whatever comes back first",
        people: People::Two,
        tests: &[
            rules("two_ways::an_ice_restart_that_no_way_carries_waits_for_the_server"),
            rules("two_ways::an_ice_restart_that_no_way_carries_waits_for_the_path_that_was_lost"),
            told("network/nat.mjs", "nothing passes for 12 s while the server is dead: the same connection goes on"),
        ],
    },
];
