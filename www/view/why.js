import { errorText, say, sentences } from "../i18n.js";
import { notice } from "./notices.js";

const LOOK_EVERY_MILLIS = 2000;
/** Mostly a connection is there after a tenth of this. */
const PATIENCE_MILLIS = 10_000;
/** Troubles that are told here alone: what is known of the connection says more, and only as long as it is so. */
export const OF_WHY = /^(connection|peer)\//;
/** Those that a connection may not survive. */
const GRAVE = /^(connection\/|peer\/(silent|description))/;
const GIVEN_UP = "connection/given-up";

/** Says why somebody is not connected, when that lasts or something has failed: one sentence and one piece of advice. */
export class Why {
    #room;
    #nameOf;
    /** Since when somebody is not connected, and what was said of it, by id. */
    #waiting = new Map();
    #words;
    #signal;

    constructor(room, nameOf, signal) {
        this.#room = room;
        this.#nameOf = nameOf;
        this.#signal = signal;
        const timer = setInterval(() => this.#look(), LOOK_EVERY_MILLIS);
        signal.addEventListener("abort", () => clearInterval(timer));
        const listen = (type, act) => room.addEventListener(type, ({ detail }) => detail.peer && act(detail.peer, detail), { signal });
        listen("trouble", (peer, trouble) => peer.state !== "connected" && this.#ask(peer, trouble));
        listen("connection", ({ state, id }) => state === "connected" && this.#forget(id));
        listen("left", ({ id }) => this.#forget(id));
    }

    #look() {
        const now = performance.now();
        if (this.#room.peers.size > 0) this.#load();
        for (const id of this.#waiting.keys()) if (!this.#room.peers.has(id)) this.#forget(id);
        for (const peer of this.#room.peers.values()) {
            if (peer.state === "connected") this.#forget(peer.id);
            else if (now - this.#of(peer).since >= PATIENCE_MILLIS) this.#ask(peer);
        }
    }

    /** The words are there before the network goes: a module that Firefox could not load once it does not load any more. */
    #load() {
        this.#words ??= import("../lesson/words.js").catch(() => (this.#words = undefined));
        return this.#words;
    }

    /** Says what is known, or the trouble where nothing is; and that nothing more is tried, which a diagnosis does not say. */
    async #ask(peer, trouble) {
        // The room is over, or what says it can't be loaded: the state of the tile is said all the same.
        const [diagnosis, words] = await Promise.all([peer.diagnose(), this.#load()]).catch(() => []);
        if (!this.#room.peers.has(peer.id) || peer.state === "connected") return;
        const waiting = this.#of(peer);
        if (GRAVE.test(trouble?.code)) waiting.trouble = trouble;
        const known = words && !/connect(ed|ing)$|gone$/.test(diagnosis.code) ? diagnosis : undefined;
        const told = known && waiting.trouble?.code !== GIVEN_UP ? undefined : waiting.trouble;
        const said = [known?.code, told?.code].join(" ");
        // What the person has dismissed is not said again.
        if (said === " " || said === waiting.said) return;
        waiting.said = said;
        const write = (element) => {
            if (known) element.dataset.diagnosis = known.code;
            if (told) element.dataset.code = told.code;
            const name = () => this.#nameOf(peer);
            say(element, () => sentences(known && words.diagnosed(known, name()), told && errorText(told, { name: name() })));
        };
        notice(key(peer.id), write, { signal: this.#signal });
    }

    #of({ id }) {
        if (!this.#waiting.has(id)) this.#waiting.set(id, { since: performance.now() });
        return this.#waiting.get(id);
    }

    #forget(id) {
        if (this.#waiting.delete(id)) notice.remove(key(id));
    }
}

function key(id) {
    return `why-${id}`;
}
