//! The relay's flags; its limits are in [`TurnLimits`](crate::relay::TurnLimits).

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use clap::ValueEnum;
use ipnet::IpNet;

use crate::relay::TurnConfig;
use crate::relay::credentials::Secret;

/// The relay's flags.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "The relay (STUN and TURN)")]
pub(super) struct TurnArgs {
    /// Whether to relay for who cannot connect directly [default: on, if there is a --turn-address, or only this computer can
    /// connect to --listen and there is no --behind-proxy]
    #[arg(long, env = "ITODENWA_TURN", value_name = "ON|OFF")]
    turn: Option<Switch>,
    /// An address of this computer that others reach it at; at most one of IPv4 and one of IPv6 (in the environment: with
    /// spaces between) [default: 127.0.0.1 or ::1, if only this computer can connect]
    #[arg(long = "turn-address", env = "ITODENWA_TURN_ADDRESS", value_name = "ADDRESS", value_delimiter = ' ')]
    turn_addresses: Vec<IpAddr>,
    /// Where the relay listens, for UDP and TCP [default: the address of --listen, port 3478 or, if it is taken, any other]
    #[arg(long, env = "ITODENWA_TURN_LISTEN", value_name = "ADDRESS:PORT")]
    turn_listen: Option<SocketAddr>,
    /// The relay's name for clients, which a certificate has to have [default: the first --turn-address]
    #[arg(long, env = "ITODENWA_TURN_HOST", value_name = "NAME")]
    turn_host: Option<String>,
    /// The UDP ports of what is relayed: a firewall has to let them in
    #[arg(long, env = "ITODENWA_TURN_PORTS", value_name = "FIRST-LAST", default_value = "49152-65535",
          value_parser = ports)]
    turn_ports: RangeInclusive<u16>,
    /// What TURN credentials are made with, 16 bytes or more: coturn's static-auth-secret. Other users of this computer see
    /// flags: better use the environment [default: a random one]
    #[arg(long, env = "ITODENWA_TURN_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub(super) turn_secret: Option<Secret>,
    /// A network that may be talked to through the relay although it is not the public internet; many times (in the
    /// environment: with spaces between)
    #[arg(long, env = "ITODENWA_TURN_ALLOW", value_name = "NETWORK", value_delimiter = ' ')]
    turn_allow: Vec<IpNet>,
    /// The UDP ports of other computers that may be talked to through the relay: without --secret everybody may make a room,
    /// and with it send to any of them
    #[arg(long, env = "ITODENWA_TURN_PEER_PORTS", value_name = "FIRST-LAST", default_value = "1024-65535",
          value_parser = ports)]
    turn_peer_ports: RangeInclusive<u16>,
    /// How many threads relay [default: as many as there are processors, 8 at most]
    #[arg(long, env = "ITODENWA_TURN_WORKERS", value_name = "THREADS", value_parser = workers)]
    turn_workers: Option<NonZeroUsize>,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// Most threads that can be asked for.
const WORKERS: usize = 64;

impl TurnArgs {
    /// What the flags say, for a server that listens there, behind a proxy or not. Without an address the relay does not start.
    pub(super) fn into_config(self, listen: IpAddr, behind_proxy: bool) -> Option<TurnConfig> {
        let is_on = match self.turn {
            Some(switch) => switch == Switch::On,
            // A proxy on this computer brings people to whom 127.0.0.1 is their own.
            None => !self.turn_addresses.is_empty() || listen.is_loopback() && !behind_proxy,
        };
        let address = self.turn_listen.unwrap_or(SocketAddr::new(listen, TurnConfig::PORT));
        let own = Some(address.ip()).filter(|ip| self.turn_addresses.is_empty() && ip.is_loopback());
        is_on.then(|| TurnConfig {
            listen: address,
            any_port: self.turn_listen.is_none(),
            addresses: self.turn_addresses.into_iter().chain(own).collect(),
            host: self.turn_host,
            ports: self.turn_ports,
            allow: self.turn_allow,
            peer_ports: self.turn_peer_ports,
            workers: self.turn_workers,
        })
    }
}

fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let range = text.split_once('-').and_then(|(first, last)| Some(first.parse().ok()?..=last.parse().ok()?));
    range.filter(|range| !range.is_empty() && *range.start() > 0).ok_or_else(|| "it is not FIRST-LAST".to_owned())
}

fn workers(text: &str) -> Result<NonZeroUsize, String> {
    let workers = text.parse().ok().filter(|workers: &NonZeroUsize| workers.get() <= WORKERS);
    workers.ok_or_else(|| format!("it is not a number from 1 to {WORKERS}"))
}

#[cfg(test)]
mod tests {
    use crate::Config;
    use crate::args::Args;
    use clap::Parser;

    fn parse(args: &[&str]) -> Config {
        Args::try_parse_from([&["itodenwa-server"], args].concat()).unwrap().into_config()
    }

    #[test]
    fn it_is_on_where_it_needs_nothing_and_where_it_has_what_it_needs() {
        let turn = parse(&[]).turn.unwrap();
        assert_eq!((turn.listen.to_string().as_str(), turn.any_port), ("127.0.0.1:3478", true));
        assert_eq!(turn.addresses, [turn.listen.ip()]);
        assert_eq!(parse(&["--turn", "off"]).turn, None);
        assert_eq!(parse(&["--listen", "0.0.0.0:80"]).turn, None);
        let turn = parse(&["--listen", "0.0.0.0:80", "--turn-address", "203.0.113.10"]).turn.unwrap();
        assert_eq!((turn.listen.to_string(), turn.addresses.len()), ("0.0.0.0:3478".to_owned(), 1));
        assert_eq!(parse(&["--turn", "off", "--turn-address", "203.0.113.10"]).turn, None);
        let refused = parse(&["--listen", "0.0.0.0:80", "--turn", "on"]).turn.unwrap();
        assert!(refused.addresses.is_empty(), "the relay does not start and says what it needs");
    }

    #[test]
    fn behind_a_proxy_nobody_is_told_a_relay_at_the_loopback_address() {
        let proxied = ["--listen", "127.0.0.1:8080", "--behind-proxy"];
        assert_eq!(parse(&proxied).turn, None);
        let turn = parse(&[&proxied[..], &["--turn-address", "203.0.113.10"]].concat()).turn.unwrap();
        assert_eq!(turn.addresses, [std::net::IpAddr::from([203, 0, 113, 10])]);
        assert!(parse(&[&proxied[..], &["--turn", "on"]].concat()).turn.is_some(), "who asks for it has it");
    }

    #[test]
    fn everything_can_be_said() {
        let config = parse(&[
            "--turn-address",
            "203.0.113.10",
            "--turn-address",
            "2001:db8::1",
            "--turn-listen",
            "[::]:443",
            "--turn-host",
            "turn.example.org",
            "--turn-ports",
            "5000-5010",
            "--turn-peer-ports",
            "1-65535",
            "--turn-secret",
            "0123456789abcdef",
            "--turn-allow",
            "10.0.0.0/8",
            "--turn-allow",
            "fd00::/8",
            "--turn-workers",
            "2",
            "--turn-lifetime",
            "600",
        ]);
        let turn = config.turn.unwrap();
        assert_eq!((turn.listen.to_string().as_str(), turn.any_port), ("[::]:443", false));
        assert_eq!((turn.addresses.len(), turn.allow.len(), turn.ports), (2, 2, 5000..=5010));
        assert_eq!(turn.peer_ports, 1..=65_535);
        assert_eq!((turn.host.as_deref(), turn.workers.unwrap().get()), (Some("turn.example.org"), 2));
        assert_eq!(config.turn_secret, Some("0123456789abcdef".parse().unwrap()));
        assert_eq!(config.turn_limits.turn_lifetime.as_secs(), 600);
    }
}
