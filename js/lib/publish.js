import { coded, ItodenwaError } from "./error.js";
import { understood } from "./wanted.js";

/** Sends a track of the application, or all of a stream, or none of them. `open` gives the room, and fails when it is closed. */
export async function publish(open, media, options) {
    const { source, content, limits } = understood("publish", options ?? {});
    if (limits) understood("limits", limits);
    const tracks = media?.getTracks?.() ?? [media];
    if (tracks.length === 0 || !tracks.every((track) => typeof track?.getSettings === "function")) {
        throw new ItodenwaError("options/invalid", "Nothing is there to be sent. Give a MediaStreamTrack, or a MediaStream with tracks.");
    }
    // Pictures first: the sound of a screen is there as long as they are.
    const sorted = [...tracks].sort((one, other) => (one.kind === other.kind ? 0 : one.kind === "video" ? -1 : 1));
    const [room, sent] = [await open(), []];
    try {
        for (const track of sorted) sent.push(await coded(() => room.publish(track, String(source), { content, limits })));
    } catch (error) {
        for (const name of sent) room.unpublish(name, false);
        throw error;
    }
    return sent;
}

/** Lets a source go through an object with `start` and `stop`, or with null through none. */
export async function process(open, source, processor) {
    if (processor != null && typeof processor.start !== "function") {
        throw new ItodenwaError("options/invalid", "A processor is an object with start(track), which gives a track; null takes it away.");
    }
    const raw = await open();
    await coded(() => raw.process(String(source), processor ?? undefined));
}
