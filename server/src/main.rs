//! The program: flags, log, signals.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;

use itodenwa_server::args::{Args, Command, Mint};
use itodenwa_server::token::Secret;
use itodenwa_server::{Server, StartError};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::read(std::env::args_os().skip(1)).unwrap_or_else(|error| error.exit());
    if let Some(Command::Token(mint)) = args.command {
        return token(mint, args.secrets.first());
    }
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a token, and nothing else, for scripts.
fn token(mint: Mint, secret: Option<&Secret>) -> ExitCode {
    let Some(secret) = secret else {
        eprintln!("error: --secret is needed: what the server checks tokens with");
        return ExitCode::FAILURE;
    };
    match writeln!(io::stdout(), "{}", mint.sign(secret)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

async fn run(args: Args) -> Result<(), StartError> {
    let config = args.into_config();
    if config.www.is_none() {
        tracing::warn!("there is no page: give its folder with --www");
    }
    let server = Server::bind(config).await?;
    // Who started us reads this line; if nobody does, the server is of use all the same.
    let _ = writeln!(io::stdout(), "itodenwa: http://{}/", reachable(server.address()));
    server.serve_until(stop()).await;
    Ok(())
}

/// "Every address" is none that a browser can open.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Done when the program is asked to stop.
async fn stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate() => {}
    }
}

#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}
