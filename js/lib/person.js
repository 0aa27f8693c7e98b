import { playing } from "./element.js";
import { codedNow } from "./error.js";
import { Emitter } from "./emitter.js";
import { channels, files, stats, verification, watching } from "./later.js";
import { opaque } from "./opaque.js";
import { understood } from "./wanted.js";

const TYPES = ["connection", "name", "away", "media", "speaking", "text", "data", "attribute", "channel", "file", "verification", "left"];
/** Events for which connections are measured: an iterator over all does not begin that. */
const MEASURED = ["stats", "quality"];
/** What is the matter with somebody who has left. */
const GONE = { code: "peer/gone", explain: "They have left.", advice: "" };

/** A component may be late: where somebody is gone, or the room over, there is nobody to show or to hear. */
function unlessOver(change) {
    try {
        codedNow(change);
    } catch (error) {
        if (error.code !== "room/closed") throw error;
    }
}

/** Oneself. */
export class Me {
    #link;
    #now;

    /** `now` is what changes: the room keeps it up to date, also when the program has frozen what it was given. */
    constructor({ identity, admin }, link, now) {
        this.admin = admin;
        this.identity = identity;
        this.#link = link;
        this.#now = now;
    }

    get id() {
        return this.#now.id;
    }

    get name() {
        return this.#now.name;
    }

    /** The sources that are wanted on. */
    get media() {
        return this.#now.media;
    }

    /** What they really are, by source. */
    get settings() {
        return this.#now.settings;
    }

    /** How loud one is. */
    get level() {
        return this.#link.ownLevel();
    }

    /** Whether one speaks while the microphone is muted. */
    get mutedSpeech() {
        return this.#now.mutedSpeech ?? false;
    }

    /** What one has for everybody to see, by key. */
    get attributes() {
        return this.#link.attributes("me");
    }

    toJSON() {
        const { id, name, identity, admin, media, settings } = this;
        return { id, name, identity, admin, media: [...media], settings: Object.fromEntries(settings) };
    }

    set(key, value) {
        return this.#link.set(false, key, value);
    }

    view(sight) {
        return codedNow(() => this.#link.raw().view(undefined, sight));
    }

    attach(element, sight) {
        unlessOver(() => this.#link.raw().attach(playing(element), undefined, sight));
    }

    detach(element) {
        unlessOver(() => this.#link.raw().detach(playing(element)));
    }
}

/** Another person in the room. */
export class Peer extends Emitter {
    #volume = 1;
    #muted = false;
    #link;
    #now;

    /** `now` is what changes, as of `Me`. */
    constructor({ id, identity }, link, now) {
        super({ kept: ["verification"], current: (type) => this.#current(type) });
        this.id = id;
        this.identity = identity;
        this.#link = link;
        this.#now = now;
    }

    get name() {
        return this.#now.name;
    }

    /** `RTCPeerConnection.connectionState` of the connection to them. */
    get state() {
        return this.#now.state;
    }

    /** Whether the server does not know them any more, while the connection to them goes on. */
    get away() {
        return this.#now.away;
    }

    /** The sources of theirs that are on. */
    get media() {
        return this.#now.media;
    }

    /** Whether they speak. */
    get speaking() {
        return this.#now.speaking;
    }

    /** What they have for everybody to see, by key. */
    get attributes() {
        return this.#link.attributes(this.id);
    }

    /** What holds already when a listener comes late. */
    #current(type) {
        if (type === "stats" || type === "quality") {
            // It is measured for listeners alone.
            const isWaiting = () => !this.#now.isGone && this.isHeard(type);
            watching(stats, ({ watch }) => watch(this, this.#link, this.#now), isWaiting);
            // What others were told already comes no more until it changes.
            const known = this.#now.watched?.[type];
            return known ? [known] : [];
        }
        if (type === "media") return [...this.media].map((source) => ({ source, on: true }));
        return type === "attribute" ? [...this.attributes].map(([key, value]) => ({ key, value })) : [];
    }

    toJSON() {
        const { id, name, identity, state, away, media, speaking } = this;
        return { id, name, identity, state, away, media: [...media], speaking };
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
        unlessOver(() => this.#link.raw().setVolume(this.id, this.#volume));
    }

    get muted() {
        return this.#muted;
    }

    set muted(muted) {
        this.#muted = Boolean(muted);
        unlessOver(() => this.#link.raw().setMuted(this.id, this.#muted));
    }

    limit(source, limits = {}) {
        codedNow(() => this.#link.raw().limit(String(source), understood("limits", limits), this.id));
    }

    view(sight) {
        return codedNow(() => this.#link.raw().view(this.id, sight));
    }

    attach(element, sight) {
        unlessOver(() => this.#link.raw().attach(playing(element), this.id, sight));
    }

    detach(element) {
        unlessOver(() => this.#link.raw().detach(playing(element)));
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
        return (await this.#link.with("check")).getStats(this.id);
    }

    async stats() {
        return (await stats()).ask(this, this.#link, this.#now);
    }

    async verification() {
        return (await verification()).verify(this, this.#link, this.#now);
    }

    /** How good the connection is, since somebody asks for it. */
    get quality() {
        return this.#now.stats?.quality;
    }

    async diagnose() {
        const { code, explain, advice } = (await this.#link.with("check")).diagnose(this.id) ?? GONE;
        return { code, explain, advice, peer: this };
    }

    async openChannel(name, options) {
        return (await channels()).openChannel(this.#link.raw(), this, name, options);
    }

    async request(name, value, options) {
        return (await channels()).request(this.#link.raw(), this, name, value, options);
    }

    async sendFile(file, options) {
        return (await files()).sendFile(this.#link.raw(), this, file, options);
    }

    restartIce() {
        codedNow(() => this.#link.raw().restartIce(this.id));
    }

    askToMute() {
        this.#link.say((raw) => raw.ask("mute", this.id));
    }

    lowerHand() {
        this.#link.say((raw) => raw.ask("lower-hand", this.id));
    }

    remove() {
        this.#link.say((raw) => raw.remove(this.id));
    }

    get types() {
        return TYPES;
    }
}

Emitter.handlers(Peer, ...TYPES, ...MEASURED);
opaque(Me);
