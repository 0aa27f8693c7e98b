//! Measurements that browsers make, by a program of Node beside the tests of the whole product.

use std::fmt::Display;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::process::{Result, program, root};
use crate::{serve, system, wasm};

/// Prints what the program says, and gives what came of it: a line that is a JSON object, if there is one.
pub(super) fn run(script: &str, arguments: &[(&str, &dyn Display)]) -> Result<Value> {
    system::need_browsers()?;
    system::need_node_modules()?;
    wasm::build()?;
    let mut node = program("node");
    node.current_dir(root().join("tests/e2e")).arg(script);
    for (name, value) in arguments {
        node.arg(format!("--{name}")).arg(value.to_string());
    }
    node.env("ITODENWA_SERVER", serve::server()?).env("ITODENWA_WWW", root().join("www"));
    let mut child = node.stdout(Stdio::piped()).spawn()?;
    let mut result = Value::Null;
    for line in BufReader::new(child.stdout.take().ok_or("the program says nothing")?).lines() {
        let line = line?;
        match serde_json::from_str(&line) {
            Ok(object @ Value::Object(_)) => result = object,
            _ => println!("{line}"),
        }
    }
    if child.wait()?.success() { Ok(result) } else { Err("not measured".into()) }
}

/// The same beside other libraries and their servers.
pub(super) fn run_beside_others(script: &str, arguments: &[(&str, &dyn Display)]) -> Result<Value> {
    for folder in ["server/bench", "xtask/rivals"] {
        system::need_packages(&root().join(folder))?;
    }
    run(script, arguments)
}
