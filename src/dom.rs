//! The browser, as far as web-sys lacks it or does not say that it throws; and values that clean up after themselves.

mod abort;
mod audio;
mod clock;
mod exception;
mod fetch;
mod file;
mod held;
mod listener;
mod lock;
mod media;
mod next_task;
mod object;
mod record;
mod rtc;
mod task;
mod timer;

pub(crate) use abort::{AbortController, AbortSignal, Aborted};
pub(crate) use audio::{AnalyserNode, AudioContext, AudioNode, DestinationNode};
pub(crate) use clock::Clock;
pub use exception::Exception;
pub(crate) use fetch::fetch_text;
pub(crate) use file::{
    Boxed, Directory, FileHandle, PRIVATE, WritableFile, free_space, has_digest, names, private_directory, read,
    settled, sha256,
};
pub use held::{Counts, counts};
pub(crate) use held::{Held, Kind};
pub(crate) use listener::Listener;
pub(crate) use lock::Lock;
pub(crate) use media::{
    CapturedTrack, ShownElement, SinkElement, enumerate_devices, get_display_media, get_supported_constraints,
    get_user_media,
};
pub(crate) use next_task::NextTask;
pub(crate) use object::{global, is_present, object, property};
pub(crate) use record::{Canvas, Painter, Recorder};
pub(crate) use rtc::{
    CandidateEvent, DataChannel, DataChannelEvent, PeerConnection, Receiver, Sender, Stats, SynchronizationSource,
    Transceiver,
};
pub(crate) use task::spawn;
pub(crate) use timer::{Interval, Timeout, Timer};
