//! Own devices, and tracks.

mod capture;
mod constraints;
mod devices;
mod list;
mod settings;
mod stage;
mod track;

pub(crate) use devices::{DeviceEvent, Devices, Done, EventSink, SourceEvent};
pub(crate) use itodenwa_protocol::options::DeviceConstraints;
pub use itodenwa_protocol::options::{CameraOptions, Content, Facing, MicrophoneOptions, Quality, ScreenOptions};
pub(crate) use list::listen_for_changes;
pub use list::{Device, DeviceKind, devices};
pub use settings::Settings;
pub(crate) use stage::{Came, Output, Run, Stage, Told};
pub(crate) use track::Track;
