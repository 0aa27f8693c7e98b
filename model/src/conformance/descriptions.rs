//! Which description can be set when, and what comes of those that should not be.

use itodenwa_protocol::{Command, Report};
use itodenwa_wire::Source::{Camera, Microphone, Screen};

use super::Outcome;
use super::kit::{
    answer, carry, check, comes_to, in_state, offer, pair, refused, restart, round, same, set_answer, set_offer,
};
use super::peer::{Browser, Peer};
use super::reading::{fragment, lines, mids, setup};
use crate::browser::Signaling::{HaveLocalOffer, HaveRemoteOffer, Stable};
use crate::browser::Verdict;
use crate::sdp::Kind;

/// `setLocalDescription()` without a description makes an offer, and an answer where there is an offer to answer.
pub async fn what_is_set_is_what_the_state_asks_for<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    in_state(&one, Stable)?;
    check(one.local().is_none() && one.remote().is_none(), "in the beginning nothing is described")?;
    let offered = offer(&mut one, &[Camera]).await?;
    in_state(&one, HaveLocalOffer)?;
    same(&one.local().map(|sdp| lines(&sdp)), &Some(lines(&offered)), "the local description")?;
    let answered = carry(&mut one, &mut other, &offered, &[Camera]).await?;
    for (peer, local, remote) in [(&one, &offered, &answered), (&other, &answered, &offered)] {
        same(&peer.local().map(|sdp| lines(&sdp)), &Some(lines(local)), "the local description")?;
        same(&peer.remote().map(|sdp| fragment(&sdp)), &Some(fragment(remote)), "the remote description")?;
    }
    // In stable an "answer" is an offer: nobody asked.
    answer(&mut one, &[Camera]).await?;
    in_state(&one, HaveLocalOffer)
}

/// An offer that waits for its answer can be made again, with more in it, for the same credentials.
pub async fn an_offer_is_made_anew_while_it_waits<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let first = offer(&mut one, &[Camera]).await?;
    let second = offer(&mut one, &[Camera, Microphone]).await?;
    in_state(&one, HaveLocalOffer)?;
    same(&lines(&second).len(), &(lines(&first).len() + 1), "the m-lines of the second offer")?;
    same(&fragment(&second), &fragment(&first), "the fragment of the second offer")?;
    carry(&mut one, &mut other, &second, &[]).await.map(drop)
}

/// An offer that waits for being answered is replaced by the next one.
pub async fn an_offer_is_replaced_while_it_waits<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let first = offer(&mut one, &[Camera]).await?;
    set_offer(&mut other, &first).await?;
    let second = offer(&mut one, &[Camera, Microphone]).await?;
    carry(&mut one, &mut other, &second, &[]).await?;
    let remote = other.remote().unwrap_or_default();
    same(&lines(&remote).len(), &lines(&second).len(), "the m-lines that were answered")
}

/// What is no description is refused, and the connection is as good as before.
pub async fn nonsense_is_refused_and_changes_nothing<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    refused(&mut one, Command::SetOffer { sdp: "nonsense".into() }, "OperationError").await?;
    in_state(&one, Stable)?;
    let offered = offer(&mut one, &[Camera]).await?;
    refused(&mut one, Command::SetAnswer { sdp: "nonsense".into() }, "OperationError").await?;
    in_state(&one, HaveLocalOffer)?;
    carry(&mut one, &mut other, &offered, &[]).await.map(drop)
}

/// A second answer, or one to nothing.
pub async fn an_answer_in_stable_is_refused<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let (_, sdp) = round(&mut one, &mut other, &[], &[]).await?;
    for peer in [&mut one, &mut other] {
        refused(peer, Command::SetAnswer { sdp: sdp.clone() }, "InvalidStateError").await?;
        in_state(peer, Stable)?;
    }
    round(&mut one, &mut other, &[Camera], &[]).await.map(drop)
}

/// A stale answer to an offer that has more m-lines now.
pub async fn an_answer_to_other_lines_is_refused_and_the_right_one_is_taken<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let (_, stale) = round(&mut one, &mut other, &[], &[]).await?;
    let offered = offer(&mut one, &[Camera]).await?;
    refused(&mut one, Command::SetAnswer { sdp: stale }, "InvalidAccessError").await?;
    in_state(&one, HaveLocalOffer)?;
    carry(&mut one, &mut other, &offered, &[]).await.map(drop)
}

/// As many m-lines, and one of them is something else than it was.
pub async fn lines_of_another_kind_are_refused<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let (strange_offer, strange_answer) = round(&mut one, &mut other, &[Camera], &[]).await?;
    let (mut one, mut other) = pair(browser);
    let offered = offer(&mut one, &[Microphone]).await?;
    refused(&mut one, Command::SetAnswer { sdp: strange_answer }, "InvalidAccessError").await?;
    in_state(&one, HaveLocalOffer)?;
    carry(&mut one, &mut other, &offered, &[]).await?;
    refused(&mut other, Command::SetOffer { sdp: strange_offer }, "InvalidAccessError").await?;
    in_state(&other, Stable)
}

/// A stale answer with the right m-lines is taken, and the two sides have credentials that do not fit: why answers name
/// their offers.
pub async fn a_stale_answer_to_an_ice_restart_is_taken<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let (_, stale) = round(&mut one, &mut other, &[], &[]).await?;
    let offered = restart(&mut one).await?;
    set_offer(&mut other, &offered).await?;
    let (right, _) = answer(&mut other, &[]).await?;
    set_answer(&mut one, &stale).await?;
    in_state(&one, Stable)?;
    same(&one.remote().map(|sdp| fragment(&sdp)), &Some(fragment(&stale)), "the remote fragment")?;
    check(fragment(&right) != fragment(&stale), "the other side has another fragment by now")
}

/// Whose ends of the association they are was said by the first answer.
pub async fn an_answer_that_turns_the_dtls_roles_around<B: Browser>(browser: &mut B) -> Outcome {
    let verdict = browser.profile().capabilities().dtls_role_change;
    let (mut one, mut other) = pair(browser);
    let (_, first) = round(&mut one, &mut other, &[], &[]).await?;
    same(&setup(&first), &"active".to_owned(), "the role of the first answer")?;
    let offered = offer(&mut one, &[Camera]).await?;
    same(&setup(&offered), &"actpass".to_owned(), "the role that an offer leaves open")?;
    set_offer(&mut other, &offered).await?;
    let (answered, _) = answer(&mut other, &[]).await?;
    let turned = answered.replace("a=setup:active", "a=setup:passive");
    comes_to(&mut one, Command::SetAnswer { sdp: turned }, verdict, Report::AnswerSet).await
}

/// M-lines never go away, so an offer without some of them is of another time.
pub async fn an_offer_with_fewer_lines_is_refused<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let (stale, _) = round(&mut one, &mut other, &[], &[]).await?;
    round(&mut one, &mut other, &[Camera], &[]).await?;
    refused(&mut other, Command::SetOffer { sdp: stale }, "InvalidAccessError").await?;
    in_state(&other, Stable)?;
    round(&mut one, &mut other, &[Camera], &[]).await.map(drop)
}

/// Implicit rollback: nobody who takes turns needs it.
pub async fn an_offer_takes_the_place_of_our_own<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    round(&mut one, &mut other, &[], &[]).await?;
    offer(&mut one, &[Camera]).await?;
    let theirs = offer(&mut other, &[Camera]).await?;
    let answered = carry(&mut other, &mut one, &theirs, &[]).await?;
    same(&lines(&one.local().unwrap_or_default()), &lines(&answered), "the local description")?;
    let (next, _) = round(&mut one, &mut other, &[Camera, Screen], &[Camera]).await?;
    same(&mids(&next)[..2].to_vec(), &mids(&theirs), "the mids that were there")?;
    same(&lines(&next).len(), &3, "the m-lines")
}

/// Implicit rollback, where both added an m-line of their own kind: why nobody should.
pub async fn an_offer_takes_the_place_of_our_own_with_other_media<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    round(&mut one, &mut other, &[], &[]).await?;
    offer(&mut one, &[Microphone]).await?;
    let sdp = offer(&mut other, &[Camera]).await?;
    let verdict = browser.profile().capabilities().rollback_to_other_media;
    comes_to(&mut one, Command::SetOffer { sdp }, verdict, Report::OfferSet).await?;
    if verdict != Verdict::Taken {
        return in_state(&one, HaveLocalOffer);
    }
    in_state(&one, HaveRemoteOffer)?;
    let (answered, _) = answer(&mut one, &[]).await?;
    set_answer(&mut other, &answered).await?;
    // What was rolled back has no m-line, and gets one of its own.
    let (next, _) = round(&mut one, &mut other, &[Microphone], &[Camera]).await?;
    let kinds: Vec<Kind> = lines(&next).iter().map(|line| line.kind).collect();
    same(&kinds, &vec![Kind::Application, Kind::Video, Kind::Audio], "the m-lines")
}
