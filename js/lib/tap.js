import { ItodenwaError } from "./error.js";

/** Events that wait for an iterator's reader, beyond which no more are taken from the wasm. */
const EVENTS = 1024;
/** Milliseconds that a full iterator is waited for. One that was not read for so long is given up. */
const PATIENCE = 5000;

/** An async iterator with a bounded buffer, filled by `push`. It ends after an event of the type `close`. */
export class Tap {
    #events = [];
    #readers = [];
    #closed;
    #state = "open";
    /** Lets `room` go on. */
    #release = () => {};

    /** `closed` is called once, when nothing more is wanted. */
    constructor(closed) {
        this.#closed = closed;
    }

    get isClosed() {
        return this.#state !== "open";
    }

    get isFull() {
        return this.#events.length >= EVENTS && !this.isClosed;
    }

    /** Resolved when an event was read, or will not be: the reader has ended or takes too long, or `release` was called. */
    async room() {
        const timer = setTimeout(() => this.#close("overflow"), PATIENCE);
        await new Promise((resolve) => (this.#release = resolve));
        clearTimeout(timer);
    }

    /** Lets what waits for room go on without it. */
    release() {
        this.#release();
    }

    push(event) {
        if (this.isClosed) return;
        const reader = this.#readers.shift();
        if (reader) reader({ value: event, done: false });
        else this.#events.push(event);
        if (event.type === "close" && !this.isClosed) this.#close("ended");
    }

    next() {
        const event = this.#events.shift();
        if (event) {
            this.#release();
            return Promise.resolve({ value: event, done: false });
        }
        if (this.#state === "overflow") {
            this.#state = "ended";
            const message = `The events were not read: ${EVENTS} waited, and none was taken for ${PATIENCE / 1000} s. Read on, or use listeners.`;
            return Promise.reject(new ItodenwaError("events/unread", message));
        }
        if (this.isClosed) return Promise.resolve({ value: undefined, done: true });
        return new Promise((resolve) => this.#readers.push(resolve));
    }

    return(value) {
        this.#events = [];
        if (!this.isClosed) this.#close("ended");
        return Promise.resolve({ value, done: true });
    }

    [Symbol.asyncIterator]() {
        return this;
    }

    #close(state) {
        this.#state = state;
        this.#closed();
        this.#release();
        for (const reader of this.#readers.splice(0)) reader({ value: undefined, done: true });
    }
}
