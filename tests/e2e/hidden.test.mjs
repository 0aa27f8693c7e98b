// Nobody looks at the page, and the browser saves its strength: timers hardly run.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { behindProxy } from "./behind-proxy.mjs";
import { meets, member } from "./members.mjs";
import { end, freshRoom, healed, PAIR, person } from "./people.mjs";

after(end);

/** Runs before the page: while it is hidden no timer of it ends. Browsers let one end in a minute. */
function holdTimers() {
    const { setTimeout: set, clearTimeout: clear } = window;
    let held = [];
    let isHidden = false;
    window.setTimeout = (then, after, ...given) => {
        const run = () => (isHidden ? held.push({ timer, run }) : typeof then === "function" && then(...given));
        const timer = set(run, after);
        return timer;
    };
    window.clearTimeout = (timer) => {
        held = held.filter((one) => one.timer !== timer);
        clear(timer);
    };
    Object.defineProperty(document, "visibilityState", { get: () => (isHidden ? "hidden" : "visible") });
    Object.defineProperty(document, "hidden", { get: () => isHidden });
    window.hide = (hidden) => {
        isHidden = hidden;
        document.dispatchEvent(new Event("visibilitychange"));
        if (!hidden) held.splice(0).forEach(({ run }) => run());
    };
    window.held = () => held.length;
}

test("the page is hidden while nobody else is there, and its socket breaks", async (t) => {
    const line = await behindProxy(t);
    const query = `?room=${freshRoom()}`;
    const ann = await person(t, PAIR[0], { at: line.proxy.address, query, prepare: holdTimers });
    await ann.join(undefined, "Ann");
    await ann.page.evaluate(() => hide(true));
    await ann.until(() => held() > 0);
    line.proxy.cut();
    await ann.until(() => document.getElementById("signaling").dataset.state === "reconnecting");
    line.proxy.heal();
    const since = Date.now();
    await ann.page.evaluate(() => hide(false));
    await ann.until(() => document.getElementById("signaling").dataset.state === "connected");
    healed(t, "B01", since);
    const bob = await person(t, PAIR[1], { at: line.proxy.address, query });
    await bob.join(undefined, "Bob");
    await Promise.all([ann.watches(), bob.watches()]);
    assert.deepEqual(ann.errors.filter((error) => !/wss?:\/\//.test(error)), []);
});

/** Firefox freezes no page. */
const skip = PAIR.includes("chromium") ? false : "nobody here can be frozen";

/** Until a second of pictures more has been shown. */
async function shows(someone) {
    const shown = await someone.page.evaluate(() => document.querySelector("video").currentTime);
    await someone.until((shown) => document.querySelector("video").currentTime > shown + 1, shown);
}

test("a page that was frozen for a while shows pictures again, and the other one its", { skip }, async (t) => {
    const room = freshRoom();
    // The client alone: nothing of the page plays it again.
    const people = await Promise.all(PAIR.map((kind) => member(t, kind, room, { camera: true, microphone: true })));
    await Promise.all(people.map((someone) => meets(someone, 1)));
    await Promise.all(people.map((someone) => someone.until(() => document.querySelector("video")?.videoWidth > 0)));
    for (const { page } of people) {
        await page.evaluate(() => {
            const [peer] = room.peers.values();
            window.told = [];
            for (const event of ["left", "trouble", "close"]) room.addEventListener(event, () => window.told.push(event));
            window.peer = peer;
        });
    }
    const frozen = people[PAIR.lastIndexOf("chromium")];
    const protocol = await frozen.page.createCDPSession();
    await protocol.send("Page.setWebLifecycleState", { state: "frozen" });
    // The fault: so long.
    await sleep(3000);
    await protocol.send("Page.setWebLifecycleState", { state: "active" });
    const since = Date.now();
    await shows(frozen);
    healed(t, "B02", since);
    await Promise.all(people.map(shows));
    for (const { page, errors } of people) {
        const isThere = () => [room.peers.size, [...room.peers.values()][0] === window.peer, window.peer.state, window.told];
        assert.deepEqual(await page.evaluate(isThere), [1, true, "connected", []]);
        assert.deepEqual(errors, []);
    }
});
