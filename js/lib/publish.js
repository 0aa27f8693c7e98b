import { coded, ItodenwaError } from "./error.js";
import { mark } from "./shared.js";
import { off } from "./state.js";
import { isOne, isPlain, isText, understood } from "./wanted.js";

/** Sources with names of the application's own, at most. */
const OWN_SOURCES = 8;
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
    // Before anything is sent, or takes the place of what is: all of it or nothing.
    if (tracks.some(({ readyState }) => readyState === "ended")) {
        throw new ItodenwaError("publish/ended", "The track has ended, and nothing more comes from it. Publish one that lives.");
    }
    if (isTooMany(state.published, String(source), tracks)) {
        throw new ItodenwaError("publish/too-many", "Eight sources with names of your own are sent already. Take one of them away.");
    }
    // Pictures first: the sound of a screen is there as long as they are.
    const sorted = [...tracks].sort((one, other) => (one.kind === other.kind ? 0 : one.kind === "video" ? -1 : 1));
    const [room, sent] = [await link.with("publish"), []];
    try {
        for (const track of sorted) sent.push(await coded(() => room.publish(track, String(source), { content, limits })));
    } catch (error) {
        for (const name of sent) {
            room.unpublish(name, false);
            state.published.delete(name);
            off(state, name);
        }
        throw error;
    }
    for (const name of sent) {
        state.published.set(name, {});
        mark(state.own.media, name, true);
    }
    return sent;
}

/** With names of their own: pictures and sound of one name are two. */
function isTooMany(published, source, tracks) {
    const known = ["camera", "microphone", "screen", "screenAudio"];
    const nameOf = ({ kind }) => (kind === "audio" && !source.endsWith("Audio") ? `${source}Audio` : source);
    const names = new Set([...published.keys(), ...(known.includes(source) ? [] : tracks.map(nameOf))]);
    return [...names].filter((name) => !known.includes(name)).length > OWN_SOURCES;
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
