//! What a transfer's task and its handles have in common.

use std::fmt;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use itodenwa_protocol::file::{Offer, Pace};
use web_sys::Blob;

use crate::connection::Slot;
use crate::dom::{Clock, spawn};
use crate::error::FileError;
use crate::peer::Peer;
use crate::snapshot::SnapshotCell;

/// How it goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransferState {
    /// It was not accepted yet, or there is no connection.
    #[default]
    Waiting,
    /// The receiver has a part of it, of before: both look whether it is the same.
    Comparing,
    /// It runs.
    Running,
    /// One of both wants it to wait.
    Paused,
    /// The other side has all of it, or everything is here.
    Done,
    /// It is given up.
    Failed,
}

impl TransferState {
    /// A word for programs: `waiting`, `comparing`, `running`, `paused`, `done`, `failed`. It never changes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            TransferState::Waiting => "waiting",
            TransferState::Comparing => "comparing",
            TransferState::Running => "running",
            TransferState::Paused => "paused",
            TransferState::Done => "done",
            TransferState::Failed => "failed",
        }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// How it goes.
    pub state: TransferState,
    /// Bytes that were verified and stored.
    pub bytes: u64,
    /// Of these, bytes that were there before, kept of another transfer.
    pub kept: u64,
    /// All bytes.
    pub size: u64,
    /// Bytes a second, of the last seconds.
    pub speed: f64,
    /// How long the rest takes, if that is known.
    pub left: Option<Duration>,
}

/// A file that is on its way, in either direction. Clones are the same one; dropping the last one cancels it.
#[derive(Clone)]
pub struct Transfer {
    shared: Rc<Shared>,
    seen: u32,
    _handles: Rc<Handles>,
}

/// The last handle is gone with it.
struct Handles(Rc<Shared>);

impl Drop for Handles {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Of one transfer.
pub(super) struct Shared {
    pub(super) offer: Offer,
    pub(super) peer: Peer,
    clock: Clock,
    status: SnapshotCell<Status>,
    news: Slot,
}

#[derive(Default)]
struct Status {
    has_connection: bool,
    bytes: u64,
    kept: u64,
    is_comparing: bool,
    pace: Pace,
    paused_here: bool,
    paused_there: bool,
    is_cancelled: bool,
    version: u32,
    end: Option<Result<Option<Blob>, FileError>>,
}

impl Transfer {
    pub(super) fn start(
        shared: &Rc<Shared>,
        task: impl Future<Output = Result<Option<Blob>, FileError>> + 'static,
    ) -> Self {
        let done = Rc::clone(shared);
        spawn(async move {
            let end = task.await;
            done.change(|status| status.end = Some(end));
        });
        Transfer { shared: Rc::clone(shared), seen: 0, _handles: Rc::new(Handles(Rc::clone(shared))) }
    }

    /// What it is.
    #[must_use]
    pub fn offer(&self) -> &Offer {
        &self.shared.offer
    }

    /// To whom, or whose.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.shared.peer
    }

    /// How far it is now.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.shared.progress()
    }

    /// Waits until something is otherwise, at most four times a second while it runs; none after its end was told.
    pub async fn changed(&mut self) -> Option<Progress> {
        let seen = self.seen;
        let is_over = |status: &Status| status.end.is_some() && status.version == seen;
        if self.shared.status.change(|status| is_over(status)) {
            return None;
        }
        self.shared.until(|status| (status.version != seen).then_some(())).await;
        self.seen = self.shared.status.change(|status| status.version);
        Some(self.progress())
    }

    /// Lets it wait. The other side sees that.
    pub fn pause(&self) {
        self.shared.change(|status| status.paused_here = true);
    }

    /// Lets it go on, if the other side does.
    pub fn resume(&self) {
        self.shared.change(|status| status.paused_here = false);
    }

    /// Gives it up. What was stored is removed, also what was kept of before.
    pub fn cancel(&self) {
        self.shared.cancel();
    }

    /// Waits for its end, and gives what was received; nothing of what was sent.
    ///
    /// Received to memory or the private file system, its type is one that no browser runs as part of the page.
    ///
    /// # Errors
    /// [`FileError`]: why it was given up.
    pub fn done(&self) -> impl Future<Output = Result<Option<Blob>, FileError>> + use<> {
        let shared = Rc::clone(&self.shared);
        async move { shared.until(|status| status.end.clone()).await }
    }
}

impl fmt::Debug for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Transfer").field(&self.shared.offer.name).finish()
    }
}

impl Shared {
    pub(super) fn new(offer: Offer, peer: Peer) -> Rc<Self> {
        Rc::new(Shared { offer, peer, clock: Clock::start(), status: SnapshotCell::default(), news: Slot::default() })
    }

    fn change(&self, change: impl FnOnce(&mut Status)) {
        self.status.change(|status| {
            change(status);
            status.version = status.version.wrapping_add(1);
        });
        self.news.wake();
    }

    /// Waits until something is so.
    async fn until<T>(&self, mut wanted: impl FnMut(&Status) -> Option<T>) -> T {
        poll_fn(|cx| self.poll_until(cx, &mut wanted)).await
    }

    fn poll_until<T>(&self, cx: &Context<'_>, wanted: &mut impl FnMut(&Status) -> Option<T>) -> Poll<T> {
        let found = self.status.change(|status| wanted(status));
        if found.is_none() {
            self.news.wait(cx);
        }
        found.map_or(Poll::Pending, Poll::Ready)
    }

    fn cancel(&self) {
        self.change(|status| status.is_cancelled = true);
    }

    fn progress(&self) -> Progress {
        self.status.change(|status| {
            let state = match &status.end {
                Some(Ok(_)) => TransferState::Done,
                Some(Err(_)) => TransferState::Failed,
                None if !status.has_connection => TransferState::Waiting,
                None if status.is_comparing => TransferState::Comparing,
                None if status.paused_here || status.paused_there => TransferState::Paused,
                None => TransferState::Running,
            };
            let is_running = state == TransferState::Running;
            let left = self.offer.size.saturating_sub(status.bytes);
            Progress {
                state,
                bytes: status.bytes,
                kept: status.kept,
                size: self.offer.size,
                speed: if is_running { status.pace.speed() } else { 0.0 },
                left: if is_running { status.pace.left(left) } else { None },
            }
        })
    }

    // For the task.

    pub(super) fn has_connection(&self) -> bool {
        self.status.change(|status| status.has_connection)
    }

    /// There is a connection, or not any more.
    pub(super) fn set_connection(&self, has_connection: bool) {
        self.change(|status| {
            status.has_connection = has_connection;
            status.is_comparing = false;
            status.paused_there = false;
            status.pace.interrupted();
        });
    }

    /// Both look whether what is there is the same, or they know.
    pub(super) fn set_comparing(&self, is_comparing: bool) {
        self.change(|status| status.is_comparing = is_comparing);
    }

    /// So many bytes were there before.
    pub(super) fn kept(&self, bytes: u64) {
        self.change(|status| {
            (status.kept, status.bytes) = (bytes, status.bytes.max(bytes));
            status.pace.interrupted();
        });
    }

    /// So many bytes are stored.
    pub(super) fn moved(&self, bytes: u64) {
        let now = self.clock.now();
        let is_news = self.status.change(|status| {
            status.bytes = bytes;
            status.pace.moved(now, bytes)
        });
        if is_news {
            self.change(|_| ());
        }
    }

    pub(super) fn paused_there(&self, paused: bool) {
        self.change(|status| {
            status.paused_there = paused;
            status.pace.interrupted();
        });
    }

    pub(super) fn is_running(&self) -> bool {
        self.status.change(|status| !status.paused_here && !status.paused_there)
    }

    /// Something happened that its task may wait for.
    pub(super) fn wake(&self) {
        self.news.wake();
    }

    pub(super) fn wait(&self, cx: &Context<'_>) {
        self.news.wait(cx);
    }

    /// Waits until the person does not want it to wait any more.
    pub(super) async fn wanted(&self) {
        self.until(|status| (!status.paused_here).then_some(())).await;
    }

    pub(super) async fn cancelled(&self) {
        self.until(|status| status.is_cancelled.then_some(())).await;
    }

    /// Waits until the person wants something else than this.
    pub(super) async fn wish(&self, is_paused: bool) -> bool {
        self.until(|status| (status.paused_here != is_paused).then_some(status.paused_here)).await
    }
}
