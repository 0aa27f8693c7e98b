//! What a client says to the server.

use itodenwa_wire::{Ask, ClientMessage, Join, Packet, Signal};

use super::write::Writer;

pub(crate) fn write_client_message(message: &ClientMessage) -> String {
    let mut json = Writer::default();
    match message {
        ClientMessage::Leave => json.text("leave"),
        ClientMessage::Join(it) => tagged(&mut json, "join", |json| join(json, it)),
        ClientMessage::Signal(it) => tagged(&mut json, "signal", |json| signal(json, it)),
        ClientMessage::Remove(peer) => tagged(&mut json, "remove", |json| json.text(&peer.to_string())),
        ClientMessage::Lock(on) => tagged(&mut json, "lock", |json| json.flag(*on)),
        ClientMessage::WaitingRoom(on) => tagged(&mut json, "waitingRoom", |json| json.flag(*on)),
        ClientMessage::Admit(Some(who)) => tagged(&mut json, "admit", |json| json.text(&who.to_string())),
        ClientMessage::Admit(None) => tagged(&mut json, "admit", |json| json.json("null")),
        ClientMessage::TurnAway(who) => tagged(&mut json, "turnAway", |json| json.text(&who.to_string())),
        ClientMessage::Ask(Ask { what, to }) => tagged(&mut json, "ask", |json| {
            json.open('{');
            json.text_field("what", what.as_str());
            json.optional_field("to", to.map(|to| to.to_string()).as_deref());
            json.close('}');
        }),
        ClientMessage::Rename(Some(name)) => tagged(&mut json, "rename", |json| json.text(name.as_str())),
        ClientMessage::Rename(None) => tagged(&mut json, "rename", |json| json.json("null")),
        ClientMessage::Record(on) => tagged(&mut json, "record", |json| json.flag(*on)),
        ClientMessage::Ping(signals) => tagged(&mut json, "ping", |json| json.number((*signals).into())),
    }
    json.finish()
}

fn tagged(json: &mut Writer, tag: &str, value: impl FnOnce(&mut Writer)) {
    json.open('{');
    json.key(tag);
    value(json);
    json.close('}');
}

fn join(json: &mut Writer, join: &Join) {
    let Join { version, max_version, room, name, token, resume, former, unless_recorded, offer } = join;
    json.open('{');
    json.number_field("version", (*version).into());
    if let Some(newest) = max_version {
        json.number_field("maxVersion", (*newest).into());
    }
    json.text_field("room", room.as_str());
    json.optional_field("name", name.as_ref().map(|name| name.as_str()));
    json.optional_field("token", token.as_ref().map(|token| token.as_str()));
    json.optional_field("former", former.as_ref().map(|ticket| ticket.as_str()));
    if *unless_recorded {
        json.key("unlessRecorded");
        json.flag(true);
    }
    if !offer.is_empty() {
        json.key("offer");
        json.open('[');
        offer.iter().for_each(|body| json.text(body));
        json.close(']');
    }
    if let Some(resume) = resume {
        json.key("resume");
        json.open('{');
        json.text_field("ticket", resume.ticket.as_str());
        json.number_field("signals", resume.signals.into());
        json.close('}');
    }
    json.close('}');
}

fn signal(json: &mut Writer, Signal { to, packet }: &Signal) {
    json.open('{');
    json.text_field("to", &to.to_string());
    write_packet(json, packet);
    json.close('}');
}

/// The field of a packet.
pub(super) fn write_packet(json: &mut Writer, packet: &Packet) {
    let Packet { from_epoch, to_epoch, seq, ack, body } = packet;
    json.key("packet");
    json.open('{');
    json.number_field("fromEpoch", from_epoch.get());
    json.number_field("toEpoch", to_epoch.get());
    json.number_field("seq", (*seq).into());
    json.number_field("ack", (*ack).into());
    json.optional_field("body", body.as_deref());
    json.close('}');
}
