use proptest::prelude::*;

use super::*;

const RELIABLE: Transport = Transport { ordered: true, reliable: true };
const NOTHING: Received = Received::Messages(Vec::new());
const LOSSY: Transport = Transport { ordered: false, reliable: false };

/// Two ends, each accepted by the other.
fn pair(transport: Transport) -> (Flow, Flow) {
    let (mut one, mut other) = (Flow::new(transport), Flow::new(transport));
    assert_eq!(one.receive(other.accept()), Ok(NOTHING));
    assert_eq!(other.receive(one.accept()), Ok(NOTHING));
    (one, other)
}

fn messages(received: Result<Received, Violation>) -> Vec<Message> {
    match received.unwrap() {
        Received::Messages(messages) => messages,
        Received::End => panic!("it ended"),
    }
}

fn through(from: &mut Flow, to: &mut Flow, data: Data) -> Option<(Data, u64)> {
    let mut received = None;
    for frame in from.send(data, false)? {
        assert!(frame.len() <= PART_BYTES + 1 && received.is_none());
        received = messages(to.receive(frame)).pop();
    }
    received
}

#[test]
fn whatever_is_sent_arrives_up_to_the_limit_and_nothing_beyond() {
    let (mut one, mut other) = pair(RELIABLE);
    for size in [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES, MESSAGE_BYTES] {
        let data = Data::Bytes((0..size).map(|at| at as u8).collect());
        let (received, cost) = through(&mut one, &mut other, data.clone()).unwrap();
        assert!(received == data, "{size}");
        other.read(cost);
    }
    assert_eq!(through(&mut one, &mut other, "糸電話".into()).unwrap().0, "糸電話".into());
    assert_eq!(one.send(vec![0; MESSAGE_BYTES + 1].into(), false), None);
    assert_eq!(Flow::new(LOSSY).send(vec![0; PART_BYTES + 1].into(), false), None);
}

#[test]
fn nothing_is_sent_before_the_other_side_accepts() {
    let (mut one, mut other) = (Flow::new(RELIABLE), Flow::new(RELIABLE));
    assert!(!one.may_send() && !one.is_accepted());
    let accepted = other.accept();
    assert_eq!(accepted.len(), CREDIT_BYTES);
    one.receive(accepted).unwrap();
    assert!(one.may_send() && one.is_accepted());
    assert!(Flow::new(LOSSY).may_send());
}

proptest! {
    /// Whatever is sent and read: what was sent and not read stays below the window and one message, the one that keeps
    /// the rules is never refused, and who has read everything always gets more.
    #[test]
    fn what_is_not_read_is_bounded(steps in prop::collection::vec((0..2 * PART_BYTES, 0..4_usize), 1..200)) {
        let (mut one, mut other) = pair(RELIABLE);
        let mut unread = std::collections::VecDeque::new();
        for (size, reads) in steps {
            if one.may_send() {
                unread.push_back(through(&mut one, &mut other, vec![0; size].into()).unwrap().1);
            }
            prop_assert!(unread.iter().sum::<u64>() <= WINDOW + MESSAGE_COST);
            for _ in 0..reads {
                let Some(cost) = unread.pop_front() else { break };
                if let Some(credit) = other.read(cost) {
                    one.receive(credit).unwrap();
                }
            }
        }
        for cost in unread {
            if let Some(credit) = other.read(cost) {
                one.receive(credit).unwrap();
            }
        }
        prop_assert!(one.may_send());
    }

    /// However messages are sent, together or not: they arrive as they were, in their order, and both sides count the same.
    #[test]
    fn what_is_sent_together_arrives_as_if_it_was_not(
        steps in prop::collection::vec((0..6000_usize, any::<(bool, bool, bool)>()), 1..200)
    ) {
        let (mut one, mut other) = pair(RELIABLE);
        let (mut sent, mut received) = (Vec::new(), Vec::new());
        for (size, (is_text, is_busy, flushes)) in steps {
            if !one.may_send() {
                break;
            }
            let text = sent.len().to_string().repeat(size / 4);
            let data: Data = if is_text { text.into() } else { text.into_bytes().into() };
            sent.push(data.clone());
            let mut frames = one.send(data, is_busy).unwrap();
            prop_assert!(one.waiting_bytes() < BUNDLE_BYTES && (is_busy || one.waiting_bytes() == 0));
            if flushes {
                frames.extend(one.flush());
            }
            for frame in frames {
                received.extend(messages(other.receive(frame)));
            }
        }
        received.extend(one.flush().into_iter().flat_map(|frame| messages(other.receive(frame))));
        prop_assert_eq!(one.sent, received.iter().map(|(_, cost)| cost).sum::<u64>());
        prop_assert_eq!(sent, received.into_iter().map(|(data, _)| data).collect::<Vec<_>>());
    }

    #[test]
    fn nonsense_is_refused_and_bounded(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..100)) {
        let (_, mut other) = pair(RELIABLE);
        for frame in frames {
            let _ = other.receive(frame);
            prop_assert!(other.parts.len() <= MESSAGE_BYTES);
        }
    }
}

#[test]
fn a_flood_is_noticed_also_one_of_nothing() {
    let (_, mut other) = pair(RELIABLE);
    let flooded = (0..1_000_000).position(|_| other.receive(vec![BYTES]) == Err(Violation::Flooded));
    assert!(flooded.is_some_and(|frames| frames < 40_000), "{flooded:?}");
    let (_, mut other) = pair(RELIABLE);
    let mut part = vec![0; PART_BYTES];
    part.push(PART);
    let flooded = (0..1000).position(|_| other.receive(part.clone()) == Err(Violation::Flooded));
    assert_eq!(flooded, Some(MESSAGE_BYTES / PART_BYTES));
}

#[test]
fn small_messages_go_together_while_the_browser_is_busy() {
    let (mut one, mut other) = pair(RELIABLE);
    assert_eq!(one.send("first".into(), false).unwrap().len(), 1, "at once");
    let frames: Vec<_> = (0..200).flat_map(|_| one.send(vec![0; 100].into(), true).unwrap()).collect();
    assert_eq!(frames.len(), 1, "200 of 102 bytes");
    assert!(frames[0].len() <= BUNDLE_BYTES && one.waiting_bytes() == 200 * 102 - (frames[0].len() - 1));
    let count = messages(other.receive(frames[0].clone())).len();
    // What does not wait takes along what does, in front.
    let frames = one.send("last".into(), false).unwrap();
    assert_eq!(frames.iter().map(|frame| messages(other.receive(frame.clone())).len()).sum::<usize>(), 201 - count);
    assert_eq!(one.flush(), None);
}

#[test]
fn nothing_goes_together_to_a_side_that_does_not_take_it() {
    // The first versions give the window as their first credit.
    let mut one = Flow::new(RELIABLE);
    let credit = |granted: u64| [&granted.to_le_bytes()[..], &[CREDIT]].concat();
    one.receive(credit(WINDOW)).unwrap();
    assert_eq!(one.send("text".into(), true), Some(vec![b"text\x01".to_vec()]));
    // Later credit means nothing of that kind.
    one.receive(credit(CREDIT_WITH_BUNDLES)).unwrap();
    assert_eq!(one.send("text".into(), true), Some(vec![b"text\x01".to_vec()]));
    for transport in [LOSSY, Transport { ordered: false, reliable: true }] {
        let (mut one, _) = pair(transport);
        assert_eq!(one.send("text".into(), true).map(|frames| frames.len()), Some(1), "{transport:?}");
    }
}

#[test]
fn what_is_no_bundle_is_refused() {
    let received = |bundle: &[u8]| pair(RELIABLE).1.receive([bundle, &[BUNDLE]].concat());
    assert_eq!(messages(received(&[1, 0, b'a', 1, 0x80, b'b'])).len(), 2);
    for nonsense in [&[][..], &[1], &[1, 0], &[2, 0, b'a'], &[1, 0, b'a', 9], &[1, 0x80, 0xff]] {
        assert_eq!(received(nonsense), Err(Violation::Malformed), "{nonsense:?}");
    }
    // 4 097 bytes of one message; more than a bundle has.
    assert_eq!(received(&[&[1, 16][..], &[0; 4097]].concat()), Err(Violation::Malformed));
    assert_eq!(received(&[0; BUNDLE_BYTES + 1]), Err(Violation::Flooded));
    assert_eq!(pair(LOSSY).1.receive(vec![1, 0, b'a', BUNDLE]), Err(Violation::Malformed));
    let (_, mut other) = pair(RELIABLE);
    let mut part = vec![0; PART_BYTES];
    part.push(PART);
    other.receive(part).unwrap();
    assert_eq!(other.receive(vec![1, 0, b'a', BUNDLE]), Err(Violation::Malformed), "between parts");
    // Thousands of nothing in each.
    let (_, mut other) = pair(RELIABLE);
    let mut empty = vec![0; 16 << 10];
    empty.push(BUNDLE);
    assert!((0..10).any(|_| other.receive(empty.clone()) == Err(Violation::Flooded)));
}

#[test]
fn what_is_no_frame_is_refused() {
    let refused = |frame: &[u8]| pair(RELIABLE).1.receive(frame.to_vec());
    assert_eq!(refused(&[]), Err(Violation::Malformed));
    assert_eq!(refused(&[9]), Err(Violation::Malformed));
    assert_eq!(refused(&[1, 2, CREDIT]), Err(Violation::Malformed));
    assert_eq!(refused(&[0xff, TEXT]), Err(Violation::Malformed));
    assert_eq!(refused(&[0, PART]), Err(Violation::Malformed), "a part that is not full");
    assert_eq!(refused(&END_FRAME), Ok(Received::End));
    let mut part = vec![0; PART_BYTES];
    part.push(PART);
    assert!(pair(LOSSY).1.receive(part).is_err());
}
