// What is sent is as large as it is shown, from the beginning.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, browser, each, end, freshRoom, LIMIT } from "./people.mjs";

after(end);

/** Joins, shows the other one in a tile of 240 × 135, and notes how wide the pictures are that come. */
async function enter(room) {
    const { join } = await import("/itodenwa/index.js");
    document.body.replaceChildren();
    window.widths = [];
    window.room = await join(room, { camera: { quality: "h720" } });
    window.room.onpeer = (peer) => {
        const view = peer.view();
        Object.assign(view.style, { width: "240px", height: "135px" });
        document.body.append(view);
        const look = () => {
            window.widths.push(view.videoWidth);
            view.requestVideoFrameCallback(look);
        };
        view.requestVideoFrameCallback(look);
    };
}

test("a small tile is filled from the beginning, and never by less", async (context) => {
    const room = freshRoom();
    const pages = [];
    for (let person = 0; person < 2; person += 1) {
        const someone = await (await browser("chromium")).createBrowserContext();
        context.after(() => someone.close());
        const page = await someone.newPage({ type: "window" });
        await page.goto(await address());
        await page.evaluate(enter, room);
        pages.push(page);
    }
    for (const page of pages) {
        // A quarter of what is captured; steps on the way there are larger.
        await page.waitForFunction(() => window.widths.includes(320), { timeout: LIMIT });
        const widths = [...new Set(await page.evaluate(() => window.widths))];
        assert.ok(
            widths.every((width) => width >= 160),
            `these came: ${widths}`,
        );
    }
});

/** Notes what is said of each video sender, and in which order, and joins with the camera on. */
async function enterNoted(room) {
    const { join } = await import("/itodenwa/index.js");
    document.body.replaceChildren();
    window.said = [];
    const { addTransceiver } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.addTransceiver = function (what, init) {
        const line = addTransceiver.call(this, what, init);
        if (line.receiver.track.kind === "video") {
            window.sender = line.sender;
            window.said.push(line.sender.getParameters().encodings[0]);
        }
        return line;
    };
    const { setParameters } = RTCRtpSender.prototype;
    RTCRtpSender.prototype.setParameters = function (parameters) {
        if (this === window.sender) window.said.push({ ...structuredClone(parameters.encodings[0]), before: this.transport?.state ?? "new" });
        return setParameters.call(this, parameters);
    };
    window.room = await join(room, { camera: { quality: "h720" } });
    window.room.onpeer = (peer) => document.body.append(peer.view());
}

for (const [kind, test] of each("chromium", "firefox")) {
    test(`${kind}: an encoder knows from its beginning what it is to send, and a large maximum of bits only later`, async (context) => {
        const room = freshRoom();
        const pages = [];
        for (let person = 0; person < 2; person += 1) {
            const someone = await (await browser(kind)).createBrowserContext();
            context.after(() => someone.close());
            const page = await someone.newPage();
            await page.goto(await address());
            await page.evaluate(enterNoted, room);
            pages.push(page);
        }
        // Whoever comes brings the offer, and its transceivers.
        const [, page] = pages;
        await page.waitForFunction(() => window.said.at(-1)?.maxBitrate > 0, { timeout: LIMIT });
        const first = await page.evaluate(() => window.said.find(({ maxFramerate }) => maxFramerate));
        assert.deepEqual([first.active, first.maxFramerate, first.maxBitrate, first.before], [true, 30, undefined, "new"]);
        await page.evaluate(() => window.room.limit("camera", { maxBitrate: 300_000 }));
        await page.waitForFunction(() => window.sender.getParameters().encodings[0].maxBitrate === 300_000, { timeout: LIMIT });
    });
}
