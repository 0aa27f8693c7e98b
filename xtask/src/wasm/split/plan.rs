//! Which functions go to which part.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use walrus::ir::Value;
use walrus::{ConstExpr, ElementItems, ElementKind, FunctionId, FunctionKind, Module, TableId};

use super::data::Shares;
use super::exported;
use super::graph::{Graph, Reached};
use super::parts::Part;
use super::references::References;
use crate::process::Result;

/// How the module is cut.
pub(super) struct Plan<'a> {
    pub(super) parts: &'a [Part],
    /// The functions of the first part.
    pub(super) first: HashSet<FunctionId>,
    /// What each of the others has. What none of them reaches is left out.
    pub(super) later: Vec<Later>,
    /// The table through which functions are called.
    pub(super) table: TableId,
    /// The place in the table of each function that the first part does not have and calls.
    pub(super) place_of: BTreeMap<FunctionId, u32>,
    /// How long the table gets.
    pub(super) length: u32,
    /// The addresses of the data that the first part does not have.
    pub(super) leaving: Vec<Range<u32>>,
}

/// What a part has that is loaded when it is first used.
pub(super) struct Later {
    pub(super) functions: HashSet<FunctionId>,
    /// The places in the table that its functions have: those that they had, and new ones.
    pub(super) places: BTreeMap<u32, FunctionId>,
    /// The addresses of the data that it brings.
    pub(super) data: Vec<Range<u32>>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(module: &Module, references: &References, parts: &'a [Part]) -> Result<Self> {
        let table = module.tables.main_function_table()?.ok_or("the module has no table of functions")?;
        let in_table = entries(module, table)?;
        let owners = Owners { module, parts };
        let seeds: HashSet<FunctionId> =
            module.funcs.iter_local().map(|(id, _)| id).filter(|id| owners.is_seed(*id)).collect();
        let graph = Graph { module, references, in_table: &in_table };
        let mut first = graph.reach(first_roots(&owners, references, &in_table), &seeds);
        first.places.extend(in_table.range(references.table_length..).map(|(place, _)| *place));
        let is_later = |id: &FunctionId| {
            matches!(module.funcs.get(*id).kind, FunctionKind::Local(_)) && !first.functions.contains(id)
        };
        let mut called: Vec<FunctionId> = first.functions.iter().flat_map(|id| graph.named_by(*id)).collect();
        // The same order in all twins, and in each build.
        called.sort();
        called.dedup();
        called.retain(is_later);
        // What stands in the table for the first part, too, is filled.
        let known = first.places.iter().filter_map(|place| in_table.get(place)).copied().filter(|id| is_later(id));
        let known: Vec<FunctionId> = called.iter().copied().chain(known).collect();
        for name in known.iter().map(|id| module.funcs.get(*id).name.as_deref().unwrap_or_default()) {
            if !parts.iter().any(|part| part.is_called(name)) {
                return Err(format!("the first part calls {name}, which is of another: see Part::called").into());
            }
        }
        let reached: Vec<Reached> = (0..parts.len())
            .map(|part| {
                let exports = module.exports.iter().filter_map(|export| exported(&export.item)).filter(is_later);
                let roots = exports.chain(known.iter().copied()).filter(|id| owners.of(*id).contains(&part));
                graph.reach(roots.collect(), &first.functions)
            })
            .collect();
        let mut length = u32::try_from(module.tables.get(table).initial)?;
        let mut place_of: BTreeMap<FunctionId, u32> = in_table
            .iter()
            .filter(|(place, _)| first.places.contains(place) || reached.iter().any(|of| of.places.contains(place)))
            .map(|(place, id)| (*id, *place))
            .collect();
        place_of.retain(|id, _| called.binary_search(id).is_ok());
        for called in called {
            place_of.entry(called).or_insert_with(|| {
                length += 1;
                length - 1
            });
        }
        let each: Vec<_> = reached.iter().map(|of| &of.data).collect();
        let Shares { leaving, brought } = Shares::new(references, &first.data, &each);
        let mut later = Vec::new();
        for ((part, reached), data) in parts.iter().zip(reached).zip(brought) {
            let functions: HashSet<FunctionId> = reached.functions.into_iter().filter(is_later).collect();
            if functions.is_empty() {
                return Err(format!("nothing is left for {}: have its exports other names?", part.name).into());
            }
            let had = in_table
                .iter()
                .filter(|(place, _)| first.places.contains(place) || reached.places.contains(place))
                .map(|(place, id)| (*place, *id));
            let places = had.chain(place_of.iter().map(|(id, place)| (*place, *id)));
            let places = places.filter(|(_, id)| functions.contains(id)).collect();
            later.push(Later { functions, places, data });
        }
        Ok(Plan { parts, first: first.functions, later, table, place_of, length, leaving })
    }

    /// Whether a function is of one of the parts that are loaded later.
    pub(super) fn is_later(&self, id: FunctionId) -> bool {
        self.later.iter().any(|later| later.functions.contains(&id))
    }
}

/// Which functions belong to which part.
struct Owners<'a> {
    module: &'a Module,
    parts: &'a [Part],
}

impl Owners<'_> {
    fn exports(&self, id: FunctionId) -> impl Iterator<Item = &str> {
        let exports = self.module.exports.iter().filter(move |export| exported(&export.item) == Some(id));
        exports.map(|export| export.name.as_str())
    }

    /// The parts that a function belongs to. Exports whose code is the same are one function.
    fn of(&self, id: FunctionId) -> Vec<usize> {
        let name = self.module.funcs.get(id).name.as_deref().unwrap_or_default();
        let is_exported = self.exports(id).next().is_some();
        let of_part = |part: &Part| {
            !is_exported && part.has_function(name) || self.exports(id).any(|export| part.has_export(export))
        };
        self.parts.iter().enumerate().filter(|(_, part)| of_part(part)).map(|(index, _)| index).collect()
    }

    /// Whether the first part ends there.
    fn is_seed(&self, id: FunctionId) -> bool {
        !self.of(id).is_empty() && self.exports(id).all(|export| !is_firsts(export, self.parts))
    }
}

/// Whether an export is the first part's.
pub(super) fn is_firsts(export: &str, parts: &[Part]) -> bool {
    !parts.iter().any(|part| part.has_export(export))
}

/// Where the first part begins: at its exports, and at what the bindings put into the table.
fn first_roots(owners: &Owners<'_>, references: &References, in_table: &BTreeMap<u32, FunctionId>) -> Vec<FunctionId> {
    let exports = owners.module.exports.iter().filter(|export| is_firsts(&export.name, owners.parts));
    let of_bindings = in_table.range(references.table_length..).map(|(_, id)| *id);
    exports.filter_map(|export| exported(&export.item)).chain(owners.module.start).chain(of_bindings).collect()
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
