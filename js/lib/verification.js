// Words that two people compare. Loaded when either side asks for them.
import { coded } from "./error.js";
import { opaque } from "./opaque.js";
import { rawWith } from "./raw.js";

/** What is to be compared with a peer: one for each connection, whoever asks first. */
export async function verify(peer, link, now) {
    const raw = await link.with("verification");
    return told(await coded(() => raw.verification(peer.id)), peer, now);
}

/** What nobody who keeps to the rules makes happen: the person is to know of it, also if it was the other one who began. */
const ATTACKS = ["verification/broken-commitment", "verification/malformed", "verification/certificates"];

/** A peer asks: answered by itself, so that one person alone can begin. */
export async function take({ incoming }, peer, room, _answers, now) {
    try {
        const { answerVerification } = await rawWith("verification");
        told(await coded(() => answerVerification(incoming)), peer, now);
    } catch ({ code, message: explain }) {
        if (ATTACKS.includes(code)) room.emit("trouble", { code, explain, detail: "", peer });
    } finally {
        incoming.free();
    }
}

/** Tells it once of each connection. */
function told(raw, peer, now) {
    const known = now.verification;
    if (known?.isOf(raw)) return known;
    const verification = new Verification(raw, peer);
    now.verification = verification;
    peer.emit("verification", verification);
    return verification;
}

/** What is to be compared on one connection. */
class Verification {
    #raw;
    #peer;

    constructor(raw, peer) {
        const signs = raw.emoji();
        this.emoji = signs.map(({ symbol }) => symbol);
        this.words = { en: signs.map(({ en }) => en), ja: signs.map(({ ja }) => ja) };
        this.#raw = raw;
        this.#peer = peer;
        raw.changed().then(() => {
            this.#raw = undefined;
            raw.free();
            peer.emit("verification", this);
        });
    }

    get peer() {
        return this.#peer;
    }

    get comparison() {
        return this.#raw?.comparison() ?? "changed";
    }

    /** The person says whether both have the same. */
    compared(matches) {
        const before = this.comparison;
        this.#raw?.compared(Boolean(matches));
        if (this.comparison !== before) this.#peer.emit("verification", this);
    }

    /** Whether it is about the same connection; what is asked with is not needed any more then. */
    isOf(raw) {
        const isSame = this.#raw?.isSame(raw) ?? false;
        if (isSame) raw.free();
        return isSame;
    }

    toJSON() {
        const { emoji, words, comparison } = this;
        return { emoji, words, comparison };
    }
}

opaque(Verification);
