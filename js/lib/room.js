import { coded, codedNow, ItodenwaError } from "./error.js";
import { Emitter } from "./emitter.js";
import { taker } from "./events.js";
import { publishing, recording } from "./later.js";
import { Link } from "./link.js";
import { Me } from "./person.js";
import { pump } from "./pump.js";
import { mark } from "./shared.js";
import { attributes, current, off, over, stateOf } from "./state.js";
import { switching, text, understood } from "./wanted.js";

const TYPES = ["peer", "left", "connection", "name", "away", "media", "device", "devices", "interrupted", "speaking", "speaker", "text", "data", "attribute", "channel", "file", "step", "trouble", "signaling", "lock", "waiting", "askedtomute", "handlowered", "blocked", "close"];

/** A room that one is in. Made by `join`. */
export class Room extends Emitter {
    #name;
    #state;
    #link;
    #me;
    #closed;
    #resolveClosed;
    /** The last switch of each source. */
    #last = {};

    constructor(name, media, raw) {
        super({ kept: ["text", "data", "channel", "file", "trouble", "askedtomute", "blocked"], current: (type) => this.#current(type) });
        this.#name = name;
        this.#state = stateOf(raw, media);
        this.#link = new Link(raw, this, this.#state);
        this.#me = new Me(raw.me(), this.#link, this.#state.own);
        this.#closed = new Promise((resolve) => (this.#resolveClosed = resolve));
        const close = (error) => this.#close(ItodenwaError.from(error));
        pump(raw, this, taker(this, this.#state, this.#link, close))
            .catch(close)
            .finally(() => {
                close();
                raw.free();
            });
    }

    get name() {
        return this.#name;
    }

    /** Oneself. */
    get me() {
        return this.#me;
    }

    /** Resolved when the room is over: with nothing if it was left on purpose, otherwise with why. */
    get closed() {
        return this.#closed;
    }

    /** How the server is reached: `connected` or `reconnecting`. */
    get signaling() {
        return this.#state.signaling;
    }

    /** Whether newcomers are kept out. */
    get isLocked() {
        return this.#state.isLocked;
    }

    /** Whether who comes has to wait, and who does. */
    get waitingRoom() {
        return this.#state.waitingRoom;
    }

    /** Who is to be looked at. */
    get speaker() {
        return this.#state.speaker;
    }

    /** What the room has for everybody to see, by key. */
    get attributes() {
        return attributes(this.#state);
    }

    toJSON() {
        const [me, ...peers] = [this.#me, ...this.#state.peers.values()].map((person) => person.toJSON());
        return { name: this.#name, me, peers, signaling: this.#state.signaling, isLocked: this.#state.isLocked, waitingRoom: this.#state.waitingRoom };
    }

    /** Who else is here, by id. */
    get peers() {
        return this.#state.peers;
    }

    /** What says that one is in this room. */
    get ticket() {
        return this.#link.open?.ticket();
    }

    /** The last steps of the calls. */
    get steps() {
        return [...this.#state.steps];
    }

    camera(on) {
        return this.#source("camera", on);
    }

    microphone(on) {
        return this.#source("microphone", on);
    }

    screen(on) {
        return this.#source("screen", on);
    }

    /** Gives the names of the sources that are sent. */
    async publish(media, options) {
        return (await publishing()).publish(this.#link, this.#state, media, options);
    }

    unpublish(source, { stop = false } = {}) {
        // The sound of a picture goes with it.
        for (const name of [String(source), `${source}Audio`].filter((name) => this.#state.published.delete(name))) {
            codedNow(() => this.#link.raw().unpublish(name, Boolean(stop)));
            off(this.#state, name);
        }
    }

    async process(source, processor) {
        return (await publishing()).process(() => this.#link.with("process"), source, processor);
    }

    limit(source, limits = {}) {
        codedNow(() => this.#link.raw().limit(String(source), understood("limits", limits)));
    }

    async loudspeaker(deviceId) {
        return coded(async () => (await this.#link.with("settings")).loudspeaker(String(deviceId)));
    }

    async record(options) {
        return (await recording()).record(this.#link, options);
    }

    async diagnose() {
        const found = (await this.#link.with("check")).diagnose();
        return found.map((one) => ({ ...one, peer: this.#state.peers.get(one.peer) }));
    }

    async setName(name) {
        await coded(async () => (await this.#link.with("membership")).setName(text(name) ?? ""));
        // The event may be on its way still.
        this.#state.own.name = (this.#link.open?.me() ?? this.#state.own).name;
    }

    lock(on = true) {
        this.#link.say((raw) => raw.lock(Boolean(on)));
    }

    setWaitingRoom(on = true) {
        this.#link.say((raw) => raw.setWaitingRoom(Boolean(on)));
    }

    admit(id) {
        this.#link.say((raw) => raw.admit(id, true));
    }

    refuse(id) {
        this.#link.say((raw) => raw.admit(String(id), false));
    }

    askToMute() {
        this.#link.say((raw) => raw.ask("mute"));
    }

    lowerHands() {
        this.#link.say((raw) => raw.ask("lower-hand"));
    }

    send(message) {
        return this.#link.send(message);
    }

    set(key, value) {
        return this.#link.set(true, key, value);
    }

    answer(name, handler) {
        if (handler) this.#link.answers.set(String(name), handler);
        else this.#link.answers.delete(String(name));
    }

    resume() {
        this.#link.raw().resume();
    }

    async leave() {
        // The program may await this in the very loop that reads.
        this.drain();
        // What was said before goes first. But nobody stays in a call because a file does not come.
        if (this.#link.saying) await Promise.race([this.#link.saying, new Promise((done) => setTimeout(done, 1000))]);
        await this.#link.open?.leave();
        await this.closed;
    }

    async ready() {
        for (const peer of this.#state.peers.values()) await peer.ready();
        await super.ready();
    }

    drain() {
        for (const peer of this.#state.peers.values()) peer.drain();
        super.drain();
    }

    get types() {
        return TYPES;
    }

    async use(source, options = {}) {
        understood(source, options);
        const { own, published } = this.#state;
        const raw = await this.#link.with("settings");
        const former = published.get(source);
        await coded(() => raw.choose(String(source), options));
        // The device has taken the place of what was published before. What is shared stays until it is off.
        if (published.get(source) === former && !(source === "screen" && own.media.has(source))) published.delete(source);
    }

    async #source(source, on) {
        const options = switching(source, on);
        const mine = (this.#last[source] = {});
        if (options) {
            await this.use(source, options);
            // Whoever has switched it meanwhile has the last word.
            if (this.#last[source] !== mine || this.me.media.has(source)) return;
        }
        mark(this.#state.own.media, source, on);
        try {
            await coded(() => this.#link.raw().source(source, Boolean(on)));
        } catch (error) {
            off(this.#state, source);
            throw error;
        }
        // It may have been switched on again since.
        if (!on && !this.me.media.has(source)) off(this.#state, source);
    }

    /** What holds already when a listener comes late. */
    #current(type) {
        // Sound that is looked at costs a little all the time: only for a listener.
        if (type === "mutedspeech") this.#link.watchLevel(() => this.isHeard(type));
        return current(this.#state, type);
    }

    /** Once. */
    #close(error) {
        if (this.#state.end) return;
        this.#link.open = undefined;
        over(this.#state, error);
        this.emit("close", this.#state.end);
        this.#resolveClosed(error);
    }
}

Emitter.handlers(Room, ...TYPES, "mutedspeech");

// Where the language has them: `using room = …`, `await using room = …`.
if (Symbol.dispose) {
    Room.prototype[Symbol.dispose] = function () {
        this.leave().catch(() => {});
    };
}
if (Symbol.asyncDispose) {
    Room.prototype[Symbol.asyncDispose] = function () {
        return this.leave();
    };
}
