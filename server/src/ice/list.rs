//! Lists of ICE servers in the shapes that services give them: Cloudflare's `{"iceServers": …}`, Twilio's
//! `{"ice_servers": [{"url": …}], "ttl": "86400"}`, or a bare array.

use std::time::Duration;

use itodenwa_wire::IceServer;
use serde_json::Value;

use super::check::{check_url, check_with_credentials};

/// Most servers of a list; the others are left out.
const SERVERS: usize = 16;
/// Most addresses of a server; the others are left out.
const URLS: usize = 8;
/// Longest text.
const TEXT_BYTES: usize = 1024;

/// A list, and how long it says that it may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) servers: Vec<IceServer>,
    pub(crate) ttl: Option<Duration>,
    /// What was left out: its address, if it is one that may be logged, and why a browser would refuse it.
    pub(crate) left_out: Vec<LeftOut>,
}

/// What of a list a browser would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) url: String,
    pub(crate) why: String,
}

/// Reads a list; none if there is no server in it that a browser takes.
pub(crate) fn read(text: &[u8]) -> Option<List> {
    let value: Value = serde_json::from_slice(text).ok()?;
    let servers = ["iceServers", "ice_servers"].iter().find_map(|name| value.get(name)).unwrap_or(&value);
    let mut left_out = Vec::new();
    let mut read = |value: &Value| server(value, &mut left_out);
    let servers: Vec<_> = match servers {
        Value::Array(servers) => servers.iter().filter_map(&mut read).take(SERVERS).collect(),
        one => read(one).into_iter().collect(),
    };
    let ttl = value.get("ttl").and_then(|ttl| ttl.as_u64().or_else(|| ttl.as_str()?.parse().ok()));
    (!servers.is_empty()).then_some(List { servers, ttl: ttl.map(Duration::from_secs), left_out })
}

/// One server, with the addresses that a browser takes. `url` is what `urls` was once.
fn server(value: &Value, left_out: &mut Vec<LeftOut>) -> Option<IceServer> {
    let urls = match value.get("urls").or_else(|| value.get("url"))? {
        Value::Array(urls) => urls.iter().filter_map(text).take(URLS).collect(),
        one => text(one).into_iter().collect::<Vec<_>>(),
    };
    let field = |name: &str| value.get(name).and_then(text);
    let mut server = IceServer { urls: Vec::new(), username: field("username"), credential: field("credential") };
    for url in urls {
        match check_with_credentials(&url, &server) {
            Ok(()) => server.urls.push(url),
            Err(_) if left_out.len() >= SERVERS => {}
            // An address that is none may be a secret that stands in the wrong place.
            Err(why) => left_out
                .push(LeftOut { url: if check_url(&url).is_ok() { url } else { String::new() }, why: why.to_string() }),
        }
    }
    (!server.urls.is_empty()).then_some(server)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| text.len() <= TEXT_BYTES).map(str::to_owned)
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
        let List { servers, ttl, left_out } = read(list.as_bytes()).unwrap();
        assert_eq!(left_out, []);
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
            {"urls": "turn:half", "username": "u"}, {"urls": ["ftp:a", "stun:good"]}, {"urls": "stun:a:3478?transport=udp"},
            {"urls": ["turn:a?transport=tls", "turn:a?transport=tcp"], "username": "u", "credential": "c"},
            {"urls": "turn:a", "username": "u", "credential": ""}, {"urls": "stun:a:0"}]"#;
        assert_eq!(urls(list), [["stun:good"], ["turn:a?transport=tcp"]]);
        let left_out = read(list.as_bytes()).unwrap().left_out;
        let named: Vec<_> = left_out.iter().map(|out| out.url.as_str()).filter(|url| !url.is_empty()).collect();
        assert_eq!((left_out.len(), &named[..]), (9, &["turn:no-user", "turn:half", "turn:a"][..]), "{left_out:?}");
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
