import { coded, codedNow, ItodenwaError, troubleOf } from "./error.js";
import { Emitter } from "./emitter.js";
import { checkPolicy } from "./ice.js";
import { pump } from "./pump.js";
import { rawWith } from "./raw.js";
import { clear, mark } from "./shared.js";

/** Steps that are kept; older ones are dropped. */
const STEPS = 512;
const TYPES = ["candidate", "connection", "media", "text", "step", "trouble", "blocked", "close"];

/**
 * One connection by hand: the steps that tutorials teach, with the signalling carried by the caller. One side calls
 * `makeOffer`, the other `setOffer` and `makeAnswer`, the first `setAnswer`.
 */
export class Call extends Emitter {
    #state = "new";
    #media = new Set();
    #me;
    #closed;
    #raw;
    #steps = [];
    #resolveClosed;

    /** Makes the connection, with camera and microphone if they are wanted. */
    static async create(options = {}) {
        checkPolicy(options);
        const { RawCall } = await rawWith("call");
        return new Call(await coded(() => RawCall.create(options)));
    }

    constructor(raw) {
        super({ kept: ["candidate", "text", "trouble", "blocked"], current: (type) => this.#current(type) });
        this.#raw = raw;
        this.#me = { view: () => codedNow(() => this.#open().view(false)) };
        this.#closed = new Promise((resolve) => (this.#resolveClosed = resolve));
        pump(raw, this, (event) => this.#take(event))
            .catch(() => {})
            .finally(() => {
                this.#close();
                raw.free();
            });
    }

    /** `RTCPeerConnection.connectionState`. */
    get state() {
        return this.#state;
    }

    /** The other side's sources that are on. */
    get media() {
        return this.#media;
    }

    /** Oneself. */
    get me() {
        return this.#me;
    }

    /** Resolved when the call is over. */
    get closed() {
        return this.#closed;
    }

    toJSON() {
        return { state: this.#state, media: [...this.#media] };
    }

    /** The last steps. */
    get steps() {
        return [...this.#steps];
    }

    makeOffer() {
        return coded(() => this.#open().makeOffer());
    }

    setOffer(offer) {
        return coded(() => this.#open().setOffer(offer));
    }

    makeAnswer() {
        return coded(() => this.#open().makeAnswer());
    }

    setAnswer(answer) {
        return coded(() => this.#open().setAnswer(answer));
    }

    addCandidate(candidate) {
        return coded(() => this.#open().addCandidate(carried(candidate)));
    }

    send(text) {
        if (typeof text !== "string") throw new ItodenwaError("send/unsupported", "A call by hand sends texts. Use a room for values and bytes.");
        codedNow(() => this.#open().send(text));
    }

    view() {
        return codedNow(() => this.#open().view(true));
    }

    resume() {
        this.#raw?.resume();
    }

    async close() {
        this.drain();
        this.#raw?.close();
        await this.closed;
    }

    get types() {
        return TYPES;
    }

    #open() {
        if (!this.#raw) throw new ItodenwaError("call/closed", "The call is over. Make a new one.");
        return this.#raw;
    }

    #current(type) {
        if (type === "media") return [...this.media].map((source) => ({ source, on: true }));
        if (type === "step") return this.#steps;
        return type === "close" && !this.#raw ? [undefined] : [];
    }

    #take(event) {
        switch (event.type) {
            case "candidate":
                return this.emit("candidate", event.candidate);
            case "endOfCandidates":
                return this.emit("candidate", null);
            case "connection":
                this.#state = event.state;
                return this.emit("connection", event.state);
            case "media": {
                const { source, on } = event;
                mark(this.#media, source, on);
                return this.emit("media", { source, on });
            }
            case "text":
                return this.emit("text", event.text);
            case "mediaFailed":
                return this.emit("trouble", troubleOf(event));
            case "blocked":
                return this.emit("blocked", undefined);
            case "step": {
                const { at, name, detail, text } = event;
                const step = { at, name, detail, text };
                this.#steps.push(step);
                if (this.#steps.length > STEPS) this.#steps.shift();
                return this.emit("step", step);
            }
            case "closed":
                return this.#close();
        }
    }

    /** Once. */
    #close() {
        if (!this.#raw) return;
        this.#raw = undefined;
        this.#state = "closed";
        clear(this.#media);
        this.emit("close", undefined);
        this.#resolveClosed();
    }
}

/** A candidate as it is, or as it was copied: its JSON, or its line in a description, which is one of the first part. */
function carried(candidate) {
    if (typeof candidate !== "string") return candidate ?? null;
    const text = candidate.trim();
    const line = text.replace(/^a=/, "");
    if (line === "" || line.startsWith("candidate:")) return { candidate: line, sdpMid: "0", sdpMLineIndex: 0 };
    try {
        const parsed = JSON.parse(text);
        if (typeof parsed?.candidate === "string" || parsed === null) return parsed;
    } catch {
        // It is none.
    }
    throw new ItodenwaError("call/refused", "It is no candidate. Copy all of it, from the first sign to the last.");
}

Emitter.handlers(Call, ...TYPES);

if (Symbol.dispose) {
    Call.prototype[Symbol.dispose] = function () {
        this.close().catch(() => {});
    };
}
if (Symbol.asyncDispose) {
    Call.prototype[Symbol.asyncDispose] = function () {
        return this.close();
    };
}
