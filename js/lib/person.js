import { codedNow } from "./error.js";
import { Emitter } from "./emitter.js";
import { opaque } from "./opaque.js";
import { understood } from "./wanted.js";

const TYPES = ["connection", "media", "speaking", "text", "data", "channel", "file", "left"];
/** What is the matter with somebody who has left. */
const GONE = { code: "peer/gone", explain: "They have left.", advice: "" };

/** Oneself. */
export class Me {
    /** The sources that are wanted on. */
    media = new Set();
    /** What they really are, by source. */
    settings = new Map();
    #link;

    constructor({ id, name, identity }, link) {
        this.id = id;
        this.name = name;
        this.identity = identity;
        this.#link = link;
    }

    view(sight) {
        return codedNow(() => this.#link.raw().view(undefined, sight));
    }

    attach(element, sight) {
        codedNow(() => this.#link.raw().attach(element, undefined, sight));
    }

    detach(element) {
        codedNow(() => this.#link.raw().detach(element));
    }
}

/** Another person in the room. */
export class Peer extends Emitter {
    /** `RTCPeerConnection.connectionState` of the connection to them. */
    state = "new";
    /** The sources of theirs that are on. */
    media = new Set();
    /** Whether they speak. */
    speaking = false;
    #volume = 1;
    #muted = false;
    #link;

    constructor({ id, name, identity }, link) {
        super({ current: (type) => (type === "media" ? [...this.media].map((source) => ({ source, on: true })) : []) });
        this.id = id;
        this.name = name;
        this.identity = identity;
        this.#link = link;
    }

    get level() {
        return this.#link.level(this.id);
    }

    get volume() {
        return this.#volume;
    }

    set volume(volume) {
        const wanted = Number(volume);
        this.#volume = Number.isNaN(wanted) ? 1 : Math.min(Math.max(wanted, 0), 1);
        codedNow(() => this.#link.raw().setVolume(this.id, this.#volume));
    }

    get muted() {
        return this.#muted;
    }

    set muted(muted) {
        this.#muted = Boolean(muted);
        codedNow(() => this.#link.raw().setMuted(this.id, this.#muted));
    }

    limit(source, limits = {}) {
        codedNow(() => this.#link.raw().limit(String(source), understood("limits", limits), this.id));
    }

    view(sight) {
        return codedNow(() => this.#link.raw().view(this.id, sight));
    }

    attach(element, sight) {
        codedNow(() => this.#link.raw().attach(element, this.id, sight));
    }

    detach(element) {
        codedNow(() => this.#link.raw().detach(element));
    }

    track(source) {
        return codedNow(() => this.#link.raw().track(this.id, String(source)));
    }

    stream(source) {
        return codedNow(() => this.#link.raw().stream(this.id, String(source)));
    }

    send(message) {
        return this.#link.send(message, this.id);
    }

    async getStats() {
        return (await this.#link.more()).stats(this.id);
    }

    async diagnose() {
        const { code, explain, advice } = (await this.#link.more()).diagnose(this.id) ?? GONE;
        return { code, explain, advice, peer: this };
    }

    async openChannel(name, options) {
        const { openChannel } = await this.#link.channels();
        return openChannel(this.#link.raw(), this, name, options);
    }

    async request(name, value, options) {
        const { request } = await this.#link.channels();
        return request(this.#link.raw(), this, name, value, options);
    }

    async sendFile(file, options) {
        const { sendFile } = await this.#link.channels();
        return sendFile(this.#link.raw(), this, file, options);
    }

    restartIce() {
        codedNow(() => this.#link.raw().restartIce(this.id));
    }

    remove() {
        codedNow(() => this.#link.raw().remove(this.id));
    }

    get types() {
        return TYPES;
    }
}

Emitter.handlers(Peer, ...TYPES);
opaque(Me);
