use std::collections::HashSet;

use itodenwa_wire::PeerId;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::emoji::ALL;
use super::*;

const ANN: u64 = 0xA;
const BEN: u64 = 0xB;
/// Of Ann and Ben with nonces of ones and twos, and certificates of ones and twos.
const VECTOR: [&str; WORDS] = ["Hammer", "Frog", "Octopus", "Octopus", "Hammer", "Egg", "Drum"];

fn sha256(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

fn certificate(of: u8) -> Fingerprint {
    Fingerprint([of; 32])
}

fn binding(me: u64, local: u8, remote: u8) -> Binding {
    Binding { room: "blue-tiger".into(), me: PeerId::new(me), local: certificate(local), remote: certificate(remote) }
}

/// One side, whose hashes are made at once.
struct Side {
    exchange: Exchange,
    says: Vec<Message>,
    outcome: Option<Result<Code, Violation>>,
}

impl Side {
    fn new(binding: Binding, nonce: u8) -> Self {
        let mut side = Side { exchange: Exchange::new(binding, [nonce; 32]), says: Vec::new(), outcome: None };
        side.settle();
        side
    }

    fn settle(&mut self) {
        while let Some(output) = self.exchange.poll() {
            match output {
                Output::Digest(bytes) => self.exchange.handle(Input::Digest(sha256(&bytes))),
                Output::Send(message) => self.says.push(message),
                Output::Done(outcome) => assert!(self.outcome.replace(outcome).is_none(), "it is said once"),
            }
        }
    }

    fn hears(&mut self, message: Message) {
        self.exchange.handle(Input::Message(message.write()));
        self.settle();
    }

    fn code(&self) -> Code {
        self.outcome.expect("it is over").expect("there is a code")
    }
}

/// What each says is carried to the other, until nothing is said any more.
fn talk(one: &mut Side, other: &mut Side) {
    while !one.says.is_empty() || !other.says.is_empty() {
        for message in std::mem::take(&mut one.says) {
            other.hears(message);
        }
        for message in std::mem::take(&mut other.says) {
            one.hears(message);
        }
    }
}

fn pair(one: Binding, other: Binding) -> (Side, Side) {
    let (mut one, mut other) = (Side::new(one, 1), Side::new(other, 2));
    talk(&mut one, &mut other);
    (one, other)
}

#[test]
fn both_ends_of_one_connection_have_the_same_words() {
    let (ann, ben) = pair(binding(ANN, 1, 2), binding(BEN, 2, 1));
    assert_eq!(ann.code(), ben.code());
    // Made by another program, so that it stays what it is: versions have to agree.
    let words = ann.code().emoji().map(|emoji| emoji.english);
    assert_eq!(words, VECTOR);
}

/// As on two channels that are opened at the same time, or on one that comes later: it is the same exchange.
#[test]
fn what_is_said_again_changes_nothing() {
    let (mut ann, mut ben) = (Side::new(binding(ANN, 1, 2), 1), Side::new(binding(BEN, 2, 1), 2));
    let (mut anns, mut bens) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        anns.append(&mut ann.says);
        bens.append(&mut ben.says);
        anns.iter().for_each(|message| ben.hears(*message));
        bens.iter().for_each(|message| ann.hears(*message));
    }
    assert_eq!((anns.len(), bens.len()), (2, 2), "each is said once");
    assert_eq!(ann.code(), ben.code());
    let mut late = Side::new(binding(BEN, 2, 1), 2);
    anns.iter().for_each(|message| late.hears(*message));
    assert_eq!(late.code(), ann.code());
}

#[test]
fn words_depend_on_room_ids_and_both_certificates() {
    let (ann, _) = pair(binding(ANN, 1, 2), binding(BEN, 2, 1));
    let room = |binding: Binding| Binding { room: "red-tiger".into(), ..binding };
    let others = [
        pair(room(binding(ANN, 1, 2)), room(binding(BEN, 2, 1))),
        pair(binding(ANN + 7, 1, 2), binding(BEN, 2, 1)),
        pair(binding(ANN, 1, 2), binding(BEN + 7, 2, 1)),
        pair(binding(ANN, 3, 2), binding(BEN, 2, 3)),
        pair(binding(ANN, 1, 3), binding(BEN, 3, 1)),
    ];
    for (one, other) in others {
        assert_eq!(one.code(), other.code());
        assert_ne!(one.code(), ann.code());
    }
}

/// Two connections, and in the middle somebody who keeps to the rules on both.
#[test]
fn who_sits_in_the_middle_has_other_words_at_each_end() {
    let (ann, middle) = pair(binding(ANN, 1, 3), binding(BEN, 3, 1));
    let (other_middle, ben) = pair(binding(ANN, 4, 2), binding(BEN, 2, 4));
    assert_eq!((ann.code(), other_middle.code()), (middle.code(), ben.code()));
    assert_ne!(ann.code(), ben.code());
}

/// Two connections, and in the middle somebody who carries on what both say: nonces are committed to with the certificate that says it.
#[test]
fn who_carries_on_what_is_said_from_one_connection_to_another_is_caught_at_both_ends() {
    let (mut ann, mut ben) = (Side::new(binding(ANN, 1, 3), 1), Side::new(binding(BEN, 2, 4), 2));
    talk(&mut ann, &mut ben);
    for side in [ann, ben] {
        assert_eq!(side.outcome, Some(Err(Violation::BrokenCommitment)));
    }
}

#[test]
fn who_says_back_what_is_said_is_caught() {
    let mut ann = Side::new(binding(ANN, 1, 2), 1);
    while let Some(message) = ann.says.pop() {
        ann.hears(message);
    }
    assert_eq!(ann.outcome, Some(Err(Violation::BrokenCommitment)));
    assert_eq!(Side::new(binding(ANN, 1, 1), 1).outcome, Some(Err(Violation::Reflected)));
}

#[test]
fn who_reveals_something_else_or_commits_anew_is_caught() {
    let honest = || {
        let (mut ann, ben) = (Side::new(binding(ANN, 1, 2), 1), Side::new(binding(BEN, 2, 1), 2));
        ann.hears(ben.says[0]);
        ann
    };
    let commit = |digest| Message::Commit(PeerId::new(BEN), [digest; 32]);
    let broken = Some(Err(Violation::BrokenCommitment));
    let mut ann = honest();
    ann.hears(Message::Reveal([3; 32]));
    assert_eq!(ann.outcome, broken);
    let mut ann = honest();
    ann.hears(commit(9));
    assert_eq!(ann.outcome, broken);
    // As somebody else.
    let Message::Commit(_, digest) = Side::new(binding(BEN, 2, 1), 2).says[0] else { panic!("it commits itself") };
    let mut ann = honest();
    ann.hears(Message::Commit(PeerId::new(0xC), digest));
    assert_eq!(ann.outcome, broken);
    // Nothing is said to a liar any more, and nothing else comes of it.
    ann.says.clear();
    ann.hears(Message::Commit(PeerId::new(BEN), digest));
    ann.hears(Message::Reveal([2; 32]));
    assert_eq!((ann.says.len(), ann.outcome), (0, broken));
}

#[test]
fn nothing_is_revealed_before_they_are_committed() {
    let mut ann = Side::new(binding(ANN, 1, 2), 1);
    assert!(ann.says.iter().all(|message| matches!(message, Message::Commit(..))), "{:?}", ann.says);
    ann.hears(Message::Reveal([2; 32]));
    assert_eq!(ann.outcome, Some(Err(Violation::Malformed)));
    assert!(ann.says.iter().all(|message| matches!(message, Message::Commit(..))), "{:?}", ann.says);
}

#[test]
fn messages_are_read_as_they_were_written_and_nothing_else_is() {
    for message in [Message::Commit(PeerId::new(u64::MAX), [7; 32]), Message::Reveal([8; 32])] {
        let mut bytes = message.write();
        assert_eq!(Message::read(&bytes), Some(message));
        bytes.push(0);
        assert_eq!(Message::read(&bytes), None);
        bytes.truncate(bytes.len() - 2);
        assert_eq!(Message::read(&bytes), None);
    }
    assert_eq!(Message::read(&[]), None);
    assert_eq!(Message::read(&[3; 33]), None);
}

#[test]
fn the_list_has_64_signs_with_a_name_of_their_own_in_each_language() {
    let distinct = |of: fn(&Emoji) -> &str| ALL.iter().map(of).collect::<HashSet<_>>().len();
    assert_eq!(distinct(|emoji| emoji.symbol), 64);
    assert_eq!(distinct(|emoji| emoji.english), 64);
    assert_eq!(distinct(|emoji| emoji.japanese), 64);
    assert!(ALL.iter().all(|emoji| emoji.symbol.chars().count() == 1), "none is put together from several");
}

#[test]
fn a_code_is_the_first_42_bits() {
    let mut digest = [0xFF; 32];
    assert_eq!(Code::of(&digest).0, [63; 7]);
    digest[5] = 0b1100_0000;
    assert_eq!(Code::of(&digest).0, [63; 7], "what comes behind does not matter");
    digest[5] = 0b1011_1111;
    assert_eq!(Code::of(&digest).0, [63, 63, 63, 63, 63, 63, 62]);
    digest[0] = 0b0000_0111;
    assert_eq!(Code::of(&digest).0, [1, 63, 63, 63, 63, 63, 62]);
}

#[test]
fn of_an_own_description_the_one_certificate_is_taken() {
    let line = |byte: &str| format!("a=fingerprint:sha-256 {}\r\n", [byte; 32].join(":"));
    let read = |sdp: String| Fingerprint::of_own_description(&format!("v=0\r\n{sdp}"));
    assert_eq!(read(line("aB")), Some(Fingerprint([0xAB; 32])));
    assert_eq!(read([line("0A"), "m=audio\r\n".into(), line("0A")].concat()), Some(Fingerprint([10; 32])));
    assert_eq!(read([line("0A"), line("0B")].concat()), None, "two");
    for spoilt in ["", "a=fingerprint:sha-1 AA:BB\r\n", "a=fingerprint:sha-256 AA:BB\r\n", "a=fingerprint:sha-256\r\n"]
    {
        assert_eq!(read(spoilt.into()), None, "{spoilt}");
    }
    for byte in ["+1", "1", "GG", "0電", "", "001"] {
        assert_eq!(read(line(byte)), None, "{byte}");
    }
    assert_eq!(read(line("0A").replace("\r\n", ":0A\r\n")), None, "33 bytes");
}

/// What somebody who lies may do, in any order.
#[derive(Debug, Clone)]
enum Move {
    Says(Vec<u8>),
    /// The browser is done with a hash.
    Hash,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let honest = |id, nonce: u8| {
        let committed = Exchange::new(binding(id, 2, 1), [nonce; 32]).poll();
        let Some(Output::Digest(bytes)) = committed else { panic!("it commits itself first") };
        [Message::Commit(PeerId::new(id), sha256(&bytes)).write(), Message::Reveal([nonce; 32]).write()]
    };
    let mut said = [honest(BEN, 2), honest(BEN, 3), honest(0xC, 2)].concat();
    said.push(vec![2; 32]);
    said.push(Vec::new());
    let one = prop_oneof![
        6 => prop::sample::select(said).prop_map(Move::Says),
        1 => prop::collection::vec(any::<u8>(), 0..80).prop_map(Move::Says),
        4 => Just(Move::Hash),
    ];
    prop::collection::vec(one, 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// There is a code only for a nonce that they were committed to before they heard ours, and only one.
    #[test]
    fn whatever_a_liar_says_in_whatever_order(moves in moves()) {
        let mut ann = Exchange::new(binding(ANN, 1, 2), [1; 32]);
        let Some(Output::Digest(first)) = ann.poll() else { panic!("a commitment") };
        let (mut asked, mut committed, mut revealed, mut outcome) = (Some(first), None, None, None);
        for step in moves {
            let is_over = outcome.is_some();
            let input = match step {
                Move::Hash => match asked.take() {
                    Some(bytes) => Input::Digest(sha256(&bytes)),
                    // Of nothing that was asked for.
                    None => Input::Digest([0; 32]),
                },
                Move::Says(bytes) => {
                    match Message::read(&bytes) {
                        Some(Message::Commit(id, digest)) if !is_over => _ = committed.get_or_insert((id, digest)),
                        Some(Message::Reveal(nonce)) if !is_over => _ = revealed.get_or_insert(nonce),
                        _ => {}
                    }
                    Input::Message(bytes)
                }
            };
            ann.handle(input);
            for count in 0.. {
                let Some(output) = ann.poll() else { break };
                prop_assert!(count < 3, "it is bounded");
                match output {
                    Output::Digest(bytes) => {
                        prop_assert!(asked.replace(bytes).is_none(), "one at a time");
                    }
                    Output::Send(Message::Reveal(nonce)) => {
                        prop_assert_eq!(nonce, [1; 32]);
                        prop_assert!(committed.is_some(), "they are committed");
                    }
                    Output::Send(Message::Commit(id, _)) => prop_assert_eq!(id, PeerId::new(ANN)),
                    Output::Done(end) => {
                        prop_assert!(outcome.replace(end).is_none(), "once");
                        if end.is_ok() {
                            let (id, digest) = committed.expect("committed");
                            let mut theirs = Exchange::new(
                                Binding { me: id, ..binding(BEN, 2, 1) },
                                revealed.expect("revealed"),
                            );
                            let Some(Output::Digest(bytes)) = theirs.poll() else { panic!("a commitment") };
                            prop_assert_eq!(sha256(&bytes), digest);
                        }
                    }
                }
            }
        }
    }
}
