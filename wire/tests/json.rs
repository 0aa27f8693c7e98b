//! Every message survives JSON, and nothing that is not one gets through or does harm.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail as tests do")]

use itodenwa_wire::limits::TICKET_BYTES;
use itodenwa_wire::{
    Answer, Applicant, Ask, Asked, Body, Candidate, ClientMessage, Delivery, DisplayName, Epoch, Identity, Join,
    LeaveReason, Media, Member, Offer, Packet, Pass, PeerId, Refuse, RefuseCode, Resume, RoomName, Roster,
    ServerMessage, Signal, Source, Ticket, Wait, WaitingRoom, Welcome, Wish,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn survives<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value, "{json}");
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        prop::sample::select(&Source::ALL[..]),
        "[a-h]{1,2}-x(Audio)?".prop_map(|name| Source::named(&name).unwrap())
    ]
}

fn body() -> impl Strategy<Value = Body> {
    let sources = || vec((any::<String>(), source()), 0..4);
    let candidate = (any::<String>(), option::of(".*"), option::of(any::<u16>()), option::of(".*"));
    prop_oneof![
        (any::<u32>(), any::<String>(), sources()).prop_map(|(id, sdp, sources)| Body::Offer(Offer {
            id,
            sdp,
            sources
        })),
        (any::<u32>(), any::<String>(), sources()).prop_map(|(id, sdp, sources)| Body::Answer(Answer {
            id,
            sdp,
            sources
        })),
        candidate.prop_map(|(candidate, sdp_mid, sdp_m_line_index, username_fragment)| {
            Body::Candidate(Candidate { candidate, sdp_mid, sdp_m_line_index, username_fragment })
        }),
        any::<String>().prop_map(Body::EndOfCandidates),
        any::<u32>().prop_map(|id| Body::Refuse(Refuse { id, code: RefuseCode::NotApplied })),
        vec(source(), 0..5).prop_map(|on| Body::Media(Media { on })),
        Just(Body::AskTurn),
        Just(Body::GiveTurn),
        Just(Body::Hello),
        Just(Body::Bye),
        Just(Body::Unknown),
    ]
}

fn packet() -> impl Strategy<Value = Packet> {
    let numbers = (any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>());
    (numbers, option::of(any::<String>())).prop_map(|((from, to, seq, ack), body)| Packet {
        from_epoch: Epoch::of_session(from),
        to_epoch: Epoch::of_session(to),
        seq,
        ack,
        body,
    })
}

fn id() -> impl Strategy<Value = PeerId> {
    any::<u64>().prop_map(PeerId::new)
}

fn room() -> impl Strategy<Value = RoomName> {
    "[A-Za-z0-9_-]{1,64}".prop_map(|name| RoomName::new(name).unwrap())
}

fn pass() -> impl Strategy<Value = Pass> {
    ("[a-z部屋 ]{1,20}", any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(identity, publish, subscribe, admin, named)| Pass {
            identity: Identity::new(identity).unwrap(),
            publish,
            subscribe,
            admin,
            named,
        },
    )
}

fn member() -> impl Strategy<Value = Member> {
    let name = option::of("[a-z部屋 ]{0,20}x").prop_map(|name| name.map(|name| DisplayName::new(name).unwrap()));
    (id(), any::<u32>(), name, option::of(pass()), option::of(any::<u32>()))
        .prop_map(|(id, session, name, pass, offered)| Member { id, session, name, pass, offered })
}

proptest! {
    #[test]
    fn bodies_survive(body in body()) {
        survives(&body);
    }

    #[test]
    fn client_messages_survive(room in room(), name in option::of("[a-z部屋 ]{0,20}x"), version: u32, ping: u32, to in id(), packet in packet()) {
        survives(&ClientMessage::<Packet>::Join(Join { version, max_version: None, room: room.clone(), name: None, token: None, resume: None, former: None, unless_recorded: ping % 2 == 0, offer: vec![to.to_string()] }));
        survives(&ClientMessage::<Packet>::Remove(to));
        survives(&ClientMessage::<Packet>::Lock(ping % 2 == 0));
        survives(&ClientMessage::<Packet>::Rename(name.map(|name| DisplayName::new(name).unwrap())));
        survives(&ClientMessage::<Packet>::Record(ping % 2 == 0));
        survives(&ClientMessage::<Packet>::WaitingRoom(ping % 2 == 0));
        survives(&ClientMessage::<Packet>::Admit(Some(to).filter(|_| ping % 2 == 0)));
        survives(&ClientMessage::<Packet>::TurnAway(to));
        survives(&ClientMessage::<Packet>::Ask(Ask { what: Wish::Mute, to: Some(to).filter(|_| ping % 2 == 0) }));
        let resume = Some(Resume { ticket: Ticket::new("abc").unwrap(), signals: ping });
        let former = Some(Ticket::new("def").unwrap());
        survives(&ClientMessage::<Packet>::Join(Join { version, max_version: Some(ping), room, name: None, token: Some("a.b.c".into()), resume, former, unless_recorded: false, offer: Vec::new() }));
        survives(&ClientMessage::Signal(Signal { to, packet }));
        survives(&ClientMessage::<Packet>::Ping(ping));
        survives(&ClientMessage::<Packet>::Leave);
    }

    #[test]
    fn server_messages_survive(
        me in member(), members in vec(member(), 0..4), from in id(), packet in packet(), roster: u32, settling: bool,
        ticket in option::of("[a-z]{0,9}"),
    ) {
        let ticket = ticket.map(|text| Ticket::new(text).unwrap());
        let waiting = members.iter().map(|member| Applicant {
            id: member.id,
            name: member.name.clone(),
            identity: member.pass.as_ref().map(|pass| pass.identity.clone()),
        });
        let waiting_room = WaitingRoom { on: settling, waiting: waiting.collect() };
        survives(&ServerMessage::<Packet>::Left { id: me.id, reason: LeaveReason::Gone, roster });
        survives(&ServerMessage::<Packet>::Joined { member: me.clone(), roster });
        survives(&ServerMessage::<Packet>::Roster(Roster { version: roster, members: members.clone() }));
        survives(&ServerMessage::<Packet>::Welcome(Welcome {
            version: roster, me, members, roster, settling, locked: !settling, waiting_room: waiting_room.clone(), signals: roster, ticket, ice_servers: Default::default()
        }));
        survives(&ServerMessage::<Packet>::Locked(settling));
        survives(&ServerMessage::<Packet>::Wait(Wait { seconds: roster }));
        survives(&ServerMessage::<Packet>::WaitingRoom(waiting_room));
        survives(&ServerMessage::<Packet>::Asked(Asked { what: Wish::LowerHand, from }));
        survives(&ServerMessage::Signal(Delivery { from, packet }));
    }

    #[test]
    fn what_is_parsed_is_printed_as_it_was(number: u64, name in "[A-Za-z0-9_-]{1,64}") {
        let id = PeerId::new(number);
        prop_assert_eq!(id.to_string().parse(), Ok(id));
        prop_assert_eq!(RoomName::new(name.clone()).unwrap().to_string(), name);
    }

    #[test]
    fn a_name_that_is_parsed_is_parsed_again_to_itself(text in any::<String>()) {
        if let Ok(name) = text.parse::<DisplayName>() {
            prop_assert_eq!(name.to_string().parse(), Ok(name));
        }
        if let Ok(name) = text.parse::<RoomName>() {
            prop_assert_eq!(name.to_string(), text);
        }
    }

    #[test]
    fn nonsense_is_refused_without_harm(text in any::<String>(), bytes in vec(any::<u8>(), 0..200)) {
        // A text in quotes is a body that a later version may have.
        prop_assert!(text.starts_with('"') || serde_json::from_str::<Body>(&text).is_err());
        prop_assert!(serde_json::from_slice::<ClientMessage>(&bytes).is_err());
        prop_assert!(serde_json::from_slice::<ServerMessage>(&bytes).is_err());
    }

    /// Valid JSON with one byte changed is a message or an error, never a panic; a message that it is survives, too.
    #[test]
    fn almost_messages_do_no_harm(body in body(), place: prop::sample::Index, byte in 0u8..128) {
        let mut json = serde_json::to_vec(&body).unwrap();
        let place = place.index(json.len());
        json[place] = byte;
        if let Ok(body) = serde_json::from_slice::<Body>(&json) {
            survives(&body);
        }
    }
}

#[test]
fn a_ticket_is_bounded_and_not_shown() {
    assert!(serde_json::from_str::<Ticket>(&format!("\"{}\"", "x".repeat(TICKET_BYTES))).is_ok());
    assert!(serde_json::from_str::<Ticket>(&format!("\"{}\"", "x".repeat(TICKET_BYTES + 1))).is_err());
    assert!(!format!("{:?}", Ticket::new("secret").unwrap()).contains("secret"));
}

#[test]
fn what_a_later_version_says_is_read_as_far_as_it_is_known() {
    let read = |text| serde_json::from_str::<Body>(text).ok();
    assert_eq!(read(r#"{"future":1}"#), Some(Body::Unknown));
    assert_eq!(read(r#""future""#), Some(Body::Unknown));
    assert_eq!(read(r#"{"hello":{"color":"blue"}}"#), Some(Body::Hello));
    let media = Body::Media(Media { on: vec![Source::Camera] });
    assert_eq!(read(r#"{"media":{"on":["hologram","camera"],"off":7}}"#), Some(media));
    let offer = r#"{"offer":{"id":1,"sdp":"v=0","sources":[["0","hologram"],["1","camera"]],"color":"blue"}}"#;
    let sources = vec![("1".to_owned(), Source::Camera)];
    assert_eq!(read(offer), Some(Body::Offer(Offer { id: 1, sdp: "v=0".into(), sources })));
    for nonsense in
        ["7", "[]", "{}", r#"{"offer":1}"#, r#""offer""#, r#"{"hello":1,"bye":1}"#, r#"{"media":{"on":[7]}}"#]
    {
        assert_eq!(read(nonsense), None, "{nonsense}");
    }
}
