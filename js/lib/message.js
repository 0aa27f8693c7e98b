import { ItodenwaError } from "./error.js";

/** A text that was accepted. `delivered` is resolved when the application of everybody it went to has it. */
class Message {
    constructor(id, delivered) {
        this.id = id;
        this.delivered = delivered;
    }
}

/** The texts that wait for their delivery. The wasm accepts 64 for each peer. */
export class Outbox {
    #waiting = new Map();

    /** Takes the id of a text that was sent to these peers (ids). */
    add(id, to) {
        const peers = new Set(to);
        const delivered = new Promise((resolve, reject) => this.#waiting.set(id, { peers, resolve, reject }));
        // Who does not ask whether it arrived need not be told that it did not.
        delivered.catch(() => {});
        return new Message(id, delivered);
    }

    delivered(id, peer) {
        const message = this.#waiting.get(id);
        if (!message?.peers.delete(peer) || message.peers.size > 0) return;
        this.#waiting.delete(id);
        message.resolve();
    }

    /** A peer is gone, or with none everybody. */
    gone(peer) {
        for (const [id, message] of this.#waiting) {
            if (peer !== undefined && !message.peers.has(peer)) continue;
            this.#waiting.delete(id);
            message.reject(new ItodenwaError("send/peer-gone", "The peer left before the text was delivered."));
        }
    }
}
