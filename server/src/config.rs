//! What the server is told at its start.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use itodenwa_wire::IceServer;

use crate::ice::IceServersUrl;
use crate::relay::{TurnConfig, TurnLimits, credentials};
use crate::token::Secret;
use crate::{ApiSecret, Limits, TicketSecret, Tls, WebOrigin, WebhookConfig};

/// What the server is told at its start. The default is for tests: a port of 127.0.0.1 that the system chooses, and no page.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// How many of the following ports to try when the port is taken.
    pub further_ports: u16,
    /// The page.
    pub page: Page,
    /// With TLS, and which certificate; none: plain HTTP, behind a proxy that has TLS or for trials on one computer.
    pub tls: Option<Tls>,
    /// The STUN and TURN servers that everybody who joins is told of. A TURN server without a user gets credentials that are
    /// made with [`turn_secret`](Config::turn_secret).
    pub ice_servers: Vec<IceServer>,
    /// A service that gives more of them, fetched again before they expire.
    pub ice_servers_url: Option<IceServersUrl>,
    /// The relay; without it there is none.
    pub turn: Option<TurnConfig>,
    /// What TURN credentials are made with; without it nobody else can make or check them, and they do not outlive the
    /// server.
    pub turn_secret: Option<credentials::Secret>,
    /// How much anybody may ask of the relay.
    pub turn_limits: TurnLimits,
    /// Whether the last address in `X-Forwarded-For` is the client's: only right behind a proxy that always sets it.
    pub behind_proxy: bool,
    /// With any, nobody comes in without a [token](crate::token) that was signed with one of them; with none, everybody.
    pub secrets: Vec<Secret>,
    /// With any, only pages from there and the own one may connect; with none, every page.
    pub origins: Vec<WebOrigin>,
    /// Where `/metrics` is answered, and nothing else; port 0 lets the system choose.
    pub metrics: Option<SocketAddr>,
    /// Whether `/metrics` is answered at [`listen`](Config::listen) too, to everybody.
    pub public_metrics: bool,
    /// With the same one after a restart, sessions go on; none: a random one for this run, or that of the cluster.
    pub ticket_secret: Option<TicketSecret>,
    /// With it, this is one node of several that keep rooms together.
    #[cfg(feature = "redis")]
    pub redis: Option<crate::redis::RedisConfig>,
    /// With it there is `/api`, for those who say it.
    pub api_secret: Option<ApiSecret>,
    /// Where what happens in rooms is told, if anywhere.
    pub webhook: Option<WebhookConfig>,
    /// How much anybody may ask.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            further_ports: 0,
            page: Page::None,
            tls: None,
            ice_servers: Vec::new(),
            ice_servers_url: None,
            turn: None,
            turn_secret: None,
            turn_limits: TurnLimits::default(),
            behind_proxy: false,
            secrets: Vec::new(),
            origins: Vec::new(),
            metrics: None,
            public_metrics: false,
            api_secret: None,
            ticket_secret: None,
            #[cfg(feature = "redis")]
            redis: None,
            webhook: None,
            limits: Limits::default(),
        }
    }
}

/// Where the page comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// From nowhere: there is only the signalling.
    None,
    /// From inside the program, if it was [built in](Page::is_embedded).
    Embedded,
    /// From this folder, as it is at each moment; without what links lead to.
    Folder(PathBuf),
    /// The same with what links lead to, also outside the folder.
    LinkedFolder(PathBuf),
}

impl Page {
    /// Whether the page was there, built, when this program was.
    #[must_use]
    pub fn is_embedded() -> bool {
        crate::page::is_embedded()
    }
}
