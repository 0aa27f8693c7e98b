//! A part that is loaded when it is first used.

use std::collections::HashSet;

use walrus::ir::Value;
use walrus::{
    ConstExpr, ElementItems, ElementKind, ExportItem, FunctionId, FunctionKind, GlobalKind, ImportId, ImportKind,
    ImportedFunction, Module,
};

use super::FIRST;
use super::data;
use super::graph::Named;
use super::parts::Part;
use super::plan::{Later, Plan};
use crate::process::Result;

/// What a part takes of the first, by its name there, and the id that it has in the part.
pub(super) struct Taken {
    pub(super) name: String,
    pub(super) item: ExportItem,
}

/// Leaves only this part; says what it imports of the first.
pub(super) fn reduce(module: &mut Module, plan: &Plan<'_>, part: &Part, own: &Later) -> Result<Vec<Taken>> {
    drop_what_is_not_its(module, part);
    data::bring(&own.data, module)?;
    for (place, functions) in runs(own) {
        let offset = ConstExpr::Value(Value::I32(place.cast_signed()));
        let kind = ElementKind::Active { table: plan.table, offset };
        let element = module.elements.add(kind, ElementItems::Functions(functions));
        module.tables.get_mut(plan.table).elem_segments.insert(element);
    }
    let mut functions = HashSet::new();
    for (id, function) in module.funcs.iter_local() {
        if own.functions.contains(&id) {
            functions.extend(Named::by(function).functions.into_iter().filter(|named| !own.functions.contains(named)));
        }
    }
    let mut functions: Vec<FunctionId> = functions.into_iter().collect();
    functions.sort();
    let mut imports = Imports { module, taken: Vec::new() };
    for function in functions {
        imports.function(function);
    }
    imports.rest();
    let taken = imports.taken;
    walrus::passes::gc::run(module);
    // What is not used is not imported.
    let used: HashSet<&str> =
        module.imports.iter().filter(|import| import.module == FIRST).map(|import| import.name.as_str()).collect();
    Ok(taken.into_iter().filter(|taken| used.contains(taken.name.as_str())).collect())
}

/// Other exports, start and the table's contents are the first part's, or another's; so is what they keep alive.
fn drop_what_is_not_its(module: &mut Module, part: &Part) {
    module.start = None;
    let exports: Vec<_> =
        module.exports.iter().filter(|export| !part.has_export(&export.name)).map(|export| export.id()).collect();
    exports.into_iter().for_each(|export| module.exports.delete(export));
    let elements: Vec<_> = module.elements.iter().map(walrus::Element::id).collect();
    elements.into_iter().for_each(|element| module.elements.delete(element));
    module.tables.iter_mut().for_each(|table| table.elem_segments.clear());
}

/// The places of the table that a part fills, as runs without a gap.
fn runs(own: &Later) -> Vec<(u32, Vec<FunctionId>)> {
    let mut runs: Vec<(u32, Vec<FunctionId>)> = Vec::new();
    for (place, function) in &own.places {
        match runs.last_mut() {
            Some((start, run)) if u32::try_from(run.len()).is_ok_and(|length| *start + length == *place) => {
                run.push(*function)
            }
            _ => runs.push((*place, vec![*function])),
        }
    }
    runs
}

/// Turns what the first part has into imports.
struct Imports<'a> {
    module: &'a mut Module,
    taken: Vec<Taken>,
}

impl Imports<'_> {
    fn add(&mut self, kind: impl Into<ImportKind>, item: impl Into<ExportItem>) -> ImportId {
        let item = item.into();
        let name = name_of(&item);
        let import = self.module.imports.add(FIRST, &name, kind);
        self.taken.push(Taken { name, item });
        import
    }

    /// What the first part itself imports is imported from the same place.
    fn function(&mut self, id: FunctionId) {
        let function = self.module.funcs.get(id);
        if let FunctionKind::Import(_) = function.kind {
            return;
        }
        let ty = function.ty();
        let import = self.add(id, id);
        self.module.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
    }

    fn rest(&mut self) {
        let memories: Vec<_> = self.module.memories.iter().map(walrus::Memory::id).collect();
        for id in memories {
            let import = self.add(id, id);
            self.module.memories.get_mut(id).import = Some(import);
        }
        let tables: Vec<_> = self.module.tables.iter().map(walrus::Table::id).collect();
        for id in tables {
            let import = self.add(id, id);
            let table = self.module.tables.get_mut(id);
            // As long as the first part says; it is longer than the whole module's.
            table.maximum = None;
            table.import = Some(import);
        }
        let globals: Vec<_> = self.module.globals.iter().map(walrus::Global::id).collect();
        for id in globals {
            let import = self.add(id, id);
            self.module.globals.get_mut(id).kind = GlobalKind::Import(import);
        }
    }
}

/// The same in all parts.
fn name_of(item: &ExportItem) -> String {
    match item {
        ExportItem::Function(id) => format!("function_{}", id.index()),
        ExportItem::Table(id) => format!("table_{}", id.index()),
        ExportItem::Memory(id) => format!("memory_{}", id.index()),
        ExportItem::Global(id) => format!("global_{}", id.index()),
        ExportItem::Tag(id) => format!("tag_{}", id.index()),
    }
}
