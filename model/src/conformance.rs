//! One suite for the model and for browsers: what is shown of `RTCPeerConnection` here is true of both, or a named
//! difference ([`Capabilities`](crate::browser::Capabilities)).
//!
//! A case is an async function over [`Browser`]. [`each_case`](crate::each_case) hands all of them to a macro, which makes
//! a test of each: natively for every [`Profile`](crate::browser::Profile), in a real browser for that browser's.

mod kit;
mod modelled;
mod peer;
mod reading;

pub mod candidates;
pub mod chain;
pub mod descriptions;
pub mod lines;
pub mod restart;

pub use modelled::{Modelled, at_once};
pub use peer::{Browser, Peer};

/// What a case comes to: nothing, or what was not as it has to be.
pub type Outcome<T = ()> = Result<T, String>;

/// Gives all cases to a macro, as `group::case, …`.
#[macro_export]
macro_rules! each_case {
    ($with:ident) => {
        $with! {
            descriptions::what_is_set_is_what_the_state_asks_for,
            descriptions::an_offer_is_made_anew_while_it_waits,
            descriptions::an_offer_is_replaced_while_it_waits,
            descriptions::nonsense_is_refused_and_changes_nothing,
            descriptions::an_answer_in_stable_is_refused,
            descriptions::an_answer_to_other_lines_is_refused_and_the_right_one_is_taken,
            descriptions::lines_of_another_kind_are_refused,
            descriptions::a_stale_answer_to_an_ice_restart_is_taken,
            descriptions::an_offer_with_fewer_lines_is_refused,
            descriptions::an_offer_takes_the_place_of_our_own,
            descriptions::an_offer_takes_the_place_of_our_own_with_other_media,
            chain::operations_wait_for_those_before,
            chain::a_refused_operation_stops_none_behind_it,
            chain::what_is_pending_at_the_close_never_settles,
            restart::before_the_first_description_nothing_changes,
            restart::without_one_the_fragments_stay,
            restart::in_stable_both_sides_get_new_fragments,
            restart::while_an_offer_waits_the_next_one_has_it,
            restart::while_an_offer_is_answered_the_next_one_has_it,
            lines::the_first_offer_has_media_before_data,
            lines::what_is_added_later_comes_last,
            lines::an_answer_has_room_for_what_was_offered_only,
            lines::an_answer_uses_no_line_that_was_not_offered,
            lines::a_released_line_stays_and_is_reused,
            lines::inactive_lines_grow,
            lines::stopped_lines_are_recycled,
            lines::stopped_lines_are_recycled_for_another_kind,
            candidates::before_the_description_it_is_refused,
            candidates::the_end_before_the_description,
            candidates::for_a_fragment_that_is_unknown,
            candidates::the_end_for_a_fragment_that_is_unknown,
            candidates::for_no_line_it_is_refused,
            candidates::nonsense_is_refused,
            candidates::cut_short,
            candidates::of_the_description_that_is_about_to_be_replaced,
            candidates::twice_and_after_the_end_it_is_taken,
            candidates::what_is_gathered_names_its_fragment,
        }
    };
}
