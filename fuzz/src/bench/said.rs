//! What others say to the room: things that could be meant, and things that could not.

use arbitrary::{Arbitrary, Result, Unstructured};
use itodenwa_protocol::{ConnectionState, Report};
use itodenwa_wire::{Answer, Body, Candidate, Media, Offer, PeerId, Rejoined};

use super::browser::own_fragment;
use crate::values::{maybe, refuse, several, some_sources, source_map, text};

/// Fragments that descriptions and candidates name, so that they often belong together.
const FRAGMENTS: [&str; 3] = ["one", "two", "three"];
const STATES: [ConnectionState; 6] = [
    ConnectionState::New,
    ConnectionState::Connecting,
    ConnectionState::Connected,
    ConnectionState::Disconnected,
    ConnectionState::Failed,
    ConnectionState::Closed,
];

/// Something for a member to say. No two candidates are the same.
pub(crate) fn said(u: &mut Unstructured, offered: Option<u32>, unique: &mut u32) -> Result<Body> {
    *unique += 1;
    Ok(match u.int_in_range(0..=13)? {
        0 => Body::Offer(Offer { id: Arbitrary::arbitrary(u)?, sdp: sdp(u)?, sources: source_map(u)? }),
        1 | 2 => {
            let id = offered.filter(|_| u.ratio(3, 4).unwrap_or(false));
            let id = id.map_or_else(|| u.int_in_range(0..=4), Ok)?;
            Body::Answer(Answer { id, sdp: sdp(u)?, sources: source_map(u)? })
        }
        3 | 4 => Body::Candidate(candidate(u, *unique)?),
        5 => Body::EndOfCandidates(fragment(u)?),
        6 => Body::AskTurn,
        7 => Body::GiveTurn,
        8 => Body::Refuse(refuse(u)?),
        9 => Body::Media(Media { on: some_sources(u)? }),
        10 => Body::Hello,
        11 => Body::Unknown,
        13 => Body::Rejoined(Rejoined { former: id(u)?, id: id(u)? }),
        _ => Body::Bye,
    })
}

/// Somebody who is there, the room itself, or somebody else.
fn id(u: &mut Unstructured) -> Result<PeerId> {
    Ok(PeerId::new(u.int_in_range(1..=5)?))
}

pub(crate) fn candidate(u: &mut Unstructured, unique: u32) -> Result<Candidate> {
    let long = if u.ratio(1, 8)? { 1100 } else { 0 };
    Ok(Candidate {
        candidate: format!("candidate:{unique} 1 udp 1 192.0.2.1 9 typ host{}", " ".repeat(long)),
        sdp_mid: maybe(u, text)?,
        sdp_m_line_index: None,
        username_fragment: maybe(u, fragment)?,
    })
}

/// The same, as another candidate if it is one.
pub(crate) fn renumbered(body: Body, unique: u32) -> Body {
    match body {
        Body::Candidate(candidate) => {
            let rest = candidate.candidate.split_once(' ').map_or("", |(_, rest)| rest);
            Body::Candidate(Candidate { candidate: format!("candidate:{unique} {rest}"), ..candidate })
        }
        other => other,
    }
}

pub(crate) fn fragment(u: &mut Unstructured) -> Result<String> {
    if u.ratio(1, 8)? { text(u) } else { Ok((*u.choose(&FRAGMENTS)?).to_owned()) }
}

/// A description, mostly.
fn sdp(u: &mut Unstructured) -> Result<String> {
    if u.ratio(1, 16)? {
        return text(u);
    }
    let line = |u: &mut Unstructured| {
        Ok(match u.int_in_range(0..=3)? {
            0 => "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".to_owned(),
            1 => format!("a=ice-ufrag:{}\r\n", fragment(u)?),
            2 => "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n".repeat(u.int_in_range(1..=80)?),
            _ => format!("{}\n", text(u)?),
        })
    };
    Ok(format!("v=0\r\n{}", several(u, 6, line)?.concat()))
}

/// Something that a browser tells unasked, or that answers nothing.
pub(crate) fn seen(u: &mut Unstructured) -> Result<Report> {
    Ok(match u.int_in_range(0..=12)? {
        0 | 1 => Report::State(*u.choose(&STATES)?),
        2 => Report::ChannelOpen,
        3 => Report::ChannelClosed,
        4 | 5 => Report::LocalCandidate(Candidate {
            candidate: format!("{:200}", text(u)?),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: maybe(u, |u| Ok(own_fragment(u.int_in_range(0..=3)?)))?,
        }),
        6 => Report::GatheringComplete,
        7 => Report::Refused { name: text(u)?, message: text(u)? },
        8 => Report::CandidateAdded,
        9 => u.choose(&[Report::Silent, Report::Heard])?.clone(),
        11 => Report::ReadsPackets,
        12 => Report::CandidateRefused { name: text(u)?, message: text(u)? },
        _ => u.choose(&[Report::Opened, Report::OfferSet, Report::AnswerSet])?.clone(),
    })
}
