//! Cuts the linked module in two: what every call needs, and what is loaded when it is first used.
//!
//! Both parts are one program: the second imports memory, tables and stack of the first, and puts its functions into the table
//! of the first, at the places that they had before. A function of the first part calls one of the second through that table.
//! Until the second part is there a trap stands in these places, so what leads into it has to be loaded before it is called;
//! what an application has to call for that are the exports of the second part, which the first does not have.

mod first;
mod plan;
mod second;

use walrus::ir::{Visitor, dfs_in_order};
use walrus::{ExportItem, FunctionId, LocalFunction, Module, ModuleConfig};

use crate::process::Result;

/// The name under which the second module imports what it takes of the first.
pub(super) const FIRST: &str = "first";

/// The two parts.
pub(super) struct Parts {
    pub(super) first: Module,
    pub(super) second: Module,
}

/// Cuts a module. The functions have to have their names still.
pub(super) fn split(wasm: &[u8]) -> Result<Parts> {
    // Both parts are parsed from the same bytes and planned alike; ids are each module's own, but in the same order.
    let (mut first, mut second) = (parse(wasm)?, parse(wasm)?);
    let plan = plan::Plan::new(&second)?;
    let taken = second::reduce(&mut second, &plan);
    let plan = plan::Plan::new(&first)?;
    first::reduce(&mut first, &plan, &taken)?;
    Ok(Parts { first, second })
}

pub(super) fn parse(wasm: &[u8]) -> Result<Module> {
    let mut config = ModuleConfig::new();
    config.generate_producers_section(false).generate_synthetic_names_for_anonymous_items(false);
    Ok(config.parse(wasm)?)
}

/// The functions that this one names.
fn named_by(function: &LocalFunction) -> Vec<FunctionId> {
    #[derive(Default)]
    struct Named(Vec<FunctionId>);
    impl Visitor<'_> for Named {
        fn visit_function_id(&mut self, function: &FunctionId) {
            self.0.push(*function);
        }
    }
    let mut named = Named::default();
    dfs_in_order(&mut named, function, function.entry_block());
    named.0
}

fn exported(item: &ExportItem) -> Option<FunctionId> {
    if let ExportItem::Function(function) = item { Some(*function) } else { None }
}

#[cfg(test)]
mod tests {
    use walrus::ir::Value;
    use walrus::{ConstExpr, ElementItems, ElementKind, FunctionBuilder, ModuleConfig, RefType};

    use super::*;

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
    fn what_only_the_second_part_needs_goes_there() {
        let Parts { first, second } = split(&whole()).unwrap();
        assert_eq!(functions(&first), ["alloc::shared", "join"]);
        let of_check = ["<itodenwa::check::Task as Future>::poll", "alloc::helper", "check", "itodenwa::check::step"];
        assert_eq!(functions(&second), of_check);
        assert!(first.exports.get_func("check").is_err() && first.exports.get_func("join").is_ok());
        assert!(second.exports.get_func("join").is_err() && second.exports.get_func("check").is_ok());
    }

    #[test]
    fn the_second_part_takes_of_the_first_and_fills_its_table() {
        let Parts { first, second } = split(&whole()).unwrap();
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

    #[test]
    fn a_module_without_a_second_part_is_refused() {
        let mut module = Module::with_config(ModuleConfig::new());
        let join = function(&mut module, "join", &[]);
        module.exports.add("join", join);
        module.tables.add_local(false, 0, None, RefType::FUNCREF);
        assert!(split(&module.emit_wasm()).is_err());
    }
}
