//! Measurements that browsers make, by a program of Node beside the tests of the whole product.

use crate::process::{Result, program, root};
use crate::{serve, system, wasm};

pub(super) fn run(script: &str, arguments: &[(&str, u32)]) -> Result<()> {
    system::need_browsers()?;
    system::need_node_modules()?;
    wasm::build()?;
    let mut node = program("node");
    node.current_dir(root().join("tests/e2e")).arg(script);
    for (name, value) in arguments {
        node.arg(format!("--{name}")).arg(value.to_string());
    }
    node.env("ITODENWA_SERVER", serve::server()?).env("ITODENWA_WWW", root().join("www"));
    if node.status()?.success() { Ok(()) } else { Err("not measured".into()) }
}
