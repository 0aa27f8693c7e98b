//! What the server says to a client.

use itodenwa_wire::{
    Applicant, Asked, Delivery, DisplayName, Epoch, IceServer, IceServers, Identity, LeaveReason, Member, Packet, Pass,
    PeerId, Refusal, RefusalCode, Roster, ServerMessage, Ticket, Wait, WaitingRoom, Welcome, Wish,
};

use super::read::{Malformed, Result, Value};

pub(crate) fn read_server_message(text: &str) -> Result<ServerMessage> {
    let (tag, value) = Value::parse(text)?.variant()?;
    Ok(match tag.as_str() {
        "welcome" => ServerMessage::Welcome(welcome(&value)?),
        "joined" | "renamed" => {
            let (member, roster) = (member(&value.field("member"))?, value.field("roster").u32()?);
            if tag == "joined" {
                ServerMessage::Joined { member, roster }
            } else {
                ServerMessage::Renamed { member, roster }
            }
        }
        "left" => ServerMessage::Left {
            id: peer(&value.field("id"))?,
            reason: LeaveReason::named(&value.field("reason").text()?),
            roster: value.field("roster").u32()?,
        },
        "roster" => ServerMessage::Roster(Roster { version: value.field("version").u32()?, members: members(&value)? }),
        "signal" => ServerMessage::Signal(Delivery {
            from: peer(&value.field("from"))?,
            packet: packet(&value.field("packet"))?,
        }),
        "ticket" => ServerMessage::Ticket(ticket(&value)?),
        "iceServers" => ServerMessage::IceServers(ice_servers(&value)?),
        "refused" => ServerMessage::Refused(refusal(&value)?),
        "locked" => ServerMessage::Locked(value.flag()?),
        "wait" => ServerMessage::Wait(Wait { seconds: value.field("seconds").u32()? }),
        "waitingRoom" => ServerMessage::WaitingRoom(waiting_room(&value)?),
        "asked" => ServerMessage::Asked(Asked {
            what: Wish::named(&value.field("what").text()?),
            from: peer(&value.field("from"))?,
        }),
        "pong" => ServerMessage::Pong(value.u32()?),
        _ => return Err(Malformed("no message of the server has this name")),
    })
}

/// Who sent a signal of which only the packet can't be read.
pub(crate) fn sender_of_malformed_packet(text: &str) -> Option<PeerId> {
    let (tag, value) = Value::parse(text).ok()?.variant().ok()?;
    let from = peer(&value.field("from")).ok()?;
    (tag == "signal" && packet(&value.field("packet")).is_err()).then_some(from)
}

fn welcome(value: &Value) -> Result<Welcome> {
    let number = |name| value.optional(name).map_or(Ok(0), |number| number.u32());
    let flag = |name| value.optional(name).map_or(Ok(false), |flag| flag.flag());
    Ok(Welcome {
        // The first servers do not say it.
        version: value.optional("version").map_or(Ok(1), |version| version.u32())?,
        me: member(&value.field("me"))?,
        members: members(value)?,
        roster: number("roster")?,
        settling: flag("settling")?,
        locked: flag("locked")?,
        waiting_room: value
            .optional("waitingRoom")
            .map_or_else(|| Ok(WaitingRoom::default()), |it| waiting_room(&it))?,
        signals: number("signals")?,
        ticket: value.optional("ticket").map(|it| ticket(&it)).transpose()?,
        ice_servers: value.optional("iceServers").map_or_else(|| Ok(IceServers::default()), |it| ice_servers(&it))?,
    })
}

fn waiting_room(value: &Value) -> Result<WaitingRoom> {
    let applicant = |value: &Value| {
        Ok(Applicant {
            id: peer(&value.field("id"))?,
            name: display_name(value)?,
            identity: value.optional("identity").map(|it| identity(&it)).transpose()?,
        })
    };
    let waiting = value.optional("waiting").map(|list| list.items()?.iter().map(applicant).collect());
    Ok(WaitingRoom { on: value.field("on").flag()?, waiting: waiting.unwrap_or_else(|| Ok(Vec::new()))? })
}

fn display_name(value: &Value) -> Result<Option<DisplayName>> {
    let name = |name: Value| DisplayName::new(name.text()?).or_else(|_| name.malformed());
    value.optional("name").map(name).transpose()
}

fn identity(value: &Value) -> Result<Identity> {
    Identity::new(value.text()?).or_else(|_| value.malformed())
}

fn members(value: &Value) -> Result<Vec<Member>> {
    value.field("members").items()?.iter().map(member).collect()
}

fn member(value: &Value) -> Result<Member> {
    Ok(Member {
        id: peer(&value.field("id"))?,
        session: value.field("session").u32()?,
        name: display_name(value)?,
        pass: value.optional("pass").map(|it| pass(&it)).transpose()?,
        offered: value.optional("offered").map(|it| it.u32()).transpose()?,
    })
}

fn pass(value: &Value) -> Result<Pass> {
    Ok(Pass {
        identity: identity(&value.field("identity"))?,
        publish: value.field("publish").flag()?,
        subscribe: value.field("subscribe").flag()?,
        admin: value.field("admin").flag()?,
        named: value.optional("named").map_or(Ok(false), |named| named.flag())?,
    })
}

pub(super) fn packet(value: &Value) -> Result<Packet> {
    Ok(Packet {
        from_epoch: Epoch::new(value.field("fromEpoch").u64()?),
        to_epoch: Epoch::new(value.field("toEpoch").u64()?),
        seq: value.field("seq").u32()?,
        ack: value.field("ack").u32()?,
        body: value.optional("body").map(|body| body.text()).transpose()?,
    })
}

fn refusal(value: &Value) -> Result<Refusal> {
    Ok(Refusal {
        code: RefusalCode::named(&value.field("code").text()?),
        message: value.field("message").text()?,
        retry_after: value.optional("retryAfter").map(|wait| wait.u32()).transpose()?,
    })
}

fn ice_servers(value: &Value) -> Result<IceServers> {
    let text = |server: &Value, name| server.optional(name).map(|text| text.text()).transpose();
    let server = |server: &Value| {
        let urls = server.field("urls").items()?.iter().map(Value::text).collect::<Result<_>>()?;
        Ok(IceServer { urls, username: text(server, "username")?, credential: text(server, "credential")? })
    };
    Ok(IceServers {
        servers: value.field("servers").items()?.iter().map(server).collect::<Result<_>>()?,
        expires_in: value.optional("expiresIn").map(|seconds| seconds.u32()).transpose()?,
    })
}

fn ticket(value: &Value) -> Result<Ticket> {
    Ticket::new(value.text()?).or_else(|_| value.malformed())
}

pub(super) fn peer(value: &Value) -> Result<PeerId> {
    value.text()?.parse().or_else(|_| value.malformed())
}
