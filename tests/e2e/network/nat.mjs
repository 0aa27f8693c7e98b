// Calls through NATs, over a network of namespaces: with the server's own relay, and with coturn.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { freshRoom, healed, LIMIT, longTest } from "../people.mjs";
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

const { PAIR } = servers;
const KINDS = { ann: PAIR[0], bob: PAIR[1] };

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
                    const people = await call(t, page, nats, { relays });
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
                    assert.deepEqual(await again(t, people, seconds === 3 ? "N01" : "N02"), [1, 1], "the connection is the same");
                });
            }
            if (start === servers.own) {
                longTest("nothing passes for a minute: pictures come again", { timeout: 300_000 }, async (t) => {
                    const people = await call(t, page, ["port restricted", "port restricted"]);
                    await Promise.all(people.map((someone) => comesTo(someone, { local: DIRECT, remote: DIRECT })));
                    lab.shape("ann", "cut");
                    await sleep(60_000);
                    lab.shape("ann", "port restricted");
                    await again(t, people, "N03");
                    await people[0].say("there again");
                    await people[1].reads("chat-log", "there again");
                });
                longTest("300 kbit/s: sound and smaller pictures over the same connection", { timeout: 400_000 }, async (t) => {
                    const people = await call(t, page, ["port restricted", "port restricted"], { isRestless: true });
                    await Promise.all(people.map((someone) => comesTo(someone, { local: DIRECT, remote: DIRECT })));
                    const until = Date.now() + 4 * LIMIT;
                    const sends = async (isSo, what) => {
                        for (let now; !isSo((now = await people[0].sends())); ) assert.ok(Date.now() < until, `${what}: ${now} bit/s`);
                    };
                    // What tells the steps is loaded while there is room for it.
                    for (const someone of people) await someone.steps();
                    await sends((now) => now > 300_000, "less is sent than there will be");
                    t.after(() => lab.limit("ann"));
                    lab.limit("ann", 300);
                    await sends((now) => now < 300_000, "more is sent than passes");
                    // What passes is heard, and seen.
                    for (const someone of people) {
                        for (const before = await someone.heard(); (await someone.heard()) < before + 50; await sleep(100)) {
                            assert.ok(Date.now() < until, "nothing is heard");
                        }
                    }
                    await Promise.all(people.map((someone) => someone.watches()));
                    assert.deepEqual(await Promise.all(people.map((someone) => someone.connections())), [1, 1], "no connection is made anew");
                    for (const someone of people) assert.ok(!(await someone.steps()).includes("restartIce"), "no path is looked for anew");
                });
            }
            test("another network in the middle of a call: new paths", async (t) => {
                const people = await call(t, page, ["port restricted", "port restricted"]);
                await Promise.all(people.map((someone) => comesTo(someone, { local: DIRECT, remote: DIRECT })));
                // What would say why there is no connection is loaded while there is one.
                const loaded = () => performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/lesson/words.js"));
                await people[0].until(loaded);
                // Chromium lets go of what is loaded when its network changes: what the next test loads, if it notices so late.
                t.after(async () => {
                    await ann.close();
                    lab.bringAnnBack();
                    ann = await browserOf("ann");
                });
                lab.moveAnn();
                await again(t, people, "N04");
                await people[0].until(() => document.getElementById("signaling").dataset.state === "connected");
                assert.ok((await Promise.all(people.map((someone) => someone.steps()))).flat().includes("restartIce"));
            });
        });
    }
    describe("servers that do not answer", () => {
        afterEach(servers.stop);
        test("the relay that is in use is killed: another one is found", { timeout: 300_000 }, async (t) => {
            const { page, kill, which } = await servers.withTwoRelays();
            const people = await call(t, page, ["symmetric", "symmetric"]);
            await Promise.all(people.map((someone) => comesTo(someone, { either: "relay" })));
            const port = which(await relayed(people));
            assert.ok(port === 80 || port === 3478, port);
            kill(port);
            await again(t, people, "N12");
            await Promise.all(people.map((someone) => comesTo(someone, { either: "relay" })));
            assert.equal(which(await relayed(people)), port === 80 ? 3478 : 80, "it is the other one");
        });
        test("nothing passes for 12 s while the server is dead: the same connection goes on", { timeout: 300_000 }, async (t) => {
            const people = await call(t, await servers.own(), ["port restricted", "port restricted"]);
            await Promise.all(people.map((someone) => comesTo(someone, { local: DIRECT, remote: DIRECT })));
            await servers.stop();
            lab.shape("ann", "cut");
            await sleep(12_000);
            lab.shape("ann", "port restricted");
            assert.deepEqual(await again(t, people, "S21"), [1, 1]);
            await people[0].say("without a server");
            await people[1].reads("chat-log", "without a server");
        });
        test("a STUN server that nobody is behind is not waited for", async (t) => {
            const page = await servers.besideNobody();
            const since = Date.now();
            const people = await call(t, page, ["port restricted", "port restricted"]);
            healed(t, "N14", since);
            const answered = await Promise.all(people.map((someone) => someone.page.evaluate(() => window.answeredWhile)));
            assert.ok(answered.includes("gathering"), `the answer was there before the server had its time: ${answered}`);
        });
    });
    // Its allocations send to each other at the outside address, and nothing comes back from the NAT (no hairpinning).
    describe("a relay behind a one-to-one NAT", () => {
        let page;
        before(async () => (page = await servers.behindNat()));
        after(servers.stop);
        for (const [name, { nats, relays, pair }] of Object.entries(SCENARIOS).filter(([, { relays }]) => relays)) {
            test(name, async (t) => {
                const people = await call(t, page, nats, { relays });
                await Promise.all(people.map((someone) => comesTo(someone, pair)));
            });
        }
    });
});

/** A browser of this person, started when their network stays as it is. */
async function browserOf(name) {
    await lab.settled(name);
    return browsers.browserOf(name, KINDS[name], believed);
}

/** Ann and Bob, who see each other. */
async function call(t, page, nats, how) {
    const people = await callOnce(t, page, nats, how);
    // What the lab's NAT lets in goes to the port of the same number. One whose port was taken outside, as seldom happens, is no full cone.
    if (nats[0] !== "full cone" || (await people[0].keepsPorts())) return people;
    t.diagnostic("the NAT could not keep a port: once more");
    await Promise.all(people.map((someone) => someone.close()));
    return callOnce(t, page, nats, how);
}

async function callOnce(t, page, [annsNat, bobsNat], how) {
    lab.shape("ann", annsNat);
    lab.shape("bob", bobsNat);
    const room = freshRoom();
    const people = [];
    for (const [name, browser] of [["Ann", ann], ["Bob", bob]]) {
        const someone = await browsers.Caller.open(browser, `${page}?room=${room}`, how);
        t.after(() => someone.close());
        people.push(await someone.join(undefined, name));
    }
    const since = Date.now();
    await Promise.all(people.map((someone) => someone.watches()));
    t.diagnostic(`pictures after ${Date.now() - since} ms`);
    return people;
}

/** Pictures come again; how soon is told for this row. */
async function again(t, people, row) {
    const since = Date.now();
    await Promise.all(people.map((someone) => someone.watches()));
    const made = await Promise.all(people.map((someone) => someone.connections()));
    healed(t, row, since);
    t.diagnostic(`over the first connection: ${made.every((count) => count === 1)}`);
    return made;
}

/** The port at a relay that one of them sends from. */
async function relayed(people) {
    const pairs = await Promise.all(people.map((someone) => someone.pair()));
    return pairs.find(({ local }) => local === "relay")?.port;
}

/** Waits until the pair in use is as it has to be: a relay may be first, and a direct way better. */
async function comesTo(someone, { local, remote, either, spoken }) {
    const fits = (pair) =>
        (!local || local.includes(pair.local)) &&
        (!remote || remote.includes(pair.remote)) &&
        (!either || [pair.local, pair.remote].includes(either)) &&
        (!spoken || spoken.includes(pair.spoken));
    const until = Date.now() + LIMIT;
    for (;;) {
        const pair = await someone.pair();
        if (fits(pair)) return;
        assert.ok(Date.now() < until, `it stays at ${JSON.stringify(pair)}`);
        await new Promise((done) => setTimeout(done, 200));
    }
}
