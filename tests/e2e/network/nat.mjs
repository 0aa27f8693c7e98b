// Calls through NATs, over a network of namespaces: with the server's own relay, and with coturn.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { freshRoom } from "../people.mjs";
import * as browsers from "./browsers.mjs";
import * as lab from "./lab.mjs";
import * as servers from "./servers.mjs";

const DIRECT = ["host", "srflx", "prflx"];

/** Both NATs, which of the server's addresses are used, and what pair it has to come to. */
const SCENARIOS = {
    "full cone and symmetric: direct": {
        nats: ["full cone", "symmetric"],
        pair: { local: DIRECT, remote: DIRECT },
    },
    "port restricted on both sides: direct": {
        nats: ["port restricted", "port restricted"],
        pair: { local: DIRECT, remote: DIRECT },
    },
    "symmetric on both sides: by relay": {
        nats: ["symmetric", "symmetric"],
        pair: { either: "relay", spoken: [undefined, "udp"] },
    },
    "only the web passes: by relay over TCP": {
        nats: ["web only", "web only"],
        relays: /^turn:.*transport=tcp/,
        pair: { local: ["relay"], remote: ["relay"], spoken: ["tcp"] },
    },
    "only the web passes: by relay over TLS": {
        nats: ["web only", "web only"],
        relays: /^turns:/,
        pair: { local: ["relay"], remote: ["relay"], spoken: ["tls"] },
    },
};

/** For so many seconds nothing passes. With coturn it is no other. */
const CUTS = {
    "nothing passes for 3 s: the same connection goes on": 3,
    "nothing passes for 12 s: the same connection goes on": 12,
};

let [ann, bob, believed] = [];

describe("through NATs", () => {
    before(async () => {
        believed = servers.certify();
        lab.lay();
        [ann, bob] = await Promise.all(["ann", "bob"].map(browserOf));
    });
    after(async () => {
        await Promise.allSettled([ann?.close(), bob?.close(), servers.stop()]);
        lab.clear();
        servers.clean();
        browsers.clean();
    });
    for (const [whose, start, cuts] of [["the server's own relay", servers.own, CUTS], ["coturn", servers.withCoturn, {}]]) {
        describe(whose, () => {
            let page;
            before(async () => (page = await start()));
            after(servers.stop);
            for (const [name, { nats, relays, pair }] of Object.entries(SCENARIOS)) {
                test(name, async (t) => {
                    const people = await call(t, page, nats, relays);
                    await Promise.all(people.map((someone) => comesTo(someone, pair)));
                });
            }
            for (const [name, seconds] of Object.entries(cuts)) {
                test(name, async (t) => {
                    const people = await call(t, page, ["port restricted", "port restricted"]);
                    await Promise.all(people.map((someone) => comesTo(someone, { local: DIRECT, remote: DIRECT })));
                    lab.shape("ann", "cut");
                    await sleep(seconds * 1000);
                    lab.shape("ann", "port restricted");
                    assert.deepEqual(await again(t, people), [1, 1], "the connection is the same");
                });
            }
            test("another network in the middle of a call: new paths", async (t) => {
                const people = await call(t, page, ["port restricted", "port restricted"]);
                await Promise.all(people.map((someone) => comesTo(someone, { local: DIRECT, remote: DIRECT })));
                // Chromium lets go of what is loaded when its network changes: what the next test loads, if it notices so late.
                t.after(async () => {
                    await ann.close();
                    lab.bringAnnBack();
                    ann = await browserOf("ann");
                });
                lab.moveAnn();
                await again(t, people);
                await people[0].until(() => document.getElementById("signaling").dataset.state === "connected");
                assert.ok((await Promise.all(people.map((someone) => someone.steps()))).flat().includes("restartIce"));
            });
        });
    }
    // Its allocations send to each other at the outside address, and nothing comes back from the NAT (no hairpinning).
    describe("a relay behind a one-to-one NAT", () => {
        let page;
        before(async () => (page = await servers.behindNat()));
        after(servers.stop);
        for (const [name, { nats, relays, pair }] of Object.entries(SCENARIOS).filter(([, { relays }]) => relays)) {
            test(name, async (t) => {
                const people = await call(t, page, nats, relays);
                await Promise.all(people.map((someone) => comesTo(someone, pair)));
            });
        }
    });
});

/** A browser of this person, started when their network stays as it is. */
async function browserOf(name) {
    await lab.settled(name);
    return browsers.browserOf(name, believed);
}

/** Ann and Bob, who see each other. */
async function call(t, page, nats, relays) {
    const people = await callOnce(t, page, nats, relays);
    // What the lab's NAT lets in goes to the port of the same number. One whose port was taken outside, as seldom happens, is no full cone.
    if (nats[0] !== "full cone" || (await people[0].keepsPorts())) return people;
    t.diagnostic("the NAT could not keep a port: once more");
    await Promise.all(people.map((someone) => someone.close()));
    return callOnce(t, page, nats, relays);
}

async function callOnce(t, page, [annsNat, bobsNat], relays) {
    lab.shape("ann", annsNat);
    lab.shape("bob", bobsNat);
    const room = freshRoom();
    const people = [];
    for (const [name, browser] of [["Ann", ann], ["Bob", bob]]) {
        const someone = await browsers.Caller.open(browser, `${page}?room=${room}`, relays);
        t.after(() => someone.close());
        people.push(await someone.join(undefined, name));
    }
    const since = Date.now();
    await Promise.all(people.map((someone) => someone.watches()));
    t.diagnostic(`pictures after ${Date.now() - since} ms`);
    return people;
}

/** Pictures come again. */
async function again(t, people) {
    const since = Date.now();
    await Promise.all(people.map((someone) => someone.watches()));
    const made = await Promise.all(people.map((someone) => someone.connections()));
    t.diagnostic(`pictures again after ${Date.now() - since} ms, over the first connection: ${made.every((count) => count === 1)}`);
    return made;
}

/** Waits until the pair in use is as it has to be: a relay may be first, and a direct way better. */
async function comesTo(someone, { local, remote, either, spoken }) {
    const fits = (pair) =>
        (!local || local.includes(pair.local)) &&
        (!remote || remote.includes(pair.remote)) &&
        (!either || [pair.local, pair.remote].includes(either)) &&
        (!spoken || spoken.includes(pair.spoken));
    const until = Date.now() + 20_000;
    for (;;) {
        const pair = await someone.pair();
        if (fits(pair)) return;
        assert.ok(Date.now() < until, `it stays at ${JSON.stringify(pair)}`);
        await new Promise((done) => setTimeout(done, 200));
    }
}
