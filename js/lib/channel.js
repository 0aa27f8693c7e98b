import { coded, codedNow, ItodenwaError } from "./error.js";
import { Emitter } from "./emitter.js";

const TYPES = ["message", "close"];
/** How long an answer is waited for where nothing else is said, in milliseconds. */
const TIMEOUT = 10_000;
/** What is wrong with an answer: whoever asked is refused with it, and the program hears of it, too. */
const UNSENDABLE = ["channel/too-large", "channel/data"];

/** Opens a channel to a peer. */
export async function openChannel(raw, peer, name, options = {}) {
    return new Channel(await coded(() => raw.channel(peer.id, String(name), options)), peer);
}

/** Takes what a peer opened: a channel is told, a question is answered by the application's own function. */
export function take({ type, name, incoming }, peer, room, answers) {
    if (type === "request") return answer(incoming, peer, answers.get(name));
    const channel = new Channel(codedNow(() => incoming.channel()), peer);
    incoming.free();
    room.emit("channel", channel);
    peer.emit("channel", channel);
}

/** Asks a peer. */
export async function request(raw, peer, name, value, { timeout = TIMEOUT, signal } = {}) {
    signal?.throwIfAborted();
    let taken, settle;
    const stop = new Promise((resolve, reject) => {
        settle = resolve;
        taken = () => reject(signal.reason);
        signal?.addEventListener("abort", taken, { once: true });
    });
    stop.catch(() => {});
    try {
        return read(await coded(() => raw.request(peer.id, String(name), write(value), timeout, stop)));
    } finally {
        signal?.removeEventListener("abort", taken);
        // What the wasm has for it goes when it settles.
        settle();
    }
}

async function answer(incoming, peer, handler) {
    try {
        // Without a function for it, and when it was taken back, there is nobody to be told more.
        if (!handler) return;
        const request = await incoming.request();
        try {
            const value = write(await handler(read(request.value()), peer));
            await request.answer(value);
        } catch (error) {
            const isTyped = typeof error?.code === "string";
            if (!isTyped || UNSENDABLE.includes(error.code)) (globalThis.reportError ?? console.error)(ItodenwaError.from(error));
            const [code, message] = isTyped ? [error.code, error.message] : ["request/failed", "It could not be answered."];
            await request.refuse(code, String(message));
        }
    } catch {
        // They are gone.
    } finally {
        incoming.free();
    }
}

/** Bytes are what they are, and everything else is JSON. */
function write(value) {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value;
    try {
        return JSON.stringify(value ?? null);
    } catch (cause) {
        throw new ItodenwaError("channel/data", "This can't be sent: it has to be bytes, or what JSON can say.", { cause });
    }
}

function read(data) {
    if (typeof data !== "string") return data;
    try {
        return JSON.parse(data);
    } catch (cause) {
        throw new ItodenwaError("channel/malformed", "The other side sent what is no message.", { cause });
    }
}

/** A channel to a peer. Made by `peer.openChannel`, and told by `channel`. */
export class Channel extends Emitter {
    #raw;
    #end = [];
    /** Whether there is a listener for messages, and whether it is told of one. */
    #isRead = false;
    #isTelling = false;
    /** Those who wait for a message, the first one first. */
    #waiting = [];
    #isOver = false;
    #readable;
    #writable;

    constructor(raw, peer) {
        super({ current: (type) => this.#current(type) });
        this.#raw = raw;
        this.peer = peer;
        this.name = raw.name();
        /** Bytes of a message, at most. */
        this.maxMessageSize = raw.limit();
        /** Resolved when it is over: with nothing if it was closed on purpose, otherwise with why. */
        this.closed = coded(() => raw.closed()).then(
            () => undefined,
            (error) => error,
        );
        this.closed.then((error) => {
            this.#isOver = true;
            this.#wake();
            this.#end = [{ error }];
            this.emit("close", this.#end[0]);
        });
        raw.listen(() => this.#wake());
    }

    get bufferedAmount() {
        return this.#raw.buffered();
    }

    /** Resolved when it is sent: sooner or later, as the other side reads. */
    async send(data) {
        // A promise only if it has to wait.
        const sent = codedNow(() => this.#raw.send(data));
        if (sent) await coded(() => sent);
    }

    close() {
        this.#raw.close();
    }

    /** Messages as a stream: what is not read is not sent. */
    get readable() {
        this.#readable ??= new ReadableStream(
            {
                pull: async (controller) => {
                    const message = await this.#next();
                    if (message === undefined) controller.close();
                    else controller.enqueue(message);
                },
                cancel: () => this.close(),
            },
            { highWaterMark: 0 },
        );
        return this.#readable;
    }

    get writable() {
        this.#writable ??= new WritableStream({
            write: (message) => this.send(message),
            close: () => this.close(),
            abort: () => this.close(),
        });
        return this.#writable;
    }

    /** The messages, one after the other. To leave the loop does not close it. */
    async *[Symbol.asyncIterator]() {
        for (let message; (message = await this.#next()) !== undefined; ) yield message;
    }

    get types() {
        return TYPES;
    }

    /** The next message, itself or as a promise; `undefined` after the last one. */
    #next() {
        const message = this.#waiting.length === 0 ? this.#raw.take() : undefined;
        if (message !== undefined) return message;
        return this.#isOver ? this.#last() : new Promise((resolve) => this.#waiting.push(resolve));
    }

    /** What nobody read yet, and then how it ended. */
    #last() {
        return coded(() => this.#raw.next());
    }

    /** Whoever listens for messages reads them all. */
    #current(type) {
        if (type === "message" && !this.#isRead) {
            this.#isRead = true;
            queueMicrotask(() => this.#wake());
        }
        return type === "close" ? this.#end : [];
    }

    /** Something waits to be read, or nothing more will come. */
    #wake() {
        if (this.#isRead) this.#read();
        for (let message; this.#waiting.length > 0 && (message = this.#raw.take()) !== undefined; ) this.#waiting.shift()(message);
        if (this.#isOver) for (const resolve of this.#waiting.splice(0)) resolve(this.#last());
    }

    /** Tells what waits to be read. What listens may close the channel, and more. */
    #read() {
        if (this.#isTelling) return;
        this.#isTelling = true;
        for (let message; (message = this.#raw.take()) !== undefined; ) this.emit("message", message);
        this.#isTelling = false;
    }
}

Emitter.handlers(Channel, ...TYPES);
