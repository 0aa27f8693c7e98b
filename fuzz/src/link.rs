//! A room under arbitrary packets: of any incarnation, for any incarnation, in any place, acknowledging anything. Nothing is
//! taken that is not for now, everything in order and once, everything that is kept is bounded.

use std::collections::VecDeque;

use arbitrary::{Arbitrary, Result, Unstructured};
use itodenwa_protocol::{Config, Input, Report, Way};
use itodenwa_wire::{Body, Epoch, LeaveReason, Left, Member, Packet, PeerId};

use crate::bench::said::{said, seen};
use crate::bench::{Bench, Times};
use crate::values::{epoch_of, maybe, some_sources, source};

/// Packets that can come again.
const AGAIN: usize = 32;

#[derive(Debug, Arbitrary)]
enum Step {
    Packet(Frame),
    /// One of the last packets, once more.
    Again(u8),
    /// Many packets, each some places after the one before.
    Flood {
        from: u8,
        times: Times,
        apart: u8,
    },
    Answer {
        peer: u8,
        granted: bool,
    },
    Report(u8),
    Toggle(Times),
    RestartIce(u8),
    Resumed,
    Joined {
        peer: u8,
        later: u8,
    },
    Left(u8),
    Wait(u16),
    Wake,
    /// The other side says over the channel that it reads packets there.
    ReadsPackets(u8),
    /// A packet over the channel of the connection that there is, or of another one.
    Channel {
        frame: Frame,
        is_current: bool,
    },
}

/// All of a packet but what it says.
#[derive(Debug, Arbitrary)]
struct Frame {
    from: u8,
    from_epoch: Which,
    to_epoch: Which,
    seq: Place,
    ack: Place,
}

#[derive(Debug, Arbitrary)]
enum Which {
    Current,
    Later(u8),
    Earlier(u8),
    Any(u64),
}

#[derive(Debug, Arbitrary)]
enum Place {
    Next,
    Ahead(u8),
    Any(u32),
}

/// The target.
pub fn run(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let Ok(on) = some_sources(&mut u) else { return };
    let mut bench = Bench::new(Config { on, ..Config::default() });
    let (mut last, mut unique) = (VecDeque::new(), 0);
    while !u.is_empty() && bench.goes_on() && take(&mut u, &mut bench, &mut last, &mut unique).is_ok() {}
    bench.end();
}

fn take(
    u: &mut Unstructured,
    bench: &mut Bench,
    last: &mut VecDeque<(PeerId, Packet<Body>)>,
    unique: &mut u32,
) -> Result<()> {
    match Step::arbitrary(u)? {
        Step::Packet(frame) => {
            let from = Bench::peer(frame.from);
            let body = maybe(u, |u| said(u, bench.line(from).offered(), unique))?;
            let packet = frame.around(bench, body);
            last.truncate(AGAIN - 1);
            last.push_front((from, packet.clone()));
            bench.input(Input::Packet { from, way: Way::Server, packet });
        }
        Step::Again(which) => {
            if let Some((from, packet)) = last.get(usize::from(which)).cloned() {
                bench.input(Input::Packet { from, way: Way::Server, packet });
            }
        }
        Step::Flood { from, times, apart } => {
            let from = Bench::peer(from);
            for number in 0..times.count() {
                let mut packet = bench.line(from).next(Some(Body::EndOfCandidates(" ".repeat(200))));
                packet.seq += number * u32::from(apart);
                bench.input(Input::Packet { from, way: Way::Server, packet });
            }
        }
        Step::Answer { peer, granted } => drop(bench.answer(Bench::peer(peer), granted)),
        Step::Report(peer) => bench.report(Bench::peer(peer), seen(u)?),
        Step::Toggle(times) => {
            let source = source(u)?;
            for number in 0..times.count() {
                bench.input(Input::SetSource { source, on: number % 2 == 0 });
            }
        }
        Step::RestartIce(peer) => bench.input(Input::RestartIce(Bench::peer(peer))),
        Step::Resumed => bench.signaling_back(),
        Step::Joined { peer, later } => {
            let id = Bench::peer(peer);
            let session = bench.line(id).theirs.session().saturating_add(later.into());
            let session = u32::try_from(session).unwrap_or(u32::MAX);
            bench.input(Input::Joined(Member { id, session, name: None, pass: None, offered: None }));
        }
        Step::Left(peer) => {
            bench.input(Input::Left(Left { id: Bench::peer(peer), reason: LeaveReason::Gone }));
        }
        Step::Wait(millis) => bench.wait(millis.into()),
        Step::Wake => bench.wake(),
        Step::ReadsPackets(peer) => bench.report(Bench::peer(peer), Report::ReadsPackets),
        Step::Channel { frame, is_current } => {
            let from = Bench::peer(frame.from);
            let body = maybe(u, |u| said(u, bench.line(from).offered(), unique))?;
            let packet = frame.around(bench, body);
            bench.through_channel(from, is_current, packet);
        }
    }
    Ok(())
}

impl Frame {
    fn around(&self, bench: &Bench, body: Option<Body>) -> Packet<Body> {
        let line = bench.line(Bench::peer(self.from));
        let next = line.next(body);
        Packet {
            from_epoch: self.from_epoch.epoch(line.theirs),
            to_epoch: self.to_epoch.epoch(line.mine),
            seq: self.seq.place(next.seq),
            ack: self.ack.place(next.ack),
            body: next.body,
        }
    }
}

impl Which {
    fn epoch(&self, current: Epoch) -> Epoch {
        let number = current.session() << 16 | u64::from(current.connection());
        epoch_of(match self {
            Which::Current => number,
            Which::Later(by) => number.saturating_add(u64::from(*by)),
            Which::Earlier(by) => number.saturating_sub(u64::from(*by)),
            Which::Any(number) => *number,
        })
    }
}

impl Place {
    fn place(&self, next: u32) -> u32 {
        match self {
            Place::Next => next,
            Place::Ahead(by) => next.saturating_add(u32::from(*by)),
            Place::Any(place) => *place,
        }
    }
}
