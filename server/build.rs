//! Puts the page into the program: the folder of `ITODENWA_PAGE`, or the repository's `www`, or the `page` that a published
//! package carries; the first of them in which the wasm has been built. Without one the program has no page. Compressed here
//! once, so that the server never has to.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};

/// Another folder with a page, built.
const FOLDER: &str = "ITODENWA_PAGE";
/// Where the page is: in the repository, and in a package. Nothing outside of the package has to be there.
const PLACES: [&str; 2] = ["../www", "page"];
/// What is there when a page was built, and not before.
const BUILT: &str = "pkg/itodenwa_bg.wasm";
/// What the document begins the page with.
const SCRIPT: &str = "app.js";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed={FOLDER}");
    println!("cargo::rerun-if-changed=build.rs");
    let mut files = Vec::new();
    if let Some(folder) = page() {
        collect(&folder, "", &mut files)?;
        files.sort();
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("page.rs"), table(files, &out)?)?;
    Ok(())
}

/// The folder with the page, if there is a built one.
fn page() -> Option<PathBuf> {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut folders = match env::var_os(FOLDER) {
        Some(folder) => vec![PathBuf::from(folder)],
        None => PLACES.map(|place| package.join(place)).to_vec(),
    };
    // What is not there is not watched: Cargo would take it for changed each time.
    folders.retain(|folder| folder.is_dir());
    let is_built = |folder: &&PathBuf| {
        println!("cargo::rerun-if-changed={}", folder.display());
        folder.join(BUILT).is_file()
    };
    folders.iter().find(is_built).cloned()
}

/// The files that browsers load, with their paths. Links are followed.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let here = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{here}/"), files)?;
        } else if content_type(&name).is_some() {
            println!("cargo::rerun-if-changed={}", path.display());
            files.push((here, fs::read(path)?));
        }
    }
    Ok(())
}

/// What a file is. None of those that browsers do not load.
fn content_type(name: &str) -> Option<&'static str> {
    match Path::new(name).extension()?.to_str()? {
        "html" => Some("text/html; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "wasm" => Some("application/wasm"),
        _ => None,
    }
}

/// The source of the table of files. All of one version are under a path with its hash, so that they may be kept for ever:
/// the document names some, and those name the others relative to themselves.
fn table(files: Vec<(String, Vec<u8>)>, out: &Path) -> Result<String, Box<dyn Error>> {
    let mut hasher = Sha256::new();
    for (path, bytes) in &files {
        hasher.update(path);
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    }
    let version = hex(&hasher.finalize());
    let mut source = format!("pub(super) static EMBEDDED: Assets = Assets {{ version: {version:?}, files: &[\n");
    let paths: Vec<_> = files.iter().map(|(path, _)| path.clone()).collect();
    for (number, (path, mut bytes)) in files.into_iter().enumerate() {
        if path == "index.html" {
            bytes = under(&version, &paths, String::from_utf8(bytes)?)?.into_bytes();
        }
        let variant = |name: &str, bytes: &[u8]| -> Result<String, Box<dyn Error>> {
            let file = out.join(format!("{number}.{name}"));
            fs::write(&file, bytes)?;
            Ok(format!("include_bytes!({:?})", file.to_str().ok_or("a path that is no text")?))
        };
        let compressed = |name: &str, packed: Vec<u8>| match packed.len() < bytes.len() {
            true => variant(name, &packed).map(|include| format!("Some({include})")),
            false => Ok("None".to_owned()),
        };
        writeln!(
            source,
            "Asset {{ path: {path:?}, content_type: {:?}, hash: {:?}, plain: {}, brotli: {}, gzip: {} }},",
            content_type(&path).unwrap_or_default(),
            hex(&Sha256::digest(&bytes)),
            variant("plain", &bytes)?,
            compressed("br", brotli(&bytes)?)?,
            compressed("gz", gzip(&bytes)?)?,
        )?;
    }
    source.push_str("] };\n");
    Ok(source)
}

/// The document, with the scripts, styles and pictures that it names under the version's path. Links to other documents stay.
fn under(version: &str, paths: &[String], mut document: String) -> Result<String, Box<dyn Error>> {
    let is_versioned = |path: &&String| !path.ends_with(".html");
    for path in paths.iter().filter(is_versioned) {
        for attribute in ["src", "href"] {
            document =
                document.replace(&format!("{attribute}=\"{path}\""), &format!("{attribute}=\"{version}/{path}\""));
        }
    }
    match document.contains(&format!("src=\"{version}/{SCRIPT}\"")) {
        true => Ok(document),
        false => Err(format!("index.html has no {SCRIPT}").into()),
    }
}

fn hex(hash: &[u8]) -> String {
    hash.iter().take(8).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 4096, 11, 22);
    writer.write_all(bytes)?;
    drop(writer);
    Ok(packed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}
