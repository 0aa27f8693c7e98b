//! A connection that the browser calls connected, and through which nothing comes.

use futures_util::future::join;
use itodenwa::{ConnectionState, Event, Room};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{self, frames, leave, pair, until};
use crate::relay::Relay;

#[wasm_bindgen(inline_js = "
const send = RTCDataChannel.prototype.send;
const getStats = RTCPeerConnection.prototype.getStats;
let swallowed = 0;
/** From now on nothing comes through to this page: by no channel, nor by what is counted. Or only what is no beat. */
export function swallow(all) {
    swallowed = 0;
    const frozen = new WeakMap();
    if (all) {
        RTCPeerConnection.prototype.getStats = async function () {
            if (!frozen.has(this)) frozen.set(this, await getStats.call(this));
            return frozen.get(this);
        };
    }
    RTCDataChannel.prototype.send = function (data) {
        if (all || data === '\"beat\"') swallowed += 1;
        else send.call(this, data);
    };
}
export async function swallows(count) {
    while (swallowed < count) await new Promise((done) => setTimeout(done, 50));
}
export function heal() {
    RTCDataChannel.prototype.send = send;
    RTCPeerConnection.prototype.getStats = getStats;
}
")]
extern "C" {
    fn swallow(all: bool);
    async fn swallows(count: u32);
    fn heal();
}

async fn state(room: &mut Room, wanted: ConnectionState) {
    until(room, wanted.as_str(), |event| match event {
        Event::Connection { state, .. } if *state == wanted => Some(()),
        _ => None,
    })
    .await;
}

#[wasm_bindgen_test]
async fn is_noticed_and_replaced() {
    let (mut one, mut other) = pair().await;
    swallow(true);
    join(state(&mut one, ConnectionState::Disconnected), state(&mut other, ConnectionState::Disconnected)).await;
    // New paths do not help: this is another connection.
    join(state(&mut one, ConnectionState::New), state(&mut other, ConnectionState::New)).await;
    heal();
    join(state(&mut one, ConnectionState::Connected), state(&mut other, ConnectionState::Connected)).await;
    drop(one.send("hello").expect("accepted"));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn is_told_from_a_page_that_is_only_busy() {
    let relay = Relay::default();
    let mut one = kit::join(&relay, true, false).await;
    let mut other = kit::join(&relay, true, false).await;
    join(kit::connected(&mut one), kit::connected(&mut other)).await;
    swallow(false);
    // For both sides, ten seconds of pictures without a beat.
    swallows(20).await;
    join(frames(&one), frames(&other)).await;
    heal();
    drop(one.send("still there").expect("accepted"));
    until(&mut other, "the text, and no word of the connection before", |event| match event {
        Event::Connection { state, .. } => panic!("the call noticed: {state:?}"),
        Event::Text { text, .. } => (text == "still there").then_some(()),
        _ => None,
    })
    .await;
    leave(one, other).await;
}
