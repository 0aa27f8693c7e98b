// An invitation with a key: what the server passes on is sealed, and who comes without the key is told so.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, end, person } from "./people.mjs";

after(end);

/** Everything that a page says over WebSockets, by DevTools. */
async function listen({ page }) {
    const frames = [];
    const cdp = await page.createCDPSession();
    cdp.on("Network.webSocketFrameSent", ({ response }) => frames.push(response.payloadData));
    await cdp.send("Network.enable");
    return frames;
}

/** What another one opens to be called. */
async function invitation(someone) {
    const link = new URL(await someone.value("invitation"));
    assert.equal(link.href, await someone.page.evaluate(() => location.href), "the address is the invitation");
    return link.search + link.hash;
}

/** In a room that nobody else knows. */
async function begin(someone) {
    await someone.click("suggest");
    await someone.fill("name", "Ann");
    await someone.click("join");
    await someone.see("alone-key");
}

test("a suggested room has its key, too, when the page was loaded anew since a part of it got lost", async (t) => {
    for (const part of ["/pkg/itodenwa_key_bg.wasm", "/view/call.js"]) {
        const ann = await person(t, "chromium", { at: "about:blank" });
        let isLost = true;
        await ann.page.setRequestInterception(true);
        ann.page.on("request", (request) => {
            if (!isLost || !new URL(request.url()).pathname.endsWith(part)) return request.continue();
            isLost = false;
            return request.abort("internetdisconnected");
        });
        await ann.page.goto(await address());
        await begin(ann);
        assert.equal(isLost, false, part);
        assert.match(await invitation(ann), /#key=[\w-]{22}$/);
        await ann.close();
    }
});

test("a suggested room has a key that no server gets (chromium, firefox)", async (t) => {
    const ann = await person(t, "chromium");
    const said = await listen(ann);
    await begin(ann);
    const query = await invitation(ann);
    const [, key] = query.match(/^\?room=[a-z0-9-]+#key=([\w-]{22})$/);

    const bob = await person(t, "firefox", { query });
    await bob.fill("name", "Bob");
    await bob.click("join");
    await Promise.all([ann.watches(), bob.watches()]);
    await ann.say("hello");
    await bob.reads("chat-log", "hello");

    const signals = said.filter((frame) => frame.includes('"signal"'));
    assert.ok(signals.length > 0, "signals were sent");
    const bodies = signals.map((frame) => JSON.parse(frame).signal.packet.body).filter((body) => body !== undefined);
    assert.ok(bodies.length > 0 && bodies.every((body) => body.startsWith("sealed:")), bodies.join("\n"));
    assert.ok(said.every((frame) => !frame.includes(key)), "the key stays in the page");

    // A reload comes back with the key; so does the way back after leaving.
    await bob.page.reload();
    await bob.see("leave");
    await Promise.all([ann.watches(), bob.watches()]);
    await bob.click("leave");
    await bob.click("come-back");
    await Promise.all([ann.watches(), bob.watches()]);
    for (const someone of [ann, bob]) assert.deepEqual(someone.errors, []);
});

test("who comes without the key, or with another one, is told so in their language, and the call of the others goes on", async (t) => {
    const ann = await person(t, "chromium");
    await begin(ann);
    const query = await invitation(ann);
    for (const [kind, hash] of [["firefox", ""], ["chromium", "#key=another-key-of-22-sign"]]) {
        const other = await person(t, kind, { query: query.split("#")[0] + hash, language: "ja" });
        await other.fill("name", "Cem");
        await other.click("join");
        await other.reads("notices", "2人とも同じ招待リンクを使ってください。");
        await ann.reads("notices", "The other side came with another key than yours");
        await other.click("leave");
        await ann.counts(1);
        await other.close();
    }
    const bob = await person(t, "firefox", { query });
    await bob.fill("name", "Bob");
    await bob.click("join");
    await Promise.all([ann.watches(), bob.watches()]);
});

test("half a key is said in the lobby", async (t) => {
    const ann = await person(t, "chromium", { query: "?room=blue-tiger#key=half" });
    await ann.fill("name", "Ann");
    await ann.click("join");
    await ann.reads("join-error", "Copy the whole link");
    assert.equal(await ann.page.$eval("[data-testid=join-error]", ({ dataset }) => dataset.code), "key/invalid");
});
