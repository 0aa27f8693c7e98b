//! itodenwa's server: the page, the signalling (`/ws`), a health check, numbers (`/metrics`) and a [relay], in one process
//! that needs no configuration.
//!
//! ```no_run
//! # async fn example() -> Result<(), itodenwa_server::StartError> {
//! use itodenwa_server::{Config, Server};
//!
//! let server = Server::bind(Config::default()).await?; // 127.0.0.1, a port that the system chooses
//! println!("http://{}/", server.address());
//! server.serve().await;
//! # Ok(())
//! # }
//! ```
//!
//! One direction, one owner:
//!
//! ```text
//! accept -> http -> upgrade --Connect--> connection registry (owns Gate and Hub) --queue--> socket -> client
//!                   socket --Received--> handle(now, Input) … poll() -> Output
//! ```
//!
//! The [`hub`] is a state machine without input and output: rooms, members, ids. The connection registry is the task that owns it.
//! A member is not its socket: with a sealed ticket it goes on on the next one. A socket task parses what comes in, within
//! its limits, and writes what its bounded queue holds. Packets between peers are relayed as the text that they are: no
//! code here can read them.

mod accept;
mod access;
mod address;
mod api;
mod budget;
mod closing;
pub mod cluster;
mod config;
mod connection_registry;
mod folder;
mod forwarded;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod host;
mod http;
pub mod hub;
mod ice;
mod kernel_buffers;
mod limits;
pub mod message;
mod metrics;
mod node;
mod open_files;
mod operator;
mod outgoing;
mod packet;
mod page;
mod port;
mod queue;
mod rate;
mod registry_message;
pub mod relay;
mod seldom;
mod server;
mod socket;
mod start_error;
mod status;
mod steady;
mod ticket;
mod tls;
mod upgrade;
mod web_origin;
mod webhook;

pub mod args;
#[cfg(feature = "redis")]
pub mod redis;
pub mod token;
pub use access::Access;
pub use api::{ApiSecret, ApiSecretTooShort};
pub use config::{Config, Page};
pub use ice::{IceServerError, IceServersUrl, IceSource, check_ice_server};
pub use limits::Limits;
pub use metrics::Census;
pub use outgoing::SafeUrl;
pub use server::Server;
pub use start_error::StartError;
pub use status::{Status, StatusError};
pub use ticket::{SecretTooShort, TicketSecret, Tickets};
pub use tls::{Tls, TlsError};
pub use web_origin::{NoWebOrigin, WebOrigin};
pub use webhook::{NoWebhookSecret, WebhookConfig, WebhookSecret};
