//! Lists of ICE servers in the shapes that services give them: Cloudflare's `{"iceServers": …}`, Twilio's
//! `{"ice_servers": [{"url": …}], "ttl": "86400"}`, or a bare array.

use std::time::Duration;

use itodenwa_wire::IceServer;
use serde_json::Value;

/// Most servers of a list; the others are left out.
const SERVERS: usize = 16;
/// Most addresses of a server; the others are left out.
const URLS: usize = 8;
/// Longest text.
const TEXT_BYTES: usize = 1024;

/// A list, and how long it says that it may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct List {
    pub(super) servers: Vec<IceServer>,
    pub(super) ttl: Option<Duration>,
}

/// Reads a list; none if there is no server in it.
pub(super) fn read(text: &[u8]) -> Option<List> {
    let value: Value = serde_json::from_slice(text).ok()?;
    let servers = ["iceServers", "ice_servers"].iter().find_map(|name| value.get(name)).unwrap_or(&value);
    let servers: Vec<_> = match servers {
        Value::Array(servers) => servers.iter().filter_map(server).take(SERVERS).collect(),
        one => server(one).into_iter().collect(),
    };
    let ttl = value.get("ttl").and_then(|ttl| ttl.as_u64().or_else(|| ttl.as_str()?.parse().ok()));
    (!servers.is_empty()).then_some(List { servers, ttl: ttl.map(Duration::from_secs) })
}

/// One server. `url` is what `urls` was once.
fn server(value: &Value) -> Option<IceServer> {
    let urls = match value.get("urls").or_else(|| value.get("url"))? {
        Value::Array(urls) => urls.iter().filter_map(text).filter(|url| is_ice(url)).take(URLS).collect(),
        one => text(one).filter(|url| is_ice(url)).into_iter().collect::<Vec<_>>(),
    };
    let field = |name: &str| value.get(name).and_then(text);
    let server = IceServer { urls, username: field("username"), credential: field("credential") };
    // A browser refuses a whole list for one TURN server without a user (W3C WebRTC, section 4.4.1.6).
    let is_whole = !super::needs_credentials(&server) && server.username.is_some() == server.credential.is_some();
    (!server.urls.is_empty() && is_whole).then_some(server)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| text.len() <= TEXT_BYTES).map(str::to_owned)
}

fn is_ice(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(scheme, host)| (scheme, host.is_empty()));
    matches!(scheme, Some(("stun" | "stuns" | "turn" | "turns", false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(text: &str) -> Vec<Vec<String>> {
        read(text.as_bytes()).map_or(Vec::new(), |list| list.servers.into_iter().map(|server| server.urls).collect())
    }

    #[test]
    fn cloudflares_lists_are_read() {
        let list = r#"{"iceServers": [{"urls": ["stun:stun.cloudflare.com:3478"]},
            {"urls": ["turn:turn.cloudflare.com:3478?transport=udp", "turns:turn.cloudflare.com:443?transport=tcp"],
             "username": "u", "credential": "c"}]}"#;
        let List { servers, ttl } = read(list.as_bytes()).unwrap();
        let [stun, turn] = &servers[..] else { panic!("{servers:?}") };
        assert_eq!((stun.urls.len(), &stun.username, turn.urls.len(), ttl), (1, &None, 2, None));
        assert_eq!((turn.username.as_deref(), turn.credential.as_deref()), (Some("u"), Some("c")));
        let one = r#"{"iceServers": {"urls": ["turn:a", "turn:b"], "username": "u", "credential": "c"}}"#;
        assert_eq!(urls(one), [["turn:a", "turn:b"]]);
    }

    #[test]
    fn twilios_lists_are_read() {
        let list = r#"{"username": "x", "ttl": "86400", "ice_servers": [{"url": "stun:a", "urls": "stun:a"},
            {"url": "turn:b", "username": "u", "credential": "c"}]}"#;
        assert_eq!(urls(list), [["stun:a"], ["turn:b"]]);
        assert_eq!(read(list.as_bytes()).unwrap().ttl, Some(Duration::from_secs(86400)));
    }

    #[test]
    fn what_a_browser_would_refuse_is_left_out() {
        let list = r#"[{"urls": "turn:no-user"}, {"urls": "http://a"}, {"urls": []}, {"urls": 7}, 7, {"urls": "stun:"},
            {"urls": "turn:half", "username": "u"}, {"urls": ["ftp:a", "stun:good"]}]"#;
        assert_eq!(urls(list), [["stun:good"]]);
        for nothing in ["", "null", "[]", "{}", r#"{"iceServers": []}"#, "<html>", r#"{"error": "denied"}"#] {
            assert_eq!(read(nothing.as_bytes()), None, "{nothing}");
        }
    }

    #[test]
    fn lists_have_bounds() {
        let many = format!("[{}]", vec![r#"{"urls": "stun:a"}"#; 100].join(","));
        assert_eq!(urls(&many).len(), SERVERS);
        let long = format!(r#"[{{"urls": ["stun:{}", {}]}}]"#, "x".repeat(2000), vec![r#""stun:a""#; 100].join(","));
        assert_eq!(urls(&long), [vec!["stun:a"; URLS]]);
    }
}
