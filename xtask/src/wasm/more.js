
let __more;
/** Loads the second module, once: what leads into it is there afterwards. */
export function more(module_or_path) {
    __more ??= __load_more(module_or_path).catch((error) => {
        __more = undefined;
        throw error;
    });
    return __more;
}

async function __load_more(module_or_path) {
    let module = module_or_path ?? new URL("itodenwa_more_bg.wasm", import.meta.url);
    if (typeof module === "string" || module instanceof URL || module instanceof Request) module = fetch(module);
    const { instance } = await __wbg_load(await module, { ...__wbg_get_imports(), first: wasm });
    wasm = { ...wasm, ...instance.exports };
}
