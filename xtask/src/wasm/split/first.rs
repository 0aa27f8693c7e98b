//! The part that every call needs.

use std::collections::BTreeSet;

use walrus::ir::{CallIndirect, Const, Instr, InstrSeq, ReturnCallIndirect, Value, VisitorMut, dfs_pre_order_mut};
use walrus::{ElementItems, ExportItem, FunctionBuilder, FunctionId, Module, TypeId};

use super::data;
use super::later::Taken;
use super::plan::{Plan, is_firsts};
use crate::process::Result;

/// Leaves only the first part, and exports what the others take of it.
pub(super) fn reduce(module: &mut Module, plan: &Plan<'_>, taken: &[Taken]) -> Result<()> {
    let own = taken.iter().map(|taken| own(module, &taken.item)).collect::<Option<Vec<ExportItem>>>();
    let own = own.ok_or("the parts of the module do not have the same order")?;
    let leaving: Vec<_> =
        module.exports.iter().filter(|export| !is_firsts(&export.name, plan.parts)).map(walrus::Export::id).collect();
    for export in leaving {
        module.exports.delete(export);
    }
    let mut added = BTreeSet::new();
    for (taken, item) in taken.iter().zip(own) {
        if added.insert(&taken.name) {
            module.exports.add(&taken.name, item);
        }
    }
    call_through_the_table(module, plan)?;
    let trap = trap(module);
    for element in module.elements.iter_mut() {
        if let ElementItems::Functions(functions) = &mut element.items {
            functions
                .iter_mut()
                .filter(|function| !plan.first.contains(function))
                .for_each(|function| *function = trap);
        }
    }
    let table = module.tables.get_mut(plan.table);
    table.initial = plan.length.into();
    table.maximum = table.maximum.map(|maximum| maximum.max(plan.length.into()));
    data::leave(&plan.leaving, module);
    walrus::passes::gc::run(module);
    let stays = module.funcs.iter_local().any(|(id, _)| plan.is_later(id));
    if stays { Err("the first module still needs a function of another".into()) } else { Ok(()) }
}

/// The same thing in this module as what has this id in its twin.
fn own(module: &Module, item: &ExportItem) -> Option<ExportItem> {
    Some(match item {
        ExportItem::Function(id) => module.funcs.iter().nth(id.index())?.id().into(),
        ExportItem::Table(id) => module.tables.iter().nth(id.index())?.id().into(),
        ExportItem::Memory(id) => module.memories.iter().nth(id.index())?.id().into(),
        ExportItem::Global(id) => module.globals.iter().nth(id.index())?.id().into(),
        ExportItem::Tag(_) => return None,
    })
}

/// Calls of what leaves become calls of its place in the table.
fn call_through_the_table(module: &mut Module, plan: &Plan<'_>) -> Result<()> {
    let types: Vec<(FunctionId, TypeId)> = plan.place_of.keys().map(|id| (*id, module.funcs.get(*id).ty())).collect();
    let mut indirect = Indirect { plan, types: types.into_iter().collect(), lost: false };
    for (id, function) in module.funcs.iter_local_mut() {
        if plan.first.contains(&id) {
            let entry = function.entry_block();
            dfs_pre_order_mut(&mut indirect, function, entry);
        }
    }
    if indirect.lost { Err("a function of another module is used otherwise than by a call".into()) } else { Ok(()) }
}

struct Indirect<'a> {
    plan: &'a Plan<'a>,
    types: std::collections::BTreeMap<FunctionId, TypeId>,
    /// Something else than a call was found.
    lost: bool,
}

impl VisitorMut for Indirect<'_> {
    fn start_instr_seq_mut(&mut self, sequence: &mut InstrSeq) {
        let old = std::mem::take(&mut sequence.instrs);
        for (instruction, at) in old {
            let called = match &instruction {
                Instr::Call(call) => Some(call.func),
                Instr::ReturnCall(call) => Some(call.func),
                Instr::RefFunc(reference) => {
                    self.lost |= self.plan.is_later(reference.func);
                    None
                }
                _ => None,
            };
            let place = called.and_then(|called| Some((self.plan.place_of.get(&called)?, self.types.get(&called)?)));
            let Some((place, ty)) = place else {
                sequence.instrs.push((instruction, at));
                continue;
            };
            let (ty, table) = (*ty, self.plan.table);
            sequence.instrs.push((Const { value: Value::I32(place.cast_signed()) }.into(), at));
            sequence.instrs.push(match instruction {
                Instr::ReturnCall(_) => (ReturnCallIndirect { ty, table }.into(), at),
                _ => (CallIndirect { ty, table }.into(), at),
            });
        }
    }
}

/// What stands in the table for what is not loaded.
fn trap(module: &mut Module) -> FunctionId {
    let mut trap = FunctionBuilder::new(&mut module.types, &[], &[]);
    trap.func_body().unreachable();
    trap.finish(vec![], &mut module.funcs)
}
