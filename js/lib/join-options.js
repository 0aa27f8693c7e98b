import { abortable } from "./abort.js";
import { ItodenwaError } from "./error.js";
import { handOver } from "./handover.js";
import { checkPolicy } from "./ice.js";
import { text } from "./wanted.js";

/** Joins with what few say. `enter` is the join itself. */
export async function joinWith(options, enter) {
    checkPolicy(options);
    const key = text(options.key);
    const { history, preview } = options;
    const begin = ({ join, keepKey, keepHistory }) => {
        // For the join that is begun in the same breath.
        if (key !== undefined) keepKey(key);
        if (history !== undefined) keepHistory(history);
        return handOver(preview) ?? { enter: join };
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
