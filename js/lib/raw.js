import { ItodenwaError } from "./error.js";

const FIRST = "itodenwa_bg.wasm";
/** The file of a part that is loaded when it is first used. */
const later = (part) => `itodenwa_${part}_bg.wasm`;

let loading;
const loadingLater = {};
let places = {};

/**
 * Loads the wasm, once; the first `join` does it by itself. Give an address, a `Response` or the bytes if the wasm is
 * not beside the script. After a failure it may be tried again. The others are loaded when they are first used; where they
 * are can be said here, too.
 */
export function load(wasm, others) {
    if (typeof document === "undefined") {
        const message = "Calls run in the pages of browsers. Here it can be imported, for rendering on a server, and no more.";
        return Promise.reject(new ItodenwaError("browser/missing", message));
    }
    places = { ...others, ...places };
    loading ??= start(wasm).catch((cause) => {
        loading = undefined;
        throw failed(FIRST, cause);
    });
    return loading.then(() => undefined);
}

function failed(file, cause) {
    // A page's Content-Security-Policy (W3C CSP 3, section 4.5.2): browsers name it, and some do not throw a CompileError.
    const isBlocked = cause instanceof EvalError || cause instanceof globalThis.WebAssembly?.CompileError;
    if (isBlocked && /Content.Security.Policy|unsafe-eval|CSP/i.test(cause.message)) {
        const message = "The page's Content-Security-Policy does not allow WebAssembly. Add 'wasm-unsafe-eval' to its script-src.";
        return new ItodenwaError("wasm/blocked", message, { cause });
    }
    const message = `The program of the call could not be loaded. Check the network, and that ${file} is served.`;
    return new ItodenwaError("wasm/unavailable", message, { cause });
}

/** The raw exports that every call needs, loaded. */
export async function raw() {
    await load();
    return loading;
}

/** The raw exports, loaded with parts that calls do not need by themselves, as they are named in `LaterWasm`. */
export async function rawWith(...parts) {
    const exports = await raw();
    const loaded = parts.map((part) => {
        // Bindings that wasm-pack makes have all in one module.
        loadingLater[part] ??= Promise.resolve(exports.more?.(part, places[part] ?? prebundled(later(part)))).catch((cause) => {
            loadingLater[part] = undefined;
            throw failed(later(part), cause);
        });
        return loadingLater[part];
    });
    return Object.assign({}, exports, ...(await Promise.all(loaded)));
}

async function start(wasm) {
    const exports = await import("../pkg/itodenwa.js");
    const place = wasm ?? prebundled(FIRST);
    await exports.default(place === undefined ? undefined : { module_or_path: place });
    return exports;
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
