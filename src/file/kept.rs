//! Files that were begun and not finished, in the private file system: pages that are loaded anew go on with them.
//!
//! Each has a directory, with what was offered in one file, and the blocks in files that are named by the first one in each. A finished one
//! has only the blocks. Who uses one has its lock, so that nobody else does, on any page; of a finished one until the page ends.

use itodenwa_protocol::file::{Offer, whole_blocks};
use js_sys::{Array, Date, JSON, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

use super::random;
use super::writing::Writing;
use crate::dom::{
    Boxed, Directory, FileHandle, Lock, PRIVATE, names, object, private_directory, property, read, settled,
};
use crate::snapshot::SnapshotCell;

/// What was offered, as JSON.
const OFFER: &str = "offer.json";
/// Bytes of that, at most.
const OFFER_BYTES: f64 = 4096.0;
/// So many that nobody receives are kept,
const KEPT_FILES: usize = 16;
/// with so many bytes in all,
const KEPT_BYTES: u64 = 4 << 30;
/// for so many milliseconds: a day.
const KEPT_MILLIS: f64 = 86_400_000.0;

/// One of them. Nobody else has it while this lives.
pub(super) struct Kept {
    root: Directory,
    name: String,
    pub(super) directory: Directory,
    /// The blocks in their order.
    pub(super) parts: Vec<Blob>,
    pub(super) blocks: u32,
    pub(super) bytes: u64,
    offer: Offer,
    /// When it was begun, or went on. Milliseconds since 1970.
    since: f64,
    lock: Option<Lock>,
}

thread_local! {
    /// Of what was finished: links lead to it.
    static FINISHED: SnapshotCell<Vec<Lock>> = SnapshotCell::default();
}

impl Kept {
    /// A new one, with nothing in it.
    pub(super) async fn new(root: &Directory, offer: &Offer) -> Result<Self, JsValue> {
        // The offer's own number is the other side's choice, and could be that of a file that is there.
        let name = random().to_string();
        let lock = lock(&name).await.ok_or(JsValue::UNDEFINED)?;
        let directory = settled(root.directory(&name, &object([("create", true.into())]))).await?.unchecked_into();
        let root = root.clone();
        let (parts, offer) = (Vec::new(), offer.clone());
        let kept =
            Kept { root, name, directory, parts, blocks: 0, bytes: 0, offer, since: Date::now(), lock: Some(lock) };
        kept.describe().await?;
        Ok(kept)
    }

    /// From now on it is kept for so long.
    pub(super) async fn describe(&self) -> Result<(), JsValue> {
        let Offer { name, size, mime_type, .. } = &self.offer;
        let offer = object([
            ("name", name.into()),
            ("size", (*size as f64).into()),
            ("type", mime_type.into()),
            ("since", Date::now().into()),
        ]);
        let text: String = JSON::stringify(&offer)?.into();
        let mut writing = Writing::open(self.file(OFFER).await?).await?;
        writing.write(0, &Uint8Array::from(text.as_bytes())).await?;
        writing.close().await.map(|_| ())
    }

    /// A file in its directory, made if it is not there.
    pub(super) async fn file(&self, name: &str) -> Result<FileHandle, JsValue> {
        let file = settled(self.directory.file(name, &object([("create", true.into())]))).await?;
        Ok(file.unchecked_into())
    }

    /// It begins anew.
    pub(super) async fn empty(&mut self) -> Result<(), JsValue> {
        (self.parts, self.blocks, self.bytes) = (Vec::new(), 0, 0);
        self.remove_parts(&[]).await
    }

    /// It is what was received from now on, and not kept for another transfer.
    pub(super) async fn finish(&mut self) -> Result<Blob, JsValue> {
        if let Err(why) = settled(self.directory.remove(OFFER, &object([]))).await
            && settled(self.directory.file(OFFER, &object([]))).await.is_ok()
        {
            return Err(why);
        }
        let all = joined(&self.parts, &self.offer.mime_type)?;
        if self.parts.is_empty() {
            self.remove().await;
        } else if let Some(lock) = self.lock.take() {
            FINISHED.with(|finished| finished.change(|finished| finished.push(lock)));
        }
        Ok(all)
    }

    /// All of it, as one.
    pub(super) fn all(&self) -> Result<Blob, JsValue> {
        joined(&self.parts, "")
    }

    pub(super) async fn remove(&self) {
        // What can't be removed stays.
        let _ = settled(self.root.remove(&self.name, &object([("recursive", true.into())]))).await;
    }

    /// The one in this directory; none if there is none, or another one has it. One that nobody can go on with is removed, and one that was
    /// finished on a page that is gone.
    async fn find(root: &Directory, name: String) -> Option<Self> {
        let directory: Directory = settled(root.directory(&name, &object([]))).await.ok()?.unchecked_into();
        let lock = lock(&name).await?;
        let described = described(&directory).await;
        let is_told = described.is_some();
        let (offer, since) = described.or_else(|| Some((Offer::new(0, "", 0, "")?, 0.0)))?;
        let root = root.clone();
        let parts = Vec::new();
        let mut kept = Kept { root, name, directory, parts, blocks: 0, bytes: 0, offer, since, lock: Some(lock) };
        let age = Date::now() - since;
        if is_told && (0.0..KEPT_MILLIS).contains(&age) && kept.read_parts().await.is_ok() && kept.blocks > 0 {
            return Some(kept);
        }
        kept.remove().await;
        None
    }

    /// Looks for its blocks, as far as none is missing, and removes what is behind them.
    async fn read_parts(&mut self) -> Result<(), JsValue> {
        let numbers: Vec<u32> = names(&self.directory).await?.iter().filter_map(|name| name.parse().ok()).collect();
        let mut known = Vec::new();
        // Each part is named by its first block.
        while numbers.contains(&self.blocks) {
            let name = self.blocks.to_string();
            let part: Blob = settled(self.file(&name).await?.get_file()).await?.unchecked_into();
            let bytes = self.bytes + part.size() as u64;
            let Some(blocks) = whole_blocks(self.offer.size, bytes).filter(|blocks| *blocks > self.blocks) else {
                break;
            };
            (self.blocks, self.bytes) = (blocks, bytes);
            self.parts.push(part);
            known.push(name);
        }
        self.remove_parts(&known).await
    }

    async fn remove_parts(&self, but: &[String]) -> Result<(), JsValue> {
        for name in names(&self.directory).await? {
            if name != OFFER && !but.contains(&name) {
                settled(self.directory.remove(&name, &object([]))).await?;
            }
        }
        Ok(())
    }
}

/// What is kept. Nobody else looks while this lives.
pub(super) struct Looked {
    /// The newest one that is like what was looked for.
    pub(super) found: Option<Kept>,
    /// The newest first.
    others: Vec<Kept>,
    looking: Option<Lock>,
}

impl Looked {
    /// Removes all but the one that was found.
    pub(super) async fn remove_others(&mut self) {
        for kept in std::mem::take(&mut self.others) {
            kept.remove().await;
        }
    }

    /// Others may look again. What was not taken out they may have.
    pub(super) async fn end(self) {
        let locks = self.found.into_iter().chain(self.others).filter_map(|kept| kept.lock);
        for lock in locks.chain(self.looking) {
            lock.release().await;
        }
    }
}

/// Looks for one like this. Too many, too much and too old ones are removed.
pub(super) fn look<'a>(root: &'a Directory, offer: &'a Offer) -> Boxed<'a, Looked> {
    Box::pin(look_now(root, offer))
}

async fn look_now(root: &Directory, offer: &Offer) -> Looked {
    // Each looks at all of them, and needs their locks for it: two at once would miss what the other one looks at.
    let looking = lock("").await;
    // The newest first. (A sort weighs more than all of this.)
    let mut others: Vec<Kept> = Vec::new();
    // What can't be looked at is not there.
    for name in names(root).await.unwrap_or_default() {
        if let Some(kept) = Kept::find(root, name).await {
            let at = others.iter().position(|other| other.since < kept.since).unwrap_or(others.len());
            others.insert(at, kept);
        }
    }
    let found = others.iter().position(|kept| kept.offer.is_like(offer)).map(|at| others.remove(at));
    // With the one that is begun now.
    let (mut stay, mut bytes) = (Vec::new(), 0_u64);
    for kept in others {
        bytes = bytes.saturating_add(kept.bytes);
        if stay.len() + 1 < KEPT_FILES && bytes <= KEPT_BYTES {
            stay.push(kept);
        } else {
            kept.remove().await;
        }
    }
    Looked { found, others: stay, looking }
}

/// Bytes that are kept of such a file.
pub(super) async fn bytes(offer: &Offer) -> u64 {
    let Some(root) = existing().await else { return 0 };
    let looked = look(&root, offer).await;
    let bytes = looked.found.as_ref().map_or(0, |kept| kept.bytes);
    looked.end().await;
    bytes
}

/// What was received was removed.
pub(super) fn forget_finished() {
    drop(FINISHED.with(|finished| finished.change(std::mem::take)));
}

/// Removes what is kept of such a file.
pub(super) async fn forget(offer: &Offer) {
    let Some(root) = existing().await else { return };
    let looked = look(&root, offer).await;
    if let Some(kept) = &looked.found {
        kept.remove().await;
    }
    looked.end().await;
}

async fn existing() -> Option<Directory> {
    let root = private_directory(false).await.ok()?;
    Some(settled(root.directory(PRIVATE, &object([]))).await.ok()?.unchecked_into())
}

/// The lock of the one with this name; without a name that of looking, which is waited for.
async fn lock(name: &str) -> Option<Lock> {
    let lock = ["itodenwa.file.", name].concat();
    if name.is_empty() { Lock::new(&lock).await } else { Lock::try_new(&lock).await }
}

async fn described(directory: &Directory) -> Option<(Offer, f64)> {
    let file: FileHandle = settled(directory.file(OFFER, &object([]))).await.ok()?.unchecked_into();
    let file: Blob = settled(file.get_file()).await.ok()?.unchecked_into();
    if file.size() > OFFER_BYTES {
        return None;
    }
    let text = String::from_utf8(read(&file, 0, file.size() as u64).await.ok()?.to_vec()).ok()?;
    let described = JSON::parse(&text).ok()?;
    let text = |key: &str| property(&described, key).as_string();
    let number = |key: &str| property(&described, key).as_f64();
    Some((Offer::new(0, &text("name")?, number("size")? as u64, &text("type")?)?, number("since")?))
}

fn joined(parts: &[Blob], mime_type: &str) -> Result<Blob, JsValue> {
    super::sink::joined(&parts.iter().map(JsValue::from).collect::<Array>(), mime_type)
}
