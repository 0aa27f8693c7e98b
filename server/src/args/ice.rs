//! The flags of a service that gives ICE servers.

use std::time::Duration;

use axum::http::HeaderValue;
use itodenwa_wire::IceServer;

use crate::ice::{IceScheme, IceServersUrl, check_ice_server, check_url};
use crate::limits::seconds;
use crate::outgoing::SafeUrl;

/// The flags of a service that gives ICE servers.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "ICE servers of a service")]
pub(super) struct IceArgs {
    /// Where to fetch more ICE servers, again and again before they expire: a list as Cloudflare and Twilio give it
    #[arg(long, env = "ITODENWA_ICE_SERVERS_URL", hide_env_values = true, value_name = "URL")]
    ice_servers_url: Option<SafeUrl>,
    /// The header Authorization for it: "Bearer TOKEN", "Basic BASE64". Other users of this computer see flags: better use
    /// the environment
    #[arg(long, env = "ITODENWA_ICE_SERVERS_AUTHORIZATION", hide_env_values = true, value_name = "TEXT", value_parser = header)]
    ice_servers_authorization: Option<HeaderValue>,
    /// What to send there by POST, JSON or a form, for instance {"ttl": 3600} [default: nothing, by GET]
    #[arg(long, env = "ITODENWA_ICE_SERVERS_BODY", hide_env_values = true, value_name = "TEXT")]
    ice_servers_body: Option<String>,
    /// How long a list may be used that does not say so itself, in seconds
    #[arg(long, env = "ITODENWA_ICE_SERVERS_TTL", value_name = "SECONDS", default_value = "3600", value_parser = seconds)]
    ice_servers_ttl: Duration,
}

impl IceArgs {
    pub(super) fn into_config(self) -> Option<IceServersUrl> {
        Some(IceServersUrl {
            url: self.ice_servers_url?,
            authorization: self.ice_servers_authorization,
            body: self.ice_servers_body,
            ttl: self.ice_servers_ttl,
        })
    }
}

fn header(text: &str) -> Result<HeaderValue, String> {
    let mut value =
        HeaderValue::from_str(text).map_err(|_| "it has characters that a header cannot have".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// One `--ice-server`: what a browser takes. A TURN server has both user and credential, or gets them from the secret; a STUN
/// server has none.
pub(super) fn ice_server(text: &str) -> Result<IceServer, String> {
    let mut parts = text.splitn(3, ',');
    let url = parts.next().unwrap_or_default();
    let (username, credential) = (parts.next().map(str::to_owned), parts.next().map(str::to_owned));
    let scheme = check_url(url).map_err(|error| error.to_string())?;
    let server = IceServer { urls: vec![url.to_owned()], username, credential };
    match (scheme, &server.username) {
        (IceScheme::Stun, Some(_)) => return Err("a STUN server has no user".to_owned()),
        (_, None) => {}
        (IceScheme::Turn, Some(_)) => {
            check_ice_server(&server).map_err(|error| format!("{error}: URL,USERNAME,CREDENTIAL"))?;
        }
    }
    Ok(server)
}
