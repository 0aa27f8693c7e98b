//! What members that may do so ask of others.

use itodenwa_wire::{Ask, Asked, Wish};

use super::lock::welcome;
use super::*;

const EVERY: Duration = Duration::from_secs(2);

/// Who is asked by these outputs, and what, by whom.
fn asked(outputs: &[Output]) -> Vec<(ConnectionId, Wish, PeerId)> {
    let asked = outputs.iter().filter_map(|output| match output {
        Output::Send(to, ServerMessage::Asked(Asked { what, from })) => Some((*to, *what, *from)),
        _ => None,
    });
    asked.collect()
}

fn ask(what: Wish, to: Option<PeerId>) -> ClientMessage<u32> {
    ClientMessage::Ask(Ask { what, to })
}

#[test]
fn one_is_asked_or_all_others_are_and_they_are_told_by_whom() {
    let mut bench = Bench::new(Limits::default());
    let (ann, ben) = (bench.enter(A, "r"), bench.enter(B, "r"));
    bench.enter(C, "r");
    bench.enter(D, "other");
    assert_eq!(asked(&bench.say(A, ask(Wish::Mute, Some(ben)))), [(B, Wish::Mute, ann)]);
    assert_eq!(
        asked(&bench.say(A, ask(Wish::LowerHand, None))),
        [(B, Wish::LowerHand, ann), (C, Wish::LowerHand, ann)],
        "another room hears nothing"
    );
    for nobody in [ann, PeerId::new(7)] {
        let outputs = bench.say(A, ask(Wish::Mute, Some(nobody)));
        assert_eq!(refused_with(&outputs), Some(RefusalCode::PeerUnknown));
    }
    assert_eq!(bench.say(A, ask(Wish::Other, None)), [], "of a later version");
}

#[test]
fn with_tokens_it_takes_one_that_says_so() {
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret()]));
    bench.come(A, join_as("r", "admin", true));
    let ben = welcome(&bench.come(B, join_as("r", "ben", false))).unwrap().me.id;
    for to in [None, Some(ben)] {
        let outputs = bench.say(B, ask(Wish::Mute, to));
        assert_eq!((refused_with(&outputs), outputs.len()), (Some(RefusalCode::TokenForbidden), 1));
    }
    assert_eq!(asked(&bench.say(A, ask(Wish::Mute, Some(ben)))).len(), 1);
}

#[test]
fn nobody_hears_the_same_wish_more_often_than_every_two_seconds_whoever_has_it() {
    let mut bench = Bench::new(Limits::default());
    let ben = [A, B, C].map(|who| bench.enter(who, "r"))[1];
    assert_eq!(asked(&bench.say(A, ask(Wish::Mute, Some(ben)))).len(), 1);
    for who in [A, C] {
        for to in [Some(ben), None] {
            let told = asked(&bench.say(who, ask(Wish::Mute, to)));
            assert!(told.iter().all(|(whom, ..)| *whom != B), "{told:?}");
        }
    }
    assert_eq!(asked(&bench.say(C, ask(Wish::LowerHand, Some(ben)))).len(), 1, "that is another wish");
    bench.now += EVERY;
    assert_eq!(asked(&bench.say(A, ask(Wish::Mute, Some(ben)))).len(), 1);
}

#[test]
fn who_is_away_or_of_an_older_version_is_not_told() {
    let mut bench = Bench::new(Limits::default());
    let ClientMessage::Join(today) = join("r") else { panic!("no join") };
    let older = bench.come(A, ClientMessage::Join(Join { version: 2, max_version: Some(2), ..today }));
    let (older, away) = (welcome(&older).unwrap().me.id, bench.enter(B, "r"));
    bench.enter(C, "r");
    bench.cut(B);
    for to in [Some(older), Some(away), None] {
        assert_eq!(bench.say(C, ask(Wish::Mute, to)), []);
    }
    // What it did not hear of does not keep it from being asked when it is back.
    assert_eq!(asked(&bench.say(A, ask(Wish::Mute, None))).len(), 1, "of an older version one may ask all the same");
}
