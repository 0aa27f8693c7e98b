// Why a server does not open a WebSocket: browsers tell no page, so the server is asked.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, browser, each, end, freshRoom, LIMIT, startServer } from "./people.mjs";

after(end);

/** A page of its own, of this server. */
async function open(t, kind, at) {
    const page = await (await browser(kind)).newPage();
    t.after(() => page.close());
    await page.goto(at);
    return page;
}

/** Starts another server, for this test. */
async function start(t, ...options) {
    const { process, address } = await startServer(...options);
    t.after(() => process.kill());
    return address;
}

/** In the page: so many join, each over a socket of their own. Gives the codes of those that could not. */
async function joinAll({ server, room, count }) {
    const { join } = await import("/itodenwa/index.js");
    // As many as there is room for.
    const joins = Array.from({ length: count }, (_, one) => join(`${room}-${one % 4}`, { server }));
    const results = await Promise.allSettled(joins);
    const failed = results.filter(({ status }) => status === "rejected").map(({ reason }) => reason.code);
    await Promise.all(results.map(({ value }) => value?.leave()));
    return failed;
}

for (const [kind, test] of each("chromium", "firefox")) {
    test(`more than a network may have at once come again, and all get in (${kind})`, async (t) => {
        const at = await start(t, "--upgrade-rate", "4", "--upgrade-burst", "4");
        const page = await open(t, kind, at);
        page.setDefaultTimeout(2 * LIMIT);
        assert.deepEqual(await page.evaluate(joinAll, { room: freshRoom(), count: 12 }), []);
    });

    test(`a page of an origin that the server does not take is told so (${kind})`, async (t) => {
        const other = await start(t, "--allow-origin", "https://calls.example");
        const page = await open(t, kind, await address());
        const server = new URL(other).host;
        assert.deepEqual(await page.evaluate(joinAll, { server, room: freshRoom(), count: 1 }), ["origin/forbidden"]);
        const nobody = "127.0.0.1:9";
        const codes = await page.evaluate(joinAll, { server: nobody, room: freshRoom(), count: 1 });
        assert.deepEqual(codes, ["signaling/unreachable"], "where nobody answers nobody says why");
    });
}

test("a class of forty behind one address joins at once", async (t) => {
    const page = await open(t, "chromium", await address());
    const joins = [1, 2, 3].map(() => page.evaluate(joinAll, { room: freshRoom(), count: 14 }));
    assert.deepEqual((await Promise.all(joins)).flat(), []);
});
