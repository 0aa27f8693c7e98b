//! Cuts the linked module: what every call needs, and parts that are loaded when they are first used.
//!
//! All are one program: the other parts import memory, tables and stack of the first, and put their functions into the table
//! of the first, at the places that they had before. Data that only one of them needs goes with it, to its old address. A function
//! of the first part calls one of another through that table. Until that part is there a trap stands in these places,
//! so what leads into it has to be loaded before it is called; what an application has to call for that are the exports of the
//! part, which the first does not have. Code that more than one part needs and the first does not is in each of them: none of them
//! waits for another, and whichever is loaded last stands in the table.

mod data;
mod first;
mod graph;
mod later;
mod parts;
mod plan;
mod references;

use walrus::{ExportItem, FunctionId, Module, ModuleConfig};

pub(super) use self::parts::is_of_part;
pub(crate) use self::parts::{PARTS, Part};
pub(super) use self::references::References;
use crate::process::Result;

/// The name under which the other modules import what they take of the first.
pub(super) const FIRST: &str = "first";

/// The first part, and the others in their order.
pub(super) struct Modules {
    pub(super) first: Module,
    pub(super) later: Vec<Module>,
}

/// Cuts a module. The functions have to have their names still; the references are those of the module that the linker wrote.
pub(super) fn split(wasm: &[u8], references: &References, parts: &[Part]) -> Result<Modules> {
    // All are parsed from the same bytes and planned alike; ids are each module's own, but in the same order.
    let (mut later, mut taken) = (Vec::new(), Vec::new());
    for (index, part) in parts.iter().enumerate() {
        let mut module = parse(wasm)?;
        let plan = plan::Plan::new(&module, references, parts)?;
        let own = plan.later.get(index).ok_or("a part has no plan")?;
        taken.extend(later::reduce(&mut module, &plan, part, own)?);
        later.push(module);
    }
    let mut first = parse(wasm)?;
    let plan = plan::Plan::new(&first, references, parts)?;
    first::reduce(&mut first, &plan, &taken)?;
    Ok(Modules { first, later })
}

pub(super) fn parse(wasm: &[u8]) -> Result<Module> {
    let mut config = ModuleConfig::new();
    config.generate_producers_section(false).generate_synthetic_names_for_anonymous_items(false);
    let mut module = config.parse(wasm)?;
    // What the linker wrote down is true of its own module only.
    let of_linker: Vec<_> = module
        .customs
        .iter()
        .filter(|(_, section)| section.name() == "linking" || section.name().starts_with("reloc."))
        .map(|(id, _)| id)
        .collect();
    of_linker.into_iter().for_each(|section| drop(module.customs.delete(section)));
    Ok(module)
}

fn exported(item: &ExportItem) -> Option<FunctionId> {
    if let ExportItem::Function(function) = item { Some(*function) } else { None }
}

#[cfg(test)]
mod tests {
    use walrus::ir::Value;
    use walrus::{ConstExpr, DataKind, ElementItems, ElementKind, FunctionBuilder, ModuleConfig, RefType};

    use super::references::Datum;
    use super::*;

    const CHECK: Part = Part {
        name: "check",
        modules: &["check"],
        exports: &["check"],
        called: &["itodenwa::check::step", "<itodenwa::check::Task as Future>::poll"],
    };
    const RECORD: Part = Part { name: "record", modules: &["record"], exports: &["record"], called: &[] };

    /// The first module, and that of the check.
    fn in_two(wasm: &[u8], references: &References) -> (Module, Module) {
        let Modules { first, mut later } = split(wasm, references, &[CHECK]).unwrap();
        (first, later.remove(0))
    }

    /// A function with a name that calls these.
    fn function(module: &mut Module, name: &str, calls: &[FunctionId]) -> FunctionId {
        let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
        for called in calls {
            function.func_body().call(*called);
        }
        let id = function.finish(vec![], &mut module.funcs);
        module.funcs.get_mut(id).name = Some(name.to_owned());
        id
    }

    /// `join` and `check` share a function, and `join` calls one of the check's; another one of it is in the table.
    fn whole() -> Vec<u8> {
        let mut module = Module::with_config(ModuleConfig::new());
        let shared = function(&mut module, "alloc::shared", &[]);
        let helper = function(&mut module, "alloc::helper", &[]);
        let step = function(&mut module, "itodenwa::check::step", &[shared, helper]);
        let poll = function(&mut module, "<itodenwa::check::Task as Future>::poll", &[step]);
        let join = function(&mut module, "join", &[shared, step]);
        let check = function(&mut module, "check", &[step, helper]);
        let table = module.tables.add_local(false, 3, Some(3), RefType::FUNCREF);
        let kind = ElementKind::Active { table, offset: ConstExpr::Value(Value::I32(1)) };
        let element = module.elements.add(kind, ElementItems::Functions(vec![shared, poll]));
        module.tables.get_mut(table).elem_segments.insert(element);
        module.exports.add("join", join);
        module.exports.add("check", check);
        module.emit_wasm()
    }

    fn functions(module: &Module) -> Vec<&str> {
        let mut names: Vec<_> =
            module.funcs.iter_local().filter_map(|(id, _)| module.funcs.get(id).name.as_deref()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn what_only_another_part_needs_goes_there() {
        let (first, second) = in_two(&whole(), &References::default());
        assert_eq!(functions(&first), ["alloc::shared", "join"]);
        let of_check = ["<itodenwa::check::Task as Future>::poll", "alloc::helper", "check", "itodenwa::check::step"];
        assert_eq!(functions(&second), of_check);
        assert!(first.exports.get_func("check").is_err() && first.exports.get_func("join").is_ok());
        assert!(second.exports.get_func("join").is_err() && second.exports.get_func("check").is_ok());
    }

    #[test]
    fn another_part_takes_of_the_first_and_fills_its_table() {
        let (first, second) = in_two(&whole(), &References::default());
        // The function that both use, and the table.
        let imports: Vec<_> =
            second.imports.iter().map(|import| (import.module.as_str(), import.name.as_str())).collect();
        assert_eq!(imports.len(), 2, "{imports:?}");
        for (module, name) in imports {
            assert_eq!(module, FIRST);
            assert!(first.exports.iter().any(|export| export.name == name), "{name}");
        }
        // `poll` where it was, and behind everything what `join` calls.
        let table = first.tables.iter().next().unwrap();
        assert_eq!((table.initial, table.maximum), (4, Some(4)));
        let filled: usize = second
            .elements
            .iter()
            .map(|element| match &element.items {
                ElementItems::Functions(functions) => functions.len(),
                ElementItems::Expressions(..) => 0,
            })
            .sum();
        assert_eq!(filled, 2);
    }

    /// Data for `join`, for `check`, and for nobody; `check`'s has the address of the only function in the table.
    fn with_data() -> (Vec<u8>, References) {
        const BEGIN: u32 = 1 << 20;
        let mut module = Module::with_config(ModuleConfig::new());
        let memory = module.memories.add_local(false, false, 17, None, None);
        let glue = function(&mut module, "core::ptr::drop_in_place", &[]);
        let [join, check] = ["join", "check"].map(|name| function(&mut module, name, &[]));
        for (function, constant) in [(join, BEGIN), (check, BEGIN + 8)] {
            let function = module.funcs.get_mut(function).kind.unwrap_local_mut();
            function.builder_mut().func_body().i32_const(constant.cast_signed()).drop();
        }
        let table = module.tables.add_local(false, 2, Some(2), RefType::FUNCREF);
        let kind = ElementKind::Active { table, offset: ConstExpr::Value(Value::I32(1)) };
        let element = module.elements.add(kind, ElementItems::Functions(vec![glue]));
        module.tables.get_mut(table).elem_segments.insert(element);
        let offset = ConstExpr::Value(Value::I32(BEGIN.cast_signed()));
        let data = module.data.add(DataKind::Active { memory, offset }, b"of join-of checknobody's".to_vec());
        module.memories.get_mut(memory).data_segments.insert(data);
        module.exports.add("join", join);
        module.exports.add("check", check);
        module.exports.add("table", table);
        let piece = |begin, places| Datum { addresses: BEGIN + begin..BEGIN + begin + 8, places, ..Datum::default() };
        let data = vec![piece(0, vec![]), piece(8, vec![1]), piece(16, vec![])];
        (module.emit_wasm(), References { data, table_length: 2, ..References::default() })
    }

    fn data(module: &Module) -> Vec<&[u8]> {
        module.data.iter().map(|data| data.value.as_slice()).collect()
    }

    #[test]
    fn data_and_what_is_known_through_it_alone_go_where_they_are_needed() {
        let (wasm, references) = with_data();
        let (first, second) = in_two(&wasm, &references);
        assert_eq!(data(&first), [b"of join-\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"]);
        assert_eq!(data(&second), [b"of check"]);
        assert_eq!(functions(&second), ["check", "core::ptr::drop_in_place"]);
        assert!(!functions(&first).contains(&"core::ptr::drop_in_place"));
    }

    #[test]
    fn what_the_first_part_knows_by_an_address_stays_there() {
        let (wasm, mut references) = with_data();
        references.places.insert("join".to_owned(), [1].into());
        assert!(!functions(&in_two(&wasm, &references).0).contains(&"core::ptr::drop_in_place"), "its code was cut");
        let mut module = parse(&wasm).unwrap();
        let join = module.exports.get_func("join").unwrap();
        module.funcs.get_mut(join).kind.unwrap_local_mut().builder_mut().func_body().i32_const(1).drop();
        assert!(functions(&in_two(&module.emit_wasm(), &references).0).contains(&"core::ptr::drop_in_place"));
        let (_, mut references) = with_data();
        references.data[0].data.push(1);
        let (first, second) = in_two(&wasm, &references);
        assert!(functions(&first).contains(&"core::ptr::drop_in_place"));
        assert!(data(&first)[0].starts_with(b"of join-of check") && data(&second).is_empty());
    }

    #[test]
    fn what_the_first_part_is_not_known_to_call_is_refused() {
        let refused = split(&whole(), &References::default(), &[Part { called: &[], ..CHECK }]).err().unwrap();
        assert!(refused.to_string().contains("itodenwa::check::step"), "{refused}");
    }

    #[test]
    fn a_module_without_one_of_the_parts_is_refused() {
        let mut module = Module::with_config(ModuleConfig::new());
        let join = function(&mut module, "join", &[]);
        module.exports.add("join", join);
        module.tables.add_local(false, 0, None, RefType::FUNCREF);
        assert!(split(&module.emit_wasm(), &References::default(), &[CHECK]).is_err());
    }

    #[test]
    fn what_two_parts_need_is_in_both_and_data_that_is_written_in_the_first() {
        let mut module = parse(&with_data().0).unwrap();
        let first_address: i32 = 1 << 20;
        let helper = function(&mut module, "alloc::helper", &[]);
        let record = function(&mut module, "record", &[helper]);
        let check = module.exports.get_func("check").unwrap();
        for id in [record, check] {
            let of_check = first_address + 8;
            module.funcs.get_mut(id).kind.unwrap_local_mut().builder_mut().func_body().i32_const(of_check).drop();
        }
        module.funcs.get_mut(check).kind.unwrap_local_mut().builder_mut().func_body().call(helper);
        module.exports.add("record", record);
        let (wasm, mut references) = (module.emit_wasm(), with_data().1);
        let Modules { first, later } = split(&wasm, &references, &[CHECK, RECORD]).unwrap();
        assert!(data(&first)[0].starts_with(b"of join-of check\0"));
        assert!(!functions(&first).contains(&"alloc::helper"));
        for part in &later {
            assert!(functions(part).contains(&"alloc::helper"));
            assert!(data(part).is_empty(), "it could be changed by then");
        }
        references.data[1].is_constant = true;
        let Modules { first, later } = split(&wasm, &references, &[CHECK, RECORD]).unwrap();
        assert!(data(&first)[0].starts_with(b"of join-\0"));
        assert!(later.iter().all(|part| data(part) == [b"of check"]));
    }
}
