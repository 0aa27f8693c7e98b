//! Which data goes to which part.

use std::collections::BTreeSet;
use std::ops::Range;

use walrus::ir::Value;
use walrus::{ConstExpr, DataId, DataKind, MemoryId, Module};

use super::references::References;
use crate::process::Result;

/// A gap that costs less than the head of another segment.
const GAP: u32 = 8;

/// Addresses, in order.
#[derive(Debug, Default)]
pub(super) struct Shares {
    /// What the first part does not need.
    leaving: Vec<Range<u32>>,
    /// What only the second one needs.
    second: Vec<Range<u32>>,
}

impl Shares {
    /// Shares data out by what each part reaches, as indices in `references`.
    pub(super) fn new(references: &References, first: &BTreeSet<usize>, second: &BTreeSet<usize>) -> Self {
        let mut shares = Shares::default();
        // Nothing of the first part's is between this and the end of the last piece for the second.
        let mut may_join = false;
        for (index, datum) in references.data.iter().enumerate() {
            if first.contains(&index) {
                may_join = false;
                continue;
            }
            shares.leaving.push(datum.addresses.clone());
            if !second.contains(&index) {
                continue;
            }
            match shares.second.last_mut() {
                Some(last) if may_join && datum.addresses.start - last.end < GAP => last.end = datum.addresses.end,
                _ => shares.second.push(datum.addresses.clone()),
            }
            may_join = true;
        }
        shares
    }

    /// Overwrites with zeros, which take no room, what the first part does not need.
    pub(super) fn leave(&self, module: &mut Module) {
        let all: Vec<DataId> = module.data.iter().map(walrus::Data::id).collect();
        for data in all {
            let data = module.data.get_mut(data);
            let Some(begin) = begin(&data.kind) else { continue };
            for addresses in &self.leaving {
                if let Some(bytes) = within(addresses, begin).and_then(|range| data.value.get_mut(range)) {
                    bytes.fill(0);
                }
            }
        }
    }

    /// Leaves only what the second part brings.
    pub(super) fn bring(&self, module: &mut Module) -> Result<()> {
        let pieces: Vec<(u32, Vec<u8>)> = self.second.iter().filter_map(|addresses| piece(module, addresses)).collect();
        if pieces.len() != self.second.len() {
            return Err("data of the second part is not in the module".into());
        }
        let all: Vec<DataId> = module.data.iter().map(walrus::Data::id).collect();
        all.into_iter().for_each(|data| module.data.delete(data));
        module.memories.iter_mut().for_each(|memory| memory.data_segments.clear());
        let memory = module.memories.iter().next().map(walrus::Memory::id);
        for (address, bytes) in pieces {
            add(module, memory.ok_or("the module has no memory")?, address, bytes);
        }
        Ok(())
    }
}

fn add(module: &mut Module, memory: MemoryId, address: u32, bytes: Vec<u8>) {
    let offset = ConstExpr::Value(Value::I32(address.cast_signed()));
    let data = module.data.add(DataKind::Active { memory, offset }, bytes);
    module.memories.get_mut(memory).data_segments.insert(data);
}

fn piece(module: &Module, addresses: &Range<u32>) -> Option<(u32, Vec<u8>)> {
    module.data.iter().find_map(|data| {
        let bytes = data.value.get(within(addresses, begin(&data.kind)?)?)?;
        Some((addresses.start, bytes.to_vec()))
    })
}

/// Addresses as places in a segment that begins here.
fn within(addresses: &Range<u32>, begin: u32) -> Option<Range<usize>> {
    Some(addresses.start.checked_sub(begin)? as usize..addresses.end.checked_sub(begin)? as usize)
}

fn begin(kind: &DataKind) -> Option<u32> {
    match kind {
        DataKind::Active { offset: ConstExpr::Value(Value::I32(offset)), .. } => u32::try_from(*offset).ok(),
        _ => None,
    }
}
