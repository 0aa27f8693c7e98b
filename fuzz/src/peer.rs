//! A room with members that keep to the link and to nothing else: they say what they like when they like, in perfect order,
//! while the browser refuses what it likes.

use arbitrary::{Arbitrary, Result, Unstructured};
use itodenwa_protocol::{Config, IceMode, Input, Way};
use itodenwa_wire::Body;

use crate::bench::said::{renumbered, said, seen};
use crate::bench::{Bench, Times};
use crate::values::{some_sources, source};

#[derive(Debug, Arbitrary)]
enum Step {
    Say(u8),
    /// The same thing many times.
    Repeat {
        from: u8,
        times: Times,
    },
    /// The browser does not answer from now on, or it does again.
    Hold(bool),
    Answer {
        peer: u8,
        granted: bool,
    },
    Report {
        peer: u8,
        times: Times,
    },
    ReportClosed,
    /// A new incarnation speaks.
    Restart(u8),
    Toggle,
    RestartIce(u8),
    Wait(u16),
    Wake,
}

struct Play {
    bench: Bench,
    hold: bool,
    unique: u32,
}

/// The target.
pub fn run(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let Ok(config) = config(&mut u) else { return };
    let mut play = Play { bench: Bench::new(config), hold: false, unique: 0 };
    while !u.is_empty() && play.bench.goes_on() && play.take(&mut u).is_ok() {}
    play.bench.end();
}

fn config(u: &mut Unstructured) -> Result<Config> {
    let limit = Option::<u16>::arbitrary(u)?.map(|millis| std::time::Duration::from_millis(millis.into()));
    let ice = limit.map_or(IceMode::Trickle, |limit| IceMode::Vanilla { limit });
    Ok(Config { ice, on: some_sources(u)?, places: some_sources(u)? })
}

impl Play {
    fn take(&mut self, u: &mut Unstructured) -> Result<()> {
        let bench = &mut self.bench;
        match Step::arbitrary(u)? {
            Step::Say(from) => {
                let from = Bench::peer(from);
                let body = said(u, bench.line(from).offered(), &mut self.unique)?;
                bench.say(from, body);
            }
            Step::Repeat { from, times } => {
                let from = Bench::peer(from);
                let body = said(u, bench.line(from).offered(), &mut self.unique)?;
                for _ in 0..times.count() {
                    self.unique += 1;
                    self.bench.say(from, renumbered(body.clone(), self.unique));
                    self.answer();
                }
            }
            Step::Hold(hold) => self.hold = hold,
            Step::Answer { peer, granted } => drop(bench.answer(Bench::peer(peer), granted)),
            Step::Report { peer, times } => {
                let report = seen(u)?;
                for _ in 0..times.count() {
                    bench.report(Bench::peer(peer), report.clone());
                }
            }
            Step::ReportClosed => bench.report_closed(seen(u)?),
            Step::Restart(peer) => {
                let from = Bench::peer(peer);
                let mut packet = bench.line(from).next(Some(Body::Hello));
                packet.from_epoch = packet.from_epoch.next().unwrap_or(packet.from_epoch);
                bench.input(Input::Packet { from, way: Way::Server, packet });
            }
            Step::Toggle => bench.input(Input::SetSource { source: source(u)?, on: bool::arbitrary(u)? }),
            Step::RestartIce(peer) => bench.input(Input::RestartIce(Bench::peer(peer))),
            Step::Wait(millis) => bench.wait(millis.into()),
            Step::Wake => bench.wake(),
        }
        self.answer();
        Ok(())
    }

    /// The browser does all that it is asked.
    fn answer(&mut self) {
        while !self.hold && (0..2).any(|peer| self.bench.answer(Bench::peer(peer), true)) {}
    }
}
