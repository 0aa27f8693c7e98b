//! New inputs out of known ones.

use itodenwa_model::rng::Rng;

/// Longest input.
const BYTES: u64 = 4096;
/// Bytes that mean something to numbers, or to JSON.
const TELLING: &[u8] = b"\x00\x01\x02\x7f\x80\xff\"\\{}[]:,-019aeu ";

/// Something out of nothing, or, mostly, something known with a few changes.
pub(crate) fn mutated(rng: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    if corpus.is_empty() || rng.percent(10) {
        let most = BYTES >> rng.up_to(12);
        return random(rng, most);
    }
    let mut input = rng.pick(corpus).clone();
    for _ in 0..1 << rng.up_to(4) {
        change(rng, &mut input, corpus);
    }
    input.truncate(BYTES as usize);
    input
}

fn change(rng: &mut Rng, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    let place = rng.up_to(input.len() as u64) as usize;
    let end = place + rng.up_to(((input.len() - place) as u64).min(32)) as usize;
    match rng.up_to(8) {
        0 => input.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1 << rng.up_to(7)),
        1 => input.iter_mut().skip(place).take(1).for_each(|byte| *byte = rng.draw() as u8),
        2 => input.iter_mut().skip(place).take(1).for_each(|byte| *byte = *rng.pick(TELLING)),
        3 => insert(input, place, &random(rng, 8)),
        4 => drop(input.drain(place..end)),
        // A piece comes again, here or elsewhere.
        5 => {
            let piece = input.get(place..end).unwrap_or_default().to_vec();
            let to = rng.up_to(input.len() as u64) as usize;
            insert(input, to, &piece);
        }
        // A piece of another input comes in, or the rest is of another.
        6 => {
            let piece = tail(rng, corpus);
            let length = rng.up_to(piece.len().min(64) as u64) as usize;
            insert(input, place, piece.get(..length).unwrap_or_default());
        }
        7 => {
            input.truncate(place);
            input.extend(tail(rng, corpus));
        }
        _ => input.truncate(place),
    }
}

fn tail<'a>(rng: &mut Rng, corpus: &'a [Vec<u8>]) -> &'a [u8] {
    let other = rng.pick(corpus);
    other.get(rng.up_to(other.len() as u64) as usize..).unwrap_or_default()
}

fn insert(input: &mut Vec<u8>, place: usize, piece: &[u8]) {
    input.splice(place..place, piece.iter().copied());
}

fn random(rng: &mut Rng, most: u64) -> Vec<u8> {
    (0..rng.up_to(most)).map(|_| rng.draw() as u8).collect()
}
