//! Runs one target over one input after another, and keeps the one that fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use itodenwa_model::rng::Rng;

use crate::mutate::mutated;

/// Longest time of generated input, if nothing else is said.
const SECONDS: u64 = 2;
/// What the generated input is made of, if nothing else is said.
const SEED: u64 = 4711;
/// An input takes a few milliseconds. One that takes this long never ends.
const HANG: Duration = Duration::from_secs(120);

/// A folder of this crate.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Takes any bytes; panics if something is not as it must be.
type Target = fn(&[u8]);

/// Runs a target.
pub(crate) fn run(name: &'static str, target: Target) {
    // The same each time, so that what fails was caused by a change; looking for more is another command's work.
    let seed = number("ITODENWA_FUZZ_SEED").unwrap_or(SEED);
    let seconds = number("ITODENWA_FUZZ_SECONDS").unwrap_or(SECONDS);
    println!("{name}: ITODENWA_FUZZ_SEED={seed}");
    let _turn = turn();
    let artifacts = folder("artifacts").join(name);
    let corpus = [files(&artifacts), files(&folder("corpus").join(name))].concat();

    // The target is in a thread of its own, and says before each input which it is: the last one is to blame.
    let (tell, told) = sync_channel(16);
    let work = move || work(target, &corpus, Rng::new(seed), Duration::from_secs(seconds), &tell);
    let worker = std::thread::Builder::new().name(name.into()).spawn(work).expect("a thread");
    let (mut last, mut inputs) = (Vec::new(), 0);
    let what = loop {
        match told.recv_timeout(HANG) {
            Ok(input) => (last, inputs) = (input, inputs + 1),
            Err(RecvTimeoutError::Timeout) => break "does not end",
            Err(RecvTimeoutError::Disconnected) if worker.join().is_err() => break "fails",
            Err(RecvTimeoutError::Disconnected) => return println!("{name}: {inputs} inputs"),
        }
    };
    let file = keep(&artifacts, &last);
    panic!("{name} {what} with {}. It is tried again first by: cargo test -p itodenwa-fuzz {name}", file.display());
}

/// Waits until a processor is free of other targets, however many tests run at a time: what counts is how much input there is.
fn turn() -> MutexGuard<'static, ()> {
    static PROCESSORS: LazyLock<Vec<Mutex<()>>> =
        LazyLock::new(|| (0..available_parallelism().map_or(1, usize::from)).map(|_| Mutex::default()).collect());
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let processor = PROCESSORS.get(NEXT.fetch_add(1, Ordering::Relaxed) % PROCESSORS.len()).expect("one of them");
    processor.lock().unwrap_or_else(PoisonError::into_inner)
}

fn work(target: Target, corpus: &[Vec<u8>], mut rng: Rng, time: Duration, tell: &SyncSender<Vec<u8>>) {
    #[expect(clippy::disallowed_methods, reason = "this never runs in a browser")]
    let now = Instant::now;
    let until = now() + time;
    let generated = std::iter::repeat_with(|| mutated(&mut rng, corpus)).take_while(|_| now() < until);
    for input in corpus.iter().cloned().chain(generated) {
        if tell.send(input.clone()).is_err() {
            return;
        }
        target(&input);
    }
}

fn keep(folder: &Path, input: &[u8]) -> PathBuf {
    // FNV-1a: the same input has the same name.
    let add = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let file = folder.join(format!("{:016x}", input.iter().fold(0xcbf2_9ce4_8422_2325, add)));
    fs::create_dir_all(folder).and_then(|()| fs::write(&file, input)).expect("the failing input can be kept");
    file
}

/// What is in the files of a folder, in the order of their names; nothing if there is no folder.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a readable file")).collect()
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}
