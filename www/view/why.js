import { say } from "../i18n.js";
import { notice } from "./notices.js";

const LOOK_EVERY_MILLIS = 2000;
/** Mostly a connection is there after a tenth of this. */
const PATIENCE_MILLIS = 10_000;

/** Says why somebody is not connected, when that lasts or something has failed: one sentence and one piece of advice. */
export class Why {
    #room;
    #nameOf;
    /** Since when somebody is not connected, and what was said of it, by id. */
    #waiting = new Map();
    #words;

    constructor(room, nameOf, signal) {
        this.#room = room;
        this.#nameOf = nameOf;
        const timer = setInterval(() => this.#look(), LOOK_EVERY_MILLIS);
        signal.addEventListener("abort", () => {
            clearInterval(timer);
            for (const id of this.#waiting.keys()) notice.remove(key(id));
        });
        room.addEventListener("trouble", ({ detail: { peer } }) => peer && peer.state !== "connected" && this.#ask(peer), { signal });
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

    async #ask(peer) {
        try {
            const [diagnosis, { diagnosed }] = await Promise.all([peer.diagnose(), this.#load()]);
            const waiting = this.#of(peer);
            if (/connect(ed|ing)$|gone$/.test(diagnosis.code) || diagnosis.code === waiting.said || !this.#room.peers.has(peer.id)) return;
            // What the person has dismissed is not said again.
            waiting.said = diagnosis.code;
            notice(key(peer.id), (element) => {
                element.dataset.diagnosis = diagnosis.code;
                say(element, () => diagnosed(diagnosis, this.#nameOf(peer)));
            });
        } catch {
            // The room is over, or what says it can't be loaded: the state of the tile is said all the same.
        }
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
