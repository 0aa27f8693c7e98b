//! M-lines: which there are, what they carry, and how they are used again.

use itodenwa_wire::Source::{Camera, Microphone, Screen};

use super::Outcome;
use super::kit::{answer, carry, check, offer, pair, round, same, set_offer};
use super::peer::{Browser, Peer};
use super::reading::{lines, mids};
use crate::sdp::{Direction, Kind};

pub async fn the_first_offer_has_media_before_data<B: Browser>(browser: &mut B) -> Outcome {
    let offered = offer(&mut browser.open(), &[Camera, Microphone]).await?;
    let kinds: Vec<Kind> = lines(&offered).iter().map(|line| line.kind).collect();
    same(&kinds, &vec![Kind::Audio, Kind::Video, Kind::Application], "the m-lines")
}

/// Lines keep their order and their mids, whoever offers.
pub async fn what_is_added_later_comes_last<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let (first, answered) = round(&mut one, &mut other, &[Camera], &[]).await?;
    same(&mids(&answered), &mids(&first), "the mids of the answer")?;
    let (second, _) = round(&mut other, &mut one, &[Camera, Microphone], &[Camera]).await?;
    same(&mids(&second)[..2].to_vec(), &mids(&first), "the mids that were there")?;
    same(&lines(&second).len(), &3, "the m-lines")?;
    same(&lines(&second)[2].kind, &Kind::Audio, "the last m-line")
}

/// An answer sends what the offer has lines for, and no more.
pub async fn an_answer_has_room_for_what_was_offered_only<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let offered = offer(&mut one, &[Camera]).await?;
    set_offer(&mut other, &offered).await?;
    let (answered, sources) = answer(&mut other, &[Camera, Screen, Microphone]).await?;
    same(&sources, &vec![(mids(&offered)[0].clone(), Camera)], "what the answer sends")?;
    same(&lines(&answered).len(), &2, "the m-lines")?;
    same(&lines(&answered)[0].direction, &Direction::SENDRECV, "the direction of the answer")
}

/// A transceiver of our own that has no m-line yet is of no use to an answer.
pub async fn an_answer_uses_no_line_that_was_not_offered<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    other.add(Kind::Video);
    let offered = offer(&mut one, &[Camera]).await?;
    set_offer(&mut other, &offered).await?;
    let (_, sources) = answer(&mut other, &[Camera]).await?;
    same(&sources, &vec![(mids(&offered)[0].clone(), Camera)], "what the answer sends")
}

/// Off, and on again: the line is kept, and who receives does not see it sent meanwhile.
pub async fn a_released_line_stays_and_is_reused<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let (on, answered) = round(&mut one, &mut other, &[Camera], &[]).await?;
    same(&lines(&on)[0].direction, &Direction::SENDRECV, "the direction when it is on")?;
    same(&lines(&answered)[0].direction, &Direction::RECVONLY, "the direction of who only receives")?;
    let (off, answered) = round(&mut one, &mut other, &[], &[]).await?;
    same(&lines(&off)[0].direction, &Direction::RECVONLY, "the direction when it is off")?;
    same(&lines(&answered)[0].direction, &Direction::INACTIVE, "the direction when nobody sends")?;
    let (again, _) = round(&mut one, &mut other, &[Screen], &[]).await?;
    same(&lines(&again), &lines(&on), "the lines with another source")?;
    let (both, answered) = round(&mut one, &mut other, &[Screen], &[Camera]).await?;
    same(&mids(&both), &mids(&on), "the mids")?;
    same(&lines(&answered)[0].direction, &Direction::SENDRECV, "the direction when both send")
}

/// What is added while others are inactive gets a line of its own: why lines are reused by us.
pub async fn inactive_lines_grow<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    for wanted in [2, 3, 4, 5] {
        one.add(Kind::Video);
        let offered = offer(&mut one, &[]).await?;
        same(&lines(&offered).len(), &wanted, "the m-lines")?;
        carry(&mut one, &mut other, &offered, &[]).await?;
        for line in lines(&offered).iter().filter(|line| line.kind != Kind::Application) {
            one.set_direction(&line.mid, Direction::INACTIVE);
        }
        round(&mut one, &mut other, &[], &[]).await?;
    }
    Ok(())
}

/// A stopped transceiver's line is rejected by both sides, and then there is room for another one.
pub async fn stopped_lines_are_recycled<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let mut last = String::new();
    for _ in 0..3 {
        one.add(Kind::Video);
        let offered = offer(&mut one, &[]).await?;
        same(&lines(&offered).len(), &2, "the m-lines")?;
        let line = lines(&offered)[0].clone();
        same(&(line.kind, line.is_rejected), &(Kind::Video, false), "the line that is used")?;
        check(line.mid != last, "it has another mid than before")?;
        last = line.mid;
        carry(&mut one, &mut other, &offered, &[]).await?;
        one.stop(&last);
        let (stopped, rejected) = round(&mut one, &mut other, &[], &[]).await?;
        check(lines(&stopped)[0].is_rejected && lines(&rejected)[0].is_rejected, "both sides reject it")?;
        let (offered, _) = round(&mut other, &mut one, &[], &[]).await?;
        check(lines(&offered)[0].is_rejected, "it stays rejected, whoever offers")?;
    }
    let (offered, _) = round(&mut other, &mut one, &[Camera], &[]).await?;
    same(&lines(&offered).len(), &2, "the m-lines of who did not stop")?;
    check(!lines(&offered)[0].is_rejected, "it recycles them, too")
}

pub async fn stopped_lines_are_recycled_for_another_kind<B: Browser>(browser: &mut B) -> Outcome {
    let recycles = browser.profile().capabilities().recycles_for_other_kind;
    let (mut one, mut other) = pair(browser);
    one.add(Kind::Video);
    let (offered, _) = round(&mut one, &mut other, &[], &[]).await?;
    one.stop(&mids(&offered)[0]);
    round(&mut one, &mut other, &[], &[]).await?;
    one.add(Kind::Audio);
    let (offered, _) = round(&mut one, &mut other, &[], &[]).await?;
    let kinds: Vec<Kind> = lines(&offered).iter().map(|line| line.kind).collect();
    let wanted: &[Kind] = match recycles {
        true => &[Kind::Audio, Kind::Application],
        false => &[Kind::Video, Kind::Application, Kind::Audio],
    };
    same(&&kinds[..], &wanted, "the m-lines")
}
