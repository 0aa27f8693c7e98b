// The offer of a first call goes with the join: the only other member answers it, and no other one is made. Counted, not timed.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { meets, member } from "./members.mjs";
import { each, end, freshRoom, LIMIT, PAIRS, person } from "./people.mjs";

after(end);

/** Runs before the page: notes what a join brings. */
function listen() {
    window.brought = [];
    const Socket = WebSocket;
    window.WebSocket = class extends Socket {
        send(data) {
            for (const body of JSON.parse(data).join?.offer ?? []) brought.push(body.startsWith("sealed:") ? "sealed" : Object.keys(JSON.parse(body))[0]);
            super.send(data);
        }
    };
}

/** Comes in; `others` is how many it is to be connected with then. */
async function come(t, kind, room, options, others) {
    const someone = await member(t, kind, room, options, listen);
    someone.brought = () => someone.page.evaluate(() => brought);
    // What is said again does not count again.
    someone.steps = () => someone.page.evaluate(() => room.steps.map(({ name }) => name).filter((name) => /^(send|set)(Offer|Answer)$/.test(name)));
    if (others) await meets(someone, others);
    return someone;
}

for (const [[first, second], pairTest] of each(...PAIRS)) {
    pairTest(`a first call is the offer that came with the join, and an answer (${first}, ${second})`, async (t) => {
        const room = freshRoom();
        const ann = await come(t, first, room, { camera: true, microphone: true });
        const ben = await come(t, second, room, { camera: true, microphone: true }, 1);
        for (const { page } of [ann, ben]) {
            await page.waitForFunction(() => document.querySelector("video")?.videoWidth > 0, { timeout: LIMIT });
        }
        for (const someone of [ann, ben]) assert.equal((await someone.brought()).at(-1), "offer");
        assert.deepEqual(await ann.steps(), ["setOffer", "sendAnswer"]);
        assert.deepEqual(await ben.steps(), ["sendOffer", "setAnswer"]);
        // With a third one it is nobody's, and those who are there make theirs.
        const cem = await come(t, first, room, {}, 2);
        assert.equal((await cem.brought()).at(-1), "offer");
        assert.deepEqual((await cem.steps()).sort(), ["sendAnswer", "sendAnswer", "setOffer", "setOffer"]);
        for (const someone of [ann, ben, cem]) {
            await meets(someone, 2);
            const { connections } = await someone.page.evaluate(async () => (await import("/itodenwa/index.js")).counts());
            assert.equal(connections, 3, "one with each, and the socket: that of an offer that nobody got is closed");
        }
    });
}

for (const [kind, kindTest] of each("chromium", "firefox")) {
    kindTest(`its candidates are those of the servers that the welcome names (${kind})`, async (t) => {
        const room = freshRoom();
        const hidden = { iceTransportPolicy: "relay" };
        await come(t, kind, room, hidden);
        const ben = await come(t, kind, room, hidden, 1);
        assert.deepEqual(await ben.steps(), ["sendOffer", "setAnswer"]);
    });
}

test("with a key it is sealed, and with another one nobody takes it", async (t) => {
    const room = freshRoom();
    await come(t, "chromium", room, { key: "k".repeat(43) });
    const ben = await come(t, "chromium", room, { key: "k".repeat(43) }, 1);
    assert.deepEqual(new Set(await ben.brought()), new Set(["sealed"]));
    assert.deepEqual(await ben.steps(), ["sendOffer", "setAnswer"]);
    const other = freshRoom();
    await come(t, "chromium", other, { key: "k".repeat(43) });
    const cem = await come(t, "chromium", other, { key: "l".repeat(43) });
    await cem.page.evaluate(() => new Promise((told) => (room.ontrouble = ({ code }) => code === "peer/key-differs" && told())));
});

test("who wants to be asked before brings one, too, and nobody meets them while somebody records", async (t) => {
    const other = freshRoom();
    const ann = await come(t, "chromium", other, {});
    await ann.page.evaluate(async () => (window.recording = await room.record()));
    const wary = await person(t, "chromium", { prepare: listen });
    const comes = () =>
        wary.page.evaluate(async (name) => {
            const { join } = await import("/itodenwa/index.js");
            brought.length = 0;
            window.room = await join(name, { unlessRecorded: true }).catch(({ code }) => code);
            return typeof room === "string" && room;
        }, other);
    // The server hears of a recording, and nobody tells when.
    const until = Date.now() + LIMIT;
    const comesUntil = async (wanted) => {
        for (let came; (came = await comes()) !== wanted; ) {
            assert.ok(Date.now() < until, `${came}`);
            if (!came) await wary.page.evaluate(() => room.leave());
        }
    };
    await comesUntil("room/recorded");
    await ann.page.evaluate(() => {
        window.met = 0;
        room.addEventListener("peer", () => (met += 1));
    });
    assert.equal(await comes(), "room/recorded");
    assert.equal(await wary.page.evaluate(() => brought.at(-1)), "offer");
    assert.equal(await ann.page.evaluate(() => met), 0, "nobody meets them");
    await ann.page.evaluate(() => recording.stop());
    await comesUntil(false);
    await meets(wary, 1);
    assert.deepEqual(await ann.page.evaluate(() => room.steps.map(({ name }) => name).filter((name) => /^(send|set)(Offer|Answer)$/.test(name)).slice(-2)), ["setOffer", "sendAnswer"]);
});

test("a join that fails, or is given up, leaves nothing of it", async (t) => {
    const someone = await person(t, "chromium");
    const left = await someone.page.evaluate(async (room) => {
        const { counts, join } = await import("/itodenwa/index.js");
        const none = async () => {
            while (Object.values(await counts()).some((count) => count > 0)) await new Promise((done) => setTimeout(done, 50));
        };
        const refused = await join(room, { name: "é".repeat(65) }).catch(({ code }) => code);
        await none();
        const abort = new AbortController();
        const given = join(room, { signal: abort.signal }).catch(({ name }) => name);
        abort.abort();
        await given;
        await none();
        const RTC = RTCPeerConnection.prototype;
        const { createOffer } = RTC;
        RTC.createOffer = () => Promise.reject(new DOMException("no", "OperationError"));
        const joined = await join(room, {});
        RTC.createOffer = createOffer;
        await joined.leave();
        await none();
        return refused;
    }, freshRoom());
    assert.equal(left, "name/invalid");
});
