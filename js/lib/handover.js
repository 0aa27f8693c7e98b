import { ItodenwaError } from "./error.js";

/** What previews give to a room: by each of them, so that a room needs nothing else of theirs. */
const handovers = new WeakMap();

/** `give` says how a room is joined with what there is; nothing when the preview is over. */
export function offerHandover(preview, give) {
    handovers.set(preview, give);
}

/** The last join that each preview was given to. */
const claims = new WeakMap();

/**
 * A join is to have a preview, if it is one. Gives what ends it when the join fails, unless another join is to have it since: as where React
 * runs an effect twice.
 */
export function claim(preview) {
    const mine = {};
    if (handovers.has(preview)) claims.set(preview, mine);
    return async () => {
        if (claims.get(preview) === mine) await preview.close();
    };
}

/** What `join` needs of a preview, if there is one that is not over. */
export function handOver(preview) {
    if (preview == null) return undefined;
    const give = handovers.get(preview);
    if (!give) throw new ItodenwaError("options/invalid", "preview is no Preview. Give what open() gave.");
    return give();
}
