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
    pub(super) leaving: Vec<Range<u32>>,
    /// What each of the others brings.
    pub(super) brought: Vec<Vec<Range<u32>>>,
}

impl Shares {
    /// Shares data out by what each part reaches, as indices in `references`. What more than one part needs each of them brings if
    /// nothing writes there; otherwise it is the first's: it may be changed by then.
    pub(super) fn new(references: &References, first: &BTreeSet<usize>, later: &[&BTreeSet<usize>]) -> Self {
        let mut shares = Shares { leaving: Vec::new(), brought: vec![Vec::new(); later.len()] };
        // Where the datum before ends: a piece reaches over a gap, and not over anything else.
        let mut before = 0;
        for (index, datum) in references.data.iter().enumerate() {
            let wanted = later.iter().filter(|reached| reached.contains(&index)).count();
            let end_before = std::mem::replace(&mut before, datum.addresses.end);
            if first.contains(&index) || wanted > 1 && !datum.is_constant {
                continue;
            }
            shares.leaving.push(datum.addresses.clone());
            for (brought, _) in shares.brought.iter_mut().zip(later).filter(|(_, reached)| reached.contains(&index)) {
                match brought.last_mut() {
                    Some(last) if last.end == end_before && datum.addresses.start - last.end < GAP => {
                        last.end = datum.addresses.end;
                    }
                    _ => brought.push(datum.addresses.clone()),
                }
            }
        }
        shares
    }
}

/// Overwrites with zeros, which take no room, what the first part does not need.
pub(super) fn leave(leaving: &[Range<u32>], module: &mut Module) {
    let all: Vec<DataId> = module.data.iter().map(walrus::Data::id).collect();
    for data in all {
        let data = module.data.get_mut(data);
        let Some(begin) = begin(&data.kind) else { continue };
        for addresses in leaving {
            if let Some(bytes) = within(addresses, begin).and_then(|range| data.value.get_mut(range)) {
                bytes.fill(0);
            }
        }
    }
}

/// Leaves only what another part brings.
pub(super) fn bring(brought: &[Range<u32>], module: &mut Module) -> Result<()> {
    let pieces: Vec<(u32, Vec<u8>)> = brought.iter().filter_map(|addresses| piece(module, addresses)).collect();
    if pieces.len() != brought.len() {
        return Err("data of a part is not in the module".into());
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
