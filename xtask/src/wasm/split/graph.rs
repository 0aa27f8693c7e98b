//! What leads where: functions to functions and data, data to data, and both to functions through the table.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use walrus::ir::{Const, Load, Store, Value, Visitor, dfs_in_order};
use walrus::{FunctionId, FunctionKind, LocalFunction, Module};

use super::references::References;

/// A module, and what it refers to.
pub(super) struct Graph<'a> {
    pub(super) module: &'a Module,
    pub(super) references: &'a References,
    pub(super) in_table: &'a BTreeMap<u32, FunctionId>,
}

/// What can be reached.
#[derive(Default)]
pub(super) struct Reached {
    pub(super) functions: HashSet<FunctionId>,
    pub(super) data: BTreeSet<usize>,
    /// Places in the table that somebody knows.
    pub(super) places: BTreeSet<u32>,
}

impl Graph<'_> {
    /// What can be reached from these without going into any of `stop`.
    pub(super) fn reach(&self, mut functions: Vec<FunctionId>, stop: &HashSet<FunctionId>) -> Reached {
        let mut reached = Reached::default();
        let mut data: Vec<usize> = Vec::new();
        loop {
            let mut places: Vec<u32> = Vec::new();
            if let Some(id) = functions.pop() {
                if stop.contains(&id) || !reached.functions.insert(id) {
                    continue;
                }
                let function = self.module.funcs.get(id);
                if let FunctionKind::Local(local) = &function.kind {
                    let named = Named::by(local);
                    functions.extend(named.functions);
                    // A panic's code refers to less than it did when it was linked.
                    let referred = self.references.places_of(function.name.as_deref().unwrap_or_default());
                    places.extend(referred.filter(|place| named.constants.contains(place)));
                    data.extend(named.constants.into_iter().filter_map(|constant| self.references.datum_of(constant)));
                }
            } else if let Some(index) = data.pop() {
                let Some(datum) = self.references.data.get(index).filter(|_| reached.data.insert(index)) else {
                    continue;
                };
                data.extend(datum.data.iter().copied());
                places.extend(datum.places.iter().copied());
            } else {
                return reached;
            }
            functions.extend(places.iter().filter_map(|place| self.in_table.get(place)));
            reached.places.extend(places);
        }
    }

    /// The functions that this one names.
    pub(super) fn named_by(&self, id: FunctionId) -> Vec<FunctionId> {
        match &self.module.funcs.get(id).kind {
            FunctionKind::Local(function) => Named::by(function).functions,
            _ => Vec::new(),
        }
    }
}

/// What the code of a function has in it.
#[derive(Default)]
pub(super) struct Named {
    pub(super) functions: Vec<FunctionId>,
    /// Each number that may be an address.
    constants: Vec<u32>,
}

impl Named {
    pub(super) fn by(function: &LocalFunction) -> Self {
        let mut named = Named::default();
        dfs_in_order(&mut named, function, function.entry_block());
        named
    }
}

impl Visitor<'_> for Named {
    fn visit_function_id(&mut self, function: &FunctionId) {
        self.functions.push(*function);
    }

    fn visit_const(&mut self, instruction: &Const) {
        if let Value::I32(value) = instruction.value {
            self.constants.push(value.cast_unsigned());
        }
    }

    fn visit_load(&mut self, instruction: &Load) {
        self.constants.extend(u32::try_from(instruction.arg.offset).ok());
    }

    fn visit_store(&mut self, instruction: &Store) {
        self.constants.extend(u32::try_from(instruction.arg.offset).ok());
    }
}
