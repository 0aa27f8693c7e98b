//! The project's own commands: `cargo xtask serve`, `cargo xtask test`, and what they are made of.

mod bench;
mod examples;
mod explore;
mod faults;
mod fuzz;
mod licences;
mod pack;
mod process;
mod readme;
mod runner;
mod rustup;
mod serve;
mod simulate;
mod size;
mod soak;
mod storms;
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
        /// Options of the server: `cargo xtask serve -- --help` tells them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS OF THE SERVER")]
        options: Vec<OsString>,
    },
    /// Build everything, and serve an example: canvas, background or level-meter.
    Example {
        /// Which.
        #[arg(value_parser = serve::EXAMPLES)]
        name: String,
        /// Options of the server.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS OF THE SERVER")]
        options: Vec<OsString>,
    },
    /// Run all tests, or the layers named: each test once.
    Test {
        /// Each test of the whole product in each browser, or in every two, and those that take long.
        #[arg(long)]
        long: bool,
        /// Which layers.
        layers: Vec<test::Layer>,
    },
    /// Explore every order of events for a pair, and try mutations of the rules that this has to catch.
    Explore {
        /// Only the mutations.
        #[arg(long)]
        mutations: bool,
        /// Only the explorations whose names contain one of these, and no mutations.
        names: Vec<String>,
    },
    /// Give the parts that read what comes from outside arbitrary input, under libFuzzer.
    Fuzz {
        /// How long for each target.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Which targets; all if none is named.
        targets: Vec<String>,
    },
    /// Run seeded calls between real browsers, on a network that loses, doubles, delays and cuts.
    Storms(storms::Storms),
    /// Let people come and go, switch, share and write between real browsers for a long time, and look whether anything grows.
    Soak(soak::Soak),
    /// Do to calls what happens to calls, in every two browsers: a table of what they survive.
    Faults(faults::Faults),
    /// Run servers of a cluster against an engine that delays, loses and cuts, in seeded runs and in all orders of events, and make
    /// them wrong in ways that this has to notice.
    Simulate {
        /// How many runs.
        #[arg(long, default_value_t = 100_000)]
        seeds: u32,
        /// How many events one after the other, of two nodes and two members with two faults.
        #[arg(long, default_value_t = 4)]
        depth: u32,
    },
    /// Measure what things cost, beside others that do the same.
    Bench(bench::Bench),
    /// Build the npm package into target/pack, and the page into server/page, from where the server's crate takes it.
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
        Command::Example { name, options } => serve::example(&name, &options),
        Command::Test { long, layers } => test::run(&layers, if long { test::Form::Long } else { test::Form::Short }),
        Command::Explore { mutations, names } => explore::run(&names, mutations),
        Command::Fuzz { seconds, targets } => fuzz::run(seconds, &targets),
        Command::Bench(bench) => bench::run(&bench),
        Command::Storms(storms) => storms::run(&storms),
        Command::Soak(soak) => soak::run(&soak),
        Command::Faults(faults) => faults::run(&faults),
        Command::Simulate { seeds, depth } => simulate::run(seeds, depth),
        Command::Pack => pack::server_page().and_then(|()| pack::run()).map(|tarball| {
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(arguments: &[&str]) -> Command {
        Arguments::try_parse_from([&["cargo xtask"], arguments].concat()).unwrap().command
    }

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_comes_after_serve_is_the_servers() {
        for (arguments, expected) in [
            (&["serve"][..], &[][..]),
            (&["serve", "--listen", "127.0.0.1:0"], &["--listen", "127.0.0.1:0"]),
            (&["serve", "--", "--help"], &["--help"]),
            (&["serve", "--behind-proxy", "--", "--help"], &["--behind-proxy", "--", "--help"]),
        ] {
            let Command::Serve { options } = parse(arguments) else { panic!("{arguments:?} does not serve") };
            assert_eq!(options, expected, "{arguments:?}");
        }
    }

    #[test]
    fn examples_are_those_that_there_are() {
        for name in serve::EXAMPLES {
            let Command::Example { name: parsed, options } = parse(&["example", name, "--listen", "127.0.0.1:0"])
            else {
                panic!("{name} is no example")
            };
            assert_eq!((parsed.as_str(), options.len()), (name, 2));
            for file in ["html", "js"] {
                let page = process::root().join(format!("examples/{name}.{file}"));
                assert!(page.is_file(), "{}", page.display());
            }
        }
        assert!(Arguments::try_parse_from(["cargo xtask", "example", "nothing"]).is_err());
    }

    #[test]
    fn tests_are_all_or_the_layers_named() {
        let Command::Test { layers, long: false } = parse(&["test"]) else { panic!("no test") };
        assert_eq!(layers, []);
        for arguments in [["test", "native", "e2e", "--long"], ["test", "--long", "native", "e2e"]] {
            let Command::Test { layers, long: true } = parse(&arguments) else { panic!("{arguments:?} is not long") };
            assert_eq!(layers, [test::Layer::Native, test::Layer::E2e]);
        }
        assert!(Arguments::try_parse_from(["cargo xtask", "test", "everything"]).is_err());
    }

    #[test]
    fn fuzzing_takes_seconds_and_targets() {
        let Command::Fuzz { seconds, targets } = parse(&["fuzz", "--seconds", "5", "wire"]) else { panic!("no fuzz") };
        assert_eq!((seconds, targets), (5, vec!["wire".to_owned()]));
    }

    #[test]
    fn a_test_binary_keeps_its_options() {
        let Command::TestRunner { arguments } = parse(&["test-runner", "tests.wasm", "--nocapture", "name"]) else {
            panic!("no runner")
        };
        assert_eq!(arguments, ["tests.wasm", "--nocapture", "name"]);
    }
}
