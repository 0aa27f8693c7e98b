//! A call in a file.
//!
//! Pictures are composed on a canvas and sounds are mixed, so that the browser's recorder has one track of each from the
//! beginning to the end: it would stop when one of its own tracks changes (W3C MediaStream Recording, section 2.3).

mod announced;
mod picture;
mod seat;
mod sound;
mod task;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::Shared;
use web_sys::Blob;

use announced::Announced;

use crate::dom::spawn;
use crate::error::{Exception, RecordError};
use crate::oneshot;
use crate::room::Handle;

/// The limit of bytes where none is given: about an hour and a half.
const LIMIT: u64 = 1 << 30;

/// Who is recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Who {
    /// Oneself: camera, microphone, and what one shares.
    Own,
    /// Everybody in the room, with oneself: their pictures side by side, their sounds mixed.
    #[default]
    Everybody,
}

/// What is recorded, and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct RecordOptions {
    who: Who,
    limit: u64,
}

impl Default for RecordOptions {
    fn default() -> Self {
        RecordOptions { who: Who::default(), limit: LIMIT }
    }
}

impl RecordOptions {
    /// Records these.
    pub fn new(who: Who) -> Self {
        RecordOptions { who, ..Self::default() }
    }

    /// After so many bytes it stops by itself, at most some seconds' worth later. The browser holds them. 1 GiB if nothing is said.
    pub fn limit(self, bytes: u64) -> Self {
        RecordOptions { limit: bytes, ..self }
    }
}

/// What was recorded: a file.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The file. Browsers write no length into WebM: players know it when they come to its end.
    pub blob: Blob,
    /// What kind of file, for instance `video/webm;codecs=vp8,opus`.
    pub mime_type: String,
    /// How long it was recorded.
    pub duration: Duration,
    /// Why it ended.
    pub end: RecordEnd,
}

/// Why a recording ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordEnd {
    /// As asked.
    Stopped,
    /// The call is over.
    RoomClosed,
    /// There are as many bytes as were allowed.
    Limit,
    /// The browser's recorder failed. What there was until then is in the file.
    Failed(Exception),
}

impl RecordEnd {
    /// A word for programs: `stopped`, `room-closed`, `limit`, `failed`. It never changes.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            RecordEnd::Stopped => "stopped",
            RecordEnd::RoomClosed => "room-closed",
            RecordEnd::Limit => "limit",
            RecordEnd::Failed(_) => "failed",
        }
    }
}

/// What the task and whoever records have in common.
#[derive(Debug, Default)]
struct State {
    bytes: Cell<u64>,
    duration: Cell<Duration>,
    is_enough: Cell<bool>,
}

/// What is recorded now. Dropping it ends it, and what was recorded is gone. It does not keep the room open, and ends when the room
/// is over.
#[derive(Debug)]
pub struct Recording {
    state: Rc<State>,
    has_sound: bool,
    end: Shared<oneshot::Receiver<Result<Recorded, RecordError>>>,
}

impl Recording {
    /// How many bytes there are: told by the browser about once a second.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.state.bytes.get()
    }

    /// How long it has been recorded.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.state.duration.get()
    }

    /// False where the browser mixes no sound, as Firefox on a machine without any loudspeaker: the pictures alone are recorded.
    #[must_use]
    pub fn has_sound(&self) -> bool {
        self.has_sound
    }

    /// Ends it, and gives what there is. A second time it gives the same.
    ///
    /// # Errors
    /// [`RecordError::Empty`] if there is nothing yet, [`RecordError::Failed`] if the browser failed before there was.
    pub async fn stop(&self) -> Result<Recorded, RecordError> {
        self.state.is_enough.set(true);
        self.ended().await
    }

    /// Waits until it ends, whyever, and gives what there is.
    ///
    /// # Errors
    /// As [`Recording::stop`].
    pub fn ended(&self) -> impl Future<Output = Result<Recorded, RecordError>> + use<> {
        let end = self.end.clone();
        // The task always answers; it is gone without an answer only with the page.
        async move { end.await.unwrap_or(Err(RecordError::Closed)) }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.state.is_enough.set(true);
    }
}

impl Handle {
    /// Records the call to a file, in the browser of who asks: nothing goes to a server. It goes on when cameras are switched, and
    /// when somebody comes or goes. Call it when the person touches the page: some browsers mix sounds only then.
    ///
    /// Pictures are of 1280 × 720, at 15 a second while the page is in sight; in a tab behind another one browsers let pages paint only once a
    /// second, and others may send no pictures. **Nobody who is in the room is told by this**: say so to the others, as the law of many
    /// places asks. The server is told when everybody is recorded, so that those who come can be asked before
    /// ([`Join::unless_recorded`](crate::Join::unless_recorded)).
    ///
    /// # Errors
    /// [`RecordError::Unsupported`] where the browser has no `MediaRecorder`, [`RecordError::Closed`] if the room is over.
    pub async fn record(&self, options: RecordOptions) -> Result<Recording, RecordError> {
        let (room, snapshot) = self.downgrade();
        let announced = Announced::start(&room, options.who);
        let task = task::Task::start(room, snapshot, options).await?;
        let (state, has_sound) = (task.state(), task.has_sound());
        let (done, end) = oneshot::channel();
        spawn(async move {
            let recorded = task.run().await;
            drop(announced);
            done.send(recorded);
        });
        Ok(Recording { state, has_sound, end: end.shared() })
    }
}
