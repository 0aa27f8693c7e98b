//! What is said to whom.

use std::str::FromStr;

use serde_json::{Value, json};

/// As large as a candidate and its envelope.
const PACKET_BYTES: usize = 300;
/// As large as a description with video and its candidates.
const DESCRIPTION_BYTES: usize = 40 * 1024;

/// The servers that are understood.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Dialect {
    Itodenwa,
    /// `server/bench/ws.mjs`.
    Ws,
    /// PeerServer.
    Peer,
}

impl FromStr for Dialect {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "itodenwa" => Ok(Dialect::Itodenwa),
            "ws" => Ok(Dialect::Ws),
            "peer" => Ok(Dialect::Peer),
            other => Err(format!("nobody speaks {other}")),
        }
    }
}

impl Dialect {
    pub(crate) fn path(self, room: usize, seat: usize) -> String {
        match self {
            Dialect::Itodenwa => "/ws".into(),
            Dialect::Ws => format!("/{room}"),
            Dialect::Peer => format!("/peerjs?key=peerjs&id=p{room}-{seat}&token=t{room}&version=1.5.5"),
        }
    }

    /// What is said first.
    pub(crate) fn join(self, room: usize) -> Option<String> {
        let join = json!({"join": {"version": 1, "room": format!("room-{room}")}});
        matches!(self, Dialect::Itodenwa).then(|| join.to_string())
    }

    /// By which name others reach who got this welcome.
    pub(crate) fn id(self, welcome: &str, room: usize, seat: usize) -> String {
        match self {
            Dialect::Itodenwa => {
                let welcome: Value = serde_json::from_str(welcome).unwrap();
                welcome["welcome"]["me"]["id"].as_str().expect("a welcome").to_owned()
            }
            Dialect::Ws => String::new(),
            Dialect::Peer => format!("p{room}-{seat}"),
        }
    }

    /// A packet for somebody.
    pub(crate) fn signal(self, to: &str) -> String {
        self.packet(to, PACKET_BYTES)
    }

    /// A large one.
    pub(crate) fn description(self, to: &str) -> String {
        self.packet(to, DESCRIPTION_BYTES)
    }

    /// What is said so that the server need not keep the first packet any longer.
    pub(crate) fn acknowledgement(self) -> Option<String> {
        matches!(self, Dialect::Itodenwa).then(|| json!({"ping": 1}).to_string())
    }

    fn packet(self, to: &str, bytes: usize) -> String {
        let packet = "x".repeat(bytes);
        let signal = match self {
            Dialect::Itodenwa => json!({"signal": {"to": to, "packet": packet}}),
            Dialect::Ws => json!({"packet": packet}),
            Dialect::Peer => json!({"type": "CANDIDATE", "dst": to, "payload": packet}),
        };
        signal.to_string()
    }

    /// Whether this is a packet of somebody.
    pub(crate) fn is_signal(self, message: &str) -> bool {
        message.len() > PACKET_BYTES
    }
}
