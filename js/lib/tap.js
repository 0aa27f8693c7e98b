import { ItodenwaError } from "./error.js";

/** Events that wait for an iterator's reader, at most. */
const EVENTS = 1024;

/** An async iterator with a bounded buffer, filled by `push`. It ends after an event of the type `close`. */
export class Tap {
    #events = [];
    #readers = [];
    #closed;
    #state = "open";

    /** `closed` is called once, when nothing more is wanted. */
    constructor(closed) {
        this.#closed = closed;
    }

    get isClosed() {
        return this.#state !== "open";
    }

    push(event) {
        if (this.isClosed) return;
        const reader = this.#readers.shift();
        if (reader) reader.resolve({ value: event, done: false });
        else if (this.#events.length < EVENTS) this.#events.push(event);
        else this.#close("overflow");
        if (event.type === "close" && !this.isClosed) this.#close("ended");
    }

    next() {
        const event = this.#events.shift();
        if (event) return Promise.resolve({ value: event, done: false });
        if (this.#state === "overflow") {
            this.#state = "ended";
            const message = `The events were not read: more than ${EVENTS} waited. Read faster, or use listeners.`;
            return Promise.reject(new ItodenwaError("events/unread", message));
        }
        if (this.isClosed) return Promise.resolve({ value: undefined, done: true });
        return new Promise((resolve) => this.#readers.push({ resolve }));
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
        for (const reader of this.#readers.splice(0)) reader.resolve({ value: undefined, done: true });
    }
}
