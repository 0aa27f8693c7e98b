// What is sent is as large as it is shown, from the beginning.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, browser, end, freshRoom, LIMIT } from "./people.mjs";

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
