import { abortable } from "./abort.js";
import { ItodenwaError } from "./error.js";
import { claim, handOver } from "./handover.js";
import { checkPolicy } from "./ice.js";
import { text } from "./wanted.js";

/** Messages that a room keeps, at most, as in the wasm. */
const HISTORY = 50;

/** Joins with what few say. `check` throws if anything else is not as it has to be; `enter` is the join itself. */
export async function joinWith(options, check, enter) {
    const release = claim(options.preview);
    try {
        check();
        return await joinNow(options, enter);
    } catch (error) {
        await release();
        throw error;
    }
}

async function joinNow(options, enter) {
    checkPolicy(options);
    const key = text(options.key);
    const { history, preview } = options;
    const begin = ({ join, keepKey, keepHistory }) => {
        const begun = handOver(preview) ?? { enter: join };
        if (history !== undefined && !(Number.isInteger(history) && history > 0 && history <= HISTORY)) {
            throw new ItodenwaError("options/invalid", `history is how many messages are kept, from 1 to ${HISTORY}.`);
        }
        // For the join that is begun in the same breath. Whatever may be wrong comes before what is kept: nothing takes it back, and another
        // room would have it.
        if (key !== undefined) keepKey(key);
        if (history !== undefined) keepHistory(history);
        return begun;
    };
    // What the application throws is its own.
    const waits = (seconds) => queueMicrotask(() => options.onwait?.({ seconds }));
    const entered = (aborted) => enter({ parts: partsOf(options), token: tokenOf(options), begin, aborted, waits });
    return abortable(options, entered, (room) => room.leave());
}

/** The parts that a join with these options needs. */
export const partsOf = ({ key, history }) => [text(key) !== undefined && "key", history !== undefined && "history"].filter(Boolean);

/** The token, which may have to be fetched. */
export async function tokenOf({ token }) {
    if (typeof token !== "function") return token;
    try {
        return await token();
    } catch (cause) {
        throw new ItodenwaError("token/unavailable", "The token could not be had. Check the application's own server.", { cause });
    }
}
