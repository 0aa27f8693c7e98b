//! What the server is told at its start.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use itodenwa_wire::IceServer;

use crate::relay::credentials::Secret;
use crate::relay::{TurnConfig, TurnLimits};
use crate::{Limits, TicketSecret};

/// What the server is told at its start. The default is for tests: a port of 127.0.0.1 that the system chooses, and no page.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// How many of the following ports to try when the port is taken.
    pub further_ports: u16,
    /// The folder of the page; without it there is only `/ws` and `/healthz`.
    pub www: Option<PathBuf>,
    /// The STUN and TURN servers that everybody who joins is told of. A TURN server without a user gets credentials that are
    /// made with [`turn_secret`](Config::turn_secret).
    pub ice_servers: Vec<IceServer>,
    /// The relay; without it there is none.
    pub turn: Option<TurnConfig>,
    /// What TURN credentials are made with; without it nobody else can make or check them, and they do not outlive the
    /// server.
    pub turn_secret: Option<Secret>,
    /// How much anybody may ask of the relay.
    pub turn_limits: TurnLimits,
    /// Whether the last address in `X-Forwarded-For` is the client's: only right behind a proxy that always sets it.
    pub behind_proxy: bool,
    /// With the same one after a restart, sessions go on; none: a random one for this run.
    pub ticket_secret: Option<TicketSecret>,
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
            turn: None,
            turn_secret: None,
            turn_limits: TurnLimits::default(),
            behind_proxy: false,
            ticket_secret: None,
            limits: Limits::default(),
        }
    }
}
