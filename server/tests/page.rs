//! What HTTP requests are answered.

use std::path::PathBuf;

use itodenwa_server::{Config, Page, Server, StartError};

use crate::support::{TestServer, http};

/// A page in a folder that is gone after the test.
pub(crate) struct Www(PathBuf);

impl Www {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("itodenwa-{}-{name}", std::process::id()));
        std::fs::create_dir_all(path.join("www/pkg")).unwrap();
        std::fs::write(path.join("www/index.html"), "<!doctype html>").unwrap();
        std::fs::write(path.join("www/app.js"), "import './pkg/a.js'").unwrap();
        std::fs::write(path.join("www/pkg/a.wasm"), b"\0asm").unwrap();
        std::fs::write(path.join("secret"), "secret").unwrap();
        Www(path)
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.0.join("www")
    }

    async fn served(&self) -> TestServer {
        TestServer::configured(Config { page: Page::Folder(self.0.join("www")), ..Config::default() }).await
    }
}

impl Drop for Www {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn the_page_comes_with_its_types_and_headers() {
    let www = Www::new("types");
    let server = www.served().await;
    for (path, content_type) in
        [("/", "text/html"), ("/app.js", "text/javascript"), ("/pkg/a.wasm", "application/wasm")]
    {
        let answer = server.get(path).await.to_lowercase();
        assert!(answer.starts_with("http/1.1 200"), "{path}: {answer}");
        for header in [
            &format!("content-type: {content_type}"),
            "cache-control: no-cache",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "cross-origin-opener-policy: same-origin",
            "cross-origin-resource-policy: same-origin",
            "referrer-policy: no-referrer",
            "permissions-policy: camera=(self), microphone=(self)",
            "content-security-policy: default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ws: wss: http: https:;",
        ] {
            assert!(answer.contains(header), "{path} has no {header}: {answer}");
        }
        assert!(!answer.contains("unsafe-inline") && !answer.contains("'unsafe-eval'"));
    }
}

#[tokio::test]
async fn only_the_page_is_served() {
    let www = Www::new("only");
    let server = www.served().await;
    for path in ["/secret", "/../secret", "/%2e%2e/secret", "/pkg/..%2f..%2fsecret", "//secret", "/pkg/"] {
        let answer = server.get(path).await;
        assert!(answer.starts_with("HTTP/1.1 4") && !answer.ends_with("secret"), "{path}: {answer}");
    }
    let answer = http(server.address, "DELETE /index.html HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
}

#[cfg(unix)]
#[tokio::test]
async fn hidden_files_and_links_are_not_of_the_page() {
    let www = Www::new("hidden");
    for (file, text) in [(".env", "secret"), (".git/config", "secret"), ("pkg/.htpasswd", "secret")] {
        let file = www.folder().join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    std::fs::create_dir_all(www.folder().join(".well-known/acme-challenge")).unwrap();
    std::fs::write(www.folder().join(".well-known/acme-challenge/token"), "challenge").unwrap();
    std::os::unix::fs::symlink(www.0.join("secret"), www.folder().join("link.js")).unwrap();
    std::os::unix::fs::symlink(www.0.join("secret"), www.folder().join("app.js.br")).unwrap();
    std::os::unix::fs::symlink(&www.0, www.folder().join("up")).unwrap();
    // The index of a folder is a file as well, and so is what is compressed of it.
    for (folder, name) in [("linked", "index.html"), ("compressed", "index.html.br")] {
        std::fs::create_dir_all(www.folder().join(folder)).unwrap();
        std::fs::write(www.folder().join(folder).join("index.html.gz"), "compressed").unwrap();
        std::os::unix::fs::symlink(www.0.join("secret"), www.folder().join(folder).join(name)).unwrap();
    }
    std::fs::write(www.folder().join("compressed/index.html"), "plain").unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(www.folder().join("pipe")).status().unwrap();
    assert!(pipe.success());
    let (long, deep) = (format!("/{}", "a".repeat(300)), "/a".repeat(3000));
    let server = www.served().await;
    for path in [
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/.git",
        "/pkg/.htpasswd",
        "/link.js",
        "/up/secret",
        "/app.js",
        "//.env",
        "/up",
        "/.env/",
        "/.git%2fconfig",
        "/%252eenv",
        "/pkg/../.env",
        "/pkg/%2e%2e/.env",
        "/pkg\\..\\.env",
        "/%5c.env",
        "/.env%00",
        "/app.js%00.html",
        "/%c0%ae%c0%ae/secret",
        "http://a/.env",
        "/linked/",
        "/compressed/",
        "/compressed/index.html",
        "/pipe",
        long.as_str(),
        deep.as_str(),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\naccept-encoding: br\r\nconnection: close\r\n\r\n");
        let answer = http(server.address, &request).await;
        assert!(answer.starts_with("HTTP/1.1 404") && !answer.ends_with("secret"), "{path}: {answer}");
    }
    assert!(server.get("/.well-known/acme-challenge/token").await.ends_with("challenge"));
    assert!(server.get("/pkg/a.wasm").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn it_says_that_it_is_well() {
    let server = TestServer::start().await;
    let answer = server.get("/healthz").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\nok\n"), "{answer}");
    assert!(server.get("/").await.starts_with("HTTP/1.1 404"), "there is no page");
}

#[tokio::test]
async fn a_request_that_is_no_handshake_is_told_so() {
    let server = TestServer::start().await;
    let answer = server.get("/ws").await.to_lowercase();
    assert!(answer.starts_with("http/1.1 426") && answer.contains("sec-websocket-version: 13"), "{answer}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_refused_at_the_start() {
    let page = Page::Folder(PathBuf::from("no such folder"));
    let error = Server::bind(Config { page, ..Config::default() }).await.unwrap_err();
    assert!(matches!(error, StartError::Www { .. }) && error.to_string().contains("--www"), "{error}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_passed_over_only_if_that_is_wished() {
    let first = Server::bind(Config::default()).await.unwrap();
    let taken = Config { listen: first.address(), ..Config::default() };
    let error = Server::bind(taken.clone()).await.unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }) && error.to_string().contains("--listen"), "{error}");
    let second = Server::bind(Config { further_ports: 20, ..taken }).await.unwrap();
    let distance = second.address().port().abs_diff(first.address().port());
    assert!((1..=20).contains(&distance), "{distance}");
}

#[tokio::test]
async fn the_page_inside_the_program_is_kept_by_its_version_and_compressed() {
    let bound = Server::bind(Config { page: Page::Embedded, ..Config::default() }).await;
    if !Page::is_embedded() {
        let error = bound.unwrap_err();
        assert!(matches!(error, StartError::NoPage) && error.to_string().contains("cargo xtask wasm"), "{error}");
        return;
    }
    let server = TestServer { address: bound.as_ref().unwrap().address(), task: tokio::spawn(bound.unwrap().serve()) };
    let document = server.get("/").await;
    assert!(
        document.contains("cache-control: no-cache") && document.contains("content-security-policy: "),
        "{document}"
    );
    let script = document.split_once("src=\"").unwrap().1.split_once('"').unwrap().0;
    let (version, _) = script.split_once('/').expect("a path with a version");
    // Of whatever was not, a browser would load another one beside it.
    let named = document.split(['"', ' ', '<', '>']).filter(|text| text.ends_with(".js") || text.ends_with(".css"));
    let named: Vec<_> = named.collect();
    assert!(named.len() > 3 && named.iter().all(|name| name.starts_with(&format!("{version}/"))), "{named:?}");
    assert!(named.contains(&&*format!("{version}/app.js")));
    for (path, content_type) in [
        ("app.js", "text/javascript; charset=utf-8"),
        ("style/base.css", "text/css; charset=utf-8"),
        ("itodenwa/index.js", "text/javascript; charset=utf-8"),
        ("pkg/itodenwa_bg.wasm", "application/wasm"),
    ] {
        let head =
            format!("GET /{version}/{path} HTTP/1.1\r\nhost: a\r\naccept-encoding: br\r\nconnection: close\r\n\r\n");
        let answer = http(server.address, &head).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}");
        for header in [
            &format!("content-type: {content_type}\r\n"),
            "content-encoding: br\r\n",
            "cache-control: public, max-age=31536000, immutable\r\n",
            "x-content-type-options: nosniff\r\n",
        ] {
            assert!(answer.contains(header), "{path} has no {header}");
        }
        assert!(server.get(&format!("/{path}")).await.contains("cache-control: no-cache"), "{path}");
    }
    for path in ["/README.md", "/pkg/itodenwa.d.ts", "/0123456789abcdef/app.js"] {
        assert!(server.get(path).await.starts_with("HTTP/1.1 404"), "{path}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_where_that_is_asked_for() {
    let www = Www::new("linked");
    std::fs::write(www.0.join("elsewhere.js"), "from elsewhere").unwrap();
    std::fs::write(www.folder().join(".env"), "secret").unwrap();
    std::os::unix::fs::symlink(www.0.join("elsewhere.js"), www.folder().join("link.js")).unwrap();
    let server = TestServer::configured(Config { page: Page::LinkedFolder(www.folder()), ..Config::default() }).await;
    assert!(server.get("/link.js").await.ends_with("from elsewhere"));
    assert!(server.get("/.env").await.starts_with("HTTP/1.1 404"), "hidden files stay hidden");
}
