//! Short names between the modules and their bindings. The tool's are long, with hashes, which do not compress.

use std::collections::BTreeMap;

use walrus::Module;

use super::bindings::Bindings;
use crate::process::Result;

/// How the tool names the bindings among the imports.
pub(super) const BINDINGS: &str = "./itodenwa_bg.js";
/// Also where modules are loaded.
const SHORT_BINDINGS: &str = "b";
/// How the bindings name the exports.
const EXPORTS: &str = "wasm.";

/// Shortens the names of imports and exports in all modules, and in both files of the bindings. A name that the bindings
/// do not have is an error: then the tool writes them in another way than is understood here.
pub(super) fn shorten(modules: &mut [Module], bindings: &mut Bindings) -> Result<()> {
    let mut exports = Names::default();
    let mut imports = Names::default();
    for module in modules.iter_mut() {
        for export in module.exports.iter_mut() {
            export.name = exports.short(&export.name);
        }
    }
    for module in modules.iter_mut() {
        for import in module.imports.iter_mut() {
            if import.module == BINDINGS {
                SHORT_BINDINGS.clone_into(&mut import.module);
                import.name = imports.short(&import.name);
            } else {
                // What one module takes of another is an export of that.
                import.name = exports.known(&import.name)?;
            }
        }
    }
    for text in [&mut bindings.first, &mut bindings.later] {
        *text =
            text.lines().flat_map(|line| [shorten_line(line, &mut exports, &mut imports), "\n".to_owned()]).collect();
    }
    imports.all_used()?;
    let of_modules = format!("\"{BINDINGS}\": ");
    match bindings.first.matches(&of_modules).count() {
        1 => bindings.first = bindings.first.replace(&of_modules, &format!("{SHORT_BINDINGS}: ")),
        others => return Err(format!("the bindings name themselves {others} times").into()),
    }
    Ok(())
}

/// Shortens what a line has of the names.
fn shorten_line(line: &str, exports: &mut Names, imports: &mut Names) -> String {
    // An import: `        name: function(…) {`, alone on its line.
    if let Some((name, rest)) = line.strip_prefix("        ").and_then(|line| line.split_once(": "))
        && let Some(short) = imports.find(name)
    {
        return format!("{short}: {rest}");
    }
    let mut parts = line.split(EXPORTS);
    let mut shortened = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        // A word that only ends like that, as `myWasm.` would, has no such export.
        shortened += EXPORTS;
        shortened += exports.find(name).as_deref().unwrap_or(name);
        shortened += rest;
    }
    shortened
}

/// Long names and their short ones.
#[derive(Default)]
struct Names {
    short: BTreeMap<String, String>,
    used: BTreeMap<String, u32>,
}

impl Names {
    fn short(&mut self, long: &str) -> String {
        let next = self.short.len();
        self.short.entry(long.to_owned()).or_insert_with(|| identifier(next)).clone()
    }

    fn known(&self, long: &str) -> Result<String> {
        Ok(self.short.get(long).cloned().ok_or_else(|| format!("nothing exports {long}"))?)
    }

    /// The short name of one that the bindings use.
    fn find(&mut self, long: &str) -> Option<String> {
        let short = self.short.get(long)?;
        *self.used.entry(long.to_owned()).or_default() += 1;
        Some(short.clone())
    }

    fn all_used(&self) -> Result<()> {
        for long in self.short.keys() {
            match self.used.get(long) {
                Some(1) => {}
                times => {
                    return Err(format!("the bindings have {long} {} times", times.copied().unwrap_or_default()).into());
                }
            }
        }
        Ok(())
    }
}

/// The n-th identifier: `a` to `Z`, `aa` and so on; none of them is a reserved word of two letters.
pub(super) fn identifier(mut n: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut name = String::new();
    loop {
        name.extend(LETTERS.get(n % LETTERS.len()).map(|letter| char::from(*letter)));
        n /= LETTERS.len();
        if n == 0 {
            return name;
        }
        n -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_differ() {
        let names: std::collections::BTreeSet<String> = (0..5000).map(identifier).collect();
        assert_eq!(names.len(), 5000);
        assert_eq!([0, 51, 52, 53].map(identifier), ["a", "Z", "aa", "ba"]);
    }

    #[test]
    fn only_whole_names_are_shortened() {
        let (mut exports, mut imports) = (Names::default(), Names::default());
        for name in ["join", "join_all"] {
            exports.short(name);
        }
        imports.short("__wbg_send_1");
        let shorten = |line: &str, exports: &mut Names, imports: &mut Names| shorten_line(line, exports, imports);
        assert_eq!(
            shorten("    f(wasm.join_all, wasm.join, wasm.joined);", &mut exports, &mut imports),
            "    f(wasm.b, wasm.a, wasm.joined);"
        );
        assert!(imports.all_used().is_err());
        assert_eq!(shorten("        __wbg_send_1: function(a) {", &mut exports, &mut imports), "a: function(a) {");
        assert!(imports.all_used().is_ok());
    }
}
