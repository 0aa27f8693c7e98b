// The way to the server breaks: a call does not notice.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { away, back, behindProxy, meet, negotiates, noticedNothing, opens, watch } from "./behind-proxy.mjs";
import { end, freshRoom, healed, PAIR, person } from "./people.mjs";
import { Proxy } from "./proxy.mjs";

after(end);

/** How long a cut lasts. Milliseconds. */
const CUT = 2000;

test("cut for 2 s in an idle call", async (t) => {
    const line = await behindProxy(t);
    const people = await meet(t, line);
    await watch(people);
    line.proxy.cut();
    await Promise.all(people.map(away));
    await people[0].see("signaling");
    await sleep(CUT);
    line.proxy.heal();
    const since = Date.now();
    await Promise.all(people.map(back));
    healed(t, "S13", since);
    await people[0].miss("signaling");
    await people[0].say("hello");
    await people[1].reads("chat-log", "hello");
    await negotiates(people);
    await noticedNothing(people);
});

test("cut for 2 s in the middle of a negotiation, again and again", async (t) => {
    const line = await behindProxy(t);
    const room = freshRoom();
    line.proxy.slowDown(100);
    const ann = await (await opens(t, line, PAIR[0], room)).join(undefined, "Ann");
    for (const [index, what] of ["offer", "candidate"].entries()) {
        const bob = await (await opens(t, line, PAIR[1], room)).join(undefined, "Bob");
        await Promise.race([ann, bob].map((someone) => someone.until((what) => taken.includes(what), what)));
        line.proxy.cut();
        await sleep(CUT);
        line.proxy.heal();
        const since = Date.now();
        await Promise.all([ann.watches(), bob.watches()]);
        healed(t, "S12", since);
        // As a rule it is the connection that began. Where browsers are slow ICE may fail meanwhile, and another one heals that.
        const made = await Promise.all([ann, bob].map((someone) => someone.page.evaluate(() => connections.length)));
        t.diagnostic(`cut at the first ${what}: ${made[0] - index} connection of Ann, ${made[1]} of Bob`);
        await bob.click("leave");
        await bob.see("lobby");
        await ann.counts(1);
        await bob.close();
        await ann.page.evaluate(() => (taken.length = 0));
    }
});

test("a socket that is dead and does not say so", async (t) => {
    const line = await behindProxy(t);
    const people = await meet(t, line);
    await watch(people);
    // A sign of the browser makes it ask at once.
    line.proxy.stall();
    const start = Date.now();
    for (const { page } of people) await page.evaluate(() => window.dispatchEvent(new Event("online")));
    await Promise.all(people.map(away));
    const bySign = Date.now() - start;
    await Promise.all(people.map(back));
    // Without one it is noticed as well.
    line.proxy.stall();
    const stalled = Date.now();
    await Promise.all(people.map(away));
    const without = Date.now() - stalled;
    t.diagnostic(`noticed after ${bySign} ms by a sign, ${without} ms without`);
    // An answer is waited for for 2 s by a sign, and for 10 s without: what is less came of the sign.
    assert.ok(bySign < 9000 && bySign < without, `${bySign} ms by a sign`);
    // Within 15 s, and what a busy machine takes.
    assert.ok(without < 20_000, `${without} ms without a sign`);
    await Promise.all(people.map(back));
    healed(t, "S14", stalled);
    await negotiates(people);
    await noticedNothing(people);
});

/** Runs before the page: keeps each ping's time. */
function keepPings() {
    window.pings = [];
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
        if (JSON.parse(data).ping !== undefined) {
            pings.push(performance.now());
            window.pinged?.();
        }
        return send.call(this, data);
    };
}

/** In a page: how long after each of these events there was a ping. Each comes right after a ping: the next is due in 5 s by itself. */
async function answeredEvents() {
    const ping = () => new Promise((done) => (window.pinged = done));
    const { connection } = navigator;
    const events = [
        [window, "online"],
        [window, "pageshow"],
        [document, "visibilitychange"],
        [document, "resume"],
        ...(connection ? [[connection, "change"]] : []),
    ];
    const times = {};
    await ping();
    for (const [target, kind] of events) {
        const since = performance.now();
        const pinged = ping();
        target.dispatchEvent(new Event(kind));
        await pinged;
        times[kind] = pings.at(-1) - since;
    }
    return times;
}

test("each sign of the browser that the network may be another one makes the page ask at once", async (t) => {
    for (const kind of new Set(PAIR)) {
        const ann = await person(t, kind, { query: `?room=${freshRoom()}`, prepare: keepPings });
        await ann.join(undefined, "Ann");
        const times = await ann.page.evaluate(answeredEvents);
        t.diagnostic(`${kind}: ${JSON.stringify(times)}`);
        assert.equal(Object.keys(times).length, kind === "chromium" ? 5 : 4, "Firefox says nothing of the kind of connection");
        for (const [kind, time] of Object.entries(times)) assert.ok(time < 4000, `${kind}: after ${time} ms`);
    }
});

/** In a page: it says to the server alone that it leaves, and nothing to members, over neither way. */
function leavesInSilence() {
    RTCDataChannel.prototype.send = () => {};
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
        if (!JSON.parse(data).signal) send.call(this, data);
    };
}

test("who leaves while one is away is gone when one is back", async (t) => {
    const line = await behindProxy(t);
    const [ann, bob] = await meet(t, line);
    const own = await Proxy.to(line.server.address);
    t.after(() => own.end());
    const cem = await person(t, "chromium", { query: new URL(ann.page.url()).search, at: own.address });
    await cem.join(undefined, "Cem");
    await Promise.all([ann, bob, cem].map((someone) => someone.counts(3)));
    const keepOpen = () => void (window.opened = connections.filter(({ signalingState }) => signalingState !== "closed"));
    for (const { page } of [ann, bob]) await page.evaluate(keepOpen);
    line.proxy.cut();
    await Promise.all([away(ann), away(bob)]);
    await cem.page.evaluate(leavesInSilence);
    await cem.click("leave");
    await cem.see("lobby");
    // Ann and Bob see at most that their connections to him end.
    const isClosed = () => opened.some(({ signalingState }) => signalingState === "closed");
    await Promise.all([ann, bob].map((someone) => someone.until(isClosed)));
    await Promise.all([ann.counts(3), bob.counts(3)]);
    line.proxy.heal();
    const since = Date.now();
    await Promise.all([back(ann), back(bob)]);
    await Promise.all([ann.counts(2), bob.counts(2)]);
    healed(t, "S19", since);
    await Promise.all([ann.watches(), bob.watches()]);
});
