//! How much of a module each crate is.

use std::collections::BTreeMap;

use wasmparser::{KnownCustom, Name, NameSectionReader, Parser, Payload, TypeRef};

use crate::process::Result;

/// How types that have no crate, and parameters, begin the names of the standard library's functions.
const GENERIC: [&str; 14] =
    ["F", "S", "T", "bool", "char", "f64", "i32", "i64", "str", "u16", "u32", "u64", "u8", "usize"];

/// Crates, in bytes of code before compression; the largest first.
pub(super) fn sizes(wasm: &[u8]) -> Result<Vec<(String, usize)>> {
    let (mut imported, mut bodies, mut names) = (0, Vec::new(), BTreeMap::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.range().len()),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(section) = section.as_known() {
                    read_names(section, &mut names)?;
                }
            }
            _ => {}
        }
    }
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for (index, size) in (imported..).zip(bodies) {
        let name = names.get(&index).map(String::as_str).unwrap_or_default();
        *sizes.entry(crate_of(name)).or_default() += size;
    }
    let mut sizes: Vec<(String, usize)> = sizes.into_iter().collect();
    sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    Ok(sizes)
}

fn read_names(section: NameSectionReader<'_>, names: &mut BTreeMap<u32, String>) -> Result<()> {
    for part in section {
        if let Name::Function(functions) = part? {
            for function in functions {
                let function = function?;
                names.insert(function.index, function.name.to_owned());
            }
        }
    }
    Ok(())
}

/// The crate that a function was written in. Code that the compiler makes to drop values of any crate is one of its own, and so
/// are the exports, which have no path.
fn crate_of(name: &str) -> String {
    if name.starts_with("core::ptr::drop_in_place") {
        return "drop glue".to_owned();
    }
    if !name.contains("::") {
        return "exports".to_owned();
    }
    // `<itodenwa::view::View as core::ops::Drop>::drop`: the type's crate. Of foreign types it is the first that is named.
    let path = name.trim_start_matches(['<', '&', '*', '(', '[', '"']);
    let path = ["mut ", "const ", "dyn ", "impl "].iter().fold(path, |path, word| path.trim_start_matches(word));
    let end = path.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(path.len());
    match path.get(..end) {
        None | Some("") => "others".to_owned(),
        Some(generic) if GENERIC.contains(&generic) => "core".to_owned(),
        Some(name) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crate_of_a_function_is_where_it_was_written() {
        for (name, expected) in [
            ("itodenwa::view::View::play::h0123456789abcdef", "itodenwa"),
            ("<itodenwa::view::View as core::ops::drop::Drop>::drop", "itodenwa"),
            ("<&mut itodenwa_protocol::pair::Pair as core::fmt::Debug>::fmt", "itodenwa_protocol"),
            ("core[c5930c85a12de822]::str::slice_error_fail", "core"),
            ("<&T as core::fmt::Debug>::fmt", "core"),
            ("core::ptr::drop_in_place<itodenwa::peer::Peer>", "drop glue"),
            ("rawroom_send multivalue shim", "exports"),
        ] {
            assert_eq!(crate_of(name), expected, "{name}");
        }
    }

    #[test]
    fn code_is_counted_for_its_crate() {
        use walrus::{FunctionBuilder, Module, ModuleConfig};
        let mut module = Module::with_config(ModuleConfig::new());
        for (name, instructions) in [("itodenwa::a", 1), ("itodenwa::b", 2), ("core::c", 1)] {
            let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
            for _ in 0..instructions * 100 {
                function.func_body().i32_const(1).drop();
            }
            let id = function.finish(vec![], &mut module.funcs);
            module.funcs.get_mut(id).name = Some(name.to_owned());
            module.exports.add(name, id);
        }
        let sizes = sizes(&module.emit_wasm()).unwrap();
        let names: Vec<&str> = sizes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["itodenwa", "core"]);
        assert!(sizes[0].1 > 2 * sizes[1].1, "{sizes:?}");
    }
}
