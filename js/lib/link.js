import { coded, codedNow, ItodenwaError } from "./error.js";
import { ownLevel, watching } from "./later.js";
import { json, Message, written } from "./message.js";
import { rawWith } from "./raw.js";
import { attributes } from "./state.js";

/** The way into the wasm of a room, for the room and for the people in it. */
export class Link {
    /** The wasm, as long as the room goes on. */
    open;
    /** The application's functions that answer questions. */
    answers = new Map();
    /** What is said to the server is on its way. */
    saying;
    #room;
    #state;

    constructor(raw, room, state) {
        this.open = raw;
        this.#room = room;
        this.#state = state;
    }

    raw() {
        if (!this.open) throw ItodenwaError.closed();
        return this.open;
    }

    /** With one of the parts that calls do not need by themselves. */
    async with(part) {
        await rawWith(part);
        return this.raw();
    }

    /** Says something to the server that needs no answer. What it takes is loaded with the first. */
    say(what) {
        this.raw();
        const failed = ({ code, message: explain }) => this.open && this.#room.emit("trouble", { code, explain, detail: "" });
        this.saying = this.with("membership").then(what).catch(failed);
    }

    async send(message, to) {
        return coded(() => new Message(this.raw().send(...written(message), to)));
    }

    async set(ofRoom, key, value) {
        if (value !== undefined) json(value);
        const raw = (this.#state.shared = await this.with("attributes"));
        codedNow(() => raw.setAttribute(ofRoom, String(key), value));
    }

    attributes(of) {
        return attributes(this.#state, of);
    }

    level(id) {
        return this.open?.level(id) ?? 0;
    }

    /** It is measured while it is read. */
    ownLevel() {
        const { own } = this.#state;
        own.readAt = performance.now();
        if (this.open) this.watchLevel();
        return own.level ?? 0;
    }

    /** Readers come again and again; for a listener, somebody `isWaiting`. */
    watchLevel(isWaiting = () => false) {
        watching(ownLevel, ({ watch }) => watch(this.#room, (part) => this.with(part), this.#state.own), () => this.open && isWaiting());
    }
}
