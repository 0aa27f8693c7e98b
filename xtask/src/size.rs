//! What browsers load: how much it is, how much it may be, and how much others are.

mod crates;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::process::{self, Result, program};
use crate::{system, wasm};

/// What a page may load before its first call, in bytes after brotli: first module, bindings and face.
const FIRST_LOAD: usize = 142_700;
/// What each of the other modules may have, with the bindings that they share; they are loaded when they are first used.
const LATER: usize = 33_200;
/// The one with files: those that go on after a page was loaded anew are half of it; 40 000 is the goal.
const FILES: (&str, usize) = ("_files_", 42_300);
/// Others, as their packages are bundled by everybody; one is shipped bundled.
const RIVALS: [&str; 3] = ["peerjs", "mediasoup-client", "livekit-client"];
const SIMPLE_PEER: &str = "node_modules/simple-peer/simplepeer.min.js";

/// How many crates the table has.
const CRATES: usize = 10;

/// A part, raw and compressed.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

impl Size {
    fn of(bytes: &[u8]) -> Result<Self> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(bytes)?;
        let mut brotli = Vec::new();
        let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 24, ..Default::default() };
        brotli::BrotliCompress(&mut &*bytes, &mut brotli, &parameters)?;
        Ok(Size { raw: bytes.len(), gzip: gzip.finish()?.len(), brotli: brotli.len() })
    }

    fn and(self, other: Self) -> Self {
        Size { raw: self.raw + other.raw, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }
}

/// What there is to load.
struct Sizes {
    first: Size,
    /// With their bindings, by their files.
    later: Vec<(String, Size)>,
    bindings: Size,
    face: Size,
}

impl Sizes {
    fn measure() -> Result<Self> {
        let folder = process::target()?.join("size");
        wasm::bind(&folder)?;
        let size = |file: &str| Size::of(&fs::read(folder.join(file))?);
        let bindings = size(wasm::LATER_BINDINGS)?;
        let later = wasm::later().map(|file| Ok((file.clone(), size(&file)?.and(bindings)))).collect::<Result<_>>()?;
        // Of a page that joins rooms: what it does not import, bundles leave out.
        let page = folder.join("page.mjs");
        let package = process::root().join("js/lib/index.js");
        fs::write(&page, format!("import {{ join }} from {package:?};\nglobalThis.join = join;\n"))?;
        let face = bundle(&page, &folder.join("face.js"))?;
        Ok(Sizes { first: size(wasm::FIRST)?, later, bindings: size(wasm::BINDINGS)?, face })
    }

    fn first_load(&self) -> Size {
        self.first.and(self.bindings).and(self.face)
    }
}

/// Whether what is loaded is within its budgets.
pub(crate) fn check() -> Result<()> {
    let sizes = Sizes::measure()?;
    within("what a page loads before its first call", sizes.first_load().brotli, FIRST_LOAD)?;
    sizes
        .later
        .iter()
        .try_for_each(|(file, size)| within(file, size.brotli, if file.contains(FILES.0) { FILES.1 } else { LATER }))
}

fn within(what: &str, size: usize, budget: usize) -> Result<()> {
    let text = format!("{what}: {size} bytes of {budget}, after brotli");
    println!("{text}");
    if size <= budget { Ok(()) } else { Err(text.into()) }
}

/// Prints the table, with others beside.
pub(crate) fn bench() -> Result<ExitCode> {
    let sizes = Sizes::measure()?;
    println!("| bytes | raw | gzip -9 | brotli 11 |\n|---|--:|--:|--:|");
    row("first module", sizes.first);
    row("bindings", sizes.bindings);
    row("face", sizes.face);
    row("**before the first call**", sizes.first_load());
    for (file, size) in &sizes.later {
        row(&format!("{file}, with its first use"), *size);
    }
    let rivals = process::root().join("xtask/rivals");
    system::need_packages(&rivals)?;
    for name in RIVALS {
        let entry = rivals.join(format!("{name}.entry.mjs"));
        fs::write(&entry, format!("export * from \"{name}\";\n"))?;
        let size = bundle(&entry, &process::target()?.join("size").join(format!("{name}.js")));
        fs::remove_file(&entry)?;
        row(name, size?);
    }
    row("simple-peer", Size::of(&fs::read(rivals.join(SIMPLE_PEER))?)?);
    by_crate("first module", &wasm::named(wasm::FIRST)?)?;
    for file in wasm::later() {
        by_crate(&file, &wasm::named(&file)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The larger crates of a module, and how much of its code they are.
fn by_crate(module: &str, wasm: &[u8]) -> Result<()> {
    let sizes = crates::sizes(wasm)?;
    let whole: usize = sizes.iter().map(|(_, size)| size).sum();
    println!("\n| {module}, by crate | code, raw | % |\n|---|--:|--:|");
    for (name, size) in sizes.iter().take(CRATES) {
        println!("| {name} | {size} | {} |", (size * 200 / whole).div_ceil(2));
    }
    let others: usize = sizes.iter().skip(CRATES).map(|(_, size)| size).sum();
    println!("| others | {others} | {} |", (others * 200 / whole).div_ceil(2));
    Ok(())
}

fn row(name: &str, Size { raw, gzip, brotli }: Size) {
    println!("| {name} | {raw} | {gzip} | {brotli} |");
}

/// Bundles and minifies a program, as an application's build does.
fn bundle(entry: &Path, to: &Path) -> Result<Size> {
    let tools: PathBuf = process::root().join("xtask/tools");
    system::need_packages(&tools)?;
    let mut bundle = program(&tools.join("node_modules/.bin/esbuild").to_string_lossy());
    bundle.arg(entry).args([
        "--bundle",
        "--minify",
        "--format=esm",
        "--log-level=error",
        "--external:../pkg/itodenwa.js",
        // Loaded when they are first used.
        "--external:./join-options.js",
        "--external:./channel.js",
        "--external:./interruption.js",
        "--external:./own-level.js",
        "--external:./publish.js",
        "--external:./recording.js",
        "--external:./stats.js",
        "--external:./transfer.js",
        "--external:./verification.js",
    ]);
    process::run(bundle.arg(format!("--outfile={}", to.display())))?;
    Size::of(&fs::read(to)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_after_compression() {
        let size = Size::of(&[b'a'; 10_000]).unwrap();
        assert_eq!(size.raw, 10_000);
        assert!(size.gzip < 100 && size.brotli < 50, "{size:?}");
    }

    #[test]
    fn what_is_larger_than_its_budget_is_refused() {
        assert!(within("it", 5, 5).is_ok());
        assert!(within("it", 6, 5).is_err());
    }
}
