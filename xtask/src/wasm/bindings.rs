//! Cuts the bindings as the module is cut: what the first module and its exports need, and a file that is loaded with the first of
//! the others.
//!
//! Both are the tool's text, item by item. The second file gives the imports that only the other modules have, and is given what it uses
//! of the first: it does not import it, which may be there by another address (`js/lib/loading.js`). What no module imports and nothing
//! uses is in neither.

use std::collections::{BTreeMap, BTreeSet};

use walrus::Module;

use super::names::{BINDINGS, identifier};
use crate::process::Result;

/// How items of the top level begin.
const ITEMS: [&str; 6] = ["export class ", "export function ", "async function ", "function ", "const ", "let "];
/// What the tool exports beside; how modules are loaded is said elsewhere.
const EXPORTS: &str = "export { initSync, __wbg_init as default };\n";
/// The function of the first file that gives what the second one uses, and the variable of which the loader takes care there.
const SHARED: &str = "__shared";
const WASM: &str = "wasm";
/// The function that gives the imports; each of them begins with this indent.
const GETTER: &str = "__wbg_get_imports";
const INDENT: &str = "        ";

/// The two files.
pub(super) struct Bindings {
    pub(super) first: String,
    pub(super) later: String,
}

/// An item of the top level, or an import.
struct Item<'a> {
    text: &'a str,
    /// What it declares.
    names: Vec<&'a str>,
    /// What it may name.
    words: BTreeSet<&'a str>,
}

impl<'a> Item<'a> {
    fn new(text: &'a str) -> Self {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
        let declared = ITEMS.iter().find_map(|begin| text.strip_prefix(begin)).unwrap_or_default();
        // Several are declared as in `let a, b;`.
        let declared = declared.split(['=', '(', '{', ';']).next().unwrap_or_default();
        Item {
            text,
            names: declared.split(',').map(str::trim).filter(|name| !name.is_empty()).collect(),
            // `name:` is the key of something.
            words: code(text)
                .flat_map(|line| line.split(|letter| !is_part(letter)))
                .filter(|word| !word.ends_with(':'))
                .collect(),
        }
    }

    fn is_one_of(&self, names: &BTreeSet<&str>) -> bool {
        self.names.iter().any(|name| names.contains(name))
    }
}

/// Cuts the tool's text. `loader` stands in the first file, too, and may use everything. What is exported under names for which
/// `is_later` holds is of the second file, if the first does not need it itself.
pub(super) fn cut(text: &str, loader: &str, modules: &[Module], is_later: impl Fn(&str) -> bool) -> Result<Bindings> {
    let (text, rest) = text.split_once(EXPORTS).ok_or("the bindings export something else")?;
    let text = [text, rest].concat();
    let mut all = items(&text);
    let getter = all.iter_mut().find(|item| item.names == [GETTER]).ok_or("nothing gives the imports")?;
    // Not all that it names is used: that are its parts.
    getter.words.clear();
    let (entries, [before, behind]) = imports(getter.text)?;
    let mut modules = modules.iter().map(of_bindings);
    let first_imports = modules.next().ok_or("there is no module")?;
    let later_imports: BTreeSet<&str> = modules.flatten().filter(|name| !first_imports.contains(name)).collect();
    let of = |names: &BTreeSet<&str>| -> Vec<&Item<'_>> {
        entries.iter().filter(|(name, _)| names.contains(*name)).map(|(_, entry)| entry).collect()
    };
    let (first_entries, later_entries) = (of(&first_imports), of(&later_imports));
    let exports = all.iter().filter(|item| item.text.starts_with("export "));
    let (later_exports, first_exports): (Vec<_>, Vec<_>) =
        exports.partition(|item| item.names.iter().any(|name| is_later(name)));
    let loader_item = Item::new(loader);
    let mut first = reach(&all, first_entries.iter().chain(&first_exports).copied().chain([&loader_item]));
    let mut later = reach(&all, later_entries.iter().chain(&later_exports).copied());
    // What changes a variable stands beside it: elsewhere it is only read.
    let variables: BTreeSet<&str> =
        all.iter().filter(|item| item.text.starts_with("let ")).flat_map(|item| &item.names).copied().collect();
    let changes: Vec<String> = variables.iter().map(|name| format!("{name} = ")).collect();
    let changing = all.iter().filter(|item| changes.iter().any(|change| item.text.contains(change)));
    let changing = changing.filter(|item| item.is_one_of(&later));
    first.extend(reach(&all, changing));
    later.retain(|name| !first.contains(name));
    let write = |names: &BTreeSet<&str>| -> String {
        let items = all.iter().filter(|item| item.is_one_of(names) && item.names != [GETTER]);
        items.map(|item| item.text).collect()
    };
    let write_entries = |entries: &[&Item<'_>]| entries.iter().map(|entry| entry.text).collect::<String>();
    let of_later = all.iter().filter(|item| item.is_one_of(&later));
    let used: BTreeSet<&str> =
        later_entries.iter().copied().chain(of_later).flat_map(|item| &item.words).copied().collect();
    let shared: Vec<(&str, String)> =
        first.iter().filter(|name| used.contains(*name)).zip(0..).map(|(name, n)| (*name, identifier(n))).collect();
    let is_read = |name: &str| name != WASM && variables.contains(name);
    let given =
        shared.iter().map(|(name, short)| format!("{short}: {}{name}", if is_read(name) { "() => " } else { "" }));
    let taken = shared.iter().map(|(name, short)| format!("{short}: {name}"));
    let names: Vec<&str> = shared.iter().map(|(name, _)| *name).collect();
    let asked = |text: String| {
        names.iter().filter(|name| is_read(name)).fold(text, |text, name| text.replace(name, &format!("{name}()")))
    };
    let getter = [before, &write_entries(&first_entries), behind].concat();
    Ok(Bindings {
        first: format!(
            "{}{getter}{loader}const {SHARED} = () => ({{ {} }});\n",
            write(&first),
            given.collect::<Vec<_>>().join(", ")
        ),
        later: format!(
            "let {};\n{}export function imports(first) {{\n    ({{ {} }} = first);\n    return {{\n{}    }};\n}}\n",
            names.join(", "),
            asked(write(&later)),
            taken.collect::<Vec<_>>().join(", "),
            asked(write_entries(&later_entries)),
        ),
    })
}

/// The lines that are no comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with(['*', '/']))
}

/// What a module imports of the bindings.
fn of_bindings(module: &Module) -> BTreeSet<&str> {
    module.imports.iter().filter(|import| import.module == BINDINGS).map(|import| import.name.as_str()).collect()
}

/// The items of the top level. Comments between them are of the one before.
fn items(text: &str) -> Vec<Item<'_>> {
    sections(text, |line| ITEMS.iter().any(|begin| line.starts_with(begin))).1.into_iter().map(Item::new).collect()
}

/// The imports by their names, and what stands before and behind them.
fn imports(getter: &str) -> Result<(BTreeMap<&str, Item<'_>>, [&str; 2])> {
    let name = |line: &str| Some(line.strip_prefix(INDENT)?.split_once(": function(")?.0.len());
    let end = getter.rfind("    };\n    return {").ok_or("the imports are written in another way")?;
    let (entries, behind) = getter.split_at(end);
    let (before, entries) = sections(entries, |line| name(line).is_some());
    let entries = entries.into_iter().filter_map(|text| {
        let name = text.get(INDENT.len()..)?.get(..name(text.lines().next()?)?)?;
        Some((name, Item::new(text)))
    });
    Ok((entries.collect(), [before, behind]))
}

/// What stands before the first of these lines, and what begins with each of them.
fn sections(text: &str, begins: impl Fn(&str) -> bool) -> (&str, Vec<&str>) {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if begins(line) {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let sections = starts.iter().zip(ends).filter_map(|(start, end)| text.get(*start..end)).collect();
    (starts.first().and_then(|start| text.get(..*start)).unwrap_or(text), sections)
}

/// The names of the items that these name, and those, and so on.
fn reach<'a>(all: &[Item<'a>], from: impl Iterator<Item = &'a Item<'a>>) -> BTreeSet<&'a str> {
    let by_name: BTreeMap<&str, &Item<'a>> =
        all.iter().flat_map(|item| item.names.iter().map(move |name| (*name, item))).collect();
    let mut reached = BTreeSet::new();
    let mut words: Vec<&str> = from.flat_map(|item| item.words.iter().copied()).collect();
    while let Some(word) = words.pop() {
        if let Some(item) = by_name.get(word).filter(|item| !item.names.iter().all(|name| reached.contains(name))) {
            reached.extend(item.names.iter().copied());
            words.extend(item.words.iter().copied());
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"/** A room. */
export class RawRoom {
    /** @returns {RawCall} */
    leave() {
        wasm.rawroom_leave();
    }
}
export class RawCall {
    static __wrap(ptr) {
        return wasm.rawcall_close(text(ptr));
    }
}
if (Symbol.dispose) RawCall.prototype[Symbol.dispose] = RawCall.prototype.free;
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg_first_1: function(arg0) {
            return text(arg0);
        },
        __wbg_later_2: function(arg0) {
            return fill(arg0) + text(arg0) + size;
        },
        __wbg_nobodys_3: function(arg0) {
            return unused(arg0);
        },
    };
    return {
        __proto__: null,
        "./itodenwa_bg.js": import0,
    };
}
function text(arg0) {
    return filled + arg0;
}
function unused(arg0) {
}
let filled = 0;
let size = 0;
function fill(arg0) {
    filled = only(arg0);
    size = arg0;
}
function only(arg0) {
}
let wasmModule, wasm;
function __wbg_init() {
    wasm = __wbg_get_imports();
}
export { initSync, __wbg_init as default };
"#;

    fn module(imports: &[&str]) -> Module {
        let mut module = Module::default();
        let ty = module.types.add(&[], &[]);
        for name in imports {
            module.add_import_func(BINDINGS, name, ty);
        }
        module
    }

    fn has(text: &str, all: &[&str]) -> Vec<bool> {
        all.iter().map(|part| text.contains(part)).collect()
    }

    #[test]
    fn each_file_has_what_it_needs_and_nothing_is_there_twice() {
        let modules = [module(&["__wbg_first_1"]), module(&["__wbg_first_1", "__wbg_later_2"])];
        let loader = "export { __wbg_init as default };\n";
        let Bindings { first, later } = cut(TEXT, loader, &modules, |name| name == "RawCall").unwrap();
        let parts =
            ["class RawRoom", "class RawCall", "__wbg_first_1", "__wbg_later_2", "function text", "function only"];
        // What changes a variable stands beside it, with what it needs.
        assert_eq!(has(&first, &parts), [true, false, true, false, true, true]);
        assert_eq!(has(&later, &parts), [false, true, false, true, false, false]);
        for gone in ["nobodys", "unused", "initSync"] {
            assert!(!first.contains(gone) && !later.contains(gone), "{gone}");
        }
        assert!(first.ends_with("const __shared = () => ({ a: fill, b: () => size, c: text, d: wasm });\n"), "{first}");
        assert!(later.starts_with("let fill, size, text, wasm;\n"), "{later}");
        assert!(later.contains("({ a: fill, b: size, c: text, d: wasm } = first);"), "{later}");
        assert!(later.contains("return fill(arg0) + text(arg0) + size();"), "{later}");
        assert!(later.contains("Symbol.dispose"));
    }

    #[test]
    fn bindings_that_are_written_otherwise_are_refused() {
        let cut = |text: &str| cut(text, "", &[module(&["__wbg_first_1"])], |_| false);
        assert!(cut(TEXT).is_ok());
        assert!(cut(&TEXT.replace("__wbg_get_imports", "imports")).is_err());
        assert!(cut(&TEXT.replace("export { initSync", "export { init")).is_err());
        assert!(
            cut(&TEXT.replace("    return {\n        __proto__", "    return Object({\n        __proto__")).is_err()
        );
    }
}
