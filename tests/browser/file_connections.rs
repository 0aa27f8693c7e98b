//! Files whose connection is lost.

use futures_util::future::join;
use itodenwa::{Destination, FileError, Room, Transfer, TransferState};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::files::{blob, bytes, incoming, peer, received};
use crate::kit::{self, connected, cut_channels, leave, leave_channels_alone, pair, watch_channels, within};

/// A part of a file came, and it stands; then the connection is lost.
async fn begin_and_lose(one: &Room, other: &mut Room, file: &[u8]) -> (Transfer, Transfer) {
    let mut sent = peer(one).send_file(&blob(file), "x").expect("offered");
    let mut taken = incoming(other).await.accept(Destination::default()).expect("accepted");
    while taken.progress().bytes == 0 {
        within("progress", taken.changed()).await.expect("news");
    }
    // It stands, so that it is not over before the connection is.
    taken.pause();
    within("two ends of a channel", kit::texts_sent(0)).await;
    cut_channels();
    while sent.progress().state != TransferState::Waiting {
        within("the loss", sent.changed()).await.expect("news");
    }
    (sent, taken)
}

#[wasm_bindgen_test]
async fn a_file_goes_on_through_a_new_connection_and_ends_with_its_peer() {
    watch_channels();
    let (one, mut other) = pair().await;
    let file = bytes(6_000_000);
    let (sent, taken) = begin_and_lose(&one, &mut other, &file).await;
    let before = taken.progress().bytes;
    assert!(before > 0 && before < 6_000_000, "{before}");
    taken.resume();
    let (done, arrived) = join(received(&sent), received(&taken)).await;
    assert_eq!(done, Ok(Vec::new()));
    assert!(arrived == Ok(file));
    leave_channels_alone();
    // Somebody who leaves takes and sends nothing more.
    let sent = peer(&one).send_file(&blob(&bytes(100)), "x").expect("offered");
    let offered = incoming(&mut other).await;
    other.leave().await;
    assert_eq!(received(&sent).await, Err(FileError::PeerGone));
    drop(offered);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn a_file_that_nobody_took_yet_is_offered_once_through_several_connections() {
    watch_channels();
    let (mut one, mut other) = pair().await;
    let file = bytes(300_000);
    let sent = peer(&one).send_file(&blob(&file), "x").expect("offered");
    let offered = incoming(&mut other).await;
    within("texts", kit::texts_sent(0)).await;
    cut_channels();
    join(connected(&mut one), connected(&mut other)).await;
    leave_channels_alone();
    // Only the next one is told.
    let another = peer(&one).send_file(&blob(&file), "y").expect("offered");
    let next = incoming(&mut other).await;
    assert_eq!(next.offer().expect("an offer").name, "y");
    let taken = offered.accept(Destination::default()).expect("accepted");
    assert_eq!(offered.accept(Destination::default()).err(), Some(FileError::Taken));
    let (done, arrived) = join(received(&sent), received(&taken)).await;
    assert_eq!(done, Ok(Vec::new()));
    assert!(arrived == Ok(file));
    drop((another, next));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn a_file_that_is_cancelled_while_there_is_no_connection_ends_on_both_sides() {
    watch_channels();
    let (one, mut other) = pair().await;
    let (sent, taken) = begin_and_lose(&one, &mut other, &bytes(6_000_000)).await;
    sent.cancel();
    let ends = join(received(&sent), received(&taken)).await;
    assert_eq!(ends, (Err(FileError::Cancelled), Err(FileError::CancelledByPeer)));
    leave_channels_alone();
    leave(one, other).await;
}
