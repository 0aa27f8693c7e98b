// The package's JavaScript alone, with stand-ins for the wasm.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { ref } from "@vue/reactivity";
import { abortable } from "../../js/lib/abort.js";
import { request } from "../../js/lib/channel.js";
import { watch } from "../../js/lib/stats.js";
import { take } from "../../js/lib/transfer.js";
import { verify } from "../../js/lib/verification.js";

/** Whether a promise is settled by now: what waits for one that never is stays in the wasm for ever. */
async function isSettled(promise) {
    let settled = false;
    const set = () => (settled = true);
    promise.then(set, set);
    await turn();
    return settled;
}

test("what the wasm waits for to be taken back is settled when it is over", async () => {
    const stops = [];
    const answering = (answer) => ({
        request: (peer, name, value, timeout, stop) => {
            stops.push(stop);
            return answer(stop);
        },
    });
    const peer = { id: "1" };
    assert.equal(await request(answering(async () => "7"), peer, "x", 1), 7);
    await assert.rejects(request(answering(async () => Promise.reject(Object.assign(new Error("no"), { code: "peer/gone" }))), peer, "x", 1));
    const control = new AbortController();
    const asked = request(answering((stop) => stop), peer, "x", 1, { signal: control.signal });
    assert.equal(await isSettled(stops[2]), false, "as long as it is asked");
    control.abort(new Error("enough"));
    await assert.rejects(asked, /enough/);
    for (const stop of stops) assert.equal(await isSettled(stop), true);
    assert.equal(stops.length, 3);

    let aborted;
    const { signal } = new AbortController();
    const begin = async (given) => {
        aborted = given;
        assert.equal(await isSettled(given), false, "as long as it is joined");
        return "joined";
    };
    assert.equal(await abortable({ signal }, begin, () => assert.fail("nothing to be undone")), "joined");
    assert.equal(await isSettled(aborted), true);
});

test("a connection is measured until its person has left, also after it was closed for a while", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const [told, now] = [[], { state: "closed" }];
    const peer = { id: "1", isHeard: () => true, emit: (type) => told.push(type) };
    const measure = async () => (now.state === "closed" ? undefined : { quality: "good" });
    const watching = watch(peer, { with: async () => ({ stats: measure }) }, now);
    const second = async () => {
        t.mock.timers.tick(1000);
        await turn();
        return told.splice(0);
    };
    assert.deepEqual(await second(), [], "there was nothing to be measured");
    now.state = "connected";
    assert.deepEqual(await second(), ["stats", "quality"]);
    assert.deepEqual(await second(), ["stats"]);
    now.state = "closed";
    assert.deepEqual(await second(), [], "the same is not told twice");
    now.state = "connected";
    assert.deepEqual(await second(), ["stats"]);
    now.isGone = true;
    await second();
    await watching;
});

test("proxies of Vue leave alone what is told of files and verifications", async () => {
    let offered;
    const refused = [];
    const incoming = { offer: () => ({ name: "x", size: 1, type: "" }), refuse: () => refused.push("x") };
    take({ incoming }, { emit: () => {} }, { emit: (type, detail) => (offered = detail) });
    ref(offered).value.refuse();
    assert.deepEqual(refused, ["x"]);

    const raw = {
        emoji: () => [{ symbol: "🐢", en: "turtle", ja: "亀" }],
        changed: () => new Promise(() => {}),
        comparison: () => "open",
    };
    const link = { with: async () => ({ verification: async () => raw }) };
    const verification = await verify({ id: "1", emit: () => {} }, link, {});
    assert.equal(ref(verification).value.comparison, "open");
});
