//! Descriptions and candidates of a peer, of any form and size: what reaches the browser is within the limits and otherwise as
//! it was said, and what is within the limits reaches it.

use std::collections::HashMap;

use arbitrary::{Arbitrary, Result, Unstructured};
use itodenwa_protocol::{Config, Report};
use itodenwa_wire::limits::{
    BYTES_PER_KIND, BYTES_PER_KIND_IN_ALL, CANDIDATES_PER_FRAGMENT, DESCRIPTION_BYTES, DESCRIPTION_LINE_BYTES,
    DESCRIPTION_LINES, LINES_PER_KIND, LINES_PER_KIND_IN_ALL, LINES_PER_SUBJECT, MEDIA_DESCRIPTIONS,
};
use itodenwa_wire::{Body, Offer};

use crate::bench::said::{candidate, fragment, renumbered};
use crate::bench::{Bench, Times};
use crate::values::text;

/// Bytes that are too many for a description.
const ENOUGH: usize = DESCRIPTION_BYTES + 4096;

/// Some lines of a description, that many times.
#[derive(Debug, Arbitrary)]
struct Lines {
    what: What,
    times: u16,
    crlf: bool,
}

#[derive(Debug, Arbitrary)]
enum What {
    Media,
    Candidate,
    Fragment,
    /// Another one each time.
    Fragments,
    Text,
}

/// The target.
pub fn run(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let mut bench = Bench::new(Config::default());
    // The one that leads may offer.
    let leader = Bench::peer(0);
    while bench.answer(leader, true) {}
    let (mut offers, mut unique) = (0, 0);
    while !u.is_empty() && bench.goes_on() {
        let Ok(sdp) = description(&mut u) else { break };
        let is_one = sdp.starts_with("v=0") && sdp.len() <= DESCRIPTION_BYTES;
        let media = sdp.lines().filter(|line| line.starts_with("m=")).count();
        let is_taken = is_one && media <= MEDIA_DESCRIPTIONS && has_few_lines(&sdp);
        offers += 1;
        // As many as it likes, and no faster than that.
        bench.wait(1000);
        let before = bench.connection(leader);
        bench.say(leader, Body::Offer(Offer { id: offers, sdp, sources: Vec::new() }));
        assert_eq!(bench.answer(leader, true), is_taken, "a description is taken if it is one, within the limits");
        while bench.answer(leader, true) {}
        assert_eq!(before, bench.connection(leader), "no offer breaks a connection");
        while !u.is_empty() && bench.goes_on() && u.ratio(7, 8).unwrap_or(false) {
            let Ok((body, times)) = trickled(&mut u) else { break };
            let granted = u.ratio(7, 8).unwrap_or(true);
            for _ in 0..times {
                unique += 1;
                bench.say(leader, renumbered(body.clone(), unique));
                if !granted {
                    bench.report(
                        leader,
                        Report::CandidateRefused { name: "OperationError".into(), message: String::new() },
                    );
                }
            }
        }
    }
    bench.end();
}

/// Whether the lines of each kind are as few, and as short, as the limits ask. Candidates beyond theirs are taken out, not counted.
fn has_few_lines(sdp: &str) -> bool {
    let (mut section, mut counts, mut in_all) = (0, HashMap::new(), HashMap::new());
    let (mut subjects, mut bytes, mut bytes_in_all) = (HashMap::new(), HashMap::new(), HashMap::new());
    for line in sdp.lines() {
        section += usize::from(line.starts_with("m="));
        let kind = match line.strip_prefix("a=") {
            Some(attribute) => attribute.split([':', ' ', '\r']).next(),
            None => line.split('=').next(),
        };
        let here: &mut usize = counts.entry((section, kind)).or_default();
        let is_candidate = line.starts_with("a=candidate:");
        if is_candidate && *here >= CANDIDATES_PER_FRAGMENT {
            continue;
        }
        *here += 1;
        *in_all.entry(kind).or_insert(0) += 1;
        if line.len() > DESCRIPTION_LINE_BYTES {
            return false;
        }
        if !is_candidate {
            *subjects.entry((section, line.split(' ').next())).or_insert(0) += 1;
            *bytes.entry((section, kind)).or_insert(0) += line.len();
            *bytes_in_all.entry(kind).or_insert(0) += line.len();
        }
    }
    counts.values().all(|count| *count <= LINES_PER_KIND)
        && in_all.values().all(|count| *count <= LINES_PER_KIND_IN_ALL)
        && in_all.values().sum::<usize>() <= DESCRIPTION_LINES
        && subjects.values().all(|count| *count <= LINES_PER_SUBJECT)
        && bytes.values().all(|bytes| *bytes <= BYTES_PER_KIND)
        && bytes_in_all.values().all(|bytes| *bytes <= BYTES_PER_KIND_IN_ALL)
}

fn description(u: &mut Unstructured) -> Result<String> {
    let mut sdp = if u.ratio(15, 16)? { "v=0\r\n".to_owned() } else { text(u)? };
    while !u.is_empty() && u.ratio(7, 8)? {
        let Lines { what, times, crlf } = Lines::arbitrary(u)?;
        let end = if crlf { "\r\n" } else { "\n" };
        let times = usize::from(times);
        match what {
            What::Media => sdp.push_str(&format!("m=audio 9 UDP/TLS/RTP/SAVPF 111{end}").repeat(times % 80)),
            What::Candidate => {
                sdp.push_str(&format!("a=candidate:1 1 udp 1 192.0.2.1 9 typ host{end}").repeat(times % 512))
            }
            What::Fragment => sdp.push_str(&format!("a=ice-ufrag:{}{end}", fragment(u)?)),
            What::Fragments => (0..times % 512).for_each(|number| sdp.push_str(&format!("a=ice-ufrag:{number}{end}"))),
            What::Text => {
                let line = format!("{}{end}", text(u)?);
                // What is large takes long, so it is rare.
                let most = if u.ratio(1, 32)? { ENOUGH } else { 4096 };
                sdp.push_str(&line.repeat(times.min(most / line.len())));
            }
        }
        if sdp.len() > ENOUGH {
            break;
        }
    }
    Ok(sdp)
}

/// Something, and how often it is said.
fn trickled(u: &mut Unstructured) -> Result<(Body, u32)> {
    let body = if u.ratio(1, 16)? { Body::EndOfCandidates(fragment(u)?) } else { Body::Candidate(candidate(u, 0)?) };
    Ok((body, Times::arbitrary(u)?.count()))
}
