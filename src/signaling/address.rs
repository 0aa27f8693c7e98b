//! The address of a signalling server, as people write it.

/// The address in the form that a WebSocket takes, for a page whose address is `page`. None if it names no server.
///
/// Taken are `ws:` and `wss:` addresses as they are; `http:` and `https:` addresses, as of the server's page; and a host without a
/// scheme, which is reached as securely as the page was. Where there is no path it is `/ws`.
pub(crate) fn of_server(given: &str, page: &str) -> Option<String> {
    let given = given.trim();
    if starts_with(given, "ws://") || starts_with(given, "wss://") {
        return Some(given.to_owned());
    }
    if starts_with(given, "http://") || starts_with(given, "https://") {
        return beside(given);
    }
    if given.starts_with('/') && !given.starts_with("//") {
        let origin = origin(page)?;
        return Some(format!("{}{given}", web_socket(origin)?));
    }
    let (authority, _) = given.split_once('/').unwrap_or((given, ""));
    if !is_host(authority) {
        return None;
    }
    let scheme = if starts_with(page, "https://") { "wss" } else { "ws" };
    let path = if given.contains('/') { "" } else { "/ws" };
    Some(format!("{scheme}://{given}{path}"))
}

/// The address `ws` beside this page, which need not be at the root of its server.
pub(crate) fn beside(page: &str) -> Option<String> {
    let page = page.split(['?', '#']).next().unwrap_or_default();
    let origin = origin(page)?;
    let path = page.get(origin.len()..).unwrap_or_default();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Some(format!("{}{folder}/ws", web_socket(origin)?))
}

/// Where the server says why it does not open a WebSocket at this address.
pub(crate) fn admission(web_socket: &str) -> Option<String> {
    let (scheme, rest) = after_scheme(web_socket)?;
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let http = if scheme.eq_ignore_ascii_case("wss") { "https" } else { "http" };
    Some(format!("{http}://{path}/admission"))
}

/// Scheme, host and port.
fn origin(page: &str) -> Option<&str> {
    let start = page.len() - after_scheme(page)?.1.len();
    let end = page.get(start..)?.find(['/', '?', '#']).map_or(page.len(), |length| start + length);
    page.get(..end).filter(|origin| origin.len() > start)
}

fn web_socket(origin: &str) -> Option<String> {
    let (scheme, rest) = after_scheme(origin)?;
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Some(format!("ws://{rest}")),
        "https" => Some(format!("wss://{rest}")),
        _ => None,
    }
}

/// The scheme, and what follows its slashes.
fn after_scheme(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once(':')?;
    Some((scheme, rest.strip_prefix("//")?))
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Whether it is a host, with a port if there is one: what has a scheme of its own, spaces or a user is none.
fn is_host(authority: &str) -> bool {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok() && port.bytes().all(|b| b.is_ascii_digit());
    let is_name = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    let is_v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).is_some_and(|host| {
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
    });
    (is_name || is_v6) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_of_a_page_is_beside_it() {
        for (page, expected) in [
            ("http://localhost:8080/", "ws://localhost:8080/ws"),
            ("http://localhost:8080", "ws://localhost:8080/ws"),
            ("https://example.org/call/?room=blue#token=a/b", "wss://example.org/call/ws"),
            ("https://example.org/call/index.html", "wss://example.org/call/ws"),
            ("https://[2001:db8::1]:8443/a/b/", "wss://[2001:db8::1]:8443/a/b/ws"),
        ] {
            assert_eq!(beside(page).as_deref(), Some(expected), "{page}");
        }
        for page in ["file:///home/page.html", "about:blank", "blob:null/1", "", "data:text/html,x"] {
            assert_eq!(beside(page), None, "{page}");
        }
    }

    #[test]
    fn the_server_is_asked_for_admission_where_its_web_socket_is() {
        for (web_socket, expected) in [
            ("ws://localhost:8080/ws", "http://localhost:8080/ws/admission"),
            ("wss://example.org/call/ws?a=b#c", "https://example.org/call/ws/admission"),
        ] {
            assert_eq!(admission(web_socket).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_server_is_named_as_people_do() {
        let page = "https://example.org/call/";
        for (given, expected) in [
            ("wss://calls.example/ws", "wss://calls.example/ws"),
            ("WS://calls.example/a?b=c", "WS://calls.example/a?b=c"),
            ("http://127.0.0.1:8080/", "ws://127.0.0.1:8080/ws"),
            ("https://calls.example/deep/page.html?room=a", "wss://calls.example/deep/ws"),
            (" 127.0.0.1:8080 ", "wss://127.0.0.1:8080/ws"),
            ("localhost:8080", "wss://localhost:8080/ws"),
            ("calls.example", "wss://calls.example/ws"),
            ("calls.example/signal", "wss://calls.example/signal"),
            ("[::1]:8080", "wss://[::1]:8080/ws"),
            ("/signal", "wss://example.org/signal"),
        ] {
            assert_eq!(of_server(given, page).as_deref(), Some(expected), "{given}");
        }
        assert_eq!(of_server("calls.example", "http://localhost/").as_deref(), Some("ws://calls.example/ws"));
        for given in [
            "",
            "  ",
            "ftp://calls.example/",
            "javascript:alert(1)",
            "mailto:ann@example.org",
            "a b",
            "host:99999",
            "host:",
            ":80",
            "//calls.example",
            "ws:",
            "user@host",
        ] {
            assert_eq!(of_server(given, page), None, "{given}");
        }
    }
}
