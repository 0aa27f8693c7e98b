//! The codec agrees with the wire's serde: what one writes the other reads as the same, and what is no message harms neither.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail as tests do")]

use std::fmt::Debug;

use itodenwa_wire::limits::TICKET_BYTES;
use itodenwa_wire::{
    Answer, Applicant, Ask, Asked, Attribute, Body, Candidate, ClientMessage, Delivery, DisplayName, Epoch, Format,
    Frame, IceServer, IceServers, Identity, Join, LeaveReason, Media, Member, Offer, Packet, Pass, PeerId, Refusal,
    RefusalCode, Refuse, RefuseCode, Rejoined, Resume, RoomName, Roster, ServerMessage, Signal, Source, SourceMap,
    Text, TextStream, Ticket, Wait, WaitingRoom, Welcome, Wish,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::frame::FRAME_UNITS;
use super::read::Result;
use super::*;

const VALUES: usize = 400;

/// Numbers that look random and are the same in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn number(&mut self) -> u32 {
        [0, 1, 7, u32::MAX, self.next() as u32][self.below(5)]
    }

    fn flag(&mut self) -> bool {
        self.below(2) == 0
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| value(self))
    }

    fn many<T>(&mut self, value: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.below(4)).map(|_| value(self)).collect()
    }

    /// With all that JSON has to escape, and what is longer than a byte or a UTF-16 unit.
    fn text(&mut self) -> String {
        const PARTS: [&str; 12] =
            ["", "a", "\"", "\\", "\r\n", "\u{0}", "\u{1f}", "\u{8}\u{c}\t", "/", "部屋", "\u{1F4DE}", "\u{2028}{[:,"];
        (0..self.below(6)).map(|_| PARTS[self.below(PARTS.len())]).collect()
    }

    fn word(&mut self) -> String {
        format!("w{}", self.below(1000))
    }

    fn source(&mut self) -> Source {
        let own = ["whiteboard", "music-Audio"].map(|name| Source::named(name).unwrap());
        [&Source::ALL[..], &own].concat()[self.below(6)]
    }

    fn sources(&mut self) -> SourceMap {
        self.many(|random| (random.text(), random.source()))
    }

    fn epoch(&mut self) -> Epoch {
        let epoch = Epoch::of_session(self.number());
        if self.flag() { epoch.next().unwrap() } else { epoch }
    }

    fn peer(&mut self) -> PeerId {
        PeerId::new(self.next())
    }

    fn candidate(&mut self) -> Candidate {
        Candidate {
            candidate: self.text(),
            sdp_mid: self.maybe(Self::text),
            sdp_m_line_index: self.maybe(|random| random.next() as u16),
            username_fragment: self.maybe(Self::text),
        }
    }

    fn body(&mut self) -> Body {
        match self.below(12) {
            10 => Body::Rejoined(Rejoined { former: self.peer(), id: self.peer() }),
            0 => Body::Offer(Offer { id: self.number(), sdp: self.text(), sources: self.sources() }),
            1 => Body::Answer(Answer { id: self.number(), sdp: self.text(), sources: self.sources() }),
            2 => Body::Candidate(self.candidate()),
            3 => Body::EndOfCandidates(self.text()),
            4 => {
                use RefuseCode::{Malformed, NotApplied, NotYourTurn, Other};
                let code = [Malformed, NotYourTurn, NotApplied, Other][self.below(4)];
                Body::Refuse(Refuse { id: self.number(), code })
            }
            5 => Body::Media(Media { on: self.many(Self::source) }),
            6 => Body::AskTurn,
            7 => Body::GiveTurn,
            8 => Body::Hello,
            9 => Body::Unknown,
            _ => Body::Bye,
        }
    }

    fn packet(&mut self) -> Packet {
        let body = self.maybe(|random| write_body(&random.body()));
        Packet { from_epoch: self.epoch(), to_epoch: self.epoch(), seq: self.number(), ack: self.number(), body }
    }

    fn ticket(&mut self) -> Ticket {
        Ticket::new(self.text()).unwrap()
    }

    fn member(&mut self) -> Member {
        let pass = |random: &mut Self| Pass {
            identity: Identity::new(random.word()).unwrap(),
            publish: random.flag(),
            subscribe: random.flag(),
            admin: random.flag(),
            named: random.flag(),
        };
        Member {
            id: self.peer(),
            session: self.number(),
            name: self.maybe(|random| DisplayName::new(random.word()).unwrap()),
            pass: self.maybe(pass),
            offered: self.maybe(Self::number),
        }
    }

    fn ice_servers(&mut self) -> IceServers {
        let server = |random: &mut Self| IceServer {
            urls: random.many(Self::text),
            username: random.maybe(Self::text),
            credential: random.maybe(Self::text),
        };
        IceServers { servers: self.many(server), expires_in: self.maybe(Self::number) }
    }

    fn waiting_room(&mut self) -> WaitingRoom {
        let applicant = |random: &mut Self| Applicant {
            id: random.peer(),
            name: random.maybe(|random| DisplayName::new(random.word()).unwrap()),
            identity: random.maybe(|random| Identity::new(random.word()).unwrap()),
        };
        WaitingRoom { on: self.flag(), waiting: self.many(applicant) }
    }

    fn wish(&mut self) -> Wish {
        [Wish::Mute, Wish::LowerHand, Wish::Other][self.below(3)]
    }

    fn client_message(&mut self) -> ClientMessage {
        match self.below(12) {
            0 => {
                let resume = |random: &mut Self| Resume { ticket: random.ticket(), signals: random.number() };
                ClientMessage::Join(Join {
                    version: self.number(),
                    max_version: self.maybe(Self::number),
                    room: RoomName::new(self.word()).unwrap(),
                    name: self.maybe(|random| DisplayName::new(random.word()).unwrap()),
                    token: self.maybe(|random| random.text().into()),
                    resume: self.maybe(resume),
                    former: self.maybe(Self::ticket),
                    unless_recorded: self.flag(),
                    offer: self.many(Self::text),
                })
            }
            1 => ClientMessage::Signal(Signal { to: self.peer(), packet: self.packet() }),
            2 => ClientMessage::Remove(self.peer()),
            3 => ClientMessage::Lock(self.flag()),
            4 => ClientMessage::Ping(self.number()),
            10 => ClientMessage::Rename(self.maybe(|random| DisplayName::new(random.word()).unwrap())),
            5 => ClientMessage::Record(self.flag()),
            7 => ClientMessage::WaitingRoom(self.flag()),
            8 => ClientMessage::Admit(self.maybe(Self::peer)),
            9 => ClientMessage::TurnAway(self.peer()),
            6 => ClientMessage::Ask(Ask { what: self.wish(), to: self.maybe(Self::peer) }),
            _ => ClientMessage::Leave,
        }
    }

    fn server_message(&mut self) -> ServerMessage {
        use LeaveReason::{Gone, Left, Other, Refused, Removed, Replaced};
        match self.below(14) {
            0 => ServerMessage::Welcome(Welcome {
                version: self.number(),
                me: self.member(),
                members: self.many(Self::member),
                roster: self.number(),
                settling: self.flag(),
                locked: self.flag(),
                waiting_room: self.waiting_room(),
                signals: self.number(),
                ticket: self.maybe(Self::ticket),
                ice_servers: self.ice_servers(),
            }),
            1 => ServerMessage::Joined { member: self.member(), roster: self.number() },
            2 => {
                let reason = [Left, Gone, Refused, Replaced, Removed, Other][self.below(6)];
                ServerMessage::Left { id: self.peer(), reason, roster: self.number() }
            }
            3 => ServerMessage::Roster(Roster { version: self.number(), members: self.many(Self::member) }),
            4 => ServerMessage::Signal(Delivery { from: self.peer(), packet: self.packet() }),
            5 => ServerMessage::Ticket(self.ticket()),
            6 => ServerMessage::IceServers(self.ice_servers()),
            7 => {
                let code = [RefusalCode::RoomFull, RefusalCode::ServerGoingAway, RefusalCode::Unknown][self.below(3)];
                let retry_after = self.maybe(Self::number);
                ServerMessage::Refused(Refusal { code, message: self.text(), retry_after })
            }
            8 => ServerMessage::Locked(self.flag()),
            10 => ServerMessage::Wait(Wait { seconds: self.number() }),
            11 => ServerMessage::WaitingRoom(self.waiting_room()),
            9 => ServerMessage::Asked(Asked { what: self.wish(), from: self.peer() }),
            12 => ServerMessage::Renamed { member: self.member(), roster: self.number() },
            _ => ServerMessage::Pong(self.number()),
        }
    }

    fn format(&mut self) -> Format {
        let formats = [Format::Text, Format::Json, Format::Base64, Format::Unknown];
        formats[self.below(formats.len())]
    }

    fn attribute(&mut self) -> Attribute {
        Attribute { room: self.flag(), key: self.text(), value: self.text(), version: self.number() }
    }

    fn frame(&mut self) -> Frame {
        match self.below(7) {
            5 => Frame::Packet(self.packet()),
            4 => Frame::Attribute(self.attribute()),
            0 => Frame::Text(Text { number: self.number(), text: self.text(), format: self.format() }),
            1 => Frame::Ack(self.number()),
            2 => Frame::Shown(self.many(|random| (random.source(), random.number(), random.number()))),
            3 => Frame::Stream(TextStream { id: self.number(), next: self.number(), packets: self.flag() }),
            _ => Frame::Heartbeat,
        }
    }

    /// Another value in place of one of those in it, a field less, or a field more.
    fn spoil(&mut self, json: &mut Json) {
        let others = [
            json!(null),
            json!(true),
            json!(-1),
            json!(0.5),
            json!(4_294_967_296_u64),
            json!("x"),
            json!([]),
            json!({}),
        ];
        match json {
            Json::Array(items) if !items.is_empty() && self.below(3) > 0 => {
                let index = self.below(items.len());
                self.spoil(&mut items[index]);
            }
            Json::Object(fields) if !fields.is_empty() && self.below(3) > 0 => {
                let key = fields.keys().nth(self.below(fields.len())).unwrap().clone();
                match self.below(6) {
                    0 => drop(fields.remove(&key)),
                    1 => drop(fields.insert("later".into(), others[self.below(others.len())].clone())),
                    _ => self.spoil(&mut fields[&key]),
                }
            }
            json => *json = others[self.below(others.len())].clone(),
        }
    }

    /// The text with something more in it, or something less.
    fn garble(&mut self, text: &str) -> String {
        const PARTS: [&str; 14] =
            ["\"", "\\", "\\ud800", "\\u0000", "{", "}", "[", "]", ",", ":", "-", "e", "\u{0}", "\u{feff}"];
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(2) {
            let at = self.below(chars.len() + 1);
            if self.flag() {
                chars.splice(at..at, PARTS[self.below(PARTS.len())].chars());
            } else {
                chars.drain(at..(at + 1).min(chars.len()));
            }
        }
        chars.into_iter().collect()
    }
}

/// What serde writes is read as the same, and what it takes of spoilt ones as well.
fn reads<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    value: fn(&mut Random) -> T,
    read: impl Fn(&str) -> Result<T>,
) {
    let mut random = Random(0x1234_5678_9abc_def1);
    let mut taken = 0;
    for _ in 0..VALUES {
        let value = value(&mut random);
        let text = serde_json::to_string(&value).unwrap();
        assert_eq!(read(&text), Ok(value), "{text}");
        let mut json: Json = serde_json::from_str(&text).unwrap();
        random.spoil(&mut json);
        let text = json.to_string();
        let ours = read(&text);
        if let Ok(theirs) = serde_json::from_str::<T>(&text) {
            assert_eq!(ours, Ok(theirs), "{text}");
            taken += 1;
        }
        let garbled = random.garble(&text);
        // What only the browser's parser takes is another matter: whatever that is, it is read or refused.
        let ours = read(&garbled);
        if let Ok(theirs) = serde_json::from_str::<T>(&garbled) {
            assert_eq!(ours, Ok(theirs), "{garbled}");
        }
        // Cut anywhere it is no JSON.
        let cut = text.char_indices().nth(random.below(text.chars().count())).unwrap().0;
        assert_eq!(read(&text[..cut]).is_ok(), serde_json::from_str::<T>(&text[..cut]).is_ok(), "{text}");
    }
    assert!(taken < VALUES / 2, "too little was spoilt: {taken}");
}

/// What is written is read by serde as the same.
fn writes<T: DeserializeOwned + PartialEq + Debug>(value: fn(&mut Random) -> T, write: fn(&T) -> String) {
    let mut random = Random(0xfeed_beef_cafe_0001);
    for _ in 0..VALUES {
        let value = value(&mut random);
        let text = write(&value);
        assert_eq!(serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
    }
}

#[wasm_bindgen_test]
fn bodies_are_those_of_serde() {
    reads(Random::body, read_body);
    writes(Random::body, write_body);
}

#[wasm_bindgen_test]
fn messages_of_the_server_are_those_of_serde() {
    reads(Random::server_message, read_server_message);
}

#[wasm_bindgen_test]
fn messages_of_clients_are_those_of_serde() {
    writes(Random::client_message, write_client_message);
}

#[wasm_bindgen_test]
fn frames_are_those_of_serde() {
    reads(Random::frame, |text| read_frame(&text.into()));
    writes(Random::frame, write_frame);
}

#[wasm_bindgen_test]
fn candidates_are_dictionaries_of_the_browser() {
    let mut random = Random(0x0dd_ba11);
    for _ in 0..VALUES {
        let candidate = random.candidate();
        assert_eq!(read_candidate(candidate_init(&candidate)), Ok(candidate));
    }
    for nonsense in [JsValue::NULL, JsValue::UNDEFINED, "candidate".into(), 7.into(), js_sys::Array::new().into()] {
        assert!(read_candidate(nonsense).is_err());
    }
}

#[wasm_bindgen_test]
fn what_a_later_version_says_is_read_as_far_as_it_is_known() {
    let offer = |sources| Ok(Body::Offer(Offer { id: 1, sdp: "v=0".into(), sources }));
    for (text, expected) in [
        (r#"{"future":1}"#, Ok(Body::Unknown)),
        (r#""future""#, Ok(Body::Unknown)),
        (r#"{"constructor":{"a":[1]}}"#, Ok(Body::Unknown)),
        (r#"{"hello":{"color":"blue"}}"#, Ok(Body::Hello)),
        (r#"{"media":{"on":["hologram","camera"],"off":7}}"#, Ok(Body::Media(Media { on: vec![Source::Camera] }))),
        (
            r#"{"offer":{"id":1,"sdp":"v=0","sources":[["0","hologram"],["1","camera"]],"color":"blue"}}"#,
            offer(vec![("1".into(), Source::Camera)]),
        ),
    ] {
        assert_eq!(read_body(text), expected, "{text}");
        assert_eq!(serde_json::from_str::<Body>(text).map_err(|_| ()), expected.map_err(|_: Malformed| ()), "{text}");
    }
}

#[wasm_bindgen_test]
fn who_sends_what_is_no_packet_is_known() {
    let sender = |text: &str| sender_of_malformed_packet(text).map(|id| id.to_string());
    let deep = format!("{}{}", "[".repeat(13), "]".repeat(13));
    let strange = [r#""\ud800""#, "1e999", r#"{"fromEpoch":1e999}"#, r#"{"__proto__":{"fromEpoch":1}}"#, deep.as_str()];
    for packet in ["1", "null", "{}", r#"{"fromEpoch":"1"}"#].into_iter().chain(strange) {
        let text = format!(r#"{{"signal":{{"from":"00000000000000ab","packet":{packet}}}}}"#);
        assert!(read_server_message(&text).is_err());
        assert_eq!(sender(&text).as_deref(), Some("00000000000000ab"), "{packet}");
    }
    for text in
        ["", "7", r#"{"signal":{"from":7,"packet":1}}"#, r#"{"pong":"1"}"#, r#"{"joined":{"from":"00000000000000ab"}}"#]
    {
        assert_eq!(sender(text), None, "{text}");
    }
}

#[wasm_bindgen_test]
fn nonsense_is_refused() {
    let long = format!(r#"{{"ticket":"{}"}}"#, "x".repeat(TICKET_BYTES + 1));
    let nonsense = [
        "",
        "{",
        "null",
        "7",
        "[]",
        "{}",
        "\"\"",
        r#""toString""#,
        r#"{"constructor":1}"#,
        r#"{"__proto__":{}}"#,
        r#"{"offer":{"id":1.5,"sdp":"","sources":[]}}"#,
        r#"{"offer":{"id":-1,"sdp":"","sources":[]}}"#,
        r#"{"offer":{"id":1,"sdp":7,"sources":[]}}"#,
        r#"{"offer":{"id":1,"sdp":"","sources":{}}}"#,
        r#"{"answer":{"id":1,"sdp":"","sources":[["0"]]}}"#,
        r#"{"bye":null,"hello":null}"#,
        r#"{"pong":4294967296}"#,
        r#"{"left":{"id":"ab","reason":"left","roster":1}}"#,
        r#"{"roster":{"version":1,"members":[{"id":"00000000000000ab","session":1,"name":"a\nb"}]}}"#,
        r#"{"text":{"id":1}}"#,
        r#"{"ack":"1"}"#,
        r#"{"shown":[["camera",1]]}"#,
        r#"{"shown":[["camera",1,-2]]}"#,
        &long,
    ];
    for text in nonsense {
        assert_eq!(read_body(text).ok(), serde_json::from_str::<Body>(text).ok(), "{text}");
        assert!(read_server_message(text).is_err(), "{text}");
        assert!(read_frame(&text.into()).is_err(), "{text}");
    }
    assert!(read_frame(&js_sys::ArrayBuffer::new(4).into()).is_err());
    assert!(read_frame(&"x".repeat(FRAME_UNITS as usize + 1).into()).is_err());
}
