//! Which functions go to which part.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use walrus::ir::Value;
use walrus::{ConstExpr, ElementItems, ElementKind, FunctionId, FunctionKind, Module, TableId};

use super::data::Shares;
use super::exported;
use super::graph::Graph;
use super::references::References;
use crate::process::Result;

/// The parts of the crates that are loaded with their first use: checks, previews, recordings, diagnoses, channels, files, own
/// tracks, and calls by hand.
const MODULES: [&str; 9] = ["call", "channel", "check", "diagnosis", "file", "preview", "publish", "record", "request"];
/// The exports that lead there: all that begins like this.
const EXPORTS: [&str; 25] = [
    "rawcall_",
    "rawchannel_",
    "rawcheck_",
    "rawincoming_",
    "rawpreview_",
    "rawrecording_",
    "rawrequest_",
    "rawtransfer_",
    "__wbg_rawcall_",
    "__wbg_rawchannel_",
    "__wbg_rawcheck_",
    "__wbg_rawpreview_",
    "__wbg_rawrecording_",
    "__wbg_rawrequest_",
    "__wbg_rawtransfer_",
    "rawroom_channel",
    "rawroom_record",
    "rawroom_diagnose",
    "rawroom_stats",
    "rawroom_request",
    "rawroom_sendFile",
    "rawroom_publish",
    "rawroom_unpublish",
    "check",
    "removePrivateFiles",
];

/// How the module is cut.
pub(super) struct Plan {
    /// The functions of the first part.
    pub(super) first: HashSet<FunctionId>,
    /// The functions of the second part. What neither part reaches is left out.
    pub(super) second: HashSet<FunctionId>,
    /// The table through which functions are called.
    pub(super) table: TableId,
    /// The places in the table that functions of the second part have: those that they had, and new ones.
    pub(super) places: BTreeMap<u32, FunctionId>,
    /// The place of each function of the second part that the first one calls.
    pub(super) place_of: BTreeMap<FunctionId, u32>,
    /// How long the table gets.
    pub(super) length: u32,
    /// What data each part has.
    pub(super) data: Shares,
}

impl Plan {
    pub(super) fn new(module: &Module, references: &References) -> Result<Self> {
        let table = module.tables.main_function_table()?.ok_or("the module has no table of functions")?;
        let in_table = entries(module, table)?;
        let seeds: HashSet<FunctionId> =
            module.funcs.iter_local().map(|(id, _)| id).filter(|id| is_seed(module, *id)).collect();
        let graph = Graph { module, references, in_table: &in_table };
        let mut first = graph.reach(first_roots(module, references, &in_table), &seeds);
        first.places.extend(in_table.range(references.table_length..).map(|(place, _)| *place));
        let is_second = |id: &FunctionId| {
            matches!(module.funcs.get(*id).kind, FunctionKind::Local(_)) && !first.functions.contains(id)
        };
        let mut roots: Vec<FunctionId> = module.exports.iter().filter_map(|export| exported(&export.item)).collect();
        let mut called: Vec<FunctionId> = first.functions.iter().flat_map(|id| graph.named_by(*id)).collect();
        // The same order in both twins, and in each build.
        called.sort();
        called.dedup();
        called.retain(is_second);
        roots.extend(called.iter().copied());
        // What stands in the table for the first part, too, is filled.
        roots.extend(first.places.iter().filter_map(|place| in_table.get(place)).copied());
        roots.retain(is_second);
        let second = graph.reach(roots, &first.functions);
        let data = Shares::new(references, &first.data, &second.data);
        let places_needed: BTreeSet<u32> = first.places.union(&second.places).copied().collect();
        let second: HashSet<FunctionId> = second.functions.into_iter().filter(is_second).collect();
        if second.is_empty() {
            return Err("nothing is left for the second module: have its exports other names?".into());
        }
        let mut length = u32::try_from(module.tables.get(table).initial)?;
        let mut places: BTreeMap<u32, FunctionId> = in_table
            .iter()
            .filter(|(place, id)| second.contains(id) && places_needed.contains(place))
            .map(|(place, id)| (*place, *id))
            .collect();
        let mut place_of: BTreeMap<FunctionId, u32> = places.iter().map(|(place, id)| (*id, *place)).collect();
        for called in called {
            place_of.entry(called).or_insert_with(|| {
                let place = length;
                places.insert(place, called);
                length += 1;
                place
            });
        }
        Ok(Plan { first: first.functions, second, table, places, place_of, length, data })
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

/// Where the first part begins: at its exports, and at what the bindings put into the table.
fn first_roots(module: &Module, references: &References, in_table: &BTreeMap<u32, FunctionId>) -> Vec<FunctionId> {
    let exports = module.exports.iter().filter(|export| !is_second_export(&export.name));
    let of_bindings = in_table.range(references.table_length..).map(|(_, id)| *id);
    exports.filter_map(|export| exported(&export.item)).chain(module.start).chain(of_bindings).collect()
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
