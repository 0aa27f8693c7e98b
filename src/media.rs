//! Own devices, and tracks.

mod capture;
mod constraints;
mod device;
mod devices;
mod list;
mod options;
mod settings;
mod track;

pub(crate) use device::Change;
pub(crate) use devices::{DeviceNotice, Devices};
pub(crate) use list::listen_for_changes;
pub use list::{Device, DeviceKind, devices};
pub(crate) use options::Wish;
pub use options::{CameraOptions, Content, Facing, MicrophoneOptions, Quality, ScreenOptions};
pub use settings::Settings;
pub(crate) use track::Track;
