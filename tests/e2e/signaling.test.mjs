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
    assert.ok(bySign < without, `${bySign} ms by a sign, ${without} ms without`);
    await Promise.all(people.map(back));
    healed(t, "S14", stalled);
    await negotiates(people);
    await noticedNothing(people);
});

test("who leaves while one is away is gone when one is back", async (t) => {
    const line = await behindProxy(t);
    const [ann, bob] = await meet(t, line);
    const own = await Proxy.to(line.server.address);
    t.after(() => own.end());
    const cem = await person(t, "chromium", { query: new URL(ann.page.url()).search, at: own.address });
    await cem.join(undefined, "Cem");
    await Promise.all([ann, bob, cem].map((someone) => someone.counts(3)));
    line.proxy.cut();
    await away(ann);
    await cem.click("leave");
    line.proxy.heal();
    const since = Date.now();
    await Promise.all([back(ann), back(bob)]);
    healed(t, "S19", since);
    await Promise.all([ann.counts(2), bob.counts(2), ann.watches(), bob.watches()]);
});
