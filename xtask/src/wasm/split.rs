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
