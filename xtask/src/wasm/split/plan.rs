//! Which functions go to which part.

use std::collections::{BTreeMap, HashSet};

use walrus::ir::Value;
use walrus::{ConstExpr, ElementItems, ElementKind, FunctionId, FunctionKind, Module, TableId};

use super::{exported, named_by};
use crate::process::Result;

/// The parts of the crates that are loaded with their first use: checks, previews, recordings, and calls by hand.
const MODULES: [&str; 4] = ["call", "check", "preview", "record"];
/// The exports that lead there: all that begins like this.
const EXPORTS: [&str; 10] = [
    "rawcall_",
    "rawcheck_",
    "rawpreview_",
    "rawrecording_",
    "__wbg_rawcall_",
    "__wbg_rawcheck_",
    "__wbg_rawpreview_",
    "__wbg_rawrecording_",
    "rawroom_record",
    "check",
];

/// How the module is cut.
pub(super) struct Plan {
    /// The functions of the second part.
    pub(super) second: HashSet<FunctionId>,
    /// The table through which functions are called.
    pub(super) table: TableId,
    /// The places in the table that functions of the second part have: those that they had, and new ones.
    pub(super) places: BTreeMap<u32, FunctionId>,
    /// The place of each function of the second part that the first one calls.
    pub(super) place_of: BTreeMap<FunctionId, u32>,
    /// How long the table gets.
    pub(super) length: u32,
}

impl Plan {
    pub(super) fn new(module: &Module) -> Result<Self> {
        let table = module.tables.main_function_table()?.ok_or("the module has no table of functions")?;
        let in_table = entries(module, table)?;
        let seeds: HashSet<FunctionId> =
            module.funcs.iter_local().map(|(id, _)| id).filter(|id| is_seed(module, *id)).collect();
        let needed = needed_first(module, &seeds, in_table.values().copied());
        let is_second =
            |id: &FunctionId| matches!(module.funcs.get(*id).kind, FunctionKind::Local(_)) && !needed.contains(id);
        let second: HashSet<FunctionId> = module.funcs.iter_local().map(|(id, _)| id).filter(is_second).collect();
        if second.is_empty() {
            return Err("nothing is left for the second module: have its exports other names?".into());
        }
        let mut length = u32::try_from(module.tables.get(table).initial)?;
        let mut places: BTreeMap<u32, FunctionId> =
            in_table.iter().filter(|(_, id)| second.contains(id)).map(|(place, id)| (*place, *id)).collect();
        let mut place_of: BTreeMap<FunctionId, u32> = places.iter().map(|(place, id)| (*id, *place)).collect();
        for (id, function) in module.funcs.iter_local() {
            if second.contains(&id) {
                continue;
            }
            for called in named_by(function).into_iter().filter(|called| second.contains(called)) {
                place_of.entry(called).or_insert_with(|| {
                    let place = length;
                    places.insert(place, called);
                    length += 1;
                    place
                });
            }
        }
        Ok(Plan { second, table, places, place_of, length })
    }
}

/// Whether an export belongs to the second part.
pub(super) fn is_second_export(name: &str) -> bool {
    EXPORTS.iter().any(|start| name.starts_with(start))
}

/// Whether a function is of one of the modules. Generic functions of other crates are not: the compiler merges those that
/// have the same code, and keeps any of their names.
fn is_seed(module: &Module, id: FunctionId) -> bool {
    let name = module.funcs.get(id).name.as_deref().unwrap_or_default();
    let path = name.trim_start_matches(['<', '&']).trim_start_matches("mut ").trim_start_matches("dyn ");
    let of_module = path.strip_prefix("itodenwa::").and_then(|path| path.split("::").next());
    let exports = || module.exports.iter().filter(|export| exported(&export.item) == Some(id));
    of_module.is_some_and(|of_module| MODULES.contains(&of_module)) && exports().next().is_none()
        || exports().next().is_some() && exports().all(|export| is_second_export(&export.name))
}

/// What can be reached from the exports of the first part and from the table without going through a seed.
fn needed_first(
    module: &Module,
    seeds: &HashSet<FunctionId>,
    in_table: impl Iterator<Item = FunctionId>,
) -> HashSet<FunctionId> {
    let mut waiting: Vec<FunctionId> = module.exports.iter().filter_map(|export| exported(&export.item)).collect();
    waiting.extend(module.start);
    waiting.extend(in_table);
    let mut needed = HashSet::new();
    while let Some(id) = waiting.pop() {
        if seeds.contains(&id) || !needed.insert(id) {
            continue;
        }
        if let FunctionKind::Local(function) = &module.funcs.get(id).kind {
            waiting.extend(named_by(function));
        }
    }
    needed
}

/// What is in the table, by its places.
fn entries(module: &Module, table: TableId) -> Result<BTreeMap<u32, FunctionId>> {
    let mut entries = BTreeMap::new();
    for element in module.elements.iter() {
        match (&element.kind, &element.items) {
            (ElementKind::Declared, _) => {}
            (ElementKind::Active { table: of, .. }, _) if *of != table => {}
            (
                ElementKind::Active { offset: ConstExpr::Value(Value::I32(offset)), .. },
                ElementItems::Functions(functions),
            ) => {
                entries.extend((u32::try_from(*offset)?..).zip(functions.iter().copied()));
            }
            _ => return Err("the table is filled in an unknown way".into()),
        }
    }
    Ok(entries)
}
