//! Every order of events, for one pair: two machines as they ship, two model browsers, and a network that loses, duplicates
//! and reorders.
//!
//! A [`State`](state::State) names two [endpoints](endpoint::Endpoint) and the packets between them. Few endpoints make many
//! states, so endpoints and packets are kept once and named by numbers, and what an endpoint does with something is computed
//! once. Time passes only when nothing else can happen, or early where the [plan](plan::Plan) allows it; it is told relative
//! to the last time it passed.
//!
//! Two things are shown of every state that can be reached ([`search`]): all properties that the model asserts hold; and once
//! faults stop, whatever the order of what is still to happen, both sides agree within a bounded number of steps.

mod ack_checker;
pub mod delivery;
pub mod endpoint;
pub mod plan;
pub mod plans;
pub mod search;
pub mod state;
mod tables;
pub mod trace;
