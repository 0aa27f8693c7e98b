// A browser is killed, stands still, or loads its page anew in the wrong moment.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { address, end, freshRoom, healed, launch, LIMIT, PAIR, Person, person } from "./people.mjs";
import { prepare } from "./weather.mjs";

after(end);

/** Ann, and Bob with a browser of his own. They see each other. */
async function meet(t) {
    const query = `?room=${freshRoom()}`;
    const ann = await person(t, PAIR[0], { query, prepare });
    const browser = await launch(PAIR[1]);
    const all = () => family(browser.process().pid);
    t.after(() => {
        for (const pid of all()) signal(pid, "SIGCONT");
        return browser.close().catch(() => {});
    });
    const bob = await Person.open(browser, (await address()) + query, { prepare: `(${reloads})();(${prepare})()` });
    await ann.join(undefined, "Ann");
    await bob.join(undefined, "Bob");
    await Promise.all([ann.watches(), bob.watches()]);
    return { ann, bob, all };
}

/** A process, and all that it started: those nearest to it first. */
function family(pid) {
    const parents = new Map();
    for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
            const stat = readFileSync(`/proc/${name}/stat`, "utf8");
            parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
        } catch {
            // It has ended meanwhile.
        }
    }
    const all = [pid];
    for (const one of all) all.push(...[...parents].filter(([, parent]) => parent === one).map(([child]) => child));
    return all;
}

function signal(pid, name) {
    try {
        process.kill(pid, name);
    } catch {
        // It has ended meanwhile.
    }
}

test("the other browser is killed", async (t) => {
    const { ann, all } = await meet(t);
    await ann.watchForLeaving();
    const since = Date.now();
    for (const pid of all()) signal(pid, "SIGKILL");
    await ann.wentAt();
    healed(t, "P02", since);
    await ann.counts(1);
    assert.deepEqual(ann.errors, []);
});

test("the other browser stands still for 20 s, and goes on", { timeout: 300_000 }, async (t) => {
    const { ann, bob, all } = await meet(t);
    for (const pid of all()) signal(pid, "SIGSTOP");
    // It is the fault that lasts so long.
    await sleep(20_000);
    for (const pid of all()) signal(pid, "SIGCONT");
    const since = Date.now();
    await Promise.all([ann.watches(), bob.watches()]);
    healed(t, "P03", since);
    await ann.say("there again");
    await bob.reads("chat-log", "there again");
    await Promise.all([ann.counts(2), bob.counts(2)]);
    for (const { page } of [ann, bob]) assert.equal(await page.$$eval("[data-testid=tile]", (tiles) => tiles.length), 1, "nobody is there twice");
});

/** Runs before the page: as often as is noted it is loaded anew in the middle of a negotiation. */
function reloads() {
    const { setLocalDescription } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.setLocalDescription = function (...given) {
        const rest = Number(sessionStorage.getItem("reloads") ?? 0);
        if (rest > 0) {
            sessionStorage.setItem("reloads", rest - 1);
            location.reload();
        }
        return setLocalDescription.apply(this, given);
    };
}

test("the other page is loaded anew five times in the middle of a negotiation", { timeout: 300_000 }, async (t) => {
    const { ann, bob } = await meet(t);
    await bob.page.evaluate(() => sessionStorage.setItem("reloads", 5));
    await bob.page.reload().catch(() => {});
    const rest = () => bob.page.evaluate(() => sessionStorage.getItem("reloads")).catch(() => "a page that goes");
    for (const until = Date.now() + LIMIT; (await rest()) !== "0"; await sleep(50)) assert.ok(Date.now() < until, await rest());
    const since = Date.now();
    await bob.until(() => window.connections?.length > 0);
    await Promise.all([ann.watches(), bob.watches()]);
    healed(t, "P04", since);
    await Promise.all([ann.counts(2), bob.counts(2)]);
    const open = () => connections.filter(({ signalingState }) => signalingState !== "closed").length;
    assert.deepEqual([await ann.page.evaluate(open), await bob.page.evaluate(open)], [1, 1]);
});
