import { ItodenwaError } from "./error.js";

/** What previews give to a room: by each of them, so that a room needs nothing else of theirs. */
const handovers = new WeakMap();

/** `give` says how a room is joined with what there is; nothing when the preview is over. */
export function offerHandover(preview, give) {
    handovers.set(preview, give);
}

/** What `join` needs of a preview, if there is one that is not over. */
export function handOver(preview) {
    if (preview == null) return undefined;
    const give = handovers.get(preview);
    if (!give) throw new ItodenwaError("options/invalid", "preview is no Preview. Give what open() gave.");
    return give();
}
