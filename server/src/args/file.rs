//! The configuration file: TOML with the flags' names as keys. It becomes flags, for those that were not given otherwise.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use toml::{Table, Value};

/// The flags that the file adds to these arguments.
pub(super) fn arguments(command: &Command, given: &[OsString]) -> Result<Vec<OsString>, clap::Error> {
    let program = OsString::from(command.get_name());
    let given = [program].into_iter().chain(given.iter().cloned());
    // What is wrong with the arguments is told when they are read in earnest.
    let Ok(matches) = command.clone().ignore_errors(true).try_get_matches_from(given) else { return Ok(Vec::new()) };
    let Some(path) = named(&matches) else { return Ok(Vec::new()) };
    let wrong = |what: String| {
        command.clone().error(ErrorKind::ValueValidation, format!("--config: {}: {what}", path.display()))
    };
    let table = read(&path).map_err(&wrong)?;
    let mut arguments = Vec::new();
    for (key, value) in &table {
        let argument = argument(command, key).ok_or_else(|| wrong(format!("there is no flag --{key}")))?;
        if !is_given(&matches, argument) {
            arguments.extend(flags(key, argument, value).map_err(&wrong)?);
        }
    }
    Ok(arguments)
}

fn read(path: &Path) -> Result<Table, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    text.parse().map_err(|error: toml::de::Error| {
        // Its own text has the line in it, with the secret that may be there.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or(&text);
        format!("line {}: {}", 1 + before.matches('\n').count(), error.message().trim_end())
    })
}

/// A flag that a file may set: one that has a value in the end, which `--help` has not.
fn argument<'a>(command: &'a Command, key: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|argument| argument.get_long() == Some(key) && key != "config")
}

fn named(matches: &ArgMatches) -> Option<PathBuf> {
    let of_subcommand = || matches.subcommand().and_then(|(_, matches)| matches.get_one::<PathBuf>("config"));
    matches.get_one::<PathBuf>("config").or_else(of_subcommand).cloned()
}

/// Whether it was given as a flag or by the environment.
fn is_given(matches: &ArgMatches, argument: &Arg) -> bool {
    let id = argument.get_id().as_str();
    let given = |matches: &ArgMatches| {
        let known = matches.try_contains_id(id).is_ok();
        known && !matches!(matches.value_source(id), None | Some(ValueSource::DefaultValue))
    };
    given(matches) || matches.subcommand().is_some_and(|(_, matches)| given(matches))
}

fn flags(key: &str, argument: &Arg, value: &Value) -> Result<Vec<OsString>, String> {
    match (argument.get_action(), value) {
        (ArgAction::SetTrue, Value::Boolean(true)) => Ok(vec![format!("--{key}").into()]),
        (ArgAction::SetTrue, Value::Boolean(false)) => Ok(Vec::new()),
        (ArgAction::SetTrue, _) => Err(format!("{key} is either true or false")),
        (ArgAction::Append, Value::Array(values)) => values.iter().map(|value| flag(key, value)).collect(),
        (ArgAction::Set | ArgAction::Append, value) => Ok(vec![flag(key, value)?]),
        _ => Err(format!("{key} can't be set in a file")),
    }
}

fn flag(key: &str, value: &Value) -> Result<OsString, String> {
    match value {
        Value::String(text) => Ok(format!("--{key}={text}").into()),
        Value::Integer(number) => Ok(format!("--{key}={number}").into()),
        Value::Float(number) => Ok(format!("--{key}={number}").into()),
        _ => Err(format!("{key} is neither a text nor a number")),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::Args;
    use super::*;

    fn from_table(text: &str, given: &[&str]) -> Result<Vec<OsString>, String> {
        let command = Args::command();
        let given = [&["itodenwa-server"], given].concat();
        let matches = command.clone().ignore_errors(true).try_get_matches_from(given).unwrap();
        let table: Table = text.parse().unwrap();
        let mut all = Vec::new();
        for (key, value) in &table {
            let argument = argument(&command, key).ok_or("no such flag")?;
            if !is_given(&matches, argument) {
                all.extend(flags(key, argument, value)?);
            }
        }
        Ok(all)
    }

    #[test]
    fn keys_become_flags() {
        let text = "room-peers = 16\nidle-timeout = 0.5\nlisten = '[::]:80'\nbehind-proxy = true\nice-server = ['stun:a', 'stun:b']";
        let mut flags = from_table(text, &[]).unwrap();
        flags.sort();
        let expected = [
            "--behind-proxy",
            "--ice-server=stun:a",
            "--ice-server=stun:b",
            "--idle-timeout=0.5",
            "--listen=[::]:80",
            "--room-peers=16",
        ];
        assert_eq!(flags, expected);
    }

    #[test]
    fn what_is_given_otherwise_is_left_out() {
        let text = "room-peers = 16\nice-server = ['stun:a']\nsecret = 'x'";
        let given = ["--room-peers", "2", "--ice-server", "stun:b", "token", "--secret", &"a".repeat(32)];
        assert_eq!(from_table(text, &given), Ok(vec![]));
    }

    #[test]
    fn what_is_no_setting_is_told() {
        for text in
            ["rom-peers = 1", "help = true", "config = 'x'", "behind-proxy = 1", "room-peers = [1]", "listen = {}"]
        {
            assert!(from_table(text, &[]).is_err(), "{text}");
        }
    }
}
