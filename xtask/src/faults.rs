//! `cargo xtask faults`: what happens to calls is done to them, in Chromium, in Firefox, and between the two.
//!
//! Each row names the tests that do it, of whatever layer; they run in `cargo xtask test`, too. Here they run by row and by pair of
//! browsers, and a table says what was survived.

mod outcomes;
mod row;
mod rows;
mod run;
mod table;

use std::process::ExitCode;

use clap::Args;
use outcomes::Outcomes;
use row::Row;
use table::Table;

use crate::process::Result;
use crate::readme;

/// Where the table stands.
const PAGE: &str = "docs/faults.md";
/// What the place of the table in it is called.
const COMMAND: &str = "faults";

#[derive(Debug, Args)]
pub(crate) struct Faults {
    /// Only these rows: `S12,N02`.
    #[arg(long, value_delimiter = ',')]
    rows: Vec<String>,
    /// Writes the rows that were run into the table of docs/faults.md, after each file of tests. The other rows stay as they stand there.
    #[arg(long)]
    write: bool,
}

/// Runs the tests of the rows, and prints the table. It fails if a fault was not survived; what is not tried is told.
pub(crate) fn run(faults: &Faults) -> Result<ExitCode> {
    let rows = wanted(&faults.rows)?;
    let outcomes = run::all(&rows, |outcomes| if faults.write { write(&rows, outcomes) } else { Ok(()) })?;
    let table = Table::new(&rows, &outcomes);
    println!("\n{table}");
    if faults.write {
        write(&rows, &outcomes)?;
    }
    Ok(if table.is_survived() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes what is known by now: a run that is stopped loses nothing but the rows that it was at.
fn write(rows: &[&'static Row], outcomes: &Outcomes) -> Result<()> {
    let complete: Vec<&'static Row> = rows.iter().filter(|row| outcomes.is_complete(row)).copied().collect();
    let table = Table::new(&complete, outcomes).over(rows::all(), &readme::read(PAGE, COMMAND)?);
    readme::write(PAGE, COMMAND, &format!("`cargo xtask faults --write`, on one computer of two cores:\n\n{table}"))
}

/// The rows of these names, or all.
fn wanted(names: &[String]) -> Result<Vec<&'static Row>> {
    if let Some(unknown) = names.iter().find(|name| rows::all().all(|row| row.id != name.as_str())) {
        return Err(format!("there is no row {unknown}").into());
    }
    Ok(rows::all().filter(|row| names.is_empty() || names.iter().any(|name| name == row.id)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_all_or_those_named() {
        assert_eq!(wanted(&[]).unwrap().len(), rows::all().count());
        let two = wanted(&["S12".into(), "N02".into()]).unwrap();
        assert_eq!(two.iter().map(|row| row.id).collect::<Vec<_>>(), ["S12", "N02"]);
        assert!(wanted(&["S99".into()]).is_err());
    }
}
