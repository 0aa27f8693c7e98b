//! Candidates and their end: when they are taken, and for whom.

use itodenwa_protocol::{Command, Report};
use itodenwa_wire::Candidate;
use itodenwa_wire::Source::Camera;

use super::Outcome;
use super::kit::{add, ask, candidate, check, comes_to, offer, pair, refused, restart, round, same, set_offer};
use super::peer::{Browser, Peer};
use super::reading::fragment;

pub async fn before_the_description_it_is_refused<B: Browser>(browser: &mut B) -> Outcome {
    let mut one = browser.open();
    let early = Command::AddCandidate(candidate(&one));
    refused(&mut one, early.clone(), "InvalidStateError").await?;
    offer(&mut one, &[Camera]).await?;
    refused(&mut one, early, "InvalidStateError").await
}

pub async fn the_end_before_the_description<B: Browser>(browser: &mut B) -> Outcome {
    let verdict = browser.profile().capabilities().end_before_description;
    let end = Command::EndOfCandidates("early".into());
    comes_to(&mut browser.open(), end, verdict, Report::CandidateAdded).await
}

pub async fn for_a_fragment_that_is_unknown<B: Browser>(browser: &mut B) -> Outcome {
    let verdict = browser.profile().capabilities().unknown_fragment;
    let (mut one, mut other) = pair(browser);
    round(&mut one, &mut other, &[], &[]).await?;
    let unknown = Candidate { username_fragment: Some("nobody".into()), ..candidate(&one) };
    comes_to(&mut one, Command::AddCandidate(unknown), verdict, Report::CandidateAdded).await
}

pub async fn the_end_for_a_fragment_that_is_unknown<B: Browser>(browser: &mut B) -> Outcome {
    let verdict = browser.profile().capabilities().unknown_fragment;
    let (mut one, mut other) = pair(browser);
    round(&mut one, &mut other, &[], &[]).await?;
    comes_to(&mut one, Command::EndOfCandidates("nobody".into()), verdict, Report::CandidateAdded).await
}

/// A mid or an index that the description does not have, and neither of them.
pub async fn for_no_line_it_is_refused<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    round(&mut one, &mut other, &[], &[]).await?;
    let lost = |sdp_mid: Option<&str>, sdp_m_line_index| {
        let sdp_mid = sdp_mid.map(str::to_owned);
        Command::AddCandidate(Candidate { sdp_mid, sdp_m_line_index, ..candidate(&one) })
    };
    let (mid, index, neither) = (lost(Some("nowhere"), None), lost(None, Some(7)), lost(None, None));
    refused(&mut one, mid, "OperationError").await?;
    refused(&mut one, index, "OperationError").await?;
    refused(&mut one, neither, "TypeError").await
}

pub async fn nonsense_is_refused<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    round(&mut one, &mut other, &[], &[]).await?;
    let nonsense = Candidate { candidate: "nonsense".into(), ..candidate(&one) };
    refused(&mut one, Command::AddCandidate(nonsense), "OperationError").await
}

pub async fn cut_short<B: Browser>(browser: &mut B) -> Outcome {
    let verdict = browser.profile().capabilities().candidate_cut_short;
    let (mut one, mut other) = pair(browser);
    round(&mut one, &mut other, &[], &[]).await?;
    let short = Candidate { candidate: "candidate:1 1 udp".into(), ..candidate(&one) };
    comes_to(&mut one, Command::AddCandidate(short), verdict, Report::CandidateAdded).await
}

/// While an ICE restart is answered, a candidate of the fragment before may still come.
pub async fn of_the_description_that_is_about_to_be_replaced<B: Browser>(browser: &mut B) -> Outcome {
    let verdict = browser.profile().capabilities().fragment_before_restart;
    let (mut one, mut other) = pair(browser);
    round(&mut one, &mut other, &[], &[]).await?;
    let current = candidate(&other);
    let offered = restart(&mut one).await?;
    set_offer(&mut other, &offered).await?;
    let pending = candidate(&other);
    check(current.username_fragment != pending.username_fragment, "the fragments are two")?;
    add(&mut other, pending).await?;
    comes_to(&mut other, Command::AddCandidate(current), verdict, Report::CandidateAdded).await
}

/// Nobody complains of what is said too often: why candidates are counted by us.
pub async fn twice_and_after_the_end_it_is_taken<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    let (offered, _) = round(&mut one, &mut other, &[], &[]).await?;
    let known = candidate(&other);
    add(&mut other, known.clone()).await?;
    add(&mut other, known.clone()).await?;
    for _ in 0..2 {
        let end = Command::EndOfCandidates(fragment(&offered));
        same(&ask(&mut other, end).await?, &Report::CandidateAdded, "the end of candidates")?;
    }
    add(&mut other, Candidate { candidate: known.candidate.replace(" 9 ", " 10 "), ..known }).await
}

/// Every candidate says whose it is, also after an ICE restart, and a later description has them in it.
pub async fn what_is_gathered_names_its_fragment<B: Browser>(browser: &mut B) -> Outcome {
    let (mut one, mut other) = pair(browser);
    round(&mut one, &mut other, &[], &[]).await?;
    for _ in 0..2 {
        let local = fragment(&one.local().unwrap_or_default());
        let gathered = one.gathered().await;
        check(!gathered.is_empty(), "candidates are gathered")?;
        for candidate in gathered {
            same(&candidate.username_fragment, &Some(local.clone()), "the fragment of a candidate")?;
        }
        match ask(&mut one, Command::Describe).await? {
            Report::Described { sdp } => check(sdp.contains("a=candidate:"), "the description has candidates")?,
            other => return Err(format!("no description: {other:?}")),
        }
        let offered = restart(&mut one).await?;
        super::kit::carry(&mut one, &mut other, &offered, &[]).await?;
    }
    Ok(())
}
