import { ItodenwaError } from "./error.js";

const FIRST = "itodenwa_bg.wasm";
/** The files that are loaded when they are first used. */
const LATER = {
    attributes: "itodenwa_attributes_bg.wasm",
    channels: "itodenwa_channels_bg.wasm",
    check: "itodenwa_check_bg.wasm",
    history: "itodenwa_history_bg.wasm",
    key: "itodenwa_key_bg.wasm",
    level: "itodenwa_level_bg.wasm",
    membership: "itodenwa_membership_bg.wasm",
    process: "itodenwa_process_bg.wasm",
    record: "itodenwa_record_bg.wasm",
    call: "itodenwa_call_bg.wasm",
    settings: "itodenwa_settings_bg.wasm",
    stats: "itodenwa_stats_bg.wasm",
};

let loading;
const loadingLater = {};
let places = {};

/**
 * Loads the wasm, once; the first `join` does it by itself. Give an address, a `Response` or the bytes if the wasm is
 * not beside the script. After a failure it may be tried again. The others are loaded when they are first used; where they
 * are can be said here, too.
 */
export function load(wasm, later) {
    if (typeof document === "undefined") {
        const message = "Calls run in the pages of browsers. Here it can be imported, for rendering on a server, and no more.";
        return Promise.reject(new ItodenwaError("browser/missing", message));
    }
    places = { ...later, ...places };
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

/** The raw exports, loaded with one of the parts that calls do not need by themselves, as they are named in `LATER`. */
export async function rawWith(part) {
    const exports = await raw();
    // Bindings that wasm-pack makes have all in one module.
    loadingLater[part] ??= Promise.resolve(exports.more?.(part, places[part] ?? prebundled(LATER[part]))).catch((cause) => {
        loadingLater[part] = undefined;
        throw failed(LATER[part], cause);
    });
    return { ...exports, ...(await loadingLater[part]) };
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
