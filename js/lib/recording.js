import { coded, ItodenwaError } from "./error.js";
import { Emitter } from "./emitter.js";

const TYPES = ["end"];

/** Begins to record. The room may be over while the wasm is loaded. */
export async function record(link, { who = "everybody", limit } = {}) {
    if (who !== "own" && who !== "everybody") {
        throw new ItodenwaError("record/who", "There is nobody like that to be recorded. Use own or everybody.");
    }
    link.raw();
    const raw = await link.with("record");
    return new Recording(await coded(() => raw.record(who === "everybody", limit)));
}

/** What is recorded now. Made by `room.record`. */
export class Recording extends Emitter {
    #raw;
    #ended;
    #end = [];
    #bytes = 0;
    #duration = 0;

    constructor(raw) {
        super({ current: () => this.#end });
        this.#raw = raw;
        this.hasSound = raw.hasSound();
        this.#ended = coded(() => raw.ended());
        this.#ended.then(
            (file) => this.#over({ file }),
            (error) => this.#over({ error }),
        );
    }

    get bytes() {
        return this.#raw?.bytes() ?? this.#bytes;
    }

    get duration() {
        return this.#raw?.duration() ?? this.#duration;
    }

    async stop() {
        // A second time it gives the same.
        this.#raw?.stop().catch(() => {});
        return this.#ended;
    }

    toJSON() {
        const { bytes, duration, hasSound } = this;
        return { bytes, duration, hasSound };
    }

    get types() {
        return TYPES;
    }

    #over(end) {
        this.#bytes = this.#raw.bytes();
        this.#duration = this.#raw.duration();
        this.#raw.free();
        this.#raw = undefined;
        this.#end = [end];
        this.emit("end", end);
    }
}

Emitter.handlers(Recording, ...TYPES);
