//! The program's flags.

mod turn;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Parser;
use itodenwa_wire::IceServer;

use crate::relay::TurnLimits;
use crate::{Config, Limits, SecretTooShort, TicketSecret};

/// Where the program listens when it is not told.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// How many ports it tries after that one.
const FURTHER_PORTS: u16 = 20;
/// The page's folder when it is not told, if there is one.
const WWW: &str = "www";

/// itodenwa's server: the page, the signalling and a health check.
///
/// Every flag can be given as an environment variable too. The address is printed on the standard output when the
/// server is ready; the log goes to the standard error (RUST_LOG sets its level).
#[derive(Debug, Clone, Parser)]
#[command(name = "itodenwa-server", version)]
pub struct Args {
    /// Where to listen [default: 127.0.0.1:8080, or the next free one of the 20 ports after it]
    #[arg(long, env = "ITODENWA_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// The page's folder [default: www, if there is one]
    #[arg(long, env = "ITODENWA_WWW", value_name = "DIR")]
    www: Option<PathBuf>,
    /// A STUN or TURN server for everybody who joins: stun:HOST[:PORT] or turn:HOST[:PORT][?transport=…],USERNAME,CREDENTIAL.
    /// With --turn-secret user and credential may be left out: each member gets its own for an hour. May be given many times (in the environment: with spaces between)
    #[arg(long = "ice-server", env = "ITODENWA_ICE_SERVERS", hide_env_values = true, value_name = "URL[,USER,CREDENTIAL]",
          value_delimiter = ' ', value_parser = ice_server)]
    ice_servers: Vec<IceServer>,
    /// Take the client's address from the last entry of X-Forwarded-For: only behind a proxy that always sets it
    #[arg(long, env = "ITODENWA_BEHIND_PROXY")]
    behind_proxy: bool,
    /// What session tickets are sealed with, 16 bytes or more: with the same one after a restart calls and sessions go on
    /// [default: random for each start]
    #[arg(long, env = "ITODENWA_TICKET_SECRET", hide_env_values = true, value_name = "SECRET", value_parser = ticket_secret)]
    ticket_secret: Option<TicketSecret>,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    turn: turn::TurnArgs,
    #[command(flatten)]
    turn_limits: TurnLimits,
}

impl Args {
    /// What the flags say, and the program's own defaults where they say nothing.
    #[must_use]
    pub fn into_config(self) -> Config {
        let listen = self.listen.unwrap_or(LISTEN);
        Config {
            listen,
            further_ports: if self.listen.is_some() { 0 } else { FURTHER_PORTS },
            www: self.www.or_else(|| Some(PathBuf::from(WWW)).filter(|www| www.is_dir())),
            ice_servers: self.ice_servers,
            turn_secret: self.turn.turn_secret.clone(),
            turn: self.turn.into_config(listen.ip()),
            turn_limits: self.turn_limits,
            behind_proxy: self.behind_proxy,
            ticket_secret: self.ticket_secret,
            limits: self.limits,
        }
    }
}

/// One `--ice-server`. A TURN server has both user and credential (W3C WebRTC, section 4.4.1.6), or gets them from the secret;
/// a STUN server has none.
fn ice_server(text: &str) -> Result<IceServer, String> {
    let mut parts = text.splitn(3, ',');
    let url = parts.next().unwrap_or_default();
    let (scheme, host) = url.split_once(':').unwrap_or((url, ""));
    if host.is_empty() || host.starts_with(['/', '?', ':']) {
        return Err("it names no host: stun:HOST[:PORT] or turn:HOST[:PORT],USERNAME,CREDENTIAL".to_owned());
    }
    let (username, credential) = (parts.next().map(str::to_owned), parts.next().map(str::to_owned));
    match (scheme, &username, &credential) {
        ("stun" | "stuns", None, None) | ("turn" | "turns", None, None) | ("turn" | "turns", Some(_), Some(_)) => {
            Ok(IceServer { urls: vec![url.to_owned()], username, credential })
        }
        ("stun" | "stuns", ..) => Err("a STUN server has no user".to_owned()),
        ("turn" | "turns", ..) => {
            Err("a TURN server needs a user and a credential: URL,USERNAME,CREDENTIAL".to_owned())
        }
        _ => Err("its scheme is none of stun, stuns, turn, turns".to_owned()),
    }
}

fn ticket_secret(text: &str) -> Result<TicketSecret, SecretTooShort> {
    TicketSecret::new(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Config, String> {
        Args::try_parse_from([&["itodenwa-server"], args].concat())
            .map(Args::into_config)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn without_flags_the_defaults_hold() {
        let config = parse(&[]).unwrap();
        assert_eq!((config.listen, config.further_ports), (LISTEN, FURTHER_PORTS));
        assert_eq!(config.limits, Limits::default());
    }

    #[test]
    fn a_given_address_is_taken_as_it_is() {
        let config = parse(&["--listen", "0.0.0.0:9000", "--room-peers", "16", "--idle-timeout", "0.5"]).unwrap();
        assert_eq!((config.listen, config.further_ports), (([0, 0, 0, 0], 9000).into(), 0));
        assert_eq!(config.limits.room_peers, 16);
        assert_eq!(config.limits.idle_timeout.as_millis(), 500);
    }

    #[test]
    fn wrong_values_are_refused_with_the_flags_name() {
        for (flag, value) in [
            ("--listen", "localhost"),
            ("--room-peers", "17"),
            ("--room-peers", "0"),
            ("--signal-bytes", "524289"),
            ("--idle-timeout", "0"),
            ("--idle-timeout", "NaN"),
            ("--idle-timeout", "inf"),
            ("--connections", "many"),
            ("--ice-server", "http://example.org"),
            ("--ice-server", "stun:"),
            ("--ice-server", "turn:example.org,user"),
            ("--turn", "maybe"),
            ("--turn-secret", "too short"),
            ("--turn-ports", "5000"),
            ("--turn-ports", "5001-5000"),
            ("--turn-ports", "0-5000"),
            ("--turn-address", "example.org"),
            ("--turn-allow", "10.0.0.0/33"),
            ("--turn-credential-lifetime", "599"),
            ("--turn-lifetime", "3601"),
            ("--ice-server", "stun:example.org,user,secret"),
            ("--ticket-secret", "too short"),
        ] {
            let error = parse(&[flag, value]).unwrap_err();
            assert!(error.contains(flag), "{flag} {value}: {error}");
        }
    }

    #[test]
    fn ice_servers_may_be_many_and_credentials_may_have_commas() {
        let config =
            parse(&["--ice-server", "stun:example.org:3478", "--ice-server", "turn:example.org,u,a,b"]).unwrap();
        let [stun, turn] = &config.ice_servers[..] else { panic!("{:?}", config.ice_servers) };
        assert_eq!((stun.urls[0].as_str(), &stun.username), ("stun:example.org:3478", &None));
        assert_eq!((turn.username.as_deref(), turn.credential.as_deref()), (Some("u"), Some("a,b")));
    }
}
