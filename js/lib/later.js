import { imported } from "./loading.js";
import { rawWith } from "./raw.js";

// What not every call needs: each is loaded when it is first used, and has to be named literally for the programs that bundle it.
export const interruption = imported(() => import("./interruption.js"));
export const joinOptions = imported(() => import("./join-options.js"));
export const ownLevel = imported(() => import("./own-level.js"));
export const publishing = imported(() => import("./publish.js"));
export const recording = imported(() => import("./recording.js"));
export const stats = imported(() => import("./stats.js"));

/** With a part of the wasm, which is asked for at the same time. */
const withPart = (part, face) => async () => (await Promise.all([face(), rawWith(part)]))[0];

export const channels = withPart("channels", imported(() => import("./channel.js")));
export const files = withPart("files", imported(() => import("./transfer.js")));
export const verification = withPart("verification", imported(() => import("./verification.js")));

/** Milliseconds. */
const AGAIN = 1000;

/** For what nobody asks for again: what got lost is, as long as somebody `isWaiting`, who is given why it did not come. */
export function watching(load, watch, isWaiting) {
    const again = (error) => isWaiting(error) && watching(load, watch, isWaiting);
    load().then(watch).catch((error) => setTimeout(again, AGAIN, error));
}
