// What a call keeps, and makes others do, although nobody needs it.
import assert from "node:assert/strict";
import { after } from "node:test";
import { address, browser, each, end, freshRoom, LIMIT } from "./people.mjs";

after(end);

/** A page that calls itself: the first one sends its camera, and the other one sees nothing of it yet. */
async function page(t, kind) {
    const context = await (await browser(kind)).createBrowserContext();
    t.after(() => context.close());
    const page = await context.newPage({ type: "window" });
    await page.goto(await address());
    await page.evaluate(calls, freshRoom());
    return page;
}

/** Runs in the page. */
async function calls(name) {
    const Connection = RTCPeerConnection;
    window.connections = [];
    window.RTCPeerConnection = class extends Connection {
        constructor(...configuration) {
            super(...configuration);
            // One that is described: that of an offer that nobody got never is.
            this.addEventListener("signalingstatechange", () => window.connections.push(this), { once: true });
        }
    };
    const { join } = await import("/itodenwa/index.js");
    window.rooms = [await join(name, { camera: true }), await join(name)];
    window.peer = await new Promise((done) => (window.rooms[1].onpeer = done));
    await new Promise((done) => {
        window.peer.onconnection = (state) => state === "connected" && done();
        if (window.peer.state === "connected") done();
    });
}

for (const [kind, test] of each("firefox", "chromium")) {
    test(`what is waited for leaves nothing behind at what lives as long as the connection (${kind})`, async (t) => {
        const opened = await page(t, kind);
        const { races, again } = await opened.evaluate(async () => {
            const race = Promise.race;
            const seen = new WeakSet();
            const told = { races: 0, again: 0 };
            // A promise keeps something of each race that it is in, until it settles.
            Promise.race = function (promises) {
                told.races += 1;
                for (const promise of promises) {
                    told.again += seen.has(promise);
                    seen.add(promise);
                }
                return race.call(this, promises);
            };
            for (let measured = 0; measured < 20; measured++) await window.peer.getStats();
            return told;
        });
        assert.ok(races >= 20, `${races} races`);
        assert.equal(again, 0);
    });

    test(`an element that plays sound alone makes nobody send a picture (${kind})`, async (t) => {
        const opened = await page(t, kind);
        const sends = (isActive) => opened.waitForFunction(
            (isActive) => {
                const senders = window.connections.flatMap((connection) => connection.getSenders());
                const pictures = senders.filter(({ track }) => track?.kind === "video");
                const encodings = pictures.flatMap((sender) => sender.getParameters().encodings);
                return encodings.length > 0 && encodings.every(({ active }) => active === isActive);
            },
            { timeout: LIMIT, polling: 50 },
            isActive,
        );
        await opened.evaluate(() => {
            window.sound = new Audio();
            window.peer.attach(window.sound);
            document.body.prepend(window.peer.view());
        });
        await sends(true);
        await opened.evaluate(() => window.peer.detach(window.peer.view()));
        await sends(false);
        assert.ok(await opened.evaluate(() => window.sound.srcObject !== null));
    });
}
