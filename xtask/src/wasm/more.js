export { __wbg_init as default };

const __places = {
    attributes: () => new URL("itodenwa_attributes_bg.wasm", import.meta.url),
    settings: () => new URL("itodenwa_settings_bg.wasm", import.meta.url),
    stats: () => new URL("itodenwa_stats_bg.wasm", import.meta.url),
    channels: () => new URL("itodenwa_channels_bg.wasm", import.meta.url),
    files: () => new URL("itodenwa_files_bg.wasm", import.meta.url),
    publish: () => new URL("itodenwa_publish_bg.wasm", import.meta.url),
    check: () => new URL("itodenwa_check_bg.wasm", import.meta.url),
    history: () => new URL("itodenwa_history_bg.wasm", import.meta.url),
    key: () => new URL("itodenwa_key_bg.wasm", import.meta.url),
    level: () => new URL("itodenwa_level_bg.wasm", import.meta.url),
    membership: () => new URL("itodenwa_membership_bg.wasm", import.meta.url),
    process: () => new URL("itodenwa_process_bg.wasm", import.meta.url),
    record: () => new URL("itodenwa_record_bg.wasm", import.meta.url),
    verification: () => new URL("itodenwa_verification_bg.wasm", import.meta.url),
    call: () => new URL("itodenwa_call_bg.wasm", import.meta.url),
};

let __later;

/**
 * Loads one of the other modules: what leads into it is there afterwards. Gives their bindings. `imported` says how a module is imported that
 * may get lost on its way.
 */
export async function more(part, module, imported) {
    if (!__later) {
        // The exports of the others are added, for both files of the bindings.
        wasm = { ...wasm };
        __later = imported(() => import("./itodenwa_more.js"));
    }
    module ??= __places[part]();
    if (typeof module === "string" || module instanceof URL || module instanceof Request) module = fetch(module);
    const [later, loaded] = await Promise.all([__later(), module]);
    const imports = { b: { ...__wbg_get_imports().b, ...later.imports(__shared()) }, first: wasm };
    const { instance } = await __wbg_load(loaded, imports);
    Object.assign(wasm, instance.exports);
    return later;
}
