//! What cases have in common: operations that have to succeed, and those that must not.

use std::fmt::Debug;

use itodenwa_protocol::{Command, Report};
use itodenwa_wire::{Candidate, Source, SourceMap};

use super::Outcome;
use super::peer::Peer;
use super::reading::{fragment, mids};
use crate::browser::{Signaling, Verdict};

/// Both are the same, or this is what is wrong.
pub(super) fn same<T: PartialEq + Debug>(is: &T, wanted: &T, what: &str) -> Outcome {
    if is == wanted { Ok(()) } else { Err(format!("{what}: {is:?}, and not {wanted:?}")) }
}

/// It is so, or this is what is wrong.
pub(super) fn check(so: bool, what: &str) -> Outcome {
    if so { Ok(()) } else { Err(format!("it is not so: {what}")) }
}

pub(super) fn in_state(peer: &impl Peer, wanted: Signaling) -> Outcome {
    same(&peer.signaling(), &wanted, "the signalling state")
}

pub(super) async fn ask(peer: &mut impl Peer, command: Command) -> Outcome<Report> {
    peer.begin(command.clone());
    peer.answer().await.ok_or_else(|| format!("no answer to {command:?}"))
}

/// Both have new connections, with nothing agreed.
pub(super) fn pair<B: super::Browser>(browser: &mut B) -> (B::Peer, B::Peer) {
    (browser.open(), browser.open())
}

/// Makes an offer that carries these sources.
pub(super) async fn offer(peer: &mut impl Peer, send: &[Source]) -> Outcome<String> {
    make_offer(peer, send, false).await
}

/// Makes an offer with new ICE credentials.
pub(super) async fn restart(peer: &mut impl Peer) -> Outcome<String> {
    make_offer(peer, &[], true).await
}

async fn make_offer(peer: &mut impl Peer, send: &[Source], ice_restart: bool) -> Outcome<String> {
    match ask(peer, Command::MakeOffer { send: send.to_vec(), ice_restart }).await? {
        Report::OfferMade { sdp, .. } => Ok(sdp),
        other => Err(format!("no offer was made: {other:?}")),
    }
}

/// Makes an answer that carries these sources, if there is room; says which it does.
pub(super) async fn answer(peer: &mut impl Peer, send: &[Source]) -> Outcome<(String, SourceMap)> {
    match ask(peer, Command::MakeAnswer { send: send.to_vec() }).await? {
        Report::AnswerMade { sdp, sources } => Ok((sdp, sources)),
        other => Err(format!("no answer was made: {other:?}")),
    }
}

pub(super) async fn set_offer(peer: &mut impl Peer, sdp: &str) -> Outcome {
    same(&ask(peer, Command::SetOffer { sdp: sdp.into() }).await?, &Report::OfferSet, "an offer is set")
}

pub(super) async fn set_answer(peer: &mut impl Peer, sdp: &str) -> Outcome {
    same(&ask(peer, Command::SetAnswer { sdp: sdp.into() }).await?, &Report::AnswerSet, "an answer is set")
}

/// Offer and answer: gives both descriptions.
pub(super) async fn round(
    one: &mut impl Peer,
    other: &mut impl Peer,
    send: &[Source],
    back: &[Source],
) -> Outcome<(String, String)> {
    let offered = offer(one, send).await?;
    let answered = carry(one, other, &offered, back).await?;
    Ok((offered, answered))
}

/// Carries an offer over, and the answer back.
pub(super) async fn carry(
    one: &mut impl Peer,
    other: &mut impl Peer,
    offered: &str,
    back: &[Source],
) -> Outcome<String> {
    set_offer(other, offered).await?;
    in_state(other, Signaling::HaveRemoteOffer)?;
    let (answered, _) = answer(other, back).await?;
    in_state(other, Signaling::Stable)?;
    set_answer(one, &answered).await?;
    in_state(one, Signaling::Stable)?;
    Ok(answered)
}

/// It is refused, by this name.
pub(super) async fn refused(peer: &mut impl Peer, command: Command, wanted: &str) -> Outcome {
    let what = format!("{command:?}");
    match ask(peer, command).await? {
        Report::Refused { name, .. } | Report::CandidateRefused { name, .. } if name == wanted => Ok(()),
        other => Err(format!("not refused by {wanted}, but {other:?}: {what}")),
    }
}

/// It comes to what the profile says.
pub(super) async fn comes_to(peer: &mut impl Peer, command: Command, verdict: Verdict, taken: Report) -> Outcome {
    match verdict {
        Verdict::Taken => {
            let what = format!("{command:?}");
            same(&ask(peer, command).await?, &taken, &what)
        }
        Verdict::Refused(name) => refused(peer, command, name).await,
    }
}

/// A candidate for the first m-line of what the other side said last; nobody is there.
pub(super) fn candidate(peer: &impl Peer) -> Candidate {
    let remote = peer.remote().unwrap_or_default();
    Candidate {
        candidate: "candidate:1 1 udp 2122260223 127.0.0.1 9 typ host".into(),
        sdp_mid: Some(mids(&remote).first().cloned().unwrap_or_else(|| "0".into())),
        sdp_m_line_index: None,
        username_fragment: Some(fragment(&remote)).filter(|fragment| !fragment.is_empty()),
    }
}

pub(super) async fn add(peer: &mut impl Peer, candidate: Candidate) -> Outcome {
    same(&ask(peer, Command::AddCandidate(candidate)).await?, &Report::CandidateAdded, "a candidate is added")
}
