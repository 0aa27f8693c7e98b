import { coded, codedNow } from "./error.js";
import { Emitter } from "./emitter.js";
import { opaque } from "./opaque.js";

const TYPES = ["progress", "end"];

/** Offers a file to a peer. */
export function sendFile(raw, peer, file, { name = file.name ?? "file" } = {}) {
    return new Transfer(codedNow(() => raw.sendFile(peer.id, file, String(name))), peer);
}

/** Tells the application what a peer offers. */
export function take({ incoming }, peer, room) {
    const offered = new FileOffer(incoming, peer);
    room.emit("file", offered);
    peer.emit("file", offered);
}

/** A file that a peer offers: accept or refuse it. */
class FileOffer {
    #incoming;

    constructor(incoming, peer) {
        Object.assign(this, codedNow(() => incoming.offer()));
        this.#incoming = incoming;
        this.peer = peer;
    }

    async accept({ to = "memory", limit } = {}) {
        return new Transfer(codedNow(() => this.#incoming.file(to, limit)), this.peer);
    }

    kept() {
        return coded(() => this.#incoming.kept());
    }

    refuse() {
        this.#incoming.refuse();
    }
}

opaque(FileOffer);

/** A file that is on its way, in either direction. */
export class Transfer extends Emitter {
    #raw;
    #end = [];

    constructor(raw, peer) {
        super({ current: (type) => (type === "end" ? this.#end : [this.progress]) });
        this.#raw = raw;
        this.peer = peer;
        Object.assign(this, raw.offer());
        /** The file, when it is received; nothing, when it is sent. */
        this.done = coded(() => raw.done());
        this.done.then(
            (file) => this.#over({ file }),
            (error) => this.#over({ error }),
        );
        this.#read();
    }

    /** How far it is. */
    get progress() {
        return this.#raw.progress();
    }

    pause() {
        this.#raw.pause(true);
    }

    resume() {
        this.#raw.pause(false);
    }

    cancel() {
        this.#raw.cancel();
    }

    get types() {
        return TYPES;
    }

    async #read() {
        for (let progress; (progress = await this.#raw.next()); ) this.emit("progress", progress);
    }

    #over(end) {
        this.#end = [end];
        this.emit("end", end);
    }
}

Emitter.handlers(Transfer, ...TYPES);
