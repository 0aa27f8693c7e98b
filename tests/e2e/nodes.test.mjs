// Three servers over a real Redis, behind a real nginx: people call each other across them. One that keeps their room is killed, one
// stalls, one stops: no call ends, pictures go on, and everybody is back.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { away, back, negotiates, noticedNothing, opens, watch } from "./behind-proxy.mjs";
import { end, freshRoom } from "./people.mjs";
import { ThreeNodes } from "./three-nodes.mjs";

after(end);

test("two people call each other over three servers; one is killed, one stalls, one stops, and the call goes on", async (t) => {
    const three = await ThreeNodes.start(t, 3);
    const room = freshRoom();
    const people = [];
    for (const name of ["Ann", "Bob"]) {
        const someone = await opens(t, { proxy: three }, "chromium", room);
        people.push(await someone.join(undefined, name));
    }
    await Promise.all(people.map((someone) => someone.watches()));
    await watch(people);
    await Promise.all(people.map((someone) => someone.until(() => window.flows())));

    /** What happens to the server that keeps their room; after which they are back, with pictures that never stood still. */
    const happens = async (what, signal) => {
        const home = await three.home(2);
        for (const someone of people) await someone.page.evaluate(() => (window.gaps.length = 0));
        const start = Date.now();
        home.process.kill(signal);
        await Promise.all(people.map(away));
        await Promise.all(people.map(back));
        t.diagnostic(`${what}: both are back after ${Date.now() - start} ms`);
        for (const someone of people) {
            const frames = await someone.page.evaluate(() => window.frames());
            await someone.until((frames) => window.frames() > frames + 10, frames);
            const still = await someone.page.evaluate(() => window.stillness());
            assert.ok(still < 50, `${what}: the picture stood still at ${still} looks in a row`);
        }
        return home;
    };

    const killed = await happens("killed", "SIGKILL");
    await three.startAgain(killed);
    await Promise.all(people.map(back));
    const stalled = await happens("stalled", "SIGSTOP");
    stalled.process.kill("SIGCONT");
    await three.seeEachOther(3);
    await Promise.all(people.map(back));
    const stopped = await happens("stopped", "SIGTERM");
    if (stopped.process.exitCode === null) await once(stopped.process, "exit");
    assert.equal(stopped.process.exitCode, 0);
    await Promise.all(people.map(back));
    await negotiates(people);
    await noticedNothing(people);
});
