// How the wasm is loaded, and what is left of calls.
import type { ItodenwaError } from "./error.js";

/**
 * Loads the wasm ahead of the first `join`, or from another place than beside the script. Once; after a failure it may be
 * tried again. What not every call needs are files of their own, loaded when they are first used; `later` says where they are, if
 * not beside the script.
 *
 * @throws {@link ItodenwaError} `wasm/unavailable`.
 */
export function load(wasm?: Wasm, later?: LaterWasm): Promise<void>;

/** The wasm files that are loaded when they are first used. */
export interface LaterWasm {
    /** `itodenwa_attributes_bg.wasm`: attributes of members and of the room. */
    attributes?: Wasm | undefined;
    /** `itodenwa_settings_bg.wasm`: lists of devices, and another one than was chosen. */
    settings?: Wasm | undefined;
    /** `itodenwa_stats_bg.wasm`: how connections do, and how good they are. */
    stats?: Wasm | undefined;
    /** `itodenwa_channels_bg.wasm`: channels and requests. */
    channels?: Wasm | undefined;
    /** `itodenwa_files_bg.wasm`: files. */
    files?: Wasm | undefined;
    /** `itodenwa_publish_bg.wasm`: own tracks. */
    publish?: Wasm | undefined;
    /** `itodenwa_check_bg.wasm`: check, preview, diagnosis and the browser's own statistics. */
    check?: Wasm | undefined;
    /** `itodenwa_history_bg.wasm`: messages for those who come later. */
    history?: Wasm | undefined;
    /** `itodenwa_key_bg.wasm`: rooms with a key. */
    key?: Wasm | undefined;
    /** `itodenwa_level_bg.wasm`: one's own level, and speech while the microphone is muted. */
    level?: Wasm | undefined;
    /** `itodenwa_membership_bg.wasm`: another name for oneself; lock, waiting room, asking others, removing somebody. */
    membership?: Wasm | undefined;
    /** `itodenwa_process_bg.wasm`: processors of own tracks. */
    process?: Wasm | undefined;
    /** `itodenwa_record_bg.wasm`: recording. */
    record?: Wasm | undefined;
    /** `itodenwa_verification_bg.wasm`: words to compare with a peer. */
    verification?: Wasm | undefined;
    /** `itodenwa_call_bg.wasm`: calls by hand. */
    call?: Wasm | undefined;
}

/** Where a wasm is, or what it is. */
export type Wasm = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/** What the calls of this page hold of the browser. */
export interface Counts {
    readonly connections: number;
    readonly listeners: number;
    readonly timers: number;
    readonly tracks: number;
    /** Audio graphs, which levels and recordings need. */
    readonly sounds: number;
}

/** What the calls of this page hold of the browser: all zero a moment after the last one is over. Loads the wasm. */
export function counts(): Promise<Counts>;
