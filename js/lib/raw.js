import { ItodenwaError } from "./error.js";

let loading;

/**
 * Loads the wasm, once; the first `join` does it by itself. Give an address, a `Response` or the bytes if the wasm is
 * not beside the script. After a failure it may be tried again.
 */
export function load(wasm) {
    if (typeof document === "undefined") {
        const message = "Calls run in the pages of browsers. Here it can be imported, for rendering on a server, and no more.";
        return Promise.reject(new ItodenwaError("browser/missing", message));
    }
    loading ??= start(wasm).catch((cause) => {
        loading = undefined;
        throw failed(cause);
    });
    return loading.then(() => undefined);
}

function failed(cause) {
    // A page's Content-Security-Policy (W3C CSP 3, section 4.5.2): Chromium and Firefox name it.
    if (cause instanceof WebAssembly.CompileError && /Content.Security.Policy|unsafe-eval|CSP/i.test(cause.message)) {
        const message = "The page's Content-Security-Policy does not allow WebAssembly. Add 'wasm-unsafe-eval' to its script-src.";
        return new ItodenwaError("wasm/blocked", message, { cause });
    }
    const message = "The program of the call could not be loaded. Check the network, and that itodenwa_bg.wasm is served.";
    return new ItodenwaError("wasm/unavailable", message, { cause });
}

/** The raw exports, loaded. */
export async function raw() {
    await load();
    return loading;
}

async function start(wasm) {
    const exports = await import("../pkg/itodenwa.js");
    await exports.default(wasm === undefined ? prebundled() : { module_or_path: wasm });
    return exports;
}

/**
 * Vite's dev server (6 and 7) bundles dependencies into a folder of its own, and leaves the wasm where it is installed. Put together
 * from parts: what looks like the address of a file would be taken for one by bundlers.
 */
function prebundled() {
    const { url } = import.meta;
    const at = url.indexOf("/.vite/deps/");
    return at < 0 ? undefined : { module_or_path: `${url.slice(0, at)}/itodenwa/pkg/itodenwa_bg.wasm` };
}
