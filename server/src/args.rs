//! What the program is told: by flags, by the environment, by a file.

mod file;
mod ice;
mod mint;
#[cfg(feature = "redis")]
mod redis;
mod secrets;
mod status;
mod turn;
mod webhook;

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use itodenwa_wire::IceServer;

pub use mint::Mint;
pub use status::AskStatus;

use crate::relay::TurnLimits;
use crate::token::Secret;
use crate::{ApiSecret, Config, Limits, Page, SecretTooShort, TicketSecret, Tls, WebOrigin};

/// Where the program listens when it is not told.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// How many ports it tries after that one.
const FURTHER_PORTS: u16 = 20;
/// The page's folder when it is not told, if there is one.
const WWW: &str = "www";

/// itodenwa's server: the page, the signalling and a health check in one program. It needs no configuration.
///
/// What it is told by a flag goes before what the environment says, and that before the configuration file. The address is
/// printed on the standard output when the server is ready; the log goes to the standard error (RUST_LOG sets its level).
#[derive(Debug, Clone, Parser)]
#[command(name = "itodenwa-server", version)]
pub struct Args {
    /// Something else than serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// A file with the flags' names as keys (TOML): room-peers = 16
    #[arg(long, env = "ITODENWA_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:8080]
    ///
    /// If it is not given and port 8080 is taken: the next free one of the 20 ports after it.
    #[arg(long, env = "ITODENWA_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// The page's folder [default: the page inside the program]
    ///
    /// If the program was built without a page: www, if there is such a folder.
    #[arg(long, env = "ITODENWA_WWW", value_name = "DIR")]
    www: Option<PathBuf>,
    /// Follow symbolic links in the page's folder, also out of it
    #[arg(long, env = "ITODENWA_WWW_LINKS")]
    www_links: bool,
    /// Serve with TLS, by a certificate that is made at the start
    ///
    /// For trials with phones: camera and microphone need TLS. Browsers warn: compare the fingerprint that is printed.
    #[arg(long, env = "ITODENWA_TLS", value_name = "self-signed", value_enum, conflicts_with = "tls_certificate")]
    tls: Option<MadeTls>,
    /// Serve with TLS, by the certificate in this file (PEM)
    ///
    /// With those between it and the root. It is read again each hour, so that it may be renewed.
    #[arg(long, env = "ITODENWA_TLS_CERTIFICATE", value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The private key of --tls-certificate (PEM)
    #[arg(long, env = "ITODENWA_TLS_KEY", value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// A STUN or TURN server for everybody who joins; may be given many times
    ///
    /// stun:HOST[:PORT] or turn:HOST[:PORT][?transport=…],USERNAME,CREDENTIAL. With --turn-secret user and credential may be
    /// left out: each member gets its own for an hour. In the environment: with spaces between.
    #[arg(long = "ice-server", env = "ITODENWA_ICE_SERVERS", hide_env_values = true, value_name = "URL[,USER,CREDENTIAL]",
          value_delimiter = ' ', value_parser = ice::ice_server)]
    ice_servers: Vec<IceServer>,
    /// Take the client's address from X-Forwarded-For
    ///
    /// From its last entry: only behind a proxy that always sets it.
    #[arg(long, env = "ITODENWA_BEHIND_PROXY")]
    behind_proxy: bool,
    /// Let nobody in without a token that is signed with this, of 32 bytes or more
    ///
    /// Other users of this computer see flags: better use the environment or the file. May be given many times, for changing
    /// it: all are believed, the first signs. In the environment: with spaces between.
    #[arg(
        long = "secret",
        env = "ITODENWA_SECRET",
        hide_env_values = true,
        value_name = "SECRET",
        global = true,
        value_delimiter = ' ',
        help_heading = "Who may come in"
    )]
    pub secrets: Vec<Secret>,
    /// Let pages from here connect, and no others [default: all]
    ///
    /// For instance `https://example.org`. The own page may always connect. May be given many times; in the environment: with
    /// spaces between.
    #[arg(
        long = "allow-origin",
        env = "ITODENWA_ALLOW_ORIGINS",
        value_name = "ORIGIN",
        value_delimiter = ' ',
        help_heading = "Who may come in"
    )]
    origins: Vec<WebOrigin>,
    /// Answer /metrics here, and nothing else: an address that no proxy passes on [default: nowhere]
    #[arg(long, env = "ITODENWA_METRICS", value_name = "ADDRESS", help_heading = "Operation")]
    metrics: Option<SocketAddr>,
    /// Let everybody read /metrics, at the same address as the page
    #[arg(long, env = "ITODENWA_PUBLIC_METRICS", help_heading = "Operation")]
    public_metrics: bool,
    /// Let those who say this, of 16 bytes or more, see and close rooms at /api [default: nobody]
    ///
    /// Other users of this computer see flags: better use the environment or the file.
    #[arg(
        long,
        env = "ITODENWA_API_SECRET",
        hide_env_values = true,
        value_name = "SECRET",
        help_heading = "Operation"
    )]
    api_secret: Option<ApiSecret>,
    /// How the log is written
    #[arg(long, env = "ITODENWA_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text,
          help_heading = "Operation")]
    pub log_format: LogFormat,
    /// What session tickets are sealed with, 16 bytes or more: with the same one after a restart calls and sessions go on
    /// [default: random for each start; with --redis, that of the cluster]
    #[arg(long, env = "ITODENWA_TICKET_SECRET", hide_env_values = true, value_name = "SECRET", value_parser = ticket_secret)]
    ticket_secret: Option<TicketSecret>,
    #[command(flatten)]
    webhook: webhook::WebhookArgs,
    #[cfg(feature = "redis")]
    #[command(flatten)]
    redis: redis::RedisArgs,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    ice: ice::IceArgs,
    #[command(flatten)]
    turn: turn::TurnArgs,
    #[command(flatten)]
    turn_limits: TurnLimits,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// Lines of JSON, for programs.
    Json,
}

/// Certificates that need no files.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum MadeTls {
    SelfSigned,
}

/// Something else than serving.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Print a token that lets one person into one room, for trials. Needs --secret
    Token(Mint),
    /// Print the servers of a cluster, with their connections, rooms and members. Needs --api-secret
    Status(AskStatus),
}

impl Args {
    /// Reads what follows the program's name, the environment, and the file that one of them names.
    ///
    /// # Errors
    /// What is wrong, with the flag's name and without any secret, to be shown to a person. Asking for help is one of these, too.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let command = Args::command();
        let arguments = [OsString::from("itodenwa-server")]
            .into_iter()
            .chain(file::arguments(&command, &arguments)?)
            .chain(arguments);
        let matches =
            command.clone().try_get_matches_from(arguments).map_err(|error| secrets::hide(&command, error))?;
        Args::from_arg_matches(&matches)
    }

    /// What the flags say, and the program's own defaults where they say nothing.
    #[must_use]
    pub fn into_config(self) -> Config {
        let files = self.tls_certificate.zip(self.tls_key);
        let tls = match self.tls {
            Some(MadeTls::SelfSigned) => Some(Tls::SelfSigned),
            None => files.map(|(certificate, key)| Tls::Files { certificate, key }),
        };
        let listen = self.listen.unwrap_or(LISTEN);
        Config {
            listen,
            further_ports: if self.listen.is_some() { 0 } else { FURTHER_PORTS },
            page: page(self.www, self.www_links),
            tls,
            ice_servers: self.ice_servers,
            ice_servers_url: self.ice.into_config(),
            turn_secret: self.turn.turn_secret.clone(),
            turn: self.turn.into_config(listen.ip(), self.behind_proxy),
            turn_limits: self.turn_limits,
            behind_proxy: self.behind_proxy,
            secrets: self.secrets,
            origins: self.origins,
            metrics: self.metrics,
            public_metrics: self.public_metrics,
            api_secret: self.api_secret,
            ticket_secret: self.ticket_secret,
            #[cfg(feature = "redis")]
            redis: self.redis.into_config(),
            webhook: self.webhook.into_config(),
            limits: self.limits,
        }
    }
}

/// The folder that was given, otherwise the page inside the program, otherwise the folder that may be there.
fn page(www: Option<PathBuf>, links: bool) -> Page {
    let folder = if links { Page::LinkedFolder } else { Page::Folder };
    match www {
        Some(www) => folder(www),
        None if Page::is_embedded() => Page::Embedded,
        None if Path::new(WWW).is_dir() => folder(WWW.into()),
        None => Page::None,
    }
}

fn ticket_secret(text: &str) -> Result<TicketSecret, SecretTooShort> {
    TicketSecret::new(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Config, String> {
        Args::read(args.iter().map(OsString::from)).map(Args::into_config).map_err(|error| error.to_string())
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
            ("--metrics", "9090"),
            ("--room-peers", "17"),
            ("--room-peers", "0"),
            ("--signal-bytes", "524289"),
            ("--idle-timeout", "0"),
            ("--idle-timeout", "NaN"),
            ("--idle-timeout", "inf"),
            ("--connections", "many"),
            ("--allow-origin", "example.org"),
            ("--log-format", "xml"),
            ("--tls", "yes"),
            ("--tls-certificate", "file"),
            ("--tls-key", "file"),
            ("--secret", "too short"),
            ("--config", "no such file"),
            ("--ice-server", "http://example.org"),
            ("--ice-server", "stun:"),
            ("--ice-server", "stun:example.org:3478?transport=udp"),
            ("--ice-server", "turn:example.org?transport=tls,u,c"),
            ("--ice-server", "turn:example.org,u,"),
            ("--ice-server", "turn:example.org,user"),
            ("--ice-servers-url", "http://example.org/"),
            ("--ice-servers-authorization", "a\nb"),
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
            ("--api-secret", "too short"),
            ("--webhook", "http://example.org/hook"),
            ("--webhook-secret", "whsec_c2hvcnQ="),
            ("--webhook", "https://example.org/hook"),
        ] {
            let error = parse(&[flag, value]).unwrap_err();
            assert!(error.contains(flag), "{flag} {value}: {error}");
        }
    }

    #[test]
    fn the_flags_fit_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_flag_has_its_variable() {
        for argument in Args::command().get_arguments() {
            let Some(long) = argument.get_long().filter(|long| !["help", "version"].contains(long)) else { continue };
            let variable = format!("ITODENWA_{}", long.to_uppercase().replace('-', "_"));
            let plural = format!("{variable}S");
            let env = argument.get_env().and_then(|env| env.to_str()).unwrap_or_default();
            assert!([variable.as_str(), plural.as_str()].contains(&env), "--{long} is {env}");
            assert!(argument.get_help().is_some(), "--{long} is not explained");
        }
    }

    #[test]
    fn the_example_of_a_file_is_in_order() {
        let config = parse(&["--config", concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/itodenwa.toml")]).unwrap();
        assert!(matches!(config.tls, Some(Tls::Files { .. })));
        assert_eq!(config.ice_servers.len(), 1);
    }

    #[test]
    fn secrets_may_be_many_and_are_shown_nowhere() {
        let [old, new] = ["a".repeat(32), "b".repeat(32)];
        let config = parse(&["--secret", &new, "--secret", &old]).unwrap();
        assert_eq!(config.secrets, [new.parse().unwrap(), old.parse().unwrap()]);
        assert!(!format!("{config:?}").contains("aaa"));
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
