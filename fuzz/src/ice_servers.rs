//! Lists of ICE servers that a service gives: what is taken of them no browser refuses, and it is not much.

use itodenwa_server::check_ice_server;
use itodenwa_server::fuzzing::read_ice_servers;

/// The target.
pub fn run(data: &[u8]) {
    let Some(servers) = read_ice_servers(data) else { return };
    assert!((1..=16).contains(&servers.len()), "{} servers", servers.len());
    for server in &servers {
        assert!((1..=8).contains(&server.urls.len()), "{server:?}");
        assert_eq!(check_ice_server(server), Ok(()), "{server:?}");
        for url in &server.urls {
            plain(url);
            let is_turn = url.starts_with("turn");
            let has = |text: &Option<String>| text.as_ref().is_some_and(|text| (1..=1024).contains(&text.len()));
            assert!(!is_turn || has(&server.username) && has(&server.credential), "{server:?}");
        }
    }
}

/// What every browser reads, in other words than the server's.
fn plain(url: &str) {
    assert!(url.len() <= 1024 && url.is_ascii() && !url.contains([' ', '/', '@', '#', '%', '\\']), "{url:?}");
    let (scheme, rest) = url.split_once(':').expect("a scheme");
    assert!(["stun", "stuns", "turn", "turns"].contains(&scheme), "{url:?}");
    let (place, query) = rest.split_once('?').unwrap_or((rest, "transport=udp"));
    assert!(scheme.starts_with("turn") || !rest.contains('?'), "{url:?}");
    assert!(query == "transport=udp" || query == "transport=tcp", "{url:?}");
    let port = match place.rsplit_once(':') {
        Some((host, port)) if !host.starts_with('[') || host.ends_with(']') => port,
        _ => "1",
    };
    assert!(port.parse::<u16>().is_ok_and(|port| port > 0) && !port.starts_with('+'), "{url:?}");
    assert!(!place.is_empty() && !place.starts_with(':'), "{url:?}");
}
