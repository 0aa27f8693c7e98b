//! The part of `cargo deny check` that needs no database of advisories and nothing installed: licences and sources.

use std::collections::HashSet;
use std::fs;

use serde_json::Value;
use spdx::{Expression, ParseMode};

use crate::process::{self, Result};

/// What cargo writes before the address of a registry. Which one, and which mirror of it, is cargo's configuration.
const REGISTRY: &str = "registry+";

/// Checks every package that the project is built from against deny.toml; says what is wrong with which.
pub(crate) fn check() -> Result<Vec<String>> {
    let allowed = allowed(&fs::read_to_string(process::root().join("deny.toml"))?)?;
    let metadata = process::metadata(true)?;
    let packages = metadata.get("packages").and_then(Value::as_array).ok_or("cargo metadata names no packages")?;
    Ok(packages.iter().filter_map(|package| complaint(package, &allowed)).collect())
}

fn allowed(deny: &str) -> Result<HashSet<String>> {
    let deny: toml::Table = deny.parse()?;
    let allow = deny.get("licenses").and_then(|licenses| licenses.get("allow")).and_then(toml::Value::as_array);
    let allow = allow.ok_or("deny.toml has no licenses.allow")?;
    Ok(allow.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect())
}

fn complaint(package: &Value, allowed: &HashSet<String>) -> Option<String> {
    let text = |key| package.get(key).and_then(Value::as_str);
    let name = text("name").unwrap_or("?");
    if let Some(source) = text("source")
        && !source.starts_with(REGISTRY)
    {
        return Some(format!("{name} comes from {source}"));
    }
    let Some(license) = text("license") else { return Some(format!("{name} names no licence")) };
    match Expression::parse_mode(license, ParseMode::LAX) {
        Ok(expression) if expression.evaluate(|needed| allowed.contains(&needed.to_string())) => None,
        Ok(_) => Some(format!("{name} is under {license}, which deny.toml does not allow")),
        Err(error) => Some(format!("{name}: {license} is no licence: {}", error.reason)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complaint_about(package: Value) -> Option<String> {
        let allowed = allowed("[licenses]\nallow = ['MIT', 'Apache-2.0 WITH LLVM-exception']").unwrap();
        complaint(&package, &allowed)
    }

    #[test]
    fn what_is_allowed_passes() {
        for license in ["MIT", "MIT OR GPL-3.0-only", "MIT/GPL-3.0-only", "MIT AND Apache-2.0 WITH LLVM-exception"] {
            assert_eq!(complaint_about(json!({ "name": "a", "license": license, "source": REGISTRY })), None);
        }
    }

    #[test]
    fn everything_else_is_told() {
        for package in [
            json!({ "name": "a", "license": "GPL-3.0-only" }),
            json!({ "name": "a", "license": "MIT AND GPL-3.0-only" }),
            json!({ "name": "a", "license": "Apache-2.0" }),
            json!({ "name": "a", "license": "do what you like" }),
            json!({ "name": "a", "license": null }),
            json!({ "name": "a" }),
            json!({ "name": "a", "license": "MIT", "source": "git+https://example.org/a" }),
        ] {
            assert!(complaint_about(package.clone()).is_some_and(|text| text.starts_with('a')), "{package}");
        }
    }

    #[test]
    fn a_list_that_is_not_there_is_told() {
        assert!(allowed("[licenses]").is_err());
        assert!(allowed("[licenses").is_err());
    }
}
