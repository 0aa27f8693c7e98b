//! What STUN and TURN servers give this browser.

use itodenwa_wire::IceServer;

use super::LIMIT;
use super::finding::{Outcome, Part, fails, skipped, works};
use super::probe::{Gathered, Policy, gather};

/// An address of this browser as others see it; or, where the addresses are the same, no complaint of the browser's.
pub(super) async fn stun(servers: &[IceServer]) -> (Outcome, String, ()) {
    let servers = only(servers, |url| url.starts_with("stun:") || url.starts_with("stuns:"));
    if servers.is_empty() {
        return (fails("stun/missing"), String::new(), ());
    }
    let (outcome, detail) = match gather(&servers, Policy::All, "srflx", LIMIT).await {
        Err(error) => (fails("ice/servers-refused"), error.to_string()),
        Ok(Gathered { found: Some(candidate), .. }) => (works(), address(&candidate)),
        Ok(Gathered { complete: true, error: None, .. }) => (works(), String::new()),
        Ok(Gathered { error, .. }) => (fails("stun/unreachable"), said(error)),
    };
    (outcome, detail, ())
}

/// An address at the relay. Gives the servers by which there is one.
pub(super) async fn turn(part: Part, servers: &[IceServer]) -> (Outcome, String, Option<IceServer>) {
    let all = only(servers, |url| transport(url).is_some());
    let servers = only(&all, |url| transport(url) == Some(part));
    let Some(first) = servers.first().cloned() else {
        let missing = all.is_empty() && part == Part::TurnUdp;
        let outcome = if missing { fails("turn/missing") } else { skipped("turn/not-offered") };
        return (outcome, String::new(), None);
    };
    match gather(&servers, Policy::Relay, "relay", LIMIT).await {
        Err(error) => (fails("ice/servers-refused"), error.to_string(), None),
        Ok(Gathered { found: Some(candidate), .. }) => (works(), address(&candidate), Some(first)),
        Ok(Gathered { error: Some((code, text)), .. }) if (300..700).contains(&code) => {
            (fails("turn/refused"), said(Some((code, text))), None)
        }
        Ok(Gathered { error, .. }) => (fails("turn/unreachable"), said(error), None),
    }
}

/// The servers with only some of their addresses; those without any are left out.
fn only(servers: &[IceServer], wanted: impl Fn(&str) -> bool) -> Vec<IceServer> {
    let narrowed = servers.iter().map(|server| {
        let urls = server.urls.iter().filter(|url| wanted(url)).cloned().collect();
        IceServer { urls, ..server.clone() }
    });
    narrowed.filter(|server| !server.urls.is_empty()).collect()
}

/// How a TURN server is reached (RFC 7065, section 3.1): over UDP, when nothing is said.
fn transport(url: &str) -> Option<Part> {
    let (scheme, rest) = url.split_once(':')?;
    match (scheme.to_ascii_lowercase().as_str(), rest.to_ascii_lowercase().ends_with("?transport=tcp")) {
        ("turns", _) => Some(Part::TurnTls),
        ("turn", true) => Some(Part::TurnTcp),
        ("turn", false) => Some(Part::TurnUdp),
        _ => None,
    }
}

/// Address and port of a candidate (RFC 8839, section 5.1).
fn address(candidate: &str) -> String {
    let mut fields = candidate.split_ascii_whitespace().skip(4);
    match (fields.next(), fields.next()) {
        (Some(address), Some(port)) if address.contains(':') => ["[", address, "]:", port].concat(),
        (Some(address), Some(port)) => [address, ":", port].concat(),
        _ => String::new(),
    }
}

fn said(error: Option<(u16, String)>) -> String {
    let said = |(code, text): (u16, String)| [&code.to_string(), " ", &text].concat().trim_end().to_owned();
    error.map(said).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(urls: &[&str]) -> IceServer {
        IceServer { urls: urls.iter().map(|url| (*url).to_owned()).collect(), username: None, credential: None }
    }

    #[test]
    fn transports_are_those_of_the_address() {
        assert_eq!(transport("turn:a"), Some(Part::TurnUdp));
        assert_eq!(transport("turn:a:3478?transport=udp"), Some(Part::TurnUdp));
        assert_eq!(transport("TURN:a?transport=TCP"), Some(Part::TurnTcp));
        assert_eq!(transport("turns:a?transport=tcp"), Some(Part::TurnTls));
        assert_eq!(transport("stun:a"), None);
        assert_eq!(transport("nonsense"), None);
    }

    #[test]
    fn servers_are_narrowed_to_what_is_tried() {
        let servers = [server(&["stun:a"]), server(&["turn:b?transport=udp", "turn:b?transport=tcp"])];
        let tcp = only(&servers, |url| transport(url) == Some(Part::TurnTcp));
        assert_eq!(tcp, [server(&["turn:b?transport=tcp"])]);
    }

    #[test]
    fn addresses_are_read_from_candidates() {
        let relay = "candidate:1 1 udp 41885439 203.0.113.7 49300 typ relay raddr 0.0.0.0 rport 0";
        assert_eq!(address(relay), "203.0.113.7:49300");
        assert_eq!(address("candidate:1 1 udp 1 2001:db8::1 5 typ relay"), "[2001:db8::1]:5");
        assert_eq!(address("nonsense"), "");
    }
}
