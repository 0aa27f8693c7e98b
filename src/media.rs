//! Own devices, and tracks.

mod capture;
mod constraints;
mod devices;
mod list;
mod settings;
mod track;

pub(crate) use devices::{DeviceEvent, Devices, Done, SourceEvent};
pub(crate) use itodenwa_protocol::options::DeviceConstraints;
pub use itodenwa_protocol::options::{CameraOptions, Content, Facing, MicrophoneOptions, Quality, ScreenOptions};
pub(crate) use list::listen_for_changes;
pub use list::{Device, DeviceKind, devices};
pub use settings::Settings;
pub(crate) use track::Track;
