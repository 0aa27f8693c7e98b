//! What the server is told at its start.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use itodenwa_wire::IceServer;

use crate::Limits;
use crate::token::Secret;

/// What the server is told at its start. The default is for tests: a port of 127.0.0.1 that the system chooses, and no page.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// How many of the following ports to try when the port is taken.
    pub further_ports: u16,
    /// The folder of the page; without it there is only `/ws` and `/healthz`.
    pub www: Option<PathBuf>,
    /// The STUN and TURN servers that everybody who joins is told of.
    pub ice_servers: Vec<IceServer>,
    /// Whether the last address in `X-Forwarded-For` is the client's: only right behind a proxy that always sets it.
    pub behind_proxy: bool,
    /// With any, nobody comes in without a [token](crate::token) that was signed with one of them; with none, everybody.
    pub secrets: Vec<Secret>,
    /// How much anybody may ask.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            further_ports: 0,
            www: None,
            ice_servers: Vec::new(),
            behind_proxy: false,
            secrets: Vec::new(),
            limits: Limits::default(),
        }
    }
}
