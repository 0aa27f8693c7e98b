// Nobody looks at the page, and the browser saves its strength: timers hardly run.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { behindProxy } from "./behind-proxy.mjs";
import { address, browser, end, freshRoom, healed, LIMIT, PAIR, person } from "./people.mjs";

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
    const room = freshRoom();
    const pages = [];
    for (let person = 0; person < 2; person += 1) {
        const context = await (await browser("chromium")).createBrowserContext();
        t.after(() => context.close());
        const page = await context.newPage({ type: "window" });
        await page.goto(await address());
        // The client alone: nothing of the page plays it again.
        await page.evaluate(async (room) => {
            const { join } = await import("/itodenwa/index.js");
            document.body.replaceChildren();
            window.room = await join(room, { camera: true, microphone: true });
            window.room.onpeer = (peer) => document.body.append(peer.view());
        }, room);
        pages.push(page);
    }
    for (const page of pages) await page.waitForFunction(() => document.querySelector("video")?.videoWidth > 0, { timeout: LIMIT });
    const [, page] = pages;
    const cdp = await page.createCDPSession();
    await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
    // The fault: so long.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await cdp.send("Page.setWebLifecycleState", { state: "active" });
    const since = Date.now();
    const before = await page.evaluate(() => document.querySelector("video").currentTime);
    await page.waitForFunction((before) => document.querySelector("video").currentTime > before + 1, { timeout: LIMIT, polling: 100 }, before);
    healed(t, "B02", since, ["chromium", "chromium"]);
});
