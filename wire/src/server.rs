//! What the server says to a client.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{DisplayName, IceServers, Identity, PROTOCOL_VERSION, Packet, Pass, PeerId, Ticket, Wish};

/// A message from server to client. `P` is the packet: read by clients, left unread by the server.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ServerMessage<P = Packet> {
    /// The answer to a join that succeeded: the first message.
    Welcome(Welcome),
    /// Somebody came in.
    Joined {
        /// Who.
        member: Member,
        /// The roster's version with this change: one above the one before.
        roster: u32,
    },
    /// Somebody who is in, perhaps oneself, has another name now. Clients before version 4 are told [`ServerMessage::Joined`] with the id that
    /// they know.
    Renamed {
        /// Who.
        member: Member,
        /// The roster's version with this change: one above the one before.
        roster: u32,
    },
    /// Somebody is gone.
    Left {
        /// Who.
        id: PeerId,
        /// Why.
        reason: LeaveReason,
        /// The roster's version with this change: one above the one before.
        roster: u32,
    },
    /// Everybody who is there: who is not named is gone.
    Roster(Roster),
    /// A packet from a member of the room.
    Signal(Delivery<P>),
    /// A newer ticket of the same session.
    Ticket(Ticket),
    /// New ICE servers, before the old ones expire.
    IceServers(IceServers),
    /// Something that the client sent was refused. After most codes the server closes the socket.
    Refused(Refusal),
    /// The answer to a ping, with its number.
    Pong(u32),
    /// Newcomers are kept out of the room from now on, or no longer. To clients of version 2 and later.
    Locked(bool),
    /// A member that may do so asks for something. To clients of version 3 and later.
    Asked(Asked),
    /// The first answer to a join into a room with a waiting room: a welcome or a refusal follows when somebody who may do so decided. To
    /// clients of version 3 and later; others are refused with [`RefusalCode::RoomLocked`].
    Wait(Wait),
    /// The waiting room was switched on or off, or others wait in it. To clients of version 3 and later.
    WaitingRoom(WaitingRoom),
}

/// You are in; on a further socket of the same session: you are still in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Welcome {
    /// The version that is used, of those that the join named. The first servers do not say it.
    #[serde(default = "first_version")]
    pub version: u32,
    /// You, as the others see you. The same id and session as before: the session goes on.
    pub me: Member,
    /// Who is there already, without you.
    pub members: Vec<Member>,
    /// The version of `members`.
    #[serde(default)]
    pub roster: u32,
    /// The room is being built up again after a restart of the server: who is not in `members` may still come back. A
    /// [`ServerMessage::Roster`] tells when nobody is waited for any longer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settling: bool,
    /// Newcomers are kept out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub locked: bool,
    /// Whether who comes has to wait, and who does.
    #[serde(default, skip_serializing_if = "WaitingRoom::is_off")]
    pub waiting_room: WaitingRoom,
    /// How many signals were delivered in this session before those that follow. More than came: some are lost.
    #[serde(default)]
    pub signals: u32,
    /// With this the session goes on on another socket; none if this server can't do that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Ticket>,
    /// STUN and TURN servers to use.
    #[serde(default)]
    pub ice_servers: IceServers,
}

impl Welcome {
    /// The welcome to a session that can't be resumed.
    #[must_use]
    pub fn new(me: Member, members: Vec<Member>) -> Self {
        let ice_servers = IceServers::default();
        Welcome {
            version: PROTOCOL_VERSION,
            me,
            members,
            roster: 0,
            settling: false,
            locked: false,
            waiting_room: WaitingRoom::default(),
            signals: 0,
            ticket: None,
            ice_servers,
        }
    }
}

const fn first_version() -> u32 {
    1
}

/// One waits to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Wait {
    /// For so long at most.
    pub seconds: u32,
}

/// A room's waiting room.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WaitingRoom {
    /// Who comes waits until somebody lets them in.
    pub on: bool,
    /// Who waits, in the order in which they came. Told to those who may let them in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Applicant>,
}

impl WaitingRoom {
    fn is_off(&self) -> bool {
        *self == WaitingRoom::default()
    }
}

/// Somebody who waits to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Applicant {
    /// Given by the server. Not the one that they have as a member.
    pub id: PeerId,
    /// What they would like to be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DisplayName>,
    /// Who their token says they are; none where nobody needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}

/// One is asked for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Asked {
    /// What for.
    pub what: Wish,
    /// By whom.
    pub from: PeerId,
}

/// Everybody who is in a room, without the one who is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Roster {
    /// Rises by one with everybody who comes or goes, or changes the name.
    pub version: u32,
    /// Who is there.
    pub members: Vec<Member>,
}

/// Somebody in the room.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Member {
    /// Given by the server, unique in the room and not to be guessed.
    pub id: PeerId,
    /// The session's epoch: rises per room with each join, and with each join of the same id.
    pub session: u32,
    /// What this member would like to be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DisplayName>,
    /// What its token says; none where nobody needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<Pass>,
    /// The session of the member that got the [offer of its join](crate::Join::offer): between the two the first offer is this one's, whoever
    /// leads. It holds as long as both are the incarnations that they were then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<u32>,
}

/// Somebody is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Left {
    /// Who.
    pub id: PeerId,
    /// Why.
    pub reason: LeaveReason,
}

/// Why a member is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LeaveReason {
    /// Said so.
    Left,
    /// The socket was closed or lost.
    Gone,
    /// The server closed the socket for breaking a limit.
    Refused,
    /// The same identity came in again.
    Replaced,
    /// A member that may do so sent it away.
    Removed,
    /// A reason of a later version.
    #[serde(other)]
    Other,
}

impl LeaveReason {
    /// The name on the wire and in JavaScript: `left`, `gone`, `refused`, `replaced`, `removed`, `other`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            LeaveReason::Left => "left",
            LeaveReason::Gone => "gone",
            LeaveReason::Refused => "refused",
            LeaveReason::Replaced => "replaced",
            LeaveReason::Removed => "removed",
            LeaveReason::Other => "other",
        }
    }

    /// By that name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        use LeaveReason::{Gone, Left, Refused, Removed, Replaced};
        let known = [Left, Gone, Refused, Replaced, Removed];
        known.into_iter().find(|reason| reason.as_str() == name).unwrap_or(LeaveReason::Other)
    }
}

/// A packet from another member.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Delivery<P = Packet> {
    /// Who sent it, stamped by the server.
    pub from: PeerId,
    /// The packet.
    pub packet: P,
}

/// The server did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// Why: stable, for programs.
    pub code: RefusalCode,
    /// Why, in English, for people who build programs.
    pub message: String,
    /// Milliseconds to wait before another try, when one makes sense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

macro_rules! refusal_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal;)*) => {
        /// Why a server refuses. The text of a code never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum RefusalCode {
            $($(#[doc = $doc])+ #[serde(rename = $code)] $variant,)*
            /// A code of a later version.
            #[serde(rename = "unknown", other)]
            Unknown,
        }

        impl RefusalCode {
            /// The code as text, as on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(RefusalCode::$variant => $code,)*
                    RefusalCode::Unknown => "unknown",
                }
            }

            /// By its text; what is not known here is of a later version.
            #[must_use]
            pub fn named(code: &str) -> Self {
                match code {
                    $($code => RefusalCode::$variant,)*
                    _ => RefusalCode::Unknown,
                }
            }
        }
    };
}

refusal_codes! {
    /// Not JSON, or not a message of this protocol.
    MessageMalformed = "message/malformed";
    /// Larger than a message of its kind may be.
    MessageTooLarge = "message/too-large";
    /// More messages or bytes than the rate limit allows.
    MessageTooFast = "message/too-fast";
    /// The first message was not a join.
    JoinExpected = "join/expected";
    /// The first message did not come in time.
    JoinTimeout = "join/timeout";
    /// A second join on the same socket.
    JoinTwice = "join/twice";
    /// The client speaks another version of the protocol.
    VersionUnsupported = "version/unsupported";
    /// The room's name is empty, too long, or has other characters than `A-Z a-z 0-9 _ -`.
    RoomInvalid = "room/invalid";
    /// The room has as many members as it may have.
    RoomFull = "room/full";
    /// A member locked the room: nobody new gets in.
    RoomLocked = "room/locked";
    /// Somebody who may do so did not let this one in.
    RoomRefused = "room/refused";
    /// Nobody let this one in for as long as one may wait, or nobody is there who could.
    RoomUnanswered = "room/unanswered";
    /// Somebody in the room records, and the join was to be [asked before](crate::Join::unless_recorded).
    RoomRecorded = "room/recorded";
    /// The display name is empty, too long, or has control characters.
    NameInvalid = "name/invalid";
    /// The member's token says what it is called.
    NameFixed = "name/fixed";
    /// This server lets nobody in without a token.
    TokenRequired = "token/required";
    /// The token is none, was changed, or is not of somebody whom this server trusts.
    TokenInvalid = "token/invalid";
    /// The token's time is over.
    TokenExpired = "token/expired";
    /// The token's time has not come.
    TokenNotYetValid = "token/not-yet-valid";
    /// The token is for something else: another room, or no room, or not for what was asked.
    TokenForbidden = "token/forbidden";
    /// The same identity came in again, and the newest one stays. Joining again would send that one away.
    IdentityReplaced = "identity/replaced";
    /// A member that may do so sent this one away.
    MemberRemoved = "member/removed";
    /// The session goes on on another socket.
    SessionReplaced = "session/replaced";
    /// A signal to somebody who is not in the room, or a wish to remove them.
    PeerUnknown = "peer/unknown";
    /// There are too many connections from the client's network, or they came too fast. Told at `/ws/admission`.
    AddressTooMany = "address/too-many";
    /// Pages of this web origin may not connect. Told at `/ws/admission`.
    OriginForbidden = "origin/forbidden";
    /// The server has as many connections or rooms as it may have.
    ServerFull = "server/full";
    /// The client reads too slowly, and its queue is full.
    QueueFull = "queue/full";
    /// The server is shutting down.
    ServerGoingAway = "server/going-away";
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
