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
    self, answer_strangely, forget_connections, grant_strange, leave, open_strange, pair, plant_private, send_strange,
    until, watch_connections, within,
};

/// What a sender says that has nothing but zeros for a hash.
const DIGEST: &str = "digest 0000000000000000000000000000000000000000000000000000000000000000";
/// Of a transfer that was begun and left.
const SIZE: usize = 3_000_000;

pub(crate) fn peer(room: &Room) -> Peer {
    room.peers().first().cloned().expect("a peer")
}

/// So many bytes, no two blocks of which are alike.
pub(crate) fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at % 251 + at / 1000) as u8).collect()
}

pub(crate) fn blob(bytes: &[u8]) -> Blob {
    Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))).expect("a blob")
}

async fn read(blob: &Blob) -> Vec<u8> {
    Uint8Array::new(&JsFuture::from(blob.array_buffer()).await.expect("its bytes")).to_vec()
}

async fn private_names() -> Vec<String> {
    let names = JsFuture::from(kit::private_names()).await.expect("a list");
    Array::from(&names).iter().filter_map(|name| name.as_string()).collect()
}

pub(crate) async fn incoming(room: &mut Room) -> IncomingFile {
    until(room, "an offer", |event| match event {
        Event::File(file) => Some(file.clone()),
        _ => None,
    })
    .await
}

pub(crate) async fn received(transfer: &Transfer) -> Result<Vec<u8>, FileError> {
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

/// Begins to receive it to the private file system, and then the sender is gone. How many bytes came.
async fn begin_and_lose(file: &[u8], name: &str) -> u64 {
    let (one, mut other) = pair().await;
    let sent = peer(&one).send_file(&blob(file), name).expect("offered");
    let mut taken = incoming(&mut other).await.accept(Destination::private()).expect("accepted");
    while taken.progress().bytes == 0 {
        within("progress", taken.changed()).await.expect("news");
    }
    // It stands, so that it is not over before its sender is.
    taken.pause();
    one.leave().await;
    assert_eq!(received(&taken).await, Err(FileError::PeerGone));
    let came = taken.progress().bytes;
    assert!(came > 0 && came < file.len() as u64, "{came}");
    drop(sent);
    other.leave().await;
    came
}

/// Sends and receives it to there.
async fn transfer(one: &Room, other: &mut Room, file: &[u8], name: &str) -> (Transfer, Transfer) {
    let sent = peer(one).send_file(&blob(file), name).expect("offered");
    let taken = incoming(other).await.accept(Destination::private()).expect("accepted");
    assert!(received(&taken).await.as_deref() == Ok(file), "it is the whole file, and no other");
    assert_eq!(received(&sent).await, Ok(Vec::new()));
    (sent, taken)
}

#[wasm_bindgen_test]
async fn what_came_is_kept_and_the_next_transfer_of_the_same_file_goes_on_behind_it() {
    remove_private_files().await;
    let file = bytes(SIZE);
    let came = begin_and_lose(&file, "x").await;
    let (one, mut other) = pair().await;
    // Another file of this name and size, and the same one by another name, have nothing there.
    for (name, size) in [("y", SIZE), ("x", SIZE - 1)] {
        let sent = peer(&one).send_file(&blob(&bytes(size)), name).expect("offered");
        let offered = incoming(&mut other).await;
        assert_eq!(within("what is kept", offered.kept()).await, 0);
        drop((offered, sent));
    }
    let mut sent = peer(&one).send_file(&blob(&file), "x").expect("offered");
    let offered = incoming(&mut other).await;
    assert_eq!(within("what is kept", offered.kept()).await, came);
    let mut taken = offered.accept(Destination::private()).expect("accepted");
    // A second one at the same time has its own.
    let again = peer(&one).send_file(&blob(&file), "x").expect("offered");
    let both = incoming(&mut other).await.accept(Destination::private()).expect("accepted");
    let mut states = Vec::new();
    for transfer in [&mut sent, &mut taken] {
        while let Some(progress) = within("progress", transfer.changed()).await {
            assert!(progress.bytes >= progress.kept);
            states.push(progress.state);
        }
        assert_eq!((transfer.progress().kept, transfer.progress().bytes), (came, SIZE as u64));
    }
    assert!(states.contains(&TransferState::Comparing), "{states:?}");
    for transfer in [&taken, &both] {
        assert!(received(transfer).await.as_ref() == Ok(&file));
    }
    assert_eq!((both.progress().kept, again.progress().kept), (0, 0));
    // It was finished: nothing is kept, and both files are there.
    let (sent, taken) = transfer(&one, &mut other, &file, "x").await;
    assert_eq!((sent.progress().kept, taken.progress().kept), (0, 0));
    assert_eq!(private_names().await.len(), 3);
    remove_private_files().await;
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn another_file_of_the_same_name_begins_anew_and_is_not_mixed_with_what_is_kept() {
    remove_private_files().await;
    let file = bytes(SIZE);
    let came = begin_and_lose(&file, "x").await;
    let (one, mut other) = pair().await;
    let others: Vec<u8> = file.iter().enumerate().map(|(at, byte)| if at == 1000 { !byte } else { *byte }).collect();
    let sent = peer(&one).send_file(&blob(&others), "x").expect("offered");
    let offered = incoming(&mut other).await;
    assert_eq!(within("what is kept", offered.kept()).await, came, "nobody knows that it is another one");
    let taken = offered.accept(Destination::private()).expect("accepted");
    assert!(received(&taken).await.as_ref() == Ok(&others), "nothing of the other one is in it");
    assert_eq!((taken.progress().kept, sent.progress().kept), (0, 0));
    remove_private_files().await;
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn what_is_kept_is_removed_when_it_is_refused_or_cancelled_and_nobody_is_taken_at_their_word() {
    remove_private_files().await;
    watch_connections();
    let (one, mut other) = pair().await;
    // Of one that is refused, of one that is cancelled, and of senders that say the wrong things.
    for what in ["refused", "cancelled", "blocks instead of a digest", "a digest of nothing", "earlier version"] {
        JsFuture::from(plant_private(1, 0.0, "", 262_144)).await.expect("planted");
        let number = if what == "earlier version" { 7 } else { (1_u64 << 53) + 7 };
        open_strange(1, &format!("itodenwa.file {number} 300000 "), "planted-0");
        let offered = incoming(&mut other).await;
        let kept = within("what is kept", offered.kept()).await;
        assert_eq!(kept, if what == "earlier version" { 0 } else { 262_144 }, "{what}");
        if what == "refused" {
            offered.refuse();
        } else {
            let mut taken = offered.accept(Destination::private()).expect("accepted");
            grant_strange();
            while what != "earlier version" && taken.progress().state != TransferState::Comparing {
                within("a comparison", taken.changed()).await.expect("news");
            }
            match what {
                "cancelled" => taken.cancel(),
                "a digest of nothing" => {
                    kit::say_strange(DIGEST);
                    while taken.progress().state != TransferState::Running {
                        within("the beginning", taken.changed()).await.expect("news");
                    }
                    assert_eq!((taken.progress().kept, taken.progress().bytes), (0, 0), "it begins anew");
                    taken.cancel();
                }
                "earlier version" => {
                    // It is asked for the first block, which has not the size that it should have.
                    drop(JsFuture::from(send_strange(0, 1, 41, 0)).await);
                }
                _ => drop(JsFuture::from(send_strange(0, 1, 41, 0)).await),
            }
            let wanted = if what.contains("block") || what == "earlier version" {
                FileError::Malformed
            } else {
                FileError::Cancelled
            };
            assert_eq!(received(&taken).await, Err(wanted), "{what}");
        }
        within("nothing kept", async { while !private_names().await.is_empty() {} }).await;
    }
    forget_connections();
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn what_is_kept_is_bounded_in_age_and_number_and_what_is_damaged_goes() {
    remove_private_files().await;
    let (one, mut other) = pair().await;
    const DAY: f64 = 86_400_000.0;
    for (count, age, text, block, kept, left) in [
        (20, 0.0, "", 262_144, 262_144, 16),
        (3, DAY, "", 262_144, 0, 0),
        (1, DAY - 60_000.0, "", 262_144, 262_144, 1),
        // Of tomorrow, with half a block, and with what is no offer.
        (1, -DAY, "", 262_144, 0, 0),
        (1, 0.0, "", 100, 0, 0),
        (1, 0.0, "{", 262_144, 0, 0),
        (1, 0.0, "{\"name\":\"planted-0\",\"size\":-1}", 262_144, 0, 0),
        (1, 0.0, "null", 262_144, 0, 0),
    ] {
        JsFuture::from(plant_private(count, age, text, block)).await.expect("planted");
        let sent = peer(&one).send_file(&blob(&bytes(300_000)), "planted-0").expect("offered");
        let offered = incoming(&mut other).await;
        assert_eq!(within("what is kept", offered.kept()).await, kept, "{count} {age} {text} {block}");
        assert_eq!(private_names().await.len(), left, "{count} {age} {text} {block}");
        drop((offered, sent));
        remove_private_files().await;
    }
    // What was finished stays as long as its page does.
    transfer(&one, &mut other, &bytes(300_000), "x").await;
    let sent = peer(&one).send_file(&blob(&bytes(300_000)), "x").expect("offered");
    assert_eq!(within("what is kept", incoming(&mut other).await.kept()).await, 0);
    assert_eq!(private_names().await.len(), 1);
    drop(sent);
    remove_private_files().await;
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
        // It has more blocks of before than there are, none, asks twice, or when it has begun; and a word that is the sender's.
        (1, &["compare 13"], FileError::Malformed),
        (1, &["compare 0"], FileError::Malformed),
        (1, &["compare 1", "compare 1"], FileError::Malformed),
        (1, &["from 0", "compare 1"], FileError::Malformed),
        (1, &[DIGEST], FileError::Malformed),
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
