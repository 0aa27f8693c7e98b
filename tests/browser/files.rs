//! Files: what arrives is what was sent, also through a new connection, and a peer that lies is found out.

use futures_util::future::{join, join_all};
use itodenwa::{
    Destination, Event, FileError, IncomingFile, Peer, Room, Transfer, TransferState, remove_private_files,
};
use js_sys::{Array, Uint8Array};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Blob;

use crate::kit::{
    self, answer_strangely, cut_channels, forget_connections, grant_strange, leave, leave_channels_alone, open_strange,
    pair, send_strange, until, watch_channels, watch_connections, within,
};

fn peer(room: &Room) -> Peer {
    room.peers().first().cloned().expect("a peer")
}

/// So many bytes, no two blocks of which are alike.
fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at % 251 + at / 1000) as u8).collect()
}

fn blob(bytes: &[u8]) -> Blob {
    Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))).expect("a blob")
}

async fn read(blob: &Blob) -> Vec<u8> {
    Uint8Array::new(&JsFuture::from(blob.array_buffer()).await.expect("its bytes")).to_vec()
}

async fn private_names() -> Vec<String> {
    let names = JsFuture::from(kit::private_names()).await.expect("a list");
    Array::from(&names).iter().filter_map(|name| name.as_string()).collect()
}

async fn incoming(room: &mut Room) -> IncomingFile {
    until(room, "an offer", |event| match event {
        Event::File(file) => Some(file.clone()),
        _ => None,
    })
    .await
}

async fn received(transfer: &Transfer) -> Result<Vec<u8>, FileError> {
    match within("the file", transfer.done()).await? {
        Some(file) => Ok(read(&file).await),
        None => Ok(Vec::new()),
    }
}

#[wasm_bindgen_test]
async fn files_arrive_as_they_were_several_at_once() {
    let (one, mut other) = pair().await;
    let sizes = [0, 1, 1_500_000, 262_144];
    let sent: Vec<Transfer> = sizes
        .iter()
        .map(|size| peer(&one).send_file(&blob(&bytes(*size)), &format!("../{size}.bin")).expect("offered"))
        .collect();
    let mut taken = Vec::new();
    for size in sizes {
        let file = incoming(&mut other).await;
        let offer = file.offer().expect("an offer");
        assert_eq!((offer.name.as_str(), offer.size), (format!("{size}.bin").as_str(), size as u64));
        let to = if size == 1_500_000 { Destination::private() } else { Destination::default() };
        taken.push((size, file.accept(to).expect("accepted")));
    }
    for (size, transfer) in &taken {
        assert!(received(transfer).await == Ok(bytes(*size)), "{size}");
        assert_eq!((transfer.progress().state, transfer.progress().bytes), (TransferState::Done, *size as u64));
    }
    for transfer in &sent {
        assert_eq!(within("its end", transfer.done()).await.map(|file| file.is_some()), Ok(false));
        assert_eq!(transfer.progress().bytes, transfer.offer().size);
    }
    remove_private_files().await;
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn an_offer_is_taken_once_and_its_number_names_no_file() {
    let (one, mut other) = pair().await;
    let sent = peer(&one).send_file(&blob(&bytes(300_000)), "x").expect("offered");
    let file = incoming(&mut other).await;
    let taken = file.accept(Destination::private()).expect("accepted");
    assert_eq!(file.accept(Destination::private()).err(), Some(FileError::Taken), "at once");
    let received = within("the file", taken.done()).await.expect("received").expect("a file");
    assert_eq!(file.accept(Destination::private()).err(), Some(FileError::Taken));
    assert_eq!(file.accept(Destination::default()).err(), Some(FileError::Taken));
    assert!(read(&received).await == bytes(300_000), "it is there still");
    let names = private_names().await;
    assert_eq!(names.len(), 1);
    assert!(!names.contains(&sent.offer().id.to_string()), "the other side chooses that");
    remove_private_files().await;
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn a_file_waits_and_is_refused_and_given_up_as_either_side_likes() {
    let (one, mut other) = pair().await;
    let file = bytes(3_000_000);
    // Refused, and too large for where it is to go.
    let sent = peer(&one).send_file(&blob(&file), "x").expect("offered");
    let offered = incoming(&mut other).await;
    assert_eq!(offered.accept(Destination::memory(2_999_999)).err(), Some(FileError::TooLarge));
    drop(offered);
    assert_eq!(received(&sent).await, Err(FileError::Refused));
    for (sender_waits, sender_cancels) in [(true, false), (false, true)] {
        let mut sent = peer(&one).send_file(&blob(&file), "x").expect("offered");
        sent.pause();
        let mut taken = incoming(&mut other).await.accept(Destination::default()).expect("accepted");
        if !sender_waits {
            taken.pause();
            sent.resume();
        }
        for transfer in [&mut sent, &mut taken] {
            while transfer.progress().state != TransferState::Paused {
                within("a pause", transfer.changed()).await.expect("news");
            }
        }
        assert!(taken.progress().bytes < 3_000_000);
        sent.resume();
        taken.resume();
        // Told with the first block: there are more to come.
        while taken.progress().bytes == 0 {
            within("progress", taken.changed()).await.expect("news");
        }
        let cancelled = if sender_cancels { &sent } else { &taken };
        cancelled.cancel();
        let ends = join(received(&sent), received(&taken)).await;
        let (own, others) = if sender_cancels { ends } else { (ends.1, ends.0) };
        assert_eq!(own, Err(FileError::Cancelled));
        assert_eq!(others, Err(FileError::CancelledByPeer));
    }
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn a_file_goes_on_through_a_new_connection_and_ends_with_its_peer() {
    watch_channels();
    let (one, mut other) = pair().await;
    let file = bytes(6_000_000);
    let mut sent = peer(&one).send_file(&blob(&file), "x").expect("offered");
    let mut taken = incoming(&mut other).await.accept(Destination::default()).expect("accepted");
    while taken.progress().bytes == 0 {
        within("progress", taken.changed()).await.expect("news");
    }
    // It stands, so that it is not over before the connection is.
    taken.pause();
    within("two ends of a channel", crate::kit::texts_sent(0)).await;
    cut_channels();
    while sent.progress().state != TransferState::Waiting {
        within("the loss", sent.changed()).await.expect("news");
    }
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
async fn a_sender_that_lies_is_found_out() {
    watch_connections();
    let (one, mut other) = pair().await;
    for (kind, size, number, error) in [
        // A block of five bytes, number 0, whose hash is wrong.
        (0, 41, 0, FileError::Corrupt),
        // One that is larger than what was offered, one that is none, and another than the next one.
        (0, 42, 0, FileError::Malformed),
        (0, 3, 0, FileError::Malformed),
        (0, 41, 1, FileError::Malformed),
        // Text where bytes are due, also as the browser's own.
        (1, 5, b'x', FileError::Malformed),
        (-1, 5, 0, FileError::Malformed),
    ] {
        open_strange(1, "itodenwa.file 7 5 text/html", "../../con.html");
        let file = incoming(&mut other).await;
        assert_eq!(file.offer().map(|offer| offer.name), Ok("_con.html".to_owned()));
        let taken = file.accept(Destination::default()).expect("accepted");
        grant_strange();
        let (_, end) = join(JsFuture::from(send_strange(kind, 1, size, number)), received(&taken)).await;
        assert_eq!(end, Err(error), "{kind} {size} {number}");
    }
    open_strange(1, "itodenwa.file 7 9007199254740992 x", "x");
    let huge = incoming(&mut other).await;
    assert_eq!(huge.accept(Destination::default()).err(), Some(FileError::TooLarge));
    open_strange(1, "itodenwa.file nonsense", "x");
    assert_eq!(incoming(&mut other).await.offer(), Err(FileError::Malformed));
    forget_connections();
    drop(join_all([one.microphone(false), other.microphone(false)]).await);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn a_receiver_that_lies_is_found_out() {
    watch_connections();
    let (one, mut other) = pair().await;
    let file = bytes(3_000_000);
    for (kind, words, error) in [
        // Bytes where words are due, and words that there are not.
        (0, &["from 0"][..], FileError::Malformed),
        (1, &["hello"], FileError::Malformed),
        // More blocks than the file has, a beginning after the beginning, and blocks that were not sent.
        (1, &["from 13"], FileError::Malformed),
        (1, &["from 0", "from 0"], FileError::Malformed),
        (1, &["stored 1"], FileError::Malformed),
        // All of it, of which nothing was sent.
        (1, &["done"], FileError::Malformed),
        (1, &["from 0", "done"], FileError::Malformed),
        // A frame that is none.
        (9, &["x"], FileError::Malformed),
        // It says that what was sent is not what was said.
        (1, &["from 0", "failed hash"], FileError::Corrupt),
    ] {
        let sent = peer(&one).send_file(&blob(&file), "x").expect("offered");
        let offered = incoming(&mut other).await;
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        JsFuture::from(answer_strangely(kind, words)).await.expect("answered");
        assert_eq!(received(&sent).await, Err(error), "{kind}");
        assert!(sent.progress().bytes < 3_000_000);
        drop(offered);
    }
    forget_connections();
    // The next one is sent as if nothing had been.
    let sent = peer(&one).send_file(&blob(&file), "x").expect("offered");
    let taken = incoming(&mut other).await.accept(Destination::default()).expect("accepted");
    assert!(received(&taken).await == Ok(file));
    assert_eq!(received(&sent).await, Ok(Vec::new()));
    leave(one, other).await;
}
