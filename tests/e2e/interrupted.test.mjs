// The system takes somebody's camera for a while, as a phone does when it rings: the others are told, and it comes back by itself.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { end, freshRoom, healed, PAIR, person } from "./people.mjs";

after(end);

/** How long the system keeps it, in milliseconds. */
const TAKEN = 10_000;

/** Runs before the page: no test can ring a phone, so tracks of devices say what they would then say. */
function keepTracks() {
    const tracks = [];
    const { mediaDevices } = navigator;
    const capture = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
        const stream = await capture(constraints);
        for (const track of stream.getTracks()) {
            tracks.push(track);
            // A computer with too much to do silences its cameras itself.
            for (const type of ["mute", "unmute"]) track.addEventListener(type, (event) => event.isTrusted && event.stopImmediatePropagation());
        }
        return stream;
    };
    window.ring = (rings) => tracks.filter(({ kind, readyState }) => kind === "video" && readyState === "live")
        .forEach((track) => track.dispatchEvent(new Event(rings ? "mute" : "unmute")));
}

const says = (sources) => document.querySelector("[data-testid=tile]")?.dataset.interrupted === sources;

test("the system takes a camera for 10 s: the others are told, and it comes back by itself", async (t) => {
    const room = freshRoom();
    const people = [];
    for (const [index, kind] of PAIR.entries()) {
        const someone = await person(t, kind, { query: `?room=${room}`, prepare: keepTracks, language: ["en", "ja"][index] });
        people.push(await someone.join(undefined, ["Ann", "Bob"][index]));
    }
    await Promise.all(people.map((someone) => someone.watches()));
    const [ann, bob] = people;
    await bob.page.evaluate(() => {
        window.marks = [];
        const tile = document.querySelector("[data-testid=tile]");
        new MutationObserver(() => marks.push(tile.dataset.interrupted)).observe(tile, { attributes: true, attributeFilter: ["data-interrupted"] });
    });
    // A moment, as under load, is nobody's business. What is said afterwards is heard afterwards.
    await ann.page.evaluate(() => (ring(true), ring(false)));
    await ann.say("was there something?");
    await bob.reads("chat-log", "was there something?");
    assert.deepEqual(await bob.page.evaluate(() => window.marks), []);

    await ann.page.evaluate((taken) => {
        ring(true);
        setTimeout(() => {
            window.givenBack = Date.now();
            ring(false);
        }, taken);
    }, TAKEN);
    await ann.until(() => document.querySelector("[data-key=interrupted-camera]"));
    await bob.until(says, "camera");
    const state = await bob.page.$eval("[data-testid=tile] .state", (element) => element.textContent);
    assert.equal(state, "相手のシステムが一時停止中です");
    await bob.until(says, undefined);
    healed(t, "M04", await ann.page.evaluate(() => window.givenBack));
    await ann.until(() => !document.querySelector("[data-key=interrupted-camera]"));
    assert.deepEqual(await bob.page.evaluate(() => window.marks), ["camera", null]);
    await bob.watches();

    // Switched off meanwhile, it is off and nothing else.
    await ann.page.evaluate(() => ring(true));
    await bob.until(says, "camera");
    await ann.click("camera");
    await bob.until(() => document.querySelector("[data-testid=tile][data-picture=off]:not([data-interrupted])"));
    await ann.until(() => !document.querySelector("[data-key=interrupted-camera]"));
    await ann.click("camera");
    await bob.watches();
    assert.deepEqual([...ann.errors, ...bob.errors], []);
});
