// A browser that plays nothing aloud before the person touches the page.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, browser, each, end, freshRoom, launch, Person, person } from "./people.mjs";

after(end);

/** Joins by itself, and writes when something is not played: whoever looks from outside counts as a touch. */
function joinUntouched() {
    addEventListener("load", () => {
        const byId = (id) => document.getElementById(id);
        new MutationObserver(() => {
            if (byId("resume").hidden) return;
            byId("chat-input").value = "I hear nothing";
            byId("chat-form").requestSubmit();
        }).observe(byId("resume"), { attributes: true });
        byId("join-form").requestSubmit();
    });
}

test("what is not played by itself is played when the person touches the page", async (t) => {
    const strict = await launch("chromium", { args: ["--autoplay-policy=document-user-activation-required"] });
    t.after(() => strict.close());
    const room = freshRoom();
    const bob = await person(t, "chromium", { query: `?room=${room}` });
    await bob.join(undefined, "Bob");
    const ann = await Person.open(strict, `${await address()}?room=${room}`, { devices: false, prepare: joinUntouched });
    await bob.reads("chat-log", "I hear nothing");
    const paused = () => document.querySelector('[data-testid="remote-video"]').paused;
    assert.equal(await ann.page.evaluate(paused), true);
    await ann.click("resume");
    await ann.miss("resume");
    await ann.watches();
    assert.equal(await ann.page.evaluate(paused), false);
    assert.deepEqual(ann.errors, []);
});

/** In a page: the browser plays nothing, not even a silent picture, until it is allowed. */
async function playUntouched(room) {
    const { join, open } = await import("/itodenwa/index.js");
    const { play } = HTMLMediaElement.prototype;
    const untouched = (begin) => {
        let played;
        const isPlayed = new Promise((resolve) => (played = resolve));
        HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException("a test", "NotAllowedError"));
        const touch = () => {
            HTMLMediaElement.prototype.play = function () {
                const playing = play.call(this);
                // One that is refused again has not played.
                playing.then(played, () => {});
                return playing;
            };
        };
        return begin(touch, isPlayed);
    };
    const preview = await open({ camera: true });
    await untouched(async (touch, isPlayed) => {
        const blocked = new Promise((resolve) => (preview.onblocked = resolve));
        document.body.append(preview.view());
        await blocked;
        touch();
        preview.resume();
        await isPlayed;
    });
    await preview.close();
    const joined = await join(room, { camera: true });
    await untouched(async (touch, isPlayed) => {
        const blocked = new Promise((resolve) => (joined.onblocked = resolve));
        document.body.append(joined.me.view());
        const { peer } = await blocked;
        if (peer) throw new Error("that is oneself");
        touch();
        joined.resume();
        await isPlayed;
    });
    await joined.leave();
}

for (const [kind, test] of each("firefox", "chromium")) {
    test(`one's own silent picture is refused, and plays when the page is touched (${kind})`, async (t) => {
        const page = await (await browser(kind)).newPage();
        t.after(() => page.close());
        await page.goto(await address());
        await page.evaluate(playUntouched, freshRoom());
    });
}

/** In a page: both sides of a call by hand, of which the browser plays nothing. */
async function callUntouched() {
    const { Call } = await import("/itodenwa/index.js");
    const [here, there] = [await Call.create({ camera: true, ice: "vanilla" }), await Call.create({ ice: "vanilla" })];
    const blocked = new Promise((resolve) => (there.onblocked = resolve));
    const view = there.view();
    view.play = () => Promise.reject(new DOMException("a test", "NotAllowedError"));
    document.body.append(view);
    await there.setOffer(await here.makeOffer());
    await here.setAnswer(await there.makeAnswer());
    await blocked;
    const played = new Promise((resolve) => (view.play = async () => resolve()));
    there.resume();
    await played;
    await Promise.all([here.close(), there.close()]);
}

// Firefox begins to play by itself here, and is not asked to.
test("the other side of a call by hand is not played, and is when the program says so", async (t) => {
    const page = await (await browser("chromium")).newPage();
    t.after(() => page.close());
    await page.goto(await address());
    await page.evaluate(callUntouched);
});
