//! Channels and questions: what arrives, what makes the sender wait, and what a peer must not do.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{join, join3};
use itodenwa::{
    Channel, ChannelError, ChannelOptions, Data, Event, IncomingChannel, Peer, RequestError, RequestRefusal, Room,
};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{
    connected, cut_channels, forget_connections, leave, leave_channels_alone, open_strange, pair, send_strange,
    strange_open, until, watch_channels, watch_connections, within,
};

const LONG: Duration = Duration::from_secs(30);

fn peer(room: &Room) -> Peer {
    room.peers().first().cloned().expect("a peer")
}

async fn incoming(room: &mut Room) -> IncomingChannel {
    until(room, "a channel", |event| match event {
        Event::Channel(channel) => Some(channel.clone()),
        _ => None,
    })
    .await
}

/// A channel between both.
async fn channel(one: &Room, other: &mut Room, options: ChannelOptions) -> (Channel, Channel) {
    let peer = peer(one);
    let accept = async { incoming(other).await.accept().expect("accepted") };
    let (opened, accepted) = within("a channel", join(peer.open_channel("糸", options), accept)).await;
    (opened.expect("opened"), accepted)
}

async fn next(channel: &Channel) -> Result<Option<Data>, ChannelError> {
    within("a message", channel.receive()).await
}

#[wasm_bindgen_test]
async fn whatever_is_sent_arrives_in_order_and_then_the_end() {
    let (one, mut other) = pair().await;
    let (from, to) = channel(&one, &mut other, ChannelOptions::new()).await;
    assert_eq!((from.name(), to.name(), to.message_bytes()), ("糸", "糸", 1 << 20));
    let large = vec![7; 1 << 20];
    let sent: [Data; 5] = ["糸電話".into(), "".into(), vec![].into(), vec![1; 100_000].into(), large.clone().into()];
    let sending = async {
        for data in sent.clone() {
            from.send(data).await.expect("sent");
        }
        // The last one is still on its way.
        from.close();
    };
    let receiving = async {
        for data in &sent {
            assert!(next(&to).await == Ok(Some(data.clone())));
        }
        assert_eq!(next(&to).await, Ok(None));
        assert_eq!(next(&to).await, Ok(None));
    };
    join(sending, receiving).await;
    assert_eq!(to.send("too late").await, Err(ChannelError::Closed));
    drop((from, to));
    let (from, to) = channel(&one, &mut other, ChannelOptions::new().ordered(false).max_retransmits(0)).await;
    assert_eq!(from.send(large).await, Err(ChannelError::TooLarge));
    to.send("the other way").await.expect("sent");
    assert_eq!(next(&from).await, Ok(Some("the other way".into())));
    drop((from, to));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn a_reader_that_is_slow_makes_the_sender_wait_and_loses_nothing() {
    let (one, mut other) = pair().await;
    let (from, to) = channel(&one, &mut other, ChannelOptions::new()).await;
    let mut sent = 0_u32;
    while from.try_send(vec![sent as u8; 60_000]).is_ok() {
        sent += 1;
        assert!(sent < 40, "nobody reads");
    }
    assert_eq!(from.try_send("more"), Err(ChannelError::NotReady));
    // Nor when the browser has sent it all.
    while from.buffered() > 0 {
        gloo_timers::future::TimeoutFuture::new(0).await;
    }
    assert_eq!(from.try_send("more"), Err(ChannelError::NotReady));
    let reading = async {
        for number in 0..sent {
            assert!(next(&to).await == Ok(Some(vec![number as u8; 60_000].into())), "{number} of {sent}");
        }
        assert_eq!(next(&to).await, Ok(Some("more".into())));
    };
    assert_eq!(join(from.send("more"), reading).await.0, Ok(()));
    drop((from, to));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn what_waits_for_the_browser_goes_before_what_is_sent_later() {
    /// So many fill what the browser takes, three times over.
    const AT_ONCE: u32 = 200;
    const LAST: u32 = 400;
    let (one, mut other) = pair().await;
    let (from, to) = channel(&one, &mut other, ChannelOptions::new().max_retransmits(0)).await;
    let (from, is_over) = (Rc::new(from), Cell::new(false));
    let sending = async {
        for number in 1_u32.. {
            let from = Rc::clone(&from);
            // Nobody waits for one before the next one is sent.
            wasm_bindgen_futures::spawn_local(async move {
                let message = [&number.to_le_bytes()[..], &[0; 16_000]].concat();
                let _ = from.send(message).await;
            });
            if number > AT_ONCE {
                gloo_timers::future::TimeoutFuture::new(0).await;
            }
            if is_over.get() {
                break;
            }
        }
    };
    let receiving = async {
        let mut before = 0;
        // Some may be lost, also the last one.
        while before < LAST {
            let Ok(Some(Data::Bytes(message))) = next(&to).await else { panic!("no message behind {before}") };
            let number = message.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).expect("a number");
            assert!(number > before, "{number} behind {before}");
            before = number;
        }
        is_over.set(true);
    };
    join(sending, receiving).await;
    from.close();
    drop((from, to));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn what_is_not_wanted_or_lost_or_gone_says_so() {
    watch_channels();
    let (mut one, mut other) = pair().await;
    let asked = peer(&one);
    assert_eq!(asked.open_channel("", ChannelOptions::new()).await.err(), Some(ChannelError::Name));
    let refuse = async { drop(incoming(&mut other).await) };
    let refused = within("the refusal", join(asked.open_channel("x", ChannelOptions::new()), refuse)).await.0;
    assert_eq!(refused.err(), Some(ChannelError::Refused));
    // A new connection: the channel is lost, and another one waits for it.
    let (from, to) = channel(&one, &mut other, ChannelOptions::new()).await;
    within("texts", crate::kit::texts_sent(0)).await;
    cut_channels();
    assert_eq!(join(next(&from), next(&to)).await, (Err(ChannelError::Lost), Err(ChannelError::Lost)));
    join(connected(&mut one), connected(&mut other)).await;
    drop((from, to));
    let (from, to) = channel(&one, &mut other, ChannelOptions::new()).await;
    from.send("again").await.expect("sent");
    assert_eq!(next(&to).await, Ok(Some("again".into())));
    leave_channels_alone();
    other.leave().await;
    assert!(matches!(next(&from).await, Err(ChannelError::PeerGone | ChannelError::Lost)));
    until(&mut one, "the other to leave", |event| matches!(event, Event::Left(..)).then_some(())).await;
    let gone = asked.open_channel("x", ChannelOptions::new()).await;
    assert_eq!(gone.err(), Some(ChannelError::PeerGone));
    drop((from, to));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn a_peer_that_lies_gets_an_error_and_harms_nothing() {
    watch_connections();
    let (one, mut other) = pair().await;
    for (kind, times, size, error) in [
        (-1, 1, 0, ChannelError::Malformed),
        (9, 1, 5, ChannelError::Malformed),
        (0, 4000, 16_000, ChannelError::Flooded),
        (0, 1, 200_000, ChannelError::Malformed),
    ] {
        open_strange(1, "itodenwa.channel", "x");
        let to = incoming(&mut other).await.accept().expect("accepted");
        let reading = async {
            // A reader that does not read: only how it ends.
            to.closed().await
        };
        let (_, ended) = within("its end", join(JsFuture::from(send_strange(kind, times, size, 0)), reading)).await;
        assert_eq!(ended, Err(error));
    }
    // A browser opens 512 at most: the other half of the 1024 is for the other side.
    open_strange(400, "itodenwa.channel", "x");
    within("channels to be closed", JsFuture::from(strange_open(64))).await.expect("a number");
    forget_connections();
    // Its own are refused: there are as many as there may be.
    let refused = within("the refusal", peer(&other).open_channel("x", ChannelOptions::new())).await;
    assert_eq!(refused.err(), Some(ChannelError::TooMany));
    let switched = within("it lives on", join(one.camera(false), other.camera(false))).await;
    assert_eq!(switched, (Ok(()), Ok(())));
    drop(one.send("hello").expect("accepted"));
    until(&mut other, "the text", |event| matches!(event, Event::Text { .. }).then_some(())).await;
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn questions_are_answered_refused_or_given_up() {
    let (one, mut other) = pair().await;
    let asked = peer(&one);
    let answering = async {
        for round in 0..4 {
            let request = until(&mut other, "a request", |event| match event {
                Event::Request(request) => Some(request.clone()),
                _ => None,
            })
            .await;
            assert_eq!(request.name(), "vote");
            match round {
                0 => {
                    let request = request.accept().await.expect("a request");
                    assert_eq!(request.value(), &Data::from("3"));
                    request.answer(vec![1; 300_000]).await.expect("answered");
                }
                1 => {
                    let refusal = RequestRefusal::new("vote/closed", "It is over.");
                    request.accept().await.expect("a request").refuse(refusal).await.expect("refused");
                }
                2 => drop(request),
                // Nobody answers, and then nobody asks any more.
                _ => {
                    let request = request.accept().await.expect("a request");
                    let taken_back = request.answer("too late");
                    gloo_timers::future::TimeoutFuture::new(0).await;
                    drop(taken_back);
                }
            }
        }
    };
    let asking = async {
        assert!(asked.request("vote", "3", LONG).await == Ok(vec![1; 300_000].into()));
        let refusal = RequestRefusal::new("vote/closed", "It is over.");
        assert_eq!(asked.request("vote", "3", LONG).await, Err(RequestError::Refused(refusal)));
        assert_eq!(asked.request("vote", "3", LONG).await, Err(RequestError::Unanswered));
        let given_up = asked.request("vote", "3", LONG);
        assert_eq!(given_up.await, Err(RequestError::Unanswered));
        assert_eq!(asked.request("vote", "3", Duration::ZERO).await, Err(RequestError::TimedOut));
    };
    within("answers", join3(answering, asking, async {})).await;
    leave(one, other).await;
}
