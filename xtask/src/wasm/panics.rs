//! Panics without their texts.
//!
//! A panic in a browser writes its text nowhere, but the code that makes the texts and the places that they name are a good part
//! of a module. Here all the functions that panics go through throw the same error instead: the module stops where it did before. What the
//! standard library and others would have said, and where, is blank.

use std::collections::BTreeSet;

use walrus::{ConstExpr, DataId, DataKind, FunctionBuilder, FunctionId, FunctionKind, ImportKind, Module, ir::Value};

use crate::process::Result;

/// The import that throws a text, of which it is told address and length.
const THROW: &str = "__wbindgen_throw";
/// What is thrown: a text that the standard library has anyway.
const TEXT: &[u8] = b"internal error: entered unreachable code";
/// The functions that say why and do not return, by the beginnings of their names.
const PANICS: [&str; 18] = [
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::capacity_overflow",
    "alloc::raw_vec::handle_error",
    "alloc::vec::Vec<_, _>>::insert_mut::assert_failed",
    "alloc::vec::Vec<_, _>>::remove::assert_failed",
    "alloc::vec::Vec<_, _>>::swap_remove::assert_failed",
    "core::cell::lazy::panic_poisoned",
    "core::cell::panic_already",
    "core::option::expect_failed",
    "core::option::unwrap_failed",
    "core::panicking::",
    "core::result::unwrap_failed",
    "core::slice::copy_from_slice_impl::len_mismatch_fail",
    "core::slice::index::slice_index_fail",
    "core::slice::sort::shared::smallsort::panic_on_ord_violation",
    "core::str::slice_error_fail",
    "std::panicking::panic_handler",
    "std::panicking::panic_with_hook",
];
/// What is written for the texts of panics alone: nothing that is shipped formats anything so.
const TEXTS: [&str; 6] = [
    " as core::fmt::Debug>::fmt",
    "core::cell::BorrowError as core::fmt::Display>::fmt",
    "core::cell::BorrowMutError as core::fmt::Display>::fmt",
    // Only `write!` into something else than a `Formatter` comes here.
    "core::fmt::Write::write_fmt",
    "core::fmt::builders::PadAdapter as core::fmt::Write>::",
    "core::time::TryFromFloatSecsError as core::fmt::Display>::fmt",
];
/// What panics would have said: texts, or parts of them, that are handed to the functions above and to nothing else.
const SAID: [&[u8]; 20] = [
    b"removal index (is ",
    b"swap_remove index (is ",
    b") should be < len (is ",
    b"called `Option::unwrap()` on a `None` value",
    b"called `Result::unwrap()` on an `Err` value",
    b": JsValue passed is not an Error type -- this is a bug",
    b": message event, received Unknown: ",
    b"buffer space exhausted; sending this messages would overflow the state",
    b"assertion failed: (*tail).value.is_none()",
    b"assertion failed: (*next).value.is_some()",
    b"assertion failed: i < self.len()",
    b"assertion failed: j < self.len()",
    b"cannot clone `Sender` -- too many outstanding senders",
    b"finish: callbacks should be Some",
    b"finish: result should be None",
    b"cannot poll Select twice",
    b"overflow when multiplying duration by scalar",
    b"a formatting trait implementation returned an error when the underlying stream did not",
    b"a Display implementation returned an error unexpectedly",
    b"Tried to shrink to a larger capacity",
];
/// A type whose `Debug` is its `Display`: the compiler makes one function of both.
const BOTH: &str = "core::fmt::Arguments";
/// A place in the sources, as panics are given it (`core::panic::Location`): address and length of the file's name, line, column.
const PLACE_BYTES: usize = 16;
/// No file's name is longer.
const NAME_BYTES: u32 = 400;

/// Cuts the texts off. A module in which too little is found is refused: then the functions have other names by now.
pub(super) fn cut(module: &mut Module) -> Result<()> {
    let throw = module.imports.iter().find(|import| import.name.contains(THROW)).map(|import| import.kind.clone());
    let Some(ImportKind::Function(throw)) = throw else { return Err(format!("nothing imports {THROW}").into()) };
    let text = address(module, TEXT).ok_or("the text of panics is not there")?;
    let panics: Vec<FunctionId> =
        module.funcs.iter_local().map(|(id, _)| id).filter(|id| panics(module, *id)).collect();
    if panics.len() < PANICS.len() {
        return Err(format!("only {} functions panic: have they other names?", panics.len()).into());
    }
    for id in panics {
        let (parameters, results) = module.types.params_results(module.funcs.get(id).ty());
        let (parameters, results) = (parameters.to_vec(), results.to_vec());
        let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &results);
        let arguments = parameters.iter().map(|kind| module.locals.add(*kind)).collect();
        let length = i32::try_from(TEXT.len())?;
        builder.func_body().i32_const(text).i32_const(length).call(throw).unreachable();
        module.funcs.get_mut(id).kind = FunctionKind::Local(builder.local_func(arguments));
    }
    blank_texts(module)?;
    blank_places(module)
}

/// Overwrites what panics would have said with zeros, which take no room.
fn blank_texts(module: &mut Module) -> Result<()> {
    let mut found = 0;
    let all: Vec<DataId> = module.data.iter().map(walrus::Data::id).collect();
    for id in all {
        let data = module.data.get_mut(id);
        for text in SAID {
            while let Some(at) = data.value.windows(text.len()).position(|window| window == text) {
                data.value.iter_mut().skip(at).take(text.len()).for_each(|byte| *byte = 0);
                found += 1;
            }
        }
    }
    if found < SAID.len() / 2 {
        return Err(format!("panics say only {found} of the known texts: have they others?").into());
    }
    Ok(())
}

fn panics(module: &Module, id: FunctionId) -> bool {
    let name = module.funcs.get(id).name.as_deref().map(without_hashes).unwrap_or_default();
    let path = name.trim_start_matches('<');
    PANICS.iter().any(|start| path.starts_with(start))
        || TEXTS.iter().any(|text| name.contains(text)) && !name.contains(BOTH)
}

/// `core[0123456789abcdef]::option` as `core::option`.
fn without_hashes(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        plain += before;
        rest = match after.split_once(']') {
            Some((hash, after)) if hash.len() > 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => after,
            _ => {
                plain.push('[');
                after
            }
        };
    }
    plain + rest
}

/// Overwrites the places that panics would have named, and the names of their files, with zeros, which take no room.
fn blank_places(module: &mut Module) -> Result<()> {
    let mut places: Vec<(DataId, usize)> = Vec::new();
    let mut names: BTreeSet<(DataId, usize, usize)> = BTreeSet::new();
    for data in module.data.iter() {
        let Some(begin) = begin(&data.kind) else { continue };
        let aligned = (4 - begin as usize % 4) % 4;
        let mut at = aligned;
        while let Some(words) = words(&data.value, at) {
            match file_name(module, words) {
                Some(name) => {
                    places.push((data.id(), at));
                    names.insert(name);
                    at += PLACE_BYTES;
                }
                None => at += 4,
            }
        }
    }
    if places.is_empty() {
        return Err("the places of panics are not there".into());
    }
    let places = places.into_iter().map(|(data, at)| (data, at, PLACE_BYTES));
    for (data, at, length) in places.chain(names) {
        if let Some(bytes) = module.data.get_mut(data).value.get_mut(at..at + length) {
            bytes.fill(0);
        }
    }
    Ok(())
}

/// Four words that begin here.
fn words(bytes: &[u8], at: usize) -> Option<[u32; 4]> {
    let (words, _) = bytes.get(at..at + PLACE_BYTES)?.as_chunks::<4>();
    let [address, length, line, column] = words else { return None };
    Some([address, length, line, column].map(|word| u32::from_le_bytes(*word)))
}

/// Where the name of the file is, if these words are a place in the sources.
fn file_name(module: &Module, [address, length, line, column]: [u32; 4]) -> Option<(DataId, usize, usize)> {
    let is_place = (4..NAME_BYTES).contains(&length) && (1..1_000_000).contains(&line) && (1..10_000).contains(&column);
    if !is_place {
        return None;
    }
    module.data.iter().find_map(|data| {
        let at = address.checked_sub(begin(&data.kind)?)? as usize;
        let name = data.value.get(at..at + length as usize)?;
        let is_file = name.ends_with(b".rs") && name.iter().all(|byte| byte.is_ascii_graphic());
        is_file.then_some((data.id(), at, length as usize))
    })
}

/// Where this is in memory.
fn address(module: &Module, text: &[u8]) -> Option<i32> {
    module.data.iter().find_map(|data| {
        let at = data.value.windows(text.len()).position(|window| window == text)?;
        i32::try_from(begin(&data.kind)? as usize + at).ok()
    })
}

fn begin(kind: &DataKind) -> Option<u32> {
    match kind {
        DataKind::Active { offset: ConstExpr::Value(Value::I32(offset)), .. } => u32::try_from(*offset).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use walrus::ir::Instr;
    use walrus::{ExportItem, ModuleConfig, ValType};

    use super::*;
    use crate::process;

    const NAME: &[u8] = b"library/core/src/option.rs";

    /// A module with everything that panics, a function that does not, and one place in the sources.
    fn module() -> Module {
        let mut module = Module::with_config(ModuleConfig::new());
        let memory = module.memories.add_local(false, false, 17, None, None);
        let ty = module.types.add(&[ValType::I32, ValType::I32], &[]);
        let (throw, _) = module.add_import_func("bindings", "__wbg___wbindgen_throw_1", ty);
        for name in PANICS.iter().copied().chain(["<u8 as core[0123456789abcdef]::fmt::Debug>::fmt", "itodenwa::join"])
        {
            let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[]);
            function.func_body().i32_const(7).i32_const(7).call(throw).i32_const(7).i32_const(7).call(throw);
            let argument = module.locals.add(ValType::I32);
            let id = function.finish(vec![argument], &mut module.funcs);
            module.funcs.get_mut(id).name = Some(name.to_owned());
            module.exports.add(name, id);
        }
        let begin = 1 << 20;
        let mut bytes = [TEXT, &SAID.concat(), NAME].concat();
        bytes.resize(bytes.len().next_multiple_of(4), b'-');
        for word in [begin + TEXT.len() + SAID.concat().len(), NAME.len(), 1083, 5] {
            bytes.extend(u32::try_from(word).unwrap().to_le_bytes());
        }
        bytes.extend(b"kept");
        let offset = ConstExpr::Value(Value::I32(i32::try_from(begin).unwrap()));
        module.data.add(DataKind::Active { memory, offset }, bytes);
        module
    }

    /// How many calls a function makes before it stops, if it stops.
    fn calls(module: &Module, name: &str) -> (usize, bool) {
        let export = module.exports.iter().find(|export| export.name == name).unwrap();
        let ExportItem::Function(id) = export.item else { panic!("{name}") };
        let function = module.funcs.get(id).kind.unwrap_local();
        let instructions = &function.block(function.entry_block()).instrs;
        let calls = instructions.iter().filter(|(instruction, _)| matches!(instruction, Instr::Call(_)));
        let stops = instructions.iter().any(|(instruction, _)| matches!(instruction, Instr::Unreachable(_)));
        (calls.count(), stops)
    }

    #[test]
    fn what_panics_throws_and_stops_and_nothing_else_does() {
        let mut module = module();
        cut(&mut module).unwrap();
        for name in PANICS.iter().copied().chain(["<u8 as core[0123456789abcdef]::fmt::Debug>::fmt"]) {
            assert_eq!(calls(&module, name), (1, true), "{name}");
        }
        assert_eq!(calls(&module, "itodenwa::join"), (2, false));
    }

    #[test]
    fn texts_and_places_in_the_sources_are_blank_and_the_rest_is_as_it_was() {
        let mut module = module();
        cut(&mut module).unwrap();
        let data = module.data.iter().next().unwrap();
        assert!(SAID.iter().all(|text| !data.value.windows(text.len()).any(|part| part == *text)));
        assert!(data.value.starts_with(TEXT) && data.value.ends_with(b"kept"));
        assert!(!data.value.windows(3).any(|part| part == b".rs"));
        let place = &data.value[data.value.len() - 20..data.value.len() - 4];
        assert!(place.iter().all(|byte| *byte == 0), "{place:?}");
    }

    #[test]
    fn a_module_with_other_names_is_refused() {
        let mut module = module();
        for function in module.funcs.iter_mut() {
            function.name = function.name.as_ref().map(|name| name.replace("core::", "kernel::"));
        }
        assert!(cut(&mut module).is_err());
    }

    /// What comes before the tests of a file, and nothing of files of tests.
    fn shipped(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_of_tests = path.file_stem().is_some_and(|name| name == "tests" || name == "conformance");
            if path.is_dir() && !is_of_tests {
                shipped(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") && !is_of_tests {
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
                found.push((path, text));
            }
        }
    }

    /// It would stop the module where it is shipped: see [`TEXTS`].
    #[test]
    fn nothing_that_is_shipped_is_formatted_by_debug_or_into_a_text() {
        let mut sources = Vec::new();
        for folder in ["src", "protocol/src", "wire/src", "js/src"] {
            shipped(&process::root().join(folder), &mut sources);
        }
        assert!(sources.len() > 100, "{} files", sources.len());
        for (path, text) in sources {
            let into_text =
                |line: &str| line.contains("writeln!(") || line.replace("write!(f, ", "").contains("write!(");
            let found = text.lines().find(|line| line.contains(":?}") || line.contains(":#?}") || into_text(line));
            assert_eq!(found, None, "{}", path.display());
        }
    }

    #[test]
    fn hashes_of_crates_are_left_out_of_names() {
        assert_eq!(
            without_hashes("<[u8] as core[c5930c85a12de822]::fmt::Debug>::fmt"),
            "<[u8] as core::fmt::Debug>::fmt"
        );
    }
}
