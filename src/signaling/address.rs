//! The address of a signalling server, as people write it.

use itodenwa_wire::VISIT;

/// The address in the form that a WebSocket takes, for a page whose address is `page`. None if it names no server.
///
/// Taken are `ws:` and `wss:` addresses; `http:` and `https:` addresses, as of the server's page; a path at this page's server; and
/// a host without a scheme, which is reached as securely as the page was. Where there is no path, or it is a folder's, `ws` is added.
pub(crate) fn of_server(given: &str, page: &str) -> Option<String> {
    // A WebSocket's address has no fragment.
    let given = given.trim().split('#').next()?;
    if let Some((scheme, _)) = after_scheme(given) {
        return match scheme.to_ascii_lowercase().as_str() {
            "ws" | "wss" => with_path(given),
            _ => beside(given),
        };
    }
    if given.starts_with('/') && !given.starts_with("//") {
        return with_path(&[&web_socket(origin(page)?)?, given].concat());
    }
    let given = given.strip_prefix("//").unwrap_or(given);
    if !is_host(given.split(['/', '?']).next()?) {
        return None;
    }
    let scheme = if starts_with(page, "https://") { "wss" } else { "ws" };
    with_path(&[scheme, "://", given].concat())
}

/// A WebSocket's address whose path names more than a folder.
fn with_path(address: &str) -> Option<String> {
    let origin = origin(address)?;
    let rest = address.get(origin.len()..)?;
    let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    let name = match path {
        "" => "/ws",
        folder if folder.ends_with('/') => "ws",
        _ => "",
    };
    Some([origin, path, name, query].concat())
}

/// The address `ws` beside this page, which need not be at the root of its server.
pub(crate) fn beside(page: &str) -> Option<String> {
    let page = page.split(['?', '#']).next().unwrap_or_default();
    let origin = origin(page)?;
    let path = page.get(origin.len()..).unwrap_or_default();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Some([&web_socket(origin)?, folder, "/ws"].concat())
}

/// The address of somebody who joins later.
pub(crate) fn of_visit(web_socket: &str) -> String {
    let separator = if web_socket.contains('?') { "&" } else { "?" };
    [web_socket, separator, VISIT].concat()
}

/// Where the server says why it does not open a WebSocket at this address.
pub(crate) fn admission(web_socket: &str) -> Option<String> {
    let (scheme, rest) = after_scheme(web_socket)?;
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let http = if scheme.eq_ignore_ascii_case("wss") { "https" } else { "http" };
    Some([http, "://", path, "/admission"].concat())
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
        "http" => Some(["ws://", rest].concat()),
        "https" => Some(["wss://", rest].concat()),
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
    // Names in other scripts are the browser's to read, and so is what is no name after all.
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || !b.is_ascii();
    let is_name = host.bytes().next().is_some_and(is_letter)
        && host.bytes().all(|b| is_letter(b) || matches!(b, b'.' | b'-' | b'_'));
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
    fn a_visit_is_said_in_the_query() {
        assert_eq!(of_visit("wss://example.org/ws"), "wss://example.org/ws?visit");
        assert_eq!(of_visit("wss://example.org/ws?a=b"), "wss://example.org/ws?a=b&visit");
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
            ("wss://calls.example", "wss://calls.example/ws"),
            ("ws://127.0.0.1:8080/", "ws://127.0.0.1:8080/ws"),
            ("wss://calls.example/call/?a=b#c", "wss://calls.example/call/ws?a=b"),
            ("wss://calls.example?a=b/c", "wss://calls.example/ws?a=b/c"),
            ("HTTPS://Calls.Example/call/", "wss://Calls.Example/call/ws"),
            ("http://[2001:db8::1]:8080?room=a/b", "ws://[2001:db8::1]:8080/ws"),
            ("127.0.0.1:8080/", "wss://127.0.0.1:8080/ws"),
            ("calls.example/call/", "wss://calls.example/call/ws"),
            ("calls.example?a=b", "wss://calls.example/ws?a=b"),
            ("[::1]", "wss://[::1]/ws"),
            ("//calls.example/signal", "wss://calls.example/signal"),
            ("signal_server:8080", "wss://signal_server:8080/ws"),
            ("bücher.example", "wss://bücher.example/ws"),
            ("/", "wss://example.org/ws"),
            ("/call/", "wss://example.org/call/ws"),
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
            "//",
            "///signal",
            "ws:",
            "ws://",
            "wss:///ws",
            "https://",
            "https:calls.example",
            "user@host",
            "::1",
            "[::1",
            "[]:80",
            ".",
            "./ws",
            "../call/ws",
            "?room=a",
            "#ws",
            "-host",
        ] {
            assert_eq!(of_server(given, page), None, "{given}");
        }
    }
}
