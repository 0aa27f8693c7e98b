//! `restartIce` in every signalling state, and what it does to the fragments of both sides.

use itodenwa_wire::Source::Camera;

use super::Outcome;
use super::kit::{answer, carry, check, in_state, offer, pair, restart, round, same, set_answer, set_offer};
use super::peer::{Browser, Peer};
use super::reading::fragment;
use crate::browser::Signaling::{HaveLocalOffer, HaveRemoteOffer};

/// There is nothing to replace, and nothing is replaced later.
pub async fn before_the_first_description_nothing_changes<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    one.restart_ice();
    let (first, _) = round(&mut one, &mut other, &[], &[]).await?;
    let (second, _) = round(&mut one, &mut other, &[Camera], &[]).await?;
    same(&fragment(&second), &fragment(&first), "the fragment")
}

/// Rounds of either side keep what there is.
pub async fn without_one_the_fragments_stay<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let (offered, answered) = round(&mut one, &mut other, &[], &[]).await?;
    check(fragment(&offered) != fragment(&answered), "each side has its own")?;
    let (second, back) = round(&mut other, &mut one, &[Camera], &[Camera]).await?;
    same(&fragment(&second), &fragment(&answered), "the fragment of who answered")?;
    same(&fragment(&back), &fragment(&offered), "the fragment of who offered")
}

pub async fn in_stable_both_sides_get_new_fragments<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let (before, answer_before) = round(&mut one, &mut other, &[Camera], &[]).await?;
    let offered = restart(&mut one).await?;
    let answered = carry(&mut one, &mut other, &offered, &[]).await?;
    check(fragment(&offered) != fragment(&before), "the offer has a new fragment")?;
    check(fragment(&answered) != fragment(&answer_before), "so has the answer")?;
    let (after, _) = round(&mut one, &mut other, &[], &[]).await?;
    same(&fragment(&after), &fragment(&offered), "the fragment from then on")
}

/// The offer that waits is as it was; the one after it is new.
pub async fn while_an_offer_waits_the_next_one_has_it<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    round(&mut one, &mut other, &[], &[]).await?;
    let waiting = offer(&mut one, &[Camera]).await?;
    one.restart_ice();
    in_state(&one, HaveLocalOffer)?;
    same(&one.local().map(|sdp| fragment(&sdp)), &Some(fragment(&waiting)), "the fragment of the offer that waits")?;
    carry(&mut one, &mut other, &waiting, &[]).await?;
    let (next, _) = round(&mut one, &mut other, &[Camera], &[]).await?;
    check(fragment(&next) != fragment(&waiting), "the next offer has a new fragment")
}

/// The answer keeps what there is, for the offer did not ask for more; our next offer is new.
pub async fn while_an_offer_is_answered_the_next_one_has_it<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let (_, before) = round(&mut one, &mut other, &[], &[]).await?;
    let offered = offer(&mut one, &[Camera]).await?;
    set_offer(&mut other, &offered).await?;
    in_state(&other, HaveRemoteOffer)?;
    other.restart_ice();
    let (answered, _) = answer(&mut other, &[]).await?;
    set_answer(&mut one, &answered).await?;
    same(&fragment(&answered), &fragment(&before), "the fragment of the answer")?;
    let (next, _) = round(&mut other, &mut one, &[], &[Camera]).await?;
    check(fragment(&next) != fragment(&before), "the next offer has a new fragment")
}
