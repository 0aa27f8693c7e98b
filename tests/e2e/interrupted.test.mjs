// A camera that the system silences, as a phone does when it rings.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { end, meet, PAIR } from "./people.mjs";

after(end);

/** Runs before the page: keeps who listens to the cameras that were asked for. Firefox calls no listener of a track for an event that a page makes. */
function keepListeners() {
    const { mediaDevices } = navigator;
    // Blank pages have none.
    if (!mediaDevices) return;
    const capture = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
        const stream = await capture(constraints);
        for (const track of stream.getVideoTracks()) {
            const listeners = new Map();
            track.addEventListener = (type, listener) => listeners.set(listener, type);
            track.removeEventListener = (_type, listener) => listeners.delete(listener);
            window.system = (what) => listeners.forEach((type, listener) => type === what && listener(new Event(type)));
        }
        return stream;
    };
}

/** The system silences the last camera, or gives it back. */
const system = (someone, what) => someone.page.evaluate((what) => window.system(what), what);

/** Whether the tile of somebody else says so. */
const says = (someone, isSilenced) =>
    someone.until((isSilenced) => {
        const tile = document.querySelector("[data-testid=tile]");
        const isTold = tile.querySelector("[data-testid=state]").textContent === "paused by their system";
        return tile.hasAttribute("data-interrupted") === isSilenced && isTold === isSilenced;
    }, isSilenced);

test("a camera that the system silences is told here and to the others, and comes back by itself", async (t) => {
    const [ann, bob] = await meet(t, PAIR, "", { prepare: `(${keepListeners})()` });
    await system(ann, "mute");
    await ann.reads("notices", "The system has paused your device");
    await says(bob, true);
    // Somebody who comes later sees it, too.
    await bob.page.reload();
    await bob.see("leave");
    await says(bob, true);
    await system(ann, "unmute");
    await says(bob, false);
    await ann.until(() => !document.querySelector("[data-testid=notices]").textContent.includes("paused"));
    // What is switched off and on again is another camera, of which nothing is known.
    await system(ann, "mute");
    await says(bob, true);
    await ann.click("camera");
    await says(bob, false);
    await ann.click("camera");
    await bob.watches();
    await says(bob, false);
    for (const someone of [ann, bob]) assert.deepEqual(someone.errors, []);
});
