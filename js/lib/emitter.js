import { opaque } from "./opaque.js";
import { Tap } from "./tap.js";

/** Events of one type that wait for their first listener, at most; then the oldest are dropped. */
const WAITING = 64;

/**
 * An EventTarget with `on…` properties, which get an event's `detail` itself, and with an async iterator over everything.
 * A late listener gets what is still true (`current`) and, of the types in `kept`, what nobody has heard yet.
 */
export class Emitter extends EventTarget {
    #handlers = new Map();
    #waiting = new Map();
    #late = new Set();
    #taps = new Set();
    #current;
    /** Resolved when all listeners that were added so far have their replay. */
    #settled = Promise.resolve();
    #draining = false;
    /** Listeners that were added, by type, each with its replay, which says whether it is for one event only (`once`). */
    #listeners = new Map();

    /** `current(type)` gives the details that a late listener of this type missed and that still hold. */
    constructor({ kept = [], current = () => [] } = {}) {
        super();
        for (const type of kept) this.#waiting.set(type, []);
        this.#current = current;
    }

    /** Defines `on…` properties. */
    static handlers(emitter, ...types) {
        for (const type of types) {
            Object.defineProperty(emitter.prototype, `on${type}`, {
                configurable: true,
                enumerable: true,
                get() {
                    return this.#handlers.get(type)?.handler ?? null;
                },
                set(handler) {
                    this.#setHandler(type, typeof handler === "function" ? handler : null);
                },
            });
        }
    }

    addEventListener(type, listener, options) {
        // Not the browser's own: Chromium's ends also the listening of the same function that began after it.
        const { signal, once } = Object(options);
        const known = this.#listeners.get(type) ?? new Map();
        if (!listener || signal?.aborted || known.has(listener)) return;
        super.addEventListener(type, listener, { once });
        const late = {
            once,
            tell: (details) => {
                if (once && details.length > 0) this.removeEventListener(type, listener);
                for (const detail of details) this.#tell(listener, type, detail);
            },
        };
        this.#listeners.set(type, known.set(listener, late));
        signal?.addEventListener("abort", () => known.get(listener) === late && this.removeEventListener(type, listener), { once: true });
        this.#replay(type, late);
    }

    /** Nothing is captured here: a function listens to a type once. */
    removeEventListener(type, listener) {
        super.removeEventListener(type, listener);
        const known = this.#listeners.get(type);
        this.#late.delete(known?.get(listener));
        known?.delete(listener);
    }

    /** Every event as `{ type, detail }`, beginning with what a late listener would get. Ends after `close`. */
    [Symbol.asyncIterator]() {
        const tap = new Tap(() => this.#taps.delete(tap));
        for (const type of this.types) for (const detail of this.#missed(type)) tap.push({ type, detail });
        if (!tap.isClosed) this.#taps.add(tap);
        return tap;
    }

    /**
     * Resolved when another event may be emitted: late listeners have what they missed, so that none is told twice or out of order;
     * and no iterator is full, so that texts wait with their senders rather than here.
     */
    async ready() {
        for (const tap of this.#taps) while (tap.isFull && !this.#draining) await tap.room();
        for (let settled; settled !== this.#settled; ) {
            settled = this.#settled;
            await settled;
        }
    }

    /** No more than what is on its way will come: iterators are not waited for any more. */
    drain() {
        this.#draining = true;
        for (const tap of this.#taps) tap.release();
    }

    /** All types of events, in the order of their replay. */
    get types() {
        return [];
    }

    /** Whether a listener would hear an event of this type; iterators do not count. */
    isHeard(type) {
        return this.#handlers.has(type) || this.#listeners.get(type)?.size > 0;
    }

    /** Tells everybody. */
    emit(type, detail) {
        for (const tap of this.#taps) tap.push({ type, detail });
        const waiting = this.#waiting.get(type);
        if (waiting && this.#taps.size === 0 && !this.isHeard(type)) {
            waiting.push(detail);
            if (waiting.length > WAITING) waiting.shift();
        }
        // Before it is told: whoever hears it may listen once more.
        const known = this.#listeners.get(type) ?? [];
        for (const [listener, late] of known) {
            if (!late.once) continue;
            known.delete(listener);
            this.#late.delete(late);
        }
        this.dispatchEvent(new CustomEvent(type, { detail }));
    }

    #setHandler(type, handler) {
        const known = this.#handlers.get(type);
        if (known) super.removeEventListener(type, known);
        this.#handlers.delete(type);
        if (known) this.#late.delete(known.late);
        if (!handler) return;
        const listener = ({ detail }) => handler.call(this, detail);
        listener.handler = handler;
        listener.late = { tell: (details) => details.forEach((detail) => this.#tell(listener, type, detail)) };
        this.#handlers.set(type, listener);
        super.addEventListener(type, listener);
        this.#replay(type, listener.late);
    }

    /** What has been missed is told a moment later, when the program has set up what its listener needs. */
    #replay(type, late) {
        this.#late.add(late);
        this.#settled = this.#settled.then(() => {
            if (this.#late.delete(late)) late.tell(this.#missed(type, late.once));
        });
    }

    /** Also ends the waiting: from now on somebody listens. Whoever wants one event only leaves the others for who comes next. */
    #missed(type, once) {
        const current = this.#current(type);
        const waiting = this.#waiting.get(type) ?? [];
        if (once) return current.length > 0 ? current.slice(0, 1) : waiting.splice(0, 1);
        this.#waiting.delete(type);
        return [...current, ...waiting];
    }

    #tell(listener, type, detail) {
        const event = new CustomEvent(type, { detail });
        Object.defineProperty(event, "target", { value: this });
        try {
            if (typeof listener === "function") listener.call(this, event);
            else listener.handleEvent(event);
        } catch (error) {
            // As dispatchEvent does: the others hear it nevertheless.
            if (globalThis.reportError) reportError(error);
            else console.error(error);
        }
    }
}

opaque(Emitter);
