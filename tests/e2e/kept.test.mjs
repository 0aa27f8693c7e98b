// What a call keeps, and makes others do, although nobody needs it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, browser, end, freshRoom, LIMIT } from "./people.mjs";

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
            window.connections.push(this);
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

test("what was measured is not kept until the connection closes", async (t) => {
    const opened = await page(t, "chromium");
    await opened.evaluate(async () => {
        window.reports = [];
        for (let measured = 0; measured < 300; measured++) window.reports.push(new WeakRef(await window.peer.getStats()));
    });
    const session = await opened.createCDPSession();
    await session.send("HeapProfiler.collectGarbage");
    const count = await opened.evaluate(() => window.reports.filter((report) => report.deref()).length);
    assert.ok(count < 50, `${count} of 300 reports`);
});

for (const kind of ["chromium", "firefox"]) {
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
