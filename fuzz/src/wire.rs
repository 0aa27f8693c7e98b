//! Arbitrary text, read as everything that there is on the wire; and arbitrary values, written and read again.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use arbitrary::{Arbitrary, Result, Unstructured};
use itodenwa_wire::limits::{DISPLAY_NAME_BYTES, ROOM_NAME_BYTES};
use itodenwa_wire::{
    Applicant, Ask, Asked, Body, ClientMessage, Delivery, DisplayName, IceServer, IceServers, Identity, Join,
    LeaveReason, Member, Packet, Pass, PeerId, Refusal, RefusalCode, Resume, RoomName, Roster, ServerMessage, Signal,
    Ticket, Token, Wait, WaitingRoom, Welcome, Wish,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::values::{body, display_name, json, maybe, packet, several, text};

/// The target.
pub fn run(data: &[u8]) {
    read(data);
    // Bytes that are too few for a value say nothing.
    let _ = written(&mut Unstructured::new(data));
}

fn read(data: &[u8]) {
    check::<Body>(data);
    if let Some(Packet { body: Some(body), .. }) = check::<Packet>(data) {
        check::<Body>(body.as_bytes());
    }
    if let Some(ClientMessage::Join(join)) = check::<ClientMessage>(data) {
        check_room(&join.room);
        join.name.iter().for_each(check_name);
    }
    if let Some(ServerMessage::Welcome(welcome)) = check::<ServerMessage>(data) {
        welcome.members.iter().filter_map(|member| member.name.as_ref()).for_each(check_name);
    }
    if let Ok(text) = std::str::from_utf8(data) {
        parsed::<PeerId>(text);
        parsed::<RoomName>(text).iter().for_each(check_room);
        parsed::<DisplayName>(text).iter().for_each(check_name);
    }
}

fn written(u: &mut Unstructured) -> Result<()> {
    survives(&body(u)?);
    survives(&packet(u)?);
    survives(&client_message(u)?);
    survives(&server_message(u)?);
    Ok(())
}

fn client_message(u: &mut Unstructured) -> Result<ClientMessage> {
    Ok(match u.int_in_range(0..=11)? {
        0 => {
            let room = RoomName::new(text(u)?).unwrap_or_else(|_| RoomName::new("room").expect("it is valid"));
            ClientMessage::Join(Join {
                version: Arbitrary::arbitrary(u)?,
                room,
                name: display_name(u)?,
                token: token(u)?,
                resume: maybe(u, |u| Ok(Resume { ticket: ticket(u)?, signals: Arbitrary::arbitrary(u)? }))?,
                former: maybe(u, ticket)?,
                unless_recorded: Arbitrary::arbitrary(u)?,
                offer: several(u, 3, text)?,
                max_version: Arbitrary::arbitrary(u)?,
            })
        }
        1 => ClientMessage::Signal(Signal { to: peer(u)?, packet: packet(u)? }),
        2 => ClientMessage::Ping(Arbitrary::arbitrary(u)?),
        3 => ClientMessage::Remove(peer(u)?),
        4 => ClientMessage::Lock(Arbitrary::arbitrary(u)?),
        5 => ClientMessage::Record(Arbitrary::arbitrary(u)?),
        7 => ClientMessage::WaitingRoom(Arbitrary::arbitrary(u)?),
        8 => ClientMessage::Admit(maybe(u, peer)?),
        9 => ClientMessage::TurnAway(peer(u)?),
        6 => ClientMessage::Ask(Ask { what: wish(u)?, to: maybe(u, peer)? }),
        10 => ClientMessage::Rename(display_name(u)?),
        _ => ClientMessage::Leave,
    })
}

fn server_message(u: &mut Unstructured) -> Result<ServerMessage> {
    let reasons = [
        LeaveReason::Left,
        LeaveReason::Gone,
        LeaveReason::Refused,
        LeaveReason::Replaced,
        LeaveReason::Removed,
        LeaveReason::Other,
    ];
    Ok(match u.int_in_range(0..=13)? {
        0 => ServerMessage::Welcome(Welcome {
            me: member(u)?,
            members: several(u, 4, member)?,
            roster: Arbitrary::arbitrary(u)?,
            settling: Arbitrary::arbitrary(u)?,
            locked: Arbitrary::arbitrary(u)?,
            waiting_room: waiting_room(u)?,
            signals: Arbitrary::arbitrary(u)?,
            ticket: maybe(u, ticket)?,
            ice_servers: ice_servers(u)?,
            version: Arbitrary::arbitrary(u)?,
        }),
        1 => ServerMessage::Joined { member: member(u)?, roster: Arbitrary::arbitrary(u)? },
        2 => ServerMessage::Left { id: peer(u)?, reason: *u.choose(&reasons)?, roster: Arbitrary::arbitrary(u)? },
        3 => ServerMessage::Signal(Delivery { from: peer(u)?, packet: packet(u)? }),
        4 => ServerMessage::IceServers(ice_servers(u)?),
        5 => {
            let code = json(&text(u)?);
            let code: RefusalCode =
                serde_json::from_str(&code).expect("every code is one, of a later version if unknown");
            ServerMessage::Refused(Refusal { code, message: text(u)?, retry_after: Arbitrary::arbitrary(u)? })
        }
        6 => ServerMessage::Roster(Roster { version: Arbitrary::arbitrary(u)?, members: several(u, 4, member)? }),
        7 => ServerMessage::Ticket(ticket(u)?),
        8 => ServerMessage::Locked(Arbitrary::arbitrary(u)?),
        10 => ServerMessage::Wait(Wait { seconds: Arbitrary::arbitrary(u)? }),
        11 => ServerMessage::WaitingRoom(waiting_room(u)?),
        9 => ServerMessage::Asked(Asked { what: wish(u)?, from: peer(u)? }),
        12 => ServerMessage::Renamed { member: member(u)?, roster: Arbitrary::arbitrary(u)? },
        _ => ServerMessage::Pong(Arbitrary::arbitrary(u)?),
    })
}

fn waiting_room(u: &mut Unstructured) -> Result<WaitingRoom> {
    let applicant = |u: &mut Unstructured| {
        Ok(Applicant { id: peer(u)?, name: display_name(u)?, identity: pass(u)?.map(|pass| pass.identity) })
    };
    Ok(WaitingRoom { on: Arbitrary::arbitrary(u)?, waiting: several(u, 4, applicant)? })
}

fn wish(u: &mut Unstructured) -> Result<Wish> {
    Ok(*u.choose(&[Wish::Mute, Wish::LowerHand, Wish::Other])?)
}

fn member(u: &mut Unstructured) -> Result<Member> {
    Ok(Member {
        id: peer(u)?,
        session: Arbitrary::arbitrary(u)?,
        name: display_name(u)?,
        pass: pass(u)?,
        offered: Arbitrary::arbitrary(u)?,
    })
}

fn ticket(u: &mut Unstructured) -> Result<Ticket> {
    Ok(Ticket::new(text(u)?).unwrap_or_else(|_| Ticket::new("").expect("it is short enough")))
}

fn peer(u: &mut Unstructured) -> Result<PeerId> {
    Ok(PeerId::new(Arbitrary::arbitrary(u)?))
}

fn ice_servers(u: &mut Unstructured) -> Result<IceServers> {
    let server = |u: &mut Unstructured| {
        Ok(IceServer { urls: several(u, 3, text)?, username: maybe(u, text)?, credential: maybe(u, text)? })
    };
    Ok(IceServers { servers: several(u, 3, server)?, expires_in: Arbitrary::arbitrary(u)? })
}

/// What can be read can be written, and is then read as the same.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(data: &[u8]) -> Option<T> {
    let value = serde_json::from_slice::<T>(data).ok()?;
    survives(&value);
    Some(value)
}

fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let json = json(value);
    let again = serde_json::from_str::<T>(&json);
    assert!(again.as_ref().is_ok_and(|again| again == value), "{value:?} is {json}, which is {again:?}");
    // What it looks like in a log, too.
    let _ = format!("{value:?}");
}

fn parsed<T: FromStr + Display + PartialEq + Debug>(text: &str) -> Option<T> {
    let value = text.parse::<T>().ok()?;
    let printed = value.to_string();
    assert!(printed.parse::<T>().is_ok_and(|again| again == value), "{text:?} is {value:?}, which is {printed:?}");
    Some(value)
}

fn check_room(room: &RoomName) {
    let name = room.as_str();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    assert!((1..=ROOM_NAME_BYTES).contains(&name.len()) && name.bytes().all(plain), "{name:?} is a room");
}

fn check_name(name: &DisplayName) {
    let name = name.as_str();
    let directs = |c: char| ('\u{202A}'..='\u{202E}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
    assert!((1..=DISPLAY_NAME_BYTES).contains(&name.len()) && name == name.trim(), "{name:?} is a name");
    assert!(!name.contains(char::is_control) && !name.contains(directs), "{name:?} is a name");
}

fn token(u: &mut Unstructured) -> Result<Option<Token>> {
    Ok(Option::<String>::arbitrary(u)?.map(Token::from))
}

fn pass(u: &mut Unstructured) -> Result<Option<Pass>> {
    let Ok(identity) = Identity::new(String::arbitrary(u)?) else { return Ok(None) };
    let mut may = || bool::arbitrary(u);
    Ok(Some(Pass { identity, publish: may()?, subscribe: may()?, admin: may()?, named: may()? }))
}
