//! What the system says of the program: read where nothing else waits for it, and not more often than anybody looks.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

/// Where the system says what the program uses.
const STATUS: &str = "/proc/self/status";
const DESCRIPTORS: &str = "/proc/self/fd";
/// For so long what was read is told again: with many connections it takes the system a while.
const FRESH: Duration = Duration::from_secs(1);

/// What the program uses, where the system tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Process {
    /// Bytes of memory.
    pub(super) resident: Option<u64>,
    /// Open files and sockets.
    pub(super) descriptors: Option<u64>,
}

/// What was read last, and when.
#[derive(Debug, Default)]
pub(crate) struct ProcessReader(Mutex<Option<(Instant, Process)>>);

impl ProcessReader {
    /// What the program uses now, or used a moment ago. Those who ask meanwhile wait for the same answer.
    pub(crate) async fn read(&self) -> Process {
        self.read_by(Process::of_system).await
    }

    async fn read_by(&self, read: impl FnOnce() -> Process + Send + 'static) -> Process {
        let mut last = self.0.lock().await;
        if let Some((at, process)) = *last
            && at.elapsed() < FRESH
        {
            return process;
        }
        // It fails only when the runtime ends.
        let process = spawn_blocking(read).await.unwrap_or_default();
        *last = Some((Instant::now(), process));
        process
    }
}

impl Process {
    fn of_system() -> Self {
        let descriptors = std::fs::read_dir(DESCRIPTORS).ok().map(|entries| entries.count() as u64);
        Process { resident: resident(), descriptors }
    }
}

fn resident() -> Option<u64> {
    let status = std::fs::read_to_string(STATUS).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_system_is_asked_once_a_second_however_many_ask() {
        let (reader, reads) = (ProcessReader::default(), Arc::new(AtomicU64::new(0)));
        let read = || {
            let reads = reads.clone();
            reader.read_by(move || {
                let descriptors = Some(reads.fetch_add(1, Ordering::Relaxed));
                Process { descriptors, ..Process::default() }
            })
        };
        let (first, second, third) = tokio::join!(read(), read(), read());
        assert_eq!([first, second, third].map(|process| process.descriptors), [Some(0); 3]);
        tokio::time::advance(FRESH - Duration::from_millis(1)).await;
        assert_eq!(read().await.descriptors, Some(0));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(read().await.descriptors, Some(1));
    }

    #[tokio::test]
    async fn it_is_read_on_a_thread_of_its_own() {
        let here = std::thread::current().id();
        let (tell, told) = std::sync::mpsc::channel();
        let read = move || {
            tell.send(std::thread::current().id()).unwrap();
            Process::default()
        };
        ProcessReader::default().read_by(read).await;
        assert_ne!(told.recv().unwrap(), here);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_tells_both() {
        let Process { resident, descriptors } = Process::of_system();
        assert!(resident > Some(0) && descriptors > Some(2), "{resident:?} {descriptors:?}");
    }
}
