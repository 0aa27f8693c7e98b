import { ItodenwaError } from "./error.js";

let loading;

/**
 * Loads the wasm, once; the first `join` does it by itself. Give an address, a `Response` or the bytes if the wasm is
 * not beside the script. After a failure it may be tried again.
 */
export function load(wasm) {
    loading ??= start(wasm).catch((cause) => {
        loading = undefined;
        throw new ItodenwaError(
            "wasm/unavailable",
            "The program of the call could not be loaded. Check the network, and that itodenwa_bg.wasm is served.",
            { cause },
        );
    });
    return loading.then(() => undefined);
}

/** The raw exports, loaded. */
export async function raw() {
    await load();
    return loading;
}

async function start(wasm) {
    const exports = await import("../pkg/itodenwa.js");
    await exports.default(wasm === undefined ? undefined : { module_or_path: wasm });
    return exports;
}
