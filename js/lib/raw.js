import { ItodenwaError } from "./error.js";
import { imported, lost, once } from "./loading.js";

const FIRST = "itodenwa_bg.wasm";
/** The file of a part that is loaded when it is first used. */
const later = (part) => `itodenwa_${part}_bg.wasm`;

const bindings = imported(() => import("../pkg/itodenwa.js"));
/** Where the application says that the files are. */
const places = {};

/** A `Response` can be read once. */
function place(file) {
    const given = places[file];
    if (given instanceof Response) delete places[file];
    return given ?? prebundled(file);
}

const start = once(async () => {
    const exports = await bindings();
    const wasm = place(FIRST);
    await exports.default(wasm && { module_or_path: wasm }).catch((cause) => {
        throw lost(FIRST, cause);
    });
    return exports;
});

/** By part. */
const starts = {};
const startPart = (part) =>
    once(async () => {
        const { more } = await start();
        // Bindings that wasm-pack makes have all in one module.
        return more?.(part, place(later(part)), imported).catch((cause) => {
            throw lost(later(part), cause);
        });
    });

/**
 * Loads the wasm, once; the first `join` does it by itself. Give an address, a `Response` or the bytes if the wasm is
 * not beside the script. After a failure it may be tried again. The others are loaded when they are first used; where they
 * are can be said here, too.
 */
export function load(wasm, others) {
    if (typeof document === "undefined") {
        const message = "Calls run in the pages of browsers. Elsewhere it can only be imported.";
        return Promise.reject(new ItodenwaError("browser/missing", message));
    }
    // The last word, until it is loaded.
    if (wasm) places[FIRST] = wasm;
    for (const part in others) if (others[part]) places[later(part)] = others[part];
    return start().then(() => undefined);
}

/** The raw exports that every call needs, loaded. */
export async function raw() {
    await load();
    return start();
}

/** The raw exports, loaded with parts that calls do not need by themselves, as they are named in `LaterWasm`. */
export async function rawWith(...parts) {
    const exports = await raw();
    return Object.assign({}, exports, ...(await Promise.all(parts.map((part) => (starts[part] ??= startPart(part))()))));
}

/**
 * Vite's dev server (6 and 7) bundles dependencies into a folder of its own, and leaves the wasm where it is installed. Put together
 * from parts: what looks like the address of a file would be taken for one by bundlers.
 */
function prebundled(file) {
    const { url } = import.meta;
    const at = url.indexOf("/.vite/deps/");
    return at < 0 ? undefined : `${url.slice(0, at)}/itodenwa/pkg/${file}`;
}
