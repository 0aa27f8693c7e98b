//! What is wrong with a secret is told without the secret: what the program complains of is in logs that others read.

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command, Error};

/// The error, without the value if it is that of a flag whose value is not shown elsewhere either.
pub(super) fn hide(command: &Command, mut error: Error) -> Error {
    let is_secret = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => is_secret(command, argument),
        _ => false,
    };
    // An empty one stands for none, which is told in other words.
    let has_value =
        matches!(error.get(ContextKind::InvalidValue), Some(ContextValue::String(value)) if !value.is_empty());
    if is_secret && has_value {
        error.insert(ContextKind::InvalidValue, ContextValue::String("…".to_owned()));
    }
    error
}

/// Whether an argument, as errors show it ("--secret <SECRET>"), has a secret as its value.
fn is_secret(command: &Command, argument: &str) -> bool {
    let long = argument.split_whitespace().next().and_then(|flag| flag.strip_prefix("--"));
    let is_meant = |argument: &&Arg| long.is_some() && argument.get_long() == long;
    let of_subcommands = command.get_subcommands().flat_map(Command::get_arguments);
    command.get_arguments().chain(of_subcommands).filter(is_meant).any(Arg::is_hide_env_values_set)
}
