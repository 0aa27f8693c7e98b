//! What functions and data refer to, as the linker wrote it down (`--emit-relocs`, the `linking` and `reloc.*` sections of the
//! tool conventions). Without it a function whose address stands in data, and all data, would have to go to the first part.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use wasmparser::{
    DataKind, KnownCustom, Linking, Name, NameSectionReader, Operator, Parser, Payload, RelocSectionReader,
    RelocationType, SymbolInfo, TypeRef,
};

use crate::process::Result;

/// A piece of data: what a symbol of the linker stands for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Datum {
    /// Where it is in memory.
    pub(super) addresses: Range<u32>,
    /// The data whose addresses are in it.
    pub(super) data: Vec<usize>,
    /// The functions whose addresses are in it, by their places in the table.
    pub(super) places: Vec<u32>,
    /// Nothing writes there.
    pub(super) is_constant: bool,
}

/// What the linked module refers to. Addresses and places in the table are the same after the bindings are made.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// All data that has content, by address.
    pub(super) data: Vec<Datum>,
    /// The places in the table that a function names, by its name. Functions of the same name are taken together.
    pub(super) places: BTreeMap<String, BTreeSet<u32>>,
    /// Constants in the code that stand for data.
    pub(super) constants: BTreeMap<u32, usize>,
    /// How many places the linker filled: those behind are of the bindings.
    pub(super) table_length: u32,
}

impl References {
    /// The places in the table that functions of this name refer to.
    pub(super) fn places_of(&self, function: &str) -> impl Iterator<Item = u32> {
        self.places.get(function).into_iter().flatten().copied()
    }

    /// The data that a constant in the code may stand for. A number that only looks like an address keeps its data, too.
    pub(super) fn datum_of(&self, constant: u32) -> Option<usize> {
        self.constants.get(&constant).copied().or_else(|| self.datum_at(constant))
    }

    fn datum_at(&self, address: u32) -> Option<usize> {
        let after = self.data.partition_point(|datum| datum.addresses.start <= address);
        let datum = after.checked_sub(1)?;
        self.data.get(datum)?.addresses.contains(&address).then_some(datum)
    }

    /// Reads them from a module as the linker wrote it.
    pub(crate) fn read(wasm: &[u8]) -> Result<Self> {
        let module = Linked::read(wasm)?;
        let mut references = References { table_length: module.table_length, ..References::default() };
        let mut symbols: Vec<Option<Range<u32>>> = Vec::new();
        for symbol in &module.symbols {
            symbols.push(match symbol {
                SymbolInfo::Data { symbol: Some(data), .. } => {
                    module.segments.get(data.index as usize).map(|segment| {
                        let start = segment.address + data.offset;
                        start..start + data.size
                    })
                }
                _ => None,
            });
        }
        references.data = pieces(symbols.iter().flatten().cloned().collect());
        for datum in &mut references.data {
            datum.is_constant = module.is_constant(datum.addresses.start);
        }
        for reader in &module.relocations {
            references.relocate(wasm, &module, reader, &symbols)?;
        }
        if references.data.is_empty() || references.constants.is_empty() {
            return Err("the linker wrote down no references: was it told to?".into());
        }
        Ok(references)
    }

    fn relocate(
        &mut self,
        wasm: &[u8],
        module: &Linked<'_>,
        reader: &RelocSectionReader<'_>,
        symbols: &[Option<Range<u32>>],
    ) -> Result<()> {
        for entry in reader.entries() {
            let entry = entry?;
            let datum = symbols.get(entry.index as usize).cloned().flatten().and_then(|at| self.datum_at(at.start));
            match entry.ty {
                RelocationType::TableIndexSleb => {
                    let at = module.code.start + entry.offset as usize;
                    let function = module.function_at(at).ok_or("a reference is in no function")?;
                    self.places.entry(function.to_owned()).or_default().insert(constant(wasm, at)?);
                }
                RelocationType::MemoryAddrSleb | RelocationType::MemoryAddrLeb => {
                    if let Some(datum) = datum {
                        self.constants.insert(constant(wasm, module.code.start + entry.offset as usize)?, datum);
                    }
                }
                RelocationType::TableIndexI32 => {
                    let (address, bytes) = module.word(wasm, entry.offset)?;
                    let holder = self.holder(address)?;
                    holder.places.push(u32::from_le_bytes(bytes));
                }
                RelocationType::MemoryAddrI32 => {
                    let (address, _) = module.word(wasm, entry.offset)?;
                    self.holder(address)?.data.extend(datum);
                }
                RelocationType::FunctionIndexLeb
                | RelocationType::TypeIndexLeb
                | RelocationType::GlobalIndexLeb
                | RelocationType::TableNumberLeb => {}
                other => return Err(format!("a reference of an unknown kind: {other:?}").into()),
            }
        }
        Ok(())
    }

    fn holder(&mut self, address: u32) -> Result<&mut Datum> {
        let holder = self.datum_at(address).and_then(|datum| self.data.get_mut(datum));
        holder.ok_or_else(|| "an address stands in no data".into())
    }
}

/// Addresses in order; what overlaps, as texts do whose ends are the same, is one piece.
fn pieces(mut all: Vec<Range<u32>>) -> Vec<Datum> {
    all.retain(|addresses| !addresses.is_empty());
    all.sort_by_key(|addresses| addresses.start);
    let mut pieces: Vec<Datum> = Vec::new();
    for addresses in all {
        match pieces.last_mut() {
            Some(last) if addresses.start < last.addresses.end => {
                last.addresses.end = last.addresses.end.max(addresses.end);
            }
            _ => pieces.push(Datum { addresses, ..Datum::default() }),
        }
    }
    pieces
}

/// A constant as the linker writes it: five bytes of LEB128, with a sign or without.
fn constant(wasm: &[u8], at: usize) -> Result<u32> {
    let bytes = wasm.get(at..at + 5).ok_or("a reference is outside of the module")?;
    Ok(bytes.iter().rev().fold(0, |value, byte| value << 7 | u32::from(byte & 0x7f)))
}

/// A segment of data.
struct Segment {
    /// Where its bytes are in the module.
    bytes: Range<usize>,
    /// Where they go.
    address: u32,
    /// What the linker calls it.
    name: String,
}

/// What is read of the linked module.
#[derive(Default)]
struct Linked<'a> {
    /// The content of the section.
    code: Range<usize>,
    data: Range<usize>,
    /// Where the functions are, in order, each by its index.
    functions: Vec<Range<usize>>,
    imported: u32,
    names: BTreeMap<u32, String>,
    segments: Vec<Segment>,
    symbols: Vec<SymbolInfo<'a>>,
    relocations: Vec<RelocSectionReader<'a>>,
    table_length: u32,
}

impl<'a> Linked<'a> {
    fn read(wasm: &'a [u8]) -> Result<Self> {
        let mut module = Linked::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        module.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::TableSection(tables) => {
                    for table in tables {
                        module.table_length = u32::try_from(table?.ty.initial)?;
                    }
                }
                Payload::CodeSectionStart { range, .. } => module.code = range,
                Payload::CodeSectionEntry(body) => module.functions.push(body.range()),
                Payload::DataSection(data) => {
                    module.data = data.range();
                    for segment in data {
                        let segment = segment?;
                        let DataKind::Active { offset_expr, .. } = segment.kind else {
                            return Err("a segment of data has no address".into());
                        };
                        let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
                            return Err("the address of a segment is no constant".into());
                        };
                        let end = segment.range.end;
                        let bytes = end - segment.data.len()..end;
                        module.segments.push(Segment { bytes, address: value.cast_unsigned(), name: String::new() });
                    }
                }
                Payload::CustomSection(section) => match section.as_known() {
                    KnownCustom::Reloc(reader) => module.relocations.push(reader),
                    KnownCustom::Linking(reader) => {
                        for part in reader.subsections() {
                            match part? {
                                Linking::SymbolTable(symbols) => {
                                    module.symbols = symbols.into_iter().collect::<std::result::Result<_, _>>()?;
                                }
                                Linking::SegmentInfo(infos) => {
                                    for (segment, info) in module.segments.iter_mut().zip(infos) {
                                        info?.name.clone_into(&mut segment.name);
                                    }
                                }
                                _ => {}
                            }
                        }
                    }
                    KnownCustom::Name(reader) => module.names(reader)?,
                    _ => {}
                },
                _ => {}
            }
        }
        Ok(module)
    }

    fn names(&mut self, reader: NameSectionReader<'_>) -> Result<()> {
        for name in reader {
            if let Name::Function(names) = name? {
                for naming in names {
                    let naming = naming?;
                    // As the bindings tool writes them.
                    self.names.insert(naming.index, rustc_demangle::demangle(naming.name).to_string());
                }
            }
        }
        Ok(())
    }

    fn function_at(&self, at: usize) -> Option<&str> {
        let place = self.functions.partition_point(|function| function.start <= at).checked_sub(1)?;
        let index = self.imported + u32::try_from(place).ok()?;
        self.names.get(&index).map(String::as_str)
    }

    /// Whether what is at this address is only read.
    fn is_constant(&self, address: u32) -> bool {
        let after = self.segments.iter().filter(|segment| segment.address <= address);
        after.max_by_key(|segment| segment.address).is_some_and(|segment| segment.name.starts_with(".rodata"))
    }

    /// The address of a word in data, and what stands there.
    fn word(&self, wasm: &[u8], offset: u32) -> Result<(u32, [u8; 4])> {
        let at = self.data.start + offset as usize;
        let segment = self.segments.iter().find(|segment| segment.bytes.contains(&at)).ok_or("a word in no segment")?;
        let bytes = wasm.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).ok_or("a word that ends too early")?;
        Ok((segment.address + u32::try_from(at - segment.bytes.start)?, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_the_same_end_are_one_piece() {
        let pieces = pieces(vec![20..24, 0..8, 5..8, 8..10, 9..9]);
        let addresses: Vec<Range<u32>> = pieces.into_iter().map(|piece| piece.addresses).collect();
        assert_eq!(addresses, [0..8, 8..10, 20..24]);
    }

    #[test]
    fn constants_are_read_as_the_linker_writes_them() {
        assert_eq!(constant(&[0, 0x85, 0x80, 0xc0, 0x80, 0x00], 1).unwrap(), (1 << 20) + 5);
        assert!(constant(&[0x85, 0x80, 0xc0, 0x80], 0).is_err());
    }

    #[test]
    fn a_number_may_stand_for_the_data_that_it_lies_in() {
        let data =
            vec![Datum { addresses: 100..108, ..Datum::default() }, Datum { addresses: 120..124, ..Datum::default() }];
        // One past the second piece: the linker said that this is the first one and an offset.
        let references = References { data, constants: [(124, 0)].into(), ..References::default() };
        let found: Vec<_> = [99, 100, 107, 108, 120, 124].map(|constant| references.datum_of(constant)).into();
        assert_eq!(found, [None, Some(0), Some(0), None, Some(1), Some(0)]);
    }

    #[test]
    fn a_module_without_references_is_refused() {
        assert!(References::read(&walrus::Module::default().emit_wasm()).is_err());
    }
}
