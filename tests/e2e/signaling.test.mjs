// The way to the server breaks, and the server itself: a call does not notice.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { end, freshRoom, person, startServer } from "./people.mjs";
import { Proxy } from "./proxy.mjs";

const SECRET = "only the tests know it";
const KINDS = ["chromium", "firefox"];

after(end);

/** How long a cut lasts. Milliseconds. */
const CUT = 2000;

/** Runs before the page: keeps its connections, and how often in a row nothing new had come over one of them. */
function keepConnections() {
    const Connection = RTCPeerConnection;
    window.connections = [];
    window.RTCPeerConnection = class extends Connection {
        constructor(...configuration) {
            super(...configuration);
            window.connections.push(this);
        }
    };
    const bytes = async (connection) => {
        let sum = 0;
        for (const { type, bytesReceived } of (await connection.getStats()).values()) {
            if (type === "inbound-rtp") sum += bytesReceived;
        }
        return sum;
    };
    window.gaps = [];
    addEventListener("DOMContentLoaded", () => {
        const notice = document.querySelector("[data-testid=signaling]");
        const look = () => notice.dataset.state === "reconnecting" && window.gaps.push(true);
        new MutationObserver(look).observe(notice, { attributes: true, attributeFilter: ["data-state"] });
    });
    window.watchPeople = () => {
        const count = document.querySelector("[data-testid=peer-count]");
        window.counts = [];
        new MutationObserver(() => window.counts.push(count.textContent)).observe(count, { childList: true, subtree: true });
    };
    window.watchMedia = async () => {
        // Counted in looks, not in time: a page that has no processor for a while looks less often.
        const watched = window.connections.map((connection) => ({ connection, bytes: 0, news: 0, quiet: 0, silence: 0 }));
        window.silence = () => Math.max(...watched.map((one) => one.silence));
        window.flows = () => watched.every((one) => one.news > 1);
        for (;;) {
            for (const one of watched) {
                const now = await bytes(one.connection);
                const isNew = now > one.bytes;
                one.quiet = isNew ? 0 : one.quiet + 1;
                one.news += isNew;
                Object.assign(one, { bytes: now, silence: Math.max(one.silence, one.quiet) });
            }
            await new Promise((done) => setTimeout(done, 100));
        }
    };
}

/** A server behind a proxy. */
async function behindProxy(t) {
    const server = await startServer("--ticket-secret", SECRET);
    const proxy = await Proxy.to(server.address);
    const line = { proxy, server };
    t.after(() => {
        line.server.process.kill();
        proxy.end();
    });
    return line;
}

/** The server is killed, and another one stands in its place. */
async function restart(line, secret) {
    line.server.process.kill("SIGKILL");
    await once(line.server.process, "exit");
    line.server = await startServer("--ticket-secret", secret);
    line.proxy.target = line.server.address;
}

function opens(t, line, kind, room) {
    return person(t, kind, { query: `?room=${room}`, at: line.proxy.address, prepare: keepConnections });
}

/** Two who see each other, through the proxy. */
async function meet(t, line) {
    const room = freshRoom();
    const people = [];
    for (const [index, kind] of KINDS.entries()) {
        people.push(await (await opens(t, line, kind, room)).join(undefined, ["Ann", "Bob"][index]));
    }
    await Promise.all(people.map((someone) => someone.watches()));
    return people;
}

/** From now on it is noted what comes, and who goes. */
async function watch(people) {
    for (const someone of people) {
        await someone.page.evaluate(() => (watchPeople(), void watchMedia()));
    }
}

/** Waits until the page has seen that the server is out of reach; it may be back by then. */
const away = (someone) => someone.until(() => window.gaps.at(-1) && window.gaps.pop());
const back = (someone) => someone.until(() => document.getElementById("signaling").dataset.state === "connected");

/** Since `watch` everybody has the same connections, and media on all of them. */
async function noticedNothing(people, others = people.length - 1) {
    for (const someone of people) {
        const [made, silence, counts] = await someone.page.evaluate(() => [connections.length, silence(), window.counts]);
        assert.equal(made, others, "no connection was made anew");
        assert.ok(silence < 50, `nothing new at ${silence} looks in a row, 100 ms or more apart`);
        assert.deepEqual(counts, [], "somebody came or went");
        // Firefox tells of sockets as if they were errors of the page.
        assert.deepEqual(someone.errors.filter((error) => !error.includes("ws://")), []);
    }
}

/** What needs the server works again. */
async function negotiates([ann, bob]) {
    await bob.click("microphone");
    await ann.see("silent");
    await bob.click("microphone");
    await ann.miss("silent");
}

test("cut for 2 s in an idle call", async (t) => {
    const line = await behindProxy(t);
    const people = await meet(t, line);
    await watch(people);
    line.proxy.cut();
    await Promise.all(people.map(away));
    await people[0].see("signaling");
    await sleep(CUT);
    line.proxy.heal();
    await Promise.all(people.map(back));
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
    const ann = await (await opens(t, line, "chromium", room)).join(undefined, "Ann");
    for (const [index, step] of ["receiveOffer", "setCandidate"].entries()) {
        const bob = await (await opens(t, line, "firefox", room)).join(undefined, "Bob");
        await Promise.race([ann.hasStep(step), bob.hasStep(step)]);
        line.proxy.cut();
        await sleep(CUT);
        line.proxy.heal();
        await Promise.all([ann.watches(), bob.watches()]);
        // As a rule it is the connection that began. Where browsers are slow ICE may fail meanwhile, and another one heals that.
        const made = await Promise.all([ann, bob].map((someone) => someone.page.evaluate(() => connections.length)));
        t.diagnostic(`cut at ${step}: ${made[0] - index} connection of Ann, ${made[1]} of Bob`);
        await bob.click("leave");
        await bob.see("lobby");
        await ann.counts(1);
        await bob.close();
        await ann.page.$$eval("[data-step]", (steps) => steps.forEach((step) => step.remove()));
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
    await Promise.all([back(ann), back(bob)]);
    await Promise.all([ann.counts(2), bob.counts(2), ann.watches(), bob.watches()]);
});

test("the server is killed and started again: eight are back, and nothing was interrupted", async (t) => {
    const line = await behindProxy(t);
    const rooms = [freshRoom(), freshRoom()];
    const people = await Promise.all(
        [...Array(8).keys()].map(async (number) => {
            const someone = await opens(t, line, "chromium", rooms[number % 2]);
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
    const took = Date.now() - start;
    t.diagnostic(`all are back after ${took} ms`);
    await people[0].click("microphone");
    await people[2].until(() => document.querySelector("[data-testid=silent]:not([hidden])"));
    await noticedNothing(people, 3);
});

test("a server with another secret knows nobody: everybody is met anew", async (t) => {
    const line = await behindProxy(t);
    const people = await meet(t, line);
    await restart(line, "another one that only the tests know");
    await Promise.all(people.map(away));
    await Promise.all(people.map(back));
    await Promise.all(people.map((someone) => someone.until(() => window.connections.length === 2)));
    await Promise.all(people.map((someone) => someone.watches()));
    for (const someone of people) await someone.counts(2);
});
