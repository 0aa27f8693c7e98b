// Nobody looks at the page, and the browser saves its strength: timers hardly run.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { behindProxy } from "./behind-proxy.mjs";
import { end, freshRoom, healed, meet, PAIR, person } from "./people.mjs";

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

test("a page that was frozen for a while shows pictures again (chromium)", async (t) => {
    const pair = ["chromium", "chromium"];
    const [ann, bob] = await meet(t, pair);
    const cdp = await bob.page.createCDPSession();
    await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
    // As long as nothing of the page runs Ann is told nothing else.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    assert.equal(await ann.page.evaluate(() => document.querySelectorAll("[data-testid=remote-video]").length), 1);
    await cdp.send("Page.setWebLifecycleState", { state: "active" });
    const since = Date.now();
    await bob.until(() => {
        const videos = [...document.querySelectorAll("video")];
        return videos.length > 1 && videos.every((video) => !video.paused);
    });
    // What is shown is what comes now.
    const at = () => bob.page.evaluate(() => document.querySelector("[data-testid=remote-video]").currentTime);
    const before = await at();
    await bob.until((before) => document.querySelector("[data-testid=remote-video]").currentTime > before + 1, before);
    healed(t, "B02", since, pair);
    assert.deepEqual([...ann.errors, ...bob.errors], []);
});
