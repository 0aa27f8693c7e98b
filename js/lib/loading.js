import { ItodenwaError } from "./error.js";

/** Loads something when it is first wanted, and then has it. What failed is tried again with the next use. */
export function once(load) {
    let loaded;
    return (...given) =>
        (loaded ??= load(...given).catch((error) => {
            loaded = undefined;
            throw error;
        }));
}

/**
 * The same for a module. Some browsers, as Firefox before 155, remember that one got lost and do not ask for it again (HTML, the module map, until
 * 2026): an address with another fragment is that of another module, of the same file. Which it is where an application is bundled, only they
 * say. What such a module imports itself has to be there already.
 */
export function imported(load) {
    let losses = 0;
    const again = (cause) => {
        const [address] = /\S+:\/\/\S+$/.exec(cause.message) ?? [];
        if (losses++ && address) return import(/* @vite-ignore */ /* webpackIgnore: true */ `${address}#${losses}`);
        throw cause;
    };
    return once(() => load().catch(again).catch((cause) => Promise.reject(lost("its script", cause))));
}

/** What is thrown when a file could not be loaded. */
export function lost(file, cause) {
    // A page's Content-Security-Policy (W3C CSP 3, section 4.5.2): browsers name it, and some do not throw a CompileError.
    const isBlocked = cause instanceof EvalError || cause instanceof globalThis.WebAssembly?.CompileError;
    const [code, message] =
        isBlocked && /Content.Security.Policy|unsafe-eval|CSP/i.test(cause.message)
            ? ["wasm/blocked", "The page's Content-Security-Policy does not allow WebAssembly. Add 'wasm-unsafe-eval' to its script-src."]
            : ["wasm/unavailable", `The program of the call could not be loaded. Check the network, and that ${file} is served.`];
    return new ItodenwaError(code, message, { cause });
}
