import { ItodenwaError } from "./error.js";

/**
 * Runs what the application may give up by an AbortSignal (DOM, section 3.1), until it is done. `begin` gets a promise that is rejected then:
 * the wasm drops what it is at. What is done all the same is undone.
 */
export async function abortable({ signal }, begin, undo) {
    if (signal == null) return begin();
    if (typeof signal.throwIfAborted !== "function") throw new ItodenwaError("options/invalid", "signal is no AbortSignal.");
    signal.throwIfAborted();
    const done = new AbortController();
    let settle;
    const aborted = new Promise((resolve, reject) => {
        settle = resolve;
        signal.addEventListener("abort", () => reject(signal.reason), { once: true, signal: done.signal });
    });
    const begun = begin(aborted).then((value) => {
        if (!signal.aborted) return value;
        undo(value);
        throw signal.reason;
    });
    try {
        return await Promise.race([aborted, begun]);
    } finally {
        done.abort();
        // What the wasm has for it goes when it settles.
        settle();
    }
}
