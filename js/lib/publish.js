import { coded, ItodenwaError } from "./error.js";
import { mark } from "./shared.js";
import { isOne, isPlain, isText, understood } from "./wanted.js";

/** What may be said of what is sent. */
const FIELDS = { source: isText, content: isOne("text", "motion"), limits: isPlain };

/**
 * Sends a track of the application, or all of a stream, or none of them, which `state` has then. Gives the names of the sources.
 */
export async function publish(link, state, media, options) {
    const { source, content, limits } = understood("publish", options ?? {}, FIELDS);
    if (limits) understood("limits", limits);
    const tracks = media?.getTracks?.() ?? [media];
    if (tracks.length === 0 || !tracks.every((track) => typeof track?.getSettings === "function")) {
        throw new ItodenwaError("options/invalid", "Nothing is there to be sent. Give a MediaStreamTrack, or a MediaStream with tracks.");
    }
    // Pictures first: the sound of a screen is there as long as they are.
    const sorted = [...tracks].sort((one, other) => (one.kind === other.kind ? 0 : one.kind === "video" ? -1 : 1));
    const [room, sent] = [await link.with("publish"), []];
    try {
        for (const track of sorted) sent.push(await coded(() => room.publish(track, String(source), { content, limits })));
    } catch (error) {
        for (const name of sent) room.unpublish(name, false);
        throw error;
    }
    for (const name of sent) {
        state.published.add(name);
        mark(state.own.media, name, true);
    }
    return sent;
}

/**
 * Lets a source go through an object with `start` and `stop`, or with null through none. `open` gives the room or the preview, and fails when
 * it is over.
 */
export async function process(open, source, processor) {
    if (processor != null && typeof processor.start !== "function") {
        throw new ItodenwaError("options/invalid", "A processor is an object with start(track), which gives a track; null takes it away.");
    }
    const raw = await open();
    await coded(() => raw.process(String(source), processor ?? undefined));
}
