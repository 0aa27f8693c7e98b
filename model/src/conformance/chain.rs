//! Operations that are begun while others are pending (W3C WebRTC, section 4.4.1.2).

use itodenwa_protocol::{Command, Report};
use itodenwa_wire::Source::Camera;

use super::Outcome;
use super::kit::{answer, candidate, check, in_state, offer, pair, round, same, set_offer};
use super::peer::{Browser, Peer};
use super::reading::{fragment, mids};
use crate::browser::Signaling::{HaveLocalOffer, Stable};

/// A candidate that is added right behind the offer waits for it, and so does the answer.
pub async fn operations_wait_for_those_before<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let sdp = offer(&mut one, &[Camera]).await?;
    let of_the_offer = itodenwa_wire::Candidate {
        sdp_mid: mids(&sdp).first().cloned(),
        username_fragment: Some(fragment(&sdp)),
        ..candidate(&other)
    };
    other.begin(Command::SetOffer { sdp: sdp.clone() });
    other.begin(Command::AddCandidate(of_the_offer));
    other.begin(Command::EndOfCandidates(fragment(&sdp)));
    other.begin(Command::MakeAnswer { send: Vec::new() });
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(match other.answer().await {
            Some(Report::OfferSet) => "offer set",
            Some(Report::CandidateAdded) => "candidate added",
            Some(Report::AnswerMade { .. }) => "answer made",
            other => return Err(format!("{other:?} after {answers:?}")),
        });
    }
    let mut wanted = vec!["offer set", "candidate added", "candidate added", "answer made"];
    if !browser.profile().capabilities().answers_in_order {
        answers.sort_unstable();
        wanted.sort_unstable();
    }
    same(&answers, &wanted, "the answers")?;
    in_state(&other, Stable)
}

/// What is refused leaves the chain to those behind it.
pub async fn a_refused_operation_stops_none_behind_it<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let (sdp, _) = round(&mut other, &mut one, &[], &[]).await?;
    one.begin(Command::SetAnswer { sdp });
    one.begin(Command::AddCandidate(candidate(&one)));
    one.begin(Command::MakeOffer { send: Vec::new(), ice_restart: false });
    check(matches!(one.answer().await, Some(Report::Refused { .. })), "the first is refused")?;
    same(&one.answer().await, &Some(Report::CandidateAdded), "the second answer")?;
    check(matches!(one.answer().await, Some(Report::OfferMade { .. })), "the third is done")?;
    in_state(&one, HaveLocalOffer)
}

/// Nothing is heard of an operation that was pending, nor of those behind it.
pub async fn what_is_pending_at_the_close_never_settles<B: Browser>(browser: &mut B) -> Outcome {
    let make_offer = || Command::MakeOffer { send: vec![Camera], ice_restart: false };
    let mut one = browser.open();
    let sdp = offer(&mut one, &[Camera]).await?;
    let mut other = browser.open();
    set_offer(&mut other, &sdp).await?;
    let (answered, _) = answer(&mut other, &[]).await?;
    let made = |mut peer: B::Peer, commands: Vec<Command>| async move {
        commands.into_iter().for_each(|command| peer.begin(command));
        peer.close();
        same(&peer.answer().await, &None, "after the close")
    };
    made(one, vec![Command::SetAnswer { sdp: answered }, make_offer()]).await?;
    made(browser.open(), vec![make_offer()]).await?;
    let mut answering = browser.open();
    set_offer(&mut answering, &sdp).await?;
    let candidate = candidate(&answering);
    made(answering, vec![Command::MakeAnswer { send: vec![Camera] }, Command::AddCandidate(candidate)]).await?;
    made(browser.open(), vec![Command::SetOffer { sdp }]).await
}
