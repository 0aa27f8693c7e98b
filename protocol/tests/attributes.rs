//! Attributes are the same everywhere in the end, whatever was written where and heard in whatever order.

use std::collections::BTreeMap;

use itodenwa_protocol::Time;
use itodenwa_protocol::attributes::{AttributeError, Attributes, Changes};
use itodenwa_wire::Attribute;
use itodenwa_wire::limits::{ATTRIBUTE_BYTES, ATTRIBUTE_KEY_BYTES, ATTRIBUTES};
use proptest::prelude::*;

fn attribute() -> impl Strategy<Value = Attribute> {
    let value = prop::sample::select(&["", "1", "[]"][..]);
    (any::<bool>(), 0..40_u8, value, 1..4_u32).prop_map(|(room, key, value, version)| Attribute {
        room,
        key: format!("{key:02}"),
        value: value.to_owned(),
        version,
    })
}

fn sorted(attributes: &Attributes) -> Vec<Attribute> {
    let mut all: Vec<_> = attributes.all().cloned().collect();
    all.sort_by_key(|it| (it.room, it.key.clone()));
    all
}

proptest! {
    #[test]
    fn in_whatever_order_they_come_all_have_the_same(
        written in prop::collection::vec(attribute(), 0..200),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..200),
    ) {
        let (mut one, mut other) = (Attributes::default(), Attributes::default());
        let mut shown: BTreeMap<(bool, String), String> = BTreeMap::new();
        for attribute in &written {
            if one.merge(attribute.clone()) {
                shown.insert((attribute.room, attribute.key.clone()), attribute.value.clone());
            }
        }
        if !written.is_empty() {
            for index in again {
                other.merge(index.get(&written).clone());
            }
        }
        for attribute in written.iter().rev() {
            other.merge(attribute.clone());
        }
        let all = sorted(&one);
        prop_assert_eq!(&all, &sorted(&other));
        prop_assert!([false, true].iter().all(|room| all.iter().filter(|it| it.room == *room).count() <= ATTRIBUTES));
        for Attribute { room, key, value, .. } in all {
            prop_assert_eq!(shown.get(&(room, key)).map_or("", |value| value), value, "every change is told");
        }
    }
}

fn told(Attribute { room, key, value, .. }: Attribute) -> (bool, String, String) {
    (room, key, value)
}

#[test]
fn of_a_key_that_changes_all_the_time_the_last_value_is_told_at_a_bounded_rate() {
    let (mut attributes, mut changes, mut times) = (Attributes::default(), Changes::default(), 0);
    for millis in 0..1000 {
        attributes.set(false, "cursor".into(), millis.to_string()).unwrap();
        assert!(attributes.deadline(&changes).is_some());
        let now = Time::from_millis(millis);
        times += std::iter::from_fn(|| attributes.poll(now, &mut changes)).count();
    }
    assert!((64..=74).contains(&times), "{times}");
    let due = attributes.deadline(&changes).unwrap();
    assert_eq!(attributes.poll(due, &mut changes).map(told), Some((false, "cursor".into(), "999".into())));
    assert_eq!((attributes.poll(due, &mut changes), attributes.deadline(&changes)), (None, None));
}

#[test]
fn what_the_room_has_is_told_again_when_somebody_left() {
    let (mut attributes, mut changes) = (Attributes::default(), Changes::default());
    let topic = Attribute { room: true, key: "topic".into(), value: "1".into(), version: 1 };
    assert!(attributes.merge(topic.clone()) && !attributes.merge(topic));
    attributes.set(false, "hand".into(), "true".into()).unwrap();
    let now = Time::default();
    assert_eq!(attributes.poll(now, &mut changes).map(told), Some((false, "hand".into(), "true".into())));
    assert_eq!(attributes.deadline(&changes), None, "what is heard is told no further");
    attributes.left();
    assert_eq!(attributes.poll(now, &mut changes).map(told), Some((true, "topic".into(), "1".into())));
    assert_eq!(attributes.deadline(&changes), None);
}

#[test]
fn there_are_limits() {
    let mut attributes = Attributes::default();
    let mut set = |key: &str, bytes: usize| attributes.set(true, key.to_owned(), "1".repeat(bytes));
    assert_eq!(set("", 1), Err(AttributeError::TooLarge));
    assert_eq!(set(&"x".repeat(ATTRIBUTE_KEY_BYTES + 1), 1), Err(AttributeError::TooLarge));
    assert_eq!(set("a", ATTRIBUTE_BYTES + 1), Err(AttributeError::TooLarge));
    for key in 0..ATTRIBUTES {
        assert_eq!(set(&format!("{key:02}"), ATTRIBUTE_BYTES), Ok(()));
    }
    assert_eq!(set("99", 1), Err(AttributeError::TooMany));
    assert_eq!(set("00", ATTRIBUTE_BYTES), Ok(()), "what is there can change");
    assert_eq!(attributes.set(false, "99".into(), String::new()), Ok(()), "one's own are others");
}

#[test]
fn nobody_writes_a_version_after_which_there_is_none() {
    let mut attributes = Attributes::default();
    let last = |version| Attribute { room: true, key: "topic".into(), value: "1".into(), version };
    assert!(!attributes.merge(last(u32::MAX)));
    assert!(attributes.merge(last(u32::MAX - 1)));
    assert_eq!(attributes.set(true, "topic".into(), "2".into()), Err(AttributeError::TooMany));
    assert!(attributes.all().eq([&last(u32::MAX - 1)]), "it is not another one here than elsewhere");
}
