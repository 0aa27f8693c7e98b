import { imported } from "./loading.js";
import { rawWith } from "./raw.js";

// What not every call needs: each is loaded when it is first used, and has to be named literally for the programs that bundle it.
export const interruption = imported(() => import("./interruption.js"));
export const joinOptions = imported(() => import("./join-options.js"));
export const ownLevel = imported(() => import("./own-level.js"));
export const publishing = imported(() => import("./publish.js"));
export const recording = imported(() => import("./recording.js"));
export const stats = imported(() => import("./stats.js"));
export const verification = imported(() => import("./verification.js"));

/** With a part of the wasm, which is asked for at the same time. */
const withPart = (part, face) => async () => (await Promise.all([face(), rawWith(part)]))[0];

export const channels = withPart("channels", imported(() => import("./channel.js")));
export const files = withPart("files", imported(() => import("./transfer.js")));

/** Milliseconds. */
const AGAIN = 1000;

/** For listeners, who ask once: what got lost is asked for again as long as somebody `isWaiting`. */
export function watching(load, watch, isWaiting) {
    const again = () => isWaiting() && watching(load, watch, isWaiting);
    load().then(watch).catch(() => setTimeout(again, AGAIN));
}
