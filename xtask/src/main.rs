//! The project's own commands: `cargo xtask serve`, `cargo xtask test`, and what they are made of.

mod pack;
mod process;
mod runner;
mod serve;
mod system;
mod tally;
mod test;
mod wasm;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds, serves, tests and packs itodenwa.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build everything, and run page and signalling on 127.0.0.1:8080 or the next free port.
    Serve {
        /// Options of the server: see `cargo xtask serve --help-server`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// Run all tests, or the layers named.
    Test {
        /// Which layers.
        layers: Vec<test::Layer>,
    },
    /// Build the npm package into target/pack.
    Pack,
    /// Build the wasm of the page into www/pkg.
    Wasm,
    /// Run a wasm test binary in a browser (cargo's runner).
    #[command(hide = true)]
    TestRunner {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Serve { options } => serve::run(&options),
        Command::Test { layers } => test::run(&layers),
        Command::Pack => pack::run().map(|tarball| {
            println!("{}", tarball.display());
            ExitCode::SUCCESS
        }),
        Command::Wasm => wasm::build().map(|()| ExitCode::SUCCESS),
        Command::TestRunner { arguments } => runner::run(arguments),
    };
    done.unwrap_or_else(|error| {
        eprintln!("xtask: {error}");
        ExitCode::FAILURE
    })
}
