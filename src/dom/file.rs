//! Files (W3C File API), the origin's private file system (WHATWG File System), and hashes (W3C WebCrypto).

use std::pin::Pin;

use js_sys::{ArrayBuffer, AsyncIterator, Function, JsString, Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use super::{global, object, property};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = FileSystemDirectoryHandle)]
    #[derive(Debug, Clone)]
    pub(crate) type Directory;

    #[wasm_bindgen(method, catch, js_name = getFileHandle)]
    pub(crate) fn file(this: &Directory, name: &str, options: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = removeEntry)]
    pub(crate) fn remove(this: &Directory, name: &str, options: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getDirectoryHandle)]
    pub(crate) fn directory(this: &Directory, name: &str, options: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn keys(this: &Directory) -> Result<AsyncIterator, JsValue>;

    #[wasm_bindgen(js_name = FileSystemFileHandle)]
    #[derive(Debug, Clone)]
    pub(crate) type FileHandle;

    #[wasm_bindgen(method, catch, js_name = createWritable)]
    pub(crate) fn create_writable(this: &FileHandle) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getFile)]
    pub(crate) fn get_file(this: &FileHandle) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_name = FileSystemWritableFileStream)]
    #[derive(Debug, Clone)]
    pub(crate) type WritableFile;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn write(this: &WritableFile, write: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn close(this: &WritableFile) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn abort(this: &WritableFile) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_name = Blob)]
    type Readable;

    #[wasm_bindgen(method, catch)]
    fn slice(this: &Readable, start: f64, end: f64) -> Result<Readable, JsValue>;

    #[wasm_bindgen(method, catch, js_name = arrayBuffer)]
    fn array_buffer(this: &Readable) -> Result<Promise, JsValue>;

    type Methods;

    #[wasm_bindgen(method, catch)]
    fn digest(this: &Methods, algorithm: &str, bytes: &Uint8Array) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getDirectory)]
    fn get_directory(this: &Methods) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn estimate(this: &Methods) -> Result<Promise, JsValue>;
}

/// Something that comes, behind a pointer: a task that waits at many places is much smaller so.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Waits for what the browser does with files; it always comes to an end.
pub(crate) fn settled(promise: Result<Promise, JsValue>) -> Boxed<'static, Result<JsValue, JsValue>> {
    Box::pin(async move { wasm_bindgen_futures::JsFuture::from(promise?).await })
}

/// The names of what is in a directory.
pub(crate) async fn names(directory: &Directory) -> Result<Vec<String>, JsValue> {
    let (keys, mut names) = (directory.keys()?, Vec::new());
    loop {
        let next = settled(keys.next()).await?;
        match property(&next, "value").as_string() {
            Some(name) => names.push(name),
            None => return Ok(names),
        }
    }
}

/// The bytes of a part of a file.
pub(crate) async fn read(blob: &Blob, start: u64, end: u64) -> Result<Uint8Array, JsValue> {
    let blob: &Readable = blob.unchecked_ref();
    let bytes = settled(blob.slice(start as f64, end as f64)?.array_buffer()).await?;
    Ok(Uint8Array::new(&bytes))
}

/// Whether there are hashes: browsers give them to pages of secure contexts only.
pub(crate) fn has_digest() -> bool {
    let subtle = property(&global("crypto"), "subtle");
    property(&subtle, "digest").is_instance_of::<Function>()
}

/// SHA-256.
pub(crate) async fn sha256(bytes: &Uint8Array) -> Result<Vec<u8>, JsValue> {
    let subtle = property(&global("crypto"), "subtle");
    let hash = settled(subtle.unchecked_ref::<Methods>().digest("SHA-256", bytes)).await?;
    Ok(Uint8Array::new(hash.unchecked_ref::<ArrayBuffer>()).to_vec())
}

fn storage() -> JsValue {
    property(&global("navigator"), "storage")
}

/// The name of the directory that [`private_directory`] makes.
pub(crate) const PRIVATE: &str = "itodenwa";

/// The private directory of the page's origin, or in it the one for what is received.
pub(crate) async fn private_directory(own: bool) -> Result<Directory, JsValue> {
    let storage = storage();
    if !property(&storage, "getDirectory").is_instance_of::<Function>() {
        return Err(JsString::from("there is no private file system").into());
    }
    let root: Directory = settled(storage.unchecked_ref::<Methods>().get_directory()).await?.unchecked_into();
    if !own {
        return Ok(root);
    }
    Ok(settled(root.directory(PRIVATE, &object([("create", true.into())]))).await?.unchecked_into())
}

/// Bytes that the origin may still store, as far as the browser says.
pub(crate) async fn free_space() -> Option<f64> {
    let storage = storage();
    if !property(&storage, "estimate").is_instance_of::<Function>() {
        return None;
    }
    let estimate = settled(storage.unchecked_ref::<Methods>().estimate()).await.ok()?;
    let number = |key: &str| property(&estimate, key).as_f64();
    Some(number("quota")? - number("usage")?)
}
