//! What goes into the machine and what comes out of it.

use std::collections::VecDeque;
use std::fmt;

use itodenwa_wire::{Body, Candidate, DisplayName, Left, Member, Packet, PeerId, Source, SourceMap, Welcome};

use crate::timeline::{Entry, Layer};

/// Names one connection of a room, over all its peers. Never used twice, so that what a closed connection still reports
/// is recognised and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub(crate) u32);

impl ConnectionId {
    /// The number of this id.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// What carries packets to and from a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// The signalling.
    Server,
    /// The control channel of this connection.
    Channel(ConnectionId),
}

/// Sends a packet by all of these ways: a channel, and the server.
pub(crate) fn send(
    outputs: &mut VecDeque<Output>,
    to: PeerId,
    (channel, server): (Option<ConnectionId>, bool),
    packet: Packet<Body>,
) {
    match channel {
        Some(id) if server => {
            outputs.push_back(Output::Send { to, way: Way::Channel(id), packet: packet.clone() });
            outputs.push_back(Output::Send { to, way: Way::Server, packet });
        }
        Some(id) => outputs.push_back(Output::Send { to, way: Way::Channel(id), packet }),
        None => outputs.push_back(Output::Send { to, way: Way::Server, packet }),
    }
}

/// A fact for the machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Input {
    /// The server says: somebody came in, or has another name.
    Joined(Member),
    /// The server says: somebody is gone.
    Left(Left),
    /// The server says: exactly these others are here.
    Roster(Vec<Member>),
    /// The signalling is back after a gap, and the server said who is here. If it is the same session calls go on;
    /// otherwise everything begins anew, with everybody.
    Welcome(Welcome),
    /// A packet came from a peer.
    Packet {
        /// Who sent it: as the server stamped it; over a channel whose connection it is.
        from: PeerId,
        /// How it came.
        way: Way,
        /// The packet.
        packet: Packet<Body>,
    },
    /// The application wants a source on or off, for everybody.
    SetSource {
        /// Which.
        source: Source,
        /// On or off.
        on: bool,
    },
    /// The application wants new ICE paths to this peer (W3C WebRTC, `restartIce`), or another try after
    /// [`TroubleCode::GivenUp`].
    RestartIce(PeerId),
    /// A connection did, or saw, something.
    Report {
        /// The connection's peer.
        peer: PeerId,
        /// Which connection.
        connection: ConnectionId,
        /// What.
        report: Report,
    },
    /// A moment that [`deadline`](crate::Room::deadline) named has come.
    Deadline,
    /// The application leaves: say bye to everybody and close everything.
    Leave,
}

/// Something to do, or to tell.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Output {
    /// Send this packet to this peer. It may get lost.
    Send {
        /// To whom, as the server calls them.
        to: PeerId,
        /// How.
        way: Way,
        /// The packet.
        packet: Packet<Body>,
    },
    /// Let this connection do this. Each command but [`Command::Close`] is answered by exactly one [`Report`]. Nothing else is
    /// asked of the connection before that, unless the command [is not waited for](Command::is_waited_for).
    Command {
        /// The connection's peer.
        peer: PeerId,
        /// Which connection.
        connection: ConnectionId,
        /// What.
        command: Command,
    },
    /// Tell the application.
    Event(Event),
    /// Write down a step of a call.
    Entry(Entry),
}

/// An operation on one connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Command {
    /// Make the connection, with its control channel. Answered by [`Report::Opened`].
    Open,
    /// Let these sources be sent (see [`assign`](crate::assign)), make an offer, and set it as the local description.
    /// Answered by [`Report::OfferMade`].
    MakeOffer {
        /// All sources that shall be carried.
        send: Vec<Source>,
        /// With new ICE credentials (W3C WebRTC, `restartIce`).
        ice_restart: bool,
    },
    /// This connection is the one whose [offer went with the join](crate::FirstOffer), which takes the place of [`Command::Open`]: let it have
    /// the ICE servers that are known by now, and set the offer as the local description. Answered by [`Report::LocalOfferSet`].
    SetLocalOffer,
    /// Set an offer as the remote description. Answered by [`Report::OfferSet`].
    SetOffer {
        /// The session description.
        sdp: String,
    },
    /// Let these sources be sent as far as the offer has room for them, make an answer, and set it as the local
    /// description. Answered by [`Report::AnswerMade`].
    MakeAnswer {
        /// All sources that shall be carried.
        send: Vec<Source>,
    },
    /// Set an answer as the remote description. Answered by [`Report::AnswerSet`].
    SetAnswer {
        /// The session description.
        sdp: String,
    },
    /// Read the local description with the candidates that it has by now. Answered by [`Report::Described`].
    Describe,
    /// Add a candidate of the other side. Answered by [`Report::CandidateAdded`] or [`Report::CandidateRefused`].
    AddCandidate(Candidate),
    /// Say that the other side has no more candidates for this username fragment. Answered likewise.
    EndOfCandidates(String),
    /// Close it. Not answered.
    Close,
}

impl Command {
    /// Whether the next command is given when this one is answered. Candidates are given at once, however many there are: the browser
    /// adds one after the other, and before whatever comes behind them (W3C WebRTC, section 4.4.1.2).
    #[must_use]
    pub const fn is_waited_for(&self) -> bool {
        !matches!(self, Command::AddCandidate(_) | Command::EndOfCandidates(_))
    }
}

/// What a connection did or saw.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Report {
    /// [`Command::Open`] is done.
    Opened,
    /// [`Command::MakeOffer`] is done.
    OfferMade {
        /// The local description.
        sdp: String,
        /// What is sent, by `mid`.
        sources: SourceMap,
    },
    /// [`Command::SetLocalOffer`] is done.
    LocalOfferSet,
    /// [`Command::SetOffer`] is done.
    OfferSet,
    /// [`Command::MakeAnswer`] is done.
    AnswerMade {
        /// The local description.
        sdp: String,
        /// What is sent, by `mid`. Sources that are missing here did not fit into the offer.
        sources: SourceMap,
    },
    /// [`Command::SetAnswer`] is done.
    AnswerSet,
    /// [`Command::Describe`] is done.
    Described {
        /// The local description.
        sdp: String,
    },
    /// [`Command::AddCandidate`] or [`Command::EndOfCandidates`] is done.
    CandidateAdded,
    /// [`Command::AddCandidate`] or [`Command::EndOfCandidates`] was refused by the browser.
    CandidateRefused {
        /// The exception's name, for instance `OperationError`.
        name: String,
        /// The exception's message.
        message: String,
    },
    /// The command in flight was refused by the browser.
    Refused {
        /// The exception's name, for instance `InvalidAccessError`.
        name: String,
        /// The exception's message.
        message: String,
    },
    /// The browser gathered a candidate.
    LocalCandidate(Candidate),
    /// The browser gathered all candidates.
    GatheringComplete,
    /// `RTCPeerConnection.connectionState` changed.
    State(ConnectionState),
    /// The state of a layer below that changed.
    Layer {
        /// Which.
        layer: Layer,
        /// Its W3C name.
        state: String,
    },
    /// A STUN or TURN server gave no candidate: its address, and why.
    CandidateError(String),
    /// For some seconds nothing came through the connection, although it is [connected](ConnectionState::Connected).
    Silent,
    /// Something comes again.
    Heard,
    /// The control channel is open.
    ChannelOpen,
    /// The other side said through the control channel that it reads packets there, too.
    ReadsPackets,
    /// The control channel was closed by the other side: it hung up.
    ChannelClosed,
}

/// `RTCPeerConnectionState` (W3C WebRTC, section 4.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnectionState {
    /// Nothing began.
    New,
    /// ICE or DTLS is at work.
    Connecting,
    /// Media flows.
    Connected,
    /// The path was lost, or nothing comes through it; it may come back by itself.
    Disconnected,
    /// The path was lost or never found.
    Failed,
    /// Closed.
    Closed,
}

impl ConnectionState {
    /// The W3C name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ConnectionState::New => "new",
            ConnectionState::Connecting => "connecting",
            ConnectionState::Connected => "connected",
            ConnectionState::Disconnected => "disconnected",
            ConnectionState::Failed => "failed",
            ConnectionState::Closed => "closed",
        }
    }
}

/// Something that the application is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Event {
    /// Somebody came in, or was there before us.
    Joined(Member),
    /// Somebody is gone.
    Left(Left),
    /// Somebody vanished from the server, and their connection goes on: they are there, and nothing of theirs changes. Or they are
    /// back, perhaps as somebody else to the server ([`Room::server_id`](crate::Room::server_id)).
    Away {
        /// Who.
        peer: PeerId,
        /// Whether the server does not know them.
        is_away: bool,
    },
    /// Somebody has another name.
    Renamed {
        /// Who; none if it is us.
        peer: Option<PeerId>,
        /// The name; none if they have none any more.
        name: Option<DisplayName>,
    },
    /// The connection to a peer changed its state. A new connection starts again at [`ConnectionState::New`].
    Connection {
        /// Whose.
        peer: PeerId,
        /// The state.
        state: ConnectionState,
    },
    /// A source of a peer is carried and on. Once, until it is off.
    MediaOn {
        /// Whose.
        peer: PeerId,
        /// The connection that carries it.
        connection: ConnectionId,
        /// What it is.
        source: Source,
        /// The media identification that carries it.
        mid: String,
    },
    /// A source of a peer is off, or no longer carried.
    MediaOff {
        /// Whose.
        peer: PeerId,
        /// What it was.
        source: Source,
    },
    /// Something went wrong with one peer. The room goes on.
    Trouble(Trouble),
}

/// Something that went wrong with one peer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Trouble {
    /// With whom.
    pub peer: PeerId,
    /// What.
    pub code: TroubleCode,
    /// What the browser or the peer said of it; may be empty.
    pub detail: String,
}

/// What can go wrong with one peer. The text of a code never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TroubleCode {
    /// The peer's offer or answer was not one, or broke a limit, or the browser did not take it.
    DescriptionRefused,
    /// The peer did not take our offer or answer.
    DescriptionRejected,
    /// The browser did not take one of the peer's candidates; the others count.
    CandidateRefused,
    /// More candidates than may come for one fragment; the further ones are dropped.
    CandidatesTooMany,
    /// The browser could not make an offer or an answer.
    DescriptionNotMade,
    /// The browser could not make a connection.
    ConnectionNotMade,
    /// No path to the peer was found, or it was lost.
    ConnectionFailed,
    /// Too many attempts failed one after the other; the next one is made when the peer comes anew, when the signalling was
    /// away, or on [`Input::RestartIce`].
    GivenUp,
    /// The peer sent something that is not a message of this protocol, or of a later version of it. It was left out; told for the
    /// first, second, fourth, … of a peer.
    PacketMalformed,
    /// The peer does not acknowledge what it is sent.
    PeerSilent,
    /// The peer is in the room with another key, or with one where we have none, or the other way round. Nothing is read of it.
    KeyDiffers,
}

impl TroubleCode {
    /// The code as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            TroubleCode::DescriptionRefused => "peer/description-refused",
            TroubleCode::DescriptionRejected => "peer/description-rejected",
            TroubleCode::CandidateRefused => "peer/candidate-refused",
            TroubleCode::CandidatesTooMany => "peer/candidates-too-many",
            TroubleCode::DescriptionNotMade => "connection/description-not-made",
            TroubleCode::ConnectionNotMade => "connection/not-made",
            TroubleCode::ConnectionFailed => "connection/failed",
            TroubleCode::GivenUp => "connection/given-up",
            TroubleCode::PacketMalformed => "peer/packet-malformed",
            TroubleCode::PeerSilent => "peer/silent",
            TroubleCode::KeyDiffers => "peer/key-differs",
        }
    }
}

impl fmt::Display for TroubleCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
