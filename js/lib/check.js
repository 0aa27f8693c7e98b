import { abortable } from "./abort.js";
import { coded } from "./error.js";
import { tokenOf } from "./join-options.js";
import { opaque } from "./opaque.js";
import { Preview } from "./preview.js";
import { rawWith } from "./raw.js";
import { text } from "./wanted.js";

/** Tries out what a call needs. The first one loads the wasm. */
export function check(options = {}) {
    return new Check(options);
}

/** The findings of a check, as an async iterator. Made by `check`. */
export class Check {
    /** Settles when it has begun. */
    #begun;
    #options;
    #raw;
    #isOver = false;
    /** Aborted when nothing is to be given up any more. */
    #done = new AbortController();
    /** One finding after the other. */
    #last = Promise.resolve();

    constructor(options) {
        this.#options = options;
    }

    next() {
        const next = this.#last.then(() => abortable(this.#options, () => this.#next(), () => {})).catch((error) => {
            this.#end();
            throw error;
        });
        this.#last = next.catch(() => {});
        return next;
    }

    /** Ends it: what it holds is given back, and who waits for a finding gets none. */
    async return() {
        this.#end();
        return { value: undefined, done: true };
    }

    [Symbol.asyncIterator]() {
        return this;
    }

    async #next() {
        this.#begun ??= this.#begin();
        await this.#begun;
        const finding = this.#isOver ? undefined : await coded(() => this.#raw.next());
        if (finding && !this.#isOver) return { value: finding, done: false };
        this.#end();
        return { value: undefined, done: true };
    }

    async #begin() {
        // Nobody may be waiting for a finding then.
        this.#options.signal?.addEventListener("abort", () => this.#end(), { signal: this.#done.signal });
        const [exports, token] = await Promise.all([rawWith("check"), tokenOf(this.#options)]);
        if (this.#isOver) return;
        const { preview, ...options } = { ...this.#options, token, server: text(this.#options.server) };
        this.#raw = (preview && Preview.check(preview, options)) ?? exports.check(options);
    }

    #end() {
        this.#isOver = true;
        this.#done.abort();
        this.#raw?.free();
        this.#raw = undefined;
    }
}

opaque(Check);
