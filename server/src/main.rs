//! The program: flags, log, signals.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use itodenwa_server::args::{Args, AskStatus, Command, LogFormat, Mint};
use itodenwa_server::token::Secret;
use itodenwa_server::{Page, Server, StartError, Status, Tls};
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    match Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => run_to_its_end(runtime, program()),
        Err(error) => {
            eprintln!("error: the system has no threads or no events: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs this, and then waits for nothing else: a name that is being looked up takes as long as the system likes, and nothing can
/// end that but the end of the process.
fn run_to_its_end<T>(runtime: Runtime, what: impl Future<Output = T>) -> T {
    let done = runtime.block_on(what);
    runtime.shutdown_background();
    done
}

async fn program() -> ExitCode {
    let args = Args::read(std::env::args_os().skip(1)).unwrap_or_else(|error| error.exit());
    match args.command {
        Some(Command::Token(mint)) => return token(mint, args.secrets.first()),
        Some(Command::Status(what)) => return status(what).await,
        None => {}
    }
    let log = tracing_subscriber::fmt().with_env_filter(filter()).with_writer(io::stderr);
    match args.log_format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
    }
    // As a task: what runs on the main thread itself has to be woken by each message anew.
    match tokio::spawn(run(args)).await {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
        Ok(Err(error)) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What the log has. Whoever sends the relay what is no STUN message would write a line each time: only who names it has those.
fn filter() -> EnvFilter {
    const STUN: &str = "stun_types";
    let given = std::env::var(EnvFilter::DEFAULT_ENV).ok();
    let given = given.as_deref().filter(|given| EnvFilter::try_new(given).is_ok()).unwrap_or("info");
    // What comes later does not replace this: it is of another target, or of none.
    let quiet = if given.contains(STUN) { String::new() } else { format!("{STUN}=error,") };
    EnvFilter::new(format!("{quiet}{given}"))
}

/// Prints a token.
fn token(mint: Mint, secret: Option<&Secret>) -> ExitCode {
    let Some(secret) = secret else {
        eprintln!("error: --secret is needed: what the server checks tokens with");
        return ExitCode::FAILURE;
    };
    print(&mint.sign(secret))
}

async fn status(AskStatus { at, secret, json }: AskStatus) -> ExitCode {
    match Status::ask(&at, &secret).await {
        Ok(status) if json => print(&serde_json::json!(status).to_string()),
        Ok(status) => print(&status.to_string()),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints this, and nothing else, for scripts.
fn print(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

async fn run(args: Args) -> Result<(), StartError> {
    let config = args.into_config();
    if config.page == Page::None {
        tracing::warn!("there is no page: {}", StartError::NoPage);
    }
    let self_signed = config.tls == Some(Tls::SelfSigned);
    let mut given = config.ice_servers.iter().flat_map(|server| &server.urls);
    let is_given = given.any(|url| url.starts_with("turn:") || url.starts_with("turns:"));
    if config.turn.is_none() && !is_given && config.ice_servers_url.is_none() {
        tracing::warn!(
            "there is no relay: some people cannot connect; say with --turn-address where this server is reached"
        );
    }
    let wanted = config.open_files();
    match raise_open_files() {
        Some(given) if given < wanted as u64 => {
            let advice = "raise it (ulimit -n, LimitNOFILE=), or lower --connections and --turn-allocations";
            tracing::warn!(
                given,
                wanted,
                "the system's limit of open files is below what the limits add up to: {advice}"
            );
        }
        _ => {}
    }
    let server = Server::bind(config).await?;
    // Before anybody knows that we are here, and could stop us.
    let stop = stop();
    // Who started us reads the first line; if nobody does, the server is of use all the same.
    let urls = server.urls();
    let others = urls.iter().skip(1).map(|url| format!("itodenwa: {url} from other devices\n"));
    let fingerprint = server.fingerprint().filter(|_| self_signed);
    let fingerprint = fingerprint.map(|hash| format!("itodenwa: the certificate's SHA-256 fingerprint is {hash}\n"));
    let first = urls.first().map(|url| format!("itodenwa: {url}\n"));
    let metrics = server.metrics_address().map(|address| format!("itodenwa: http://{address}/metrics\n"));
    let lines: String = first.into_iter().chain(others).chain(fingerprint).chain(metrics).collect();
    let _ = io::stdout().write_all(lines.as_bytes());
    server.serve_until(stop).await;
    Ok(())
}

/// Raises the limit of files that may be open as far as it goes, and gives it; none if there is none.
#[cfg(unix)]
fn raise_open_files() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Some systems name a maximum that they do not give.
    let is_raised = current != maximum && setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    if is_raised { maximum } else { current }
}

#[cfg(not(unix))]
fn raise_open_files() -> Option<u64> {
    None
}

/// Done when the program is asked to stop, from the call on.
fn stop() -> impl Future<Output = ()> {
    let terminate = terminate();
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    async {
        tokio::select! {
            () = interrupt => {}
            () = terminate => {}
        }
    }
}

#[cfg(unix)]
fn terminate() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = signal(SignalKind::terminate());
    async {
        match terminate {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_end_waits_for_nothing_that_the_system_has_to_answer() {
        let (end, ended) = mpsc::channel();
        let (answer, answered) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
            run_to_its_end(runtime, async {
                let (begin, begun) = tokio::sync::oneshot::channel();
                // As the look-up of a name while no name server answers.
                tokio::task::spawn_blocking(move || {
                    let _ = begin.send(());
                    let _ = answered.recv();
                });
                begun.await.unwrap();
            });
            let _ = end.send(());
        });
        assert_eq!(ended.recv_timeout(Duration::from_secs(60)), Ok(()));
        drop(answer);
    }
}
