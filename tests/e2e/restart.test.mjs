// The server itself goes, and comes back: a call does not notice.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SECRET, away, back, behindProxy, meet, negotiates, noticedNothing, opens, restart, watch } from "./behind-proxy.mjs";
import { end, freshRoom, healed, pairOr } from "./people.mjs";

after(end);

test("the server is killed and started again: eight are back, and nothing was interrupted", async (t) => {
    const line = await behindProxy(t);
    const rooms = [freshRoom(), freshRoom()];
    const kinds = pairOr("chromium", "chromium");
    const people = await Promise.all(
        [...Array(8).keys()].map(async (number) => {
            const someone = await opens(t, line, kinds[(number >> 1) % 2], rooms[number % 2]);
            await someone.click("with-camera");
            return someone.join(undefined, `Person ${number}`);
        }),
    );
    const connected = () => document.querySelectorAll("[data-testid=tile][data-state=connected]").length === 3;
    await Promise.all(people.map((someone) => someone.until(connected)));
    await watch(people);
    await Promise.all(people.map((someone) => someone.until(() => window.flows())));
    const start = Date.now();
    await restart(line, SECRET);
    await Promise.all(people.map(away));
    await Promise.all(people.map(back));
    healed(t, "S16", start, kinds);
    await people[0].click("microphone");
    await people[2].until(() => document.querySelector("[data-testid=silent]:not([hidden])"));
    await noticedNothing(people, 3);
});

test("a server with another secret knows nobody: everybody is somebody new to it, and no call notices", async (t) => {
    const line = await behindProxy(t);
    const people = await meet(t, line);
    await watch(people);
    await restart(line, "another one that only the tests know");
    await Promise.all(people.map(away));
    await Promise.all(people.map(back));
    await Promise.all(people.map((someone) => someone.until(() => !document.querySelector("[data-testid=tile][data-away]"))));
    await negotiates(people);
    await noticedNothing(people);
});

test("the server is asked to end, and another one begins: nobody's media stop", async (t) => {
    const line = await behindProxy(t);
    const people = await meet(t, line);
    await watch(people);
    const since = Date.now();
    await restart(line, SECRET, "SIGTERM");
    assert.equal(line.ended, 0, "it ends of its own accord");
    await Promise.all(people.map(away));
    await Promise.all(people.map(back));
    healed(t, "S17", since);
    await negotiates(people);
    await noticedNothing(people);
});
