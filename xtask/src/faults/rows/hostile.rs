//! What others do on purpose, and files.

use super::{chromium, client, named, rules, rules_inside, server, server_inside, told};
use crate::faults::row::{People, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "I01",
        fault: "a description of a mebibyte, or one that holds a browser up",
        criterion: "it does not get to the browser",
        people: People::One,
        tests: &[
            server("malformed::no_message_is_larger_than_a_description"),
            client("nonsense::descriptions_that_would_hold_the_page_are_not_given_to_the_browser"),
            client("connection::conformance::cost::the_largest_descriptions_that_are_taken_do_not_hold_the_page"),
        ],
    },
    Row {
        id: "I02",
        fault: "5 000 candidates in a description, 3 000 after it",
        criterion: "64 of them count, and the page is not held up",
        people: People::One,
        tests: &[
            rules("candidates::beyond_sixty_four_are_dropped_and_that_is_told_once"),
            rules_inside("description::tests::candidates_beyond_the_limit_are_taken_out"),
            client("connection::conformance::cost::the_largest_descriptions_that_are_taken_do_not_hold_the_page"),
        ],
    },
    Row {
        id: "I04",
        fault: "what is no JSON, no UTF-8, nested too deep, or has numbers that are too large",
        criterion: "it is refused by its code, and nothing panics",
        people: People::Nobody,
        tests: &[
            server("malformed::as_first_message_they_close"),
            server("malformed::a_member_may_send_a_few"),
            server("malformed::text_is_utf8"),
            server_inside("message::tests::nesting_is_counted_outside_of_strings"),
            server_inside("message::tests::any_text_is_read_or_refused"),
            client("nonsense::nonsense_of_a_peer_is_trouble_and_no_more"),
            client("nonsense::nonsense_of_a_server_is_trouble_and_no_more"),
        ],
    },
    Row {
        id: "I05",
        fault: "messages that nobody knows, or of another type",
        criterion: "they are ignored, and counted",
        people: People::Nobody,
        tests: &[
            server("versions::what_a_later_client_adds_is_ignored_and_counted"),
            server("malformed::what_has_another_type_is_none_and_packets_are_not_read"),
            rules("versions::what_is_not_known_has_its_place_and_stops_nothing"),
        ],
    },
    Row {
        id: "I06",
        fault: "an answer without an offer, an offer out of turn, or after the end",
        criterion: "the browser does not get it",
        people: People::Nobody,
        tests: &[
            rules("recovery::an_answer_to_another_offer_is_never_applied"),
            rules("recovery::an_offer_out_of_turn_is_refused_and_not_applied"),
            rules("membership::strangers_are_not_heard"),
        ],
    },
    Row {
        id: "I07",
        fault: "the server gives another certificate than the other side has",
        criterion: "with a key it is refused, without one both have other words",
        people: People::One,
        tests: &[
            rules_inside("verification::tests::who_sits_in_the_middle_has_other_words_at_each_end"),
            client("keys::what_a_server_changes_is_not_taken"),
            named(
                "verify.test.mjs",
                "who sits in the middle and keeps to the rules with both shows each of them other words",
            ),
        ],
    },
    Row {
        id: "I08",
        fault: "somebody says to be somebody else",
        criterion: "the server writes who it was",
        people: People::Nobody,
        tests: &[server("relaying::who_sends_is_stamped_by_the_server")],
    },
    Row {
        id: "I09",
        fault: "a message to somebody of another room",
        criterion: "nobody gets it",
        people: People::Nobody,
        tests: &[
            server("relaying::nothing_crosses_from_room_to_room"),
            server_inside("hub::tests::a_signal_to_anybody_else_is_refused_and_nothing_else_happens"),
        ],
    },
    Row {
        id: "I12",
        fault: "a file named ../../x, CON, with marks of direction, or of 10 KB",
        criterion: "its name is a safe one",
        people: People::Nobody,
        tests: &[
            rules_inside("file::name::tests::what_is_a_name_stays_one_and_nothing_else_does"),
            rules_inside("file::name::tests::a_long_name_keeps_its_extension"),
            rules_inside("file::name::tests::whatever_is_given_is_a_safe_name"),
        ],
    },
    Row {
        id: "I14",
        fault: "markup as a name, and in texts",
        criterion: "it is only text, and the page's policy has nothing to stop",
        people: People::Two,
        tests: &[
            told("page.test.mjs", "names and texts of others are only text"),
            chromium("page.test.mjs", "markup that gets into the page all the same does not run"),
        ],
    },
    Row {
        id: "I16",
        fault: "the relay is asked for what is inside: 127.0.0.1, 0.0.0.0, ::, 10/8, its own port",
        criterion: "it is refused with 403",
        people: People::Nobody,
        tests: &[
            server("turn_peers::what_is_not_the_public_internet_is_refused_in_every_spelling"),
            server("turn_peers::one_refused_address_among_others_refuses_them_all"),
            server("turn_peers::this_computer_is_refused_but_for_other_allocations"),
            server("turn_attacks::services_of_other_computers_are_out_of_reach"),
        ],
    },
    Row {
        id: "I17",
        fault: "allocations of the relay are used up",
        criterion: "486 at the quota",
        people: People::Nobody,
        tests: &[
            server("turn_quotas::a_member_has_so_many_allocations"),
            server("turn_quotas::an_address_has_so_many_allocations"),
            server("turn_quotas::the_relay_has_so_many_allocations"),
        ],
    },
    Row {
        id: "F01",
        fault: "a file of 1 GiB, while a tenth of the packets is lost",
        criterion: "it arrives as it was",
        people: People::Two,
        tests: &[told("network/lossy.mjs", "a file of 1 GiB arrives as it was, and no page has 200 MiB")],
    },
    Row {
        id: "F02",
        fault: "the connection is made anew in the middle of a file",
        criterion: "it goes on from the last block that arrived",
        people: People::Two,
        tests: &[
            rules_inside("file::tests::a_file_arrives_whole_through_several_connections"),
            client("file_connections::a_file_goes_on_through_a_new_connection_and_ends_with_its_peer"),
            told("files-anew.test.mjs", "a file goes on through a connection that is made anew"),
        ],
    },
    Row {
        id: "F03",
        fault: "a page is loaded anew in the middle of a file, and the file is chosen again",
        criterion: "it goes on from the blocks that were kept, if they are the sender's",
        people: People::Two,
        tests: &[
            rules_inside("file::sending::tests::what_the_receiver_has_is_compared_once_before_it_begins"),
            client("files::what_came_is_kept_and_the_next_transfer_of_the_same_file_goes_on_behind_it"),
            client("files::another_file_of_the_same_name_begins_anew_and_is_not_mixed_with_what_is_kept"),
            client("files::what_is_kept_is_removed_when_it_is_refused_or_cancelled_and_nobody_is_taken_at_their_word"),
            told("files.test.mjs", "a file goes on after the sender's page was loaded anew"),
            told("files.test.mjs", "a file goes on after the receiver's page was loaded anew"),
            told("files.test.mjs", "a file goes on after both pages were loaded anew"),
        ],
    },
    Row {
        id: "F05",
        fault: "more is sent than the browser keeps, 16 MiB in Chromium",
        criterion: "the sender waits, and nothing is lost",
        people: People::Two,
        tests: &[
            client("channels::a_reader_that_is_slow_makes_the_sender_wait_and_loses_nothing"),
            client("texts::many_texts_to_a_slow_reader_are_all_read_and_the_call_goes_on"),
            told("slow-reader.test.mjs", "a channel whose reader is slow makes the sender wait and loses nothing"),
        ],
    },
];
