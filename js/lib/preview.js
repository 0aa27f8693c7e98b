import { abortable } from "./abort.js";
import { playing } from "./element.js";
import { coded, codedNow, ItodenwaError, troubleOf } from "./error.js";
import { Emitter } from "./emitter.js";
import { offerHandover } from "./handover.js";
import { publishing } from "./later.js";
import { pump } from "./pump.js";
import { rawWith } from "./raw.js";
import { clear, mark, put, remove } from "./shared.js";
import { beginning, switching } from "./wanted.js";

const TYPES = ["device", "devices", "interrupted", "trouble", "blocked", "close"];

/** Opens camera and microphone for oneself alone. The first one loads the wasm. */
export async function open(options = {}) {
    beginning(options);
    return abortable(options, (aborted) => opened(options, aborted), (preview) => preview.close());
}

async function opened(options, aborted) {
    const { RawPreview } = await rawWith("check");
    options.signal?.throwIfAborted();
    return new Preview(await coded(() => RawPreview.open({ ...options, aborted })));
}

function closed() {
    return new ItodenwaError("preview/closed", "The preview is over. Open a new one.");
}

/** It was closed, or a room took its devices, before this was done: what is over then is no room. */
function over(error) {
    return error.code === "room/closed" ? closed() : error;
}

/** Camera and microphone before a call. Made by `open`. */
export class Preview extends Emitter {
    #media = new Set();
    #settings = new Map();
    /** What is switched and not done yet, by source: the last word. */
    #asked = new Map();
    /** The last switch of each source, also when it is done. */
    #last = {};
    /** What is on in the room that takes the devices over: from when its join begins until it has them. */
    #given;
    #closed;
    #raw;
    #resolveClosed;

    constructor(raw) {
        super({ kept: ["trouble", "blocked"], current: (type) => this.#current(type) });
        this.#raw = raw;
        offerHandover(this, () => this.#handOver());
        this.#closed = new Promise((resolve) => (this.#resolveClosed = resolve));
        pump(raw, this, (event) => this.#take(event))
            .catch(() => {})
            .finally(() => {
                this.#close();
                raw.free();
            });
    }

    /** Begins a check with these devices; nothing when it is over. */
    static check(preview, options) {
        return preview.#raw?.check(options);
    }

    /** The sources that are on. */
    get media() {
        return this.#media;
    }

    /** What they really are. */
    get settings() {
        return this.#settings;
    }

    /** Resolved when it is over: closed, or taken over by a room. */
    get closed() {
        return this.#closed;
    }

    toJSON() {
        return { media: [...this.#media], settings: Object.fromEntries(this.#settings) };
    }

    /** How loud the microphone is. */
    get level() {
        return this.#raw?.level() ?? 0;
    }

    camera(on) {
        return this.#source("camera", on);
    }

    microphone(on) {
        return this.#source("microphone", on);
    }

    async process(source, processor) {
        if (source !== "camera" && source !== "microphone") throw new ItodenwaError("source/unknown", "A preview has a camera and a microphone.");
        const { process } = await publishing();
        await process(() => this.#open(), source, processor).catch((error) => {
            throw over(error);
        });
    }

    view() {
        return this.#seen((raw) => raw.view());
    }

    attach(element) {
        this.#seen((raw) => raw.attach(playing(element)));
    }

    detach(element) {
        this.#seen((raw) => raw.detach(playing(element)));
    }

    resume() {
        this.#raw?.resume();
    }

    async close() {
        // A room that did not get them yet has what its own options say.
        for (const source in this.#given) if (this.#raw) delete this.#given[source];
        this.drain();
        await this.#raw?.close();
        await this.closed;
    }

    get types() {
        return TYPES;
    }

    #open() {
        if (!this.#raw) throw closed();
        return this.#raw;
    }

    #seen(show) {
        try {
            return codedNow(() => show(this.#open()));
        } catch (error) {
            throw over(error);
        }
    }

    async #source(source, on) {
        const options = switching(source, on);
        const asked = { on: Boolean(on) };
        this.#asked.set(source, asked);
        this.#last[source] = asked;
        this.#give(source);
        try {
            await coded(async () => {
                if (options) await this.#open().choose(source, options);
                // Whoever has switched it meanwhile has the last word.
                if (this.#last[source] === asked) await this.#open().source(source, asked.on);
            });
        } catch (error) {
            // What a room took over meanwhile goes on there.
            if (error.code !== "room/closed" && this.#asked.get(source) === asked) this.#give(source, {});
            throw over(error);
        } finally {
            if (this.#asked.get(source) === asked) this.#asked.delete(source);
        }
        if (on) return;
        this.#off(source);
    }

    #handOver() {
        const raw = this.#raw;
        if (!raw) return undefined;
        this.#given = { camera: false, microphone: false };
        for (const source in this.#given) this.#give(source);
        return { enter: (room, options) => raw.join(room, options), media: this.#given };
    }

    /** Takes down whether a source is on for the room, if one is being joined. What was told of it may wait to be read. */
    #give(source, asked = this.#asked.get(source)) {
        if (this.#given && this.#raw) this.#given[source] = !this.#isOff(source) && (asked?.on ?? this.#raw.isOn(source));
    }

    /** It was switched off, and not on since. */
    #isOff(source) {
        return this.#last[source]?.on === false;
    }

    #off(source) {
        mark(this.#media, source, false);
        remove(this.#settings, source);
    }

    #current(type) {
        if (type === "device") return [...this.settings].map(([source, settings]) => ({ source, settings }));
        return type === "close" && !this.#raw ? [undefined] : [];
    }

    #take(event) {
        switch (event.type) {
            case "device": {
                const { source, settings } = event;
                // It was chosen before that, and is silent.
                if (this.#isOff(source)) return;
                mark(this.#media, source, true);
                put(this.#settings, source, settings);
                return this.emit("device", { source, settings });
            }
            case "devices":
                return this.emit("devices");
            case "interrupted": {
                const { source, interrupted } = event;
                return this.emit("interrupted", { source, interrupted });
            }
            case "mediaFailed":
                this.#off(event.source);
                this.#give(event.source);
                return this.emit("trouble", troubleOf(event));
            case "blocked":
                return this.emit("blocked", undefined);
            case "closed":
                return this.#close();
        }
    }

    /** Once. */
    #close() {
        if (!this.#raw) return;
        this.#raw = undefined;
        clear(this.#media);
        clear(this.#settings);
        this.emit("close", undefined);
        this.#resolveClosed();
    }
}

Emitter.handlers(Preview, ...TYPES);

if (Symbol.dispose) {
    Preview.prototype[Symbol.dispose] = function () {
        this.close().catch(() => {});
    };
}
if (Symbol.asyncDispose) {
    Preview.prototype[Symbol.asyncDispose] = function () {
        return this.close();
    };
}
