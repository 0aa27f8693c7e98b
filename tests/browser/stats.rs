//! How connections do, in numbers.

use std::pin::pin;

use futures_util::StreamExt;
use itodenwa::stats::{Direction, Quality};
use itodenwa::{Event, Source};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{append, join, media, nothing_is_left};
use crate::relay::Relay;

#[wasm_bindgen_test]
async fn a_connection_is_measured_once_for_all_who_ask() {
    let relay = Relay::default();
    let one = join(&relay, true, true).await;
    let mut other = join(&relay, false, false).await;
    media(&mut other, Source::Camera, true).await;
    let peer = other.peers().pop().expect("a peer");
    // What nobody shows is not sent.
    let view = peer.view().expect("an element");
    append(&view);
    let mut watched = pin!(peer.watch_stats());
    let first = watched.next().await.expect("a connection");
    assert_eq!((first.received.bitrate, first.quality), (None, Quality::Good));
    assert_eq!(peer.stats().await.as_ref(), Some(&first), "no other is made so soon");

    // Until a second of pictures and of sound came.
    let stats = loop {
        let stats = watched.next().await.expect("the next second");
        let rate = |source| {
            let mut streams = stats.streams.iter();
            streams.find(|stream| (stream.direction, stream.source) == (Direction::Received, source))?.amount.bitrate
        };
        let pictures = stats.streams.iter().any(|stream| stream.frame_height > Some(0.0));
        if pictures && rate(Source::Camera) > Some(0.0) && rate(Source::Microphone) > Some(0.0) {
            break stats;
        }
    };
    let path = stats.path.as_ref().expect("a path");
    assert!(!path.is_relayed() && !path.local.candidate_type.is_empty(), "{path:?}");
    assert!(stats.received.bitrate > Some(0.0) && stats.received.bytes > first.received.bytes, "{stats:?}");
    assert!(stats.round_trip_time.is_some_and(|seconds| (0.0..60.0).contains(&seconds)), "{stats:?}");

    // Of somebody who left the totals stay.
    one.leave().await;
    while !matches!(other.next().await, Some(Event::Left(..))) {}
    while watched.next().await.is_some() {}
    let last = peer.stats().await.expect("totals");
    assert!(last.received.bytes >= stats.received.bytes && last.received.bitrate.is_none(), "{last:?}");
    other.leave().await;
    drop((one, other));
    nothing_is_left().await;
}
