// That somebody is gone is a rumour: whoever vanishes from the server is there as long as the connection to them carries.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { away, back, behindProxy, negotiates, noticedNothing, opens, watch } from "./behind-proxy.mjs";
import { each, end, freshRoom } from "./people.mjs";
import { Proxy } from "./proxy.mjs";

after(end);

/** Ann and Bob, each with a way of their own to the same server. */
async function meet(t) {
    const line = await behindProxy(t);
    const other = { server: line.server, proxy: await Proxy.to(line.server.address) };
    t.after(() => other.proxy.end());
    const room = freshRoom();
    const ann = await (await opens(t, line, "chromium", room)).join(undefined, "Ann");
    const bob = await (await opens(t, other, "firefox", room)).join(undefined, "Bob");
    await Promise.all([ann.watches(), bob.watches()]);
    await watch([ann, bob]);
    return { people: [ann, bob], proxies: [line.proxy, other.proxy], room, server: line.server };
}

const isAway = () => document.querySelector("[data-testid=tile][data-away]");
const isHere = () => !document.querySelector("[data-testid=tile][data-away]");

for (const [lost, test] of each(0, 1)) {
    test(`${["Ann", "Bob"][lost]} is cut off until the server has let go, and comes back as somebody new: nobody notices`, async (t) => {
        const { people, proxies } = await meet(t);
        const [one, other] = [people[lost], people[1 - lost]];
        proxies[lost].cut();
        await away(one);
        await other.until(isAway);
        const looks = await Promise.all(people.map((someone) => someone.page.evaluate(() => window.looks())));
        await one.say("still here");
        await other.reads("chat-log", "still here");
        await Promise.all(people.map((someone, index) => someone.until((before) => window.looks() > before + 5, looks[index])));
        proxies[lost].heal();
        const start = Date.now();
        await back(one);
        await other.until(isHere);
        t.diagnostic(`back after ${Date.now() - start} ms`);
        await negotiates(people);
        await noticedNothing(people);
        // The server's list has the one who is back, once.
        assert.deepEqual(await Promise.all(people.map((someone) => someone.text("peer-count"))), ["2", "2"]);
        // The own line is still the own one, by another id.
        const shows = (hand, heard) => one.until((...wanted) => {
            const own = document.querySelector("#people-list > li");
            return ["data-hand", "data-heard"].every((name, at) => own.hasAttribute(name) === wanted[at]);
        }, hand, heard);
        await shows(false, true);
        await one.click("hand");
        await shows(true, true);
        await one.click("microphone");
        await shows(true, false);
        // Firefox tells of the server that it does not reach as of an exception.
        assert.deepEqual(one.errors.filter((error) => !error.includes("ws://")), []);
    });
}

test("both are cut off, come back as somebody new, and go on", async (t) => {
    const { people, proxies, room, server } = await meet(t);
    for (const proxy of proxies) proxy.cut();
    await Promise.all(people.map(away));
    // The server lets go of both: whoever comes then is alone there.
    const looker = await (await opens(t, { proxy: { address: server.address } }, "chromium", room)).join(undefined, "Cem");
    await looker.counts(1);
    await looker.click("leave");
    await looker.see("lobby");
    for (const proxy of proxies) proxy.heal();
    await Promise.all(people.map(back));
    await Promise.all(people.map((someone) => someone.until(isHere)));
    await negotiates(people);
    await noticedNothing(people);
});
