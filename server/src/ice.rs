//! The STUN and TURN servers that members are told of.

mod check;
mod fetch;
pub(crate) mod list;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use itodenwa_wire::{IceServer, IceServers, PeerId, RoomName};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::relay::Service;
use crate::relay::credentials::Secret;
pub(crate) use check::{IceScheme, check_url};
pub use check::{IceServerError, check_ice_server};
pub(crate) use fetch::Fetcher;
pub use fetch::IceServersUrl;
use fetch::Newest;

/// Gives members their ICE servers.
pub trait IceSource {
    /// Those of somebody who is in a room: from its coming on, and as often as they are asked for.
    fn servers(&mut self, room: &RoomName, member: PeerId) -> IceServers;

    /// Somebody is in a room no more: what it was given is worth nothing.
    fn dismiss(&mut self, room: &RoomName, member: PeerId);
}

/// The same for everybody, and for ever.
impl IceSource for IceServers {
    fn servers(&mut self, _: &RoomName, _: PeerId) -> IceServers {
        self.clone()
    }

    fn dismiss(&mut self, _: &RoomName, _: PeerId) {}
}

/// The servers of the configuration and the relay, with credentials for each member.
#[derive(Debug)]
pub(crate) struct Ice {
    /// TURN servers without a user get credentials that are made with the secret.
    pub(crate) given: Vec<IceServer>,
    pub(crate) secret: Secret,
    /// How long credentials are worth something.
    pub(crate) lifetime: Duration,
    pub(crate) relay: Option<Relay>,
    /// What a service gives.
    pub(crate) fetched: Option<watch::Receiver<Newest>>,
}

/// Fetched servers that are over, or not there yet, are looked for again so soon.
const SOON: Duration = Duration::from_secs(60);

/// The relay, and where clients find it.
#[derive(Debug)]
pub(crate) struct Relay {
    pub(crate) service: Arc<Service>,
    pub(crate) stun: IceServer,
    pub(crate) turn: IceServer,
}

impl IceSource for Ice {
    fn servers(&mut self, room: &RoomName, member: PeerId) -> IceServers {
        let session = self.session(room, member);
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let credentials = self.secret.mint(unix + self.lifetime.as_secs(), &session);
        let mut servers = self.given.clone();
        if let Some(relay) = &self.relay {
            relay.service.admit(&session);
            servers.extend([relay.stun.clone(), relay.turn.clone()]);
        }
        let mut expires_in = None;
        for server in servers.iter_mut().filter(|server| needs_credentials(server)) {
            server.username = Some(credentials.username.clone());
            server.credential = Some(credentials.password.clone());
            expires_in = u32::try_from(self.lifetime.as_secs()).ok();
        }
        if let Some(fetched) = &self.fetched {
            let newest = fetched.borrow();
            servers.extend(newest.servers.iter().cloned());
            let lifetime = newest.until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
            let lifetime = u32::try_from(lifetime.max(SOON).as_secs()).unwrap_or(u32::MAX);
            expires_in = Some(expires_in.map_or(lifetime, |own: u32| own.min(lifetime)));
        }
        IceServers { servers, expires_in }
    }

    fn dismiss(&mut self, room: &RoomName, member: PeerId) {
        if let Some(relay) = &self.relay {
            relay.service.dismiss(&self.session(room, member));
        }
    }
}

impl Ice {
    /// Also gives what a service gives, as soon as it is fetched.
    pub(crate) fn fetching(&mut self, from: IceServersUrl) -> std::io::Result<Fetcher> {
        let (fetcher, newest) = Fetcher::new(from)?;
        self.fetched = Some(newest);
        Ok(fetcher)
    }

    /// What a member is called in TURN: it tells neither room nor id.
    fn session(&self, room: &RoomName, member: PeerId) -> String {
        let name: [u8; 12] = self.secret.seal(&[room.as_str().as_bytes(), b"/", &member.get().to_be_bytes()]);
        URL_SAFE_NO_PAD.encode(name)
    }
}

impl Relay {
    /// The relay's addresses (RFC 7064, RFC 7065), with this host in them; that of TLS if a client would believe it.
    ///
    /// # Errors
    /// When the host is none.
    pub(crate) fn new(service: Service, host: &str, with_tls: bool) -> Result<Self, IceServerError> {
        let (port, server) = (service.address().port(), |urls| IceServer { urls, username: None, credential: None });
        let mut turn = vec![format!("turn:{host}:{port}?transport=udp"), format!("turn:{host}:{port}?transport=tcp")];
        if with_tls {
            turn.push(format!("turns:{host}:{port}?transport=tcp"));
        }
        turn.iter().try_for_each(|url| check_url(url).map(drop))?;
        let stun = server(vec![format!("stun:{host}:{port}")]);
        Ok(Relay { stun, turn: server(turn), service: Arc::new(service) })
    }
}

/// A host in an address: IPv6 has brackets (RFC 3986, section 3.2.2).
pub(crate) fn host(ip: IpAddr) -> String {
    let with_port = SocketAddr::new(ip, 0).to_string();
    with_port.strip_suffix(":0").unwrap_or(&with_port).to_owned()
}

/// Checks an ICE server that is to be given to members; with a secret it may get its credentials from that.
pub(crate) fn check_given(server: &IceServer, has_secret: bool) -> Result<(), IceServerError> {
    match needs_credentials(server) && server.credential.is_none() && has_secret {
        true => server.urls.iter().try_for_each(|url| check_url(url).map(drop)),
        false => check_ice_server(server),
    }
}

/// Whether this is a TURN server of which only the address is known.
pub(crate) fn needs_credentials(server: &IceServer) -> bool {
    server.username.is_none() && server.urls.iter().any(|url| check_url(url) == Ok(IceScheme::Turn))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ice(given: &[(&str, Option<&str>)]) -> Ice {
        let given = given.iter().map(|(url, user)| IceServer {
            urls: vec![(*url).to_owned()],
            username: user.map(str::to_owned),
            credential: user.map(str::to_owned),
        });
        let secret = Secret::new(*b"0123456789abcdef").unwrap();
        Ice { given: given.collect(), secret, lifetime: Duration::from_secs(1800), relay: None, fetched: None }
    }

    fn room(name: &str) -> RoomName {
        RoomName::new(name).unwrap()
    }

    #[test]
    fn only_what_needs_credentials_gets_them_and_expires() {
        let mut fixed = ice(&[("stun:a.example", None), ("turn:b.example", Some("u"))]);
        let servers = fixed.servers(&room("a"), PeerId::new(1));
        assert_eq!((servers.servers, servers.expires_in), (fixed.given, None));
        let mut minted = ice(&[("stun:a.example", None), ("turn:b.example", Some("u")), ("turns:c.example", None)]);
        let servers = minted.servers(&room("a"), PeerId::new(1));
        assert_eq!(servers.expires_in, Some(1800));
        let [stun, fixed, minted] = &servers.servers[..] else { panic!("{servers:?}") };
        assert_eq!((&stun.username, fixed.username.as_deref()), (&None, Some("u")));
        assert_eq!(minted.credential.as_ref().unwrap().len(), 28);
    }

    #[test]
    fn each_member_of_each_room_is_another_session() {
        let ice = ice(&[]);
        let names = [("a", 1), ("a", 2), ("b", 1), ("a/", 1)].map(|(name, id)| {
            let room = RoomName::new(name.replace('/', "-")).unwrap();
            ice.session(&room, PeerId::new(id))
        });
        let different: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!((different.len(), names[0].len()), (4, 16));
        assert_eq!(ice.session(&room("a"), PeerId::new(1)), names[0]);
    }

    #[test]
    fn hosts_are_written_as_in_addresses() {
        assert_eq!(host("192.0.2.1".parse().unwrap()), "192.0.2.1");
        assert_eq!(host("2001:db8::1".parse().unwrap()), "[2001:db8::1]");
    }
}
