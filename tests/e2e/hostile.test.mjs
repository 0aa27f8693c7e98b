// Members that mean harm, against the real server and real pages: nobody ends what is not theirs.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, browser, end, freshRoom, person, startServer } from "./people.mjs";
import { blank } from "./hostile.mjs";

after(end);

/** Runs before the page: counts what it says over sockets, how often they close, and its connections. */
function count() {
    window.said = 0;
    window.socketsClosed = 0;
    window.connections = [];
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
        window.said += 1;
        if (!this.isCounted) this.addEventListener("close", () => (window.socketsClosed += 1));
        this.isCounted = true;
        return send.call(this, data);
    };
    const Connection = RTCPeerConnection;
    window.RTCPeerConnection = class extends Connection {
        constructor(...configuration) {
            super(...configuration);
            window.connections.push(this);
        }
    };
}

const counted = (someone) =>
    someone.page.evaluate(() => ({ said: window.said, closed: window.socketsClosed, at: performance.now() }));

for (const seats of [1, 4]) {
    // One seat threw others out after 22 s, and four after 8 s.
    test(`${seats} that send what has to be answered throw nobody out`, { timeout: 120_000 }, async (t) => {
        const room = freshRoom();
        const people = [];
        for (const [kind, name] of [["chromium", "Ann"], ["firefox", "Bob"]]) {
            const someone = await person(t, kind, { query: `?room=${room}`, prepare: count });
            people.push(await someone.join(undefined, name));
        }
        await Promise.all(people.map((someone) => someone.watches()));
        const before = await Promise.all(people.map(counted));
        const attacker = await blank(t, await browser("chromium"), await address());
        await attacker.evaluate((...flood) => window.flood(...flood), room, seats, 48);
        const wanted = seats === 1 ? 48 * 30 : 48 * 15;
        await attacker.waitForFunction((wanted) => window.flooded().sent.every((sent) => sent > wanted), { timeout: 60_000 }, wanted);
        const flooded = await attacker.evaluate(() => window.flooded());
        assert.ok(!flooded.closed, "the attackers keep to the server's rate");
        for (const [index, someone] of people.entries()) {
            const now = await counted(someone);
            const seconds = (now.at - before[index].at) / 1000;
            const said = now.said - before[index].said;
            t.diagnostic(`${someone.page.url()}: ${said} messages in ${seconds.toFixed(1)} s, of ${flooded.sent} sent`);
            assert.equal(now.closed, before[index].closed, "nobody was disconnected");
            assert.ok(said < 150 + 40 * seconds + 1, `${said} messages in ${seconds} s`);
        }
        // The call goes on, and changes go through.
        const [ann, bob] = people;
        await Promise.all(people.map((someone) => someone.watches()));
        await ann.say("still here");
        await bob.reads("chat-log", "still here");
    });
}

for (const kind of ["chromium", "firefox"]) {
    // Chromium refuses the 501st connection of a page, and newcomers stayed `new` for ever.
    test(`a room that 510 joined and left can be joined (${kind})`, { timeout: 300_000 }, async (t) => {
        const server = await startServer("--upgrade-rate", "100", "--upgrade-burst", "100");
        t.after(() => server.process.kill());
        const room = freshRoom();
        const ann = await person(t, kind, { at: server.address, query: `?room=${room}`, prepare: count });
        await ann.join(undefined, "Ann");
        const attacker = await blank(t, await browser("chromium"), server.address);
        const came = await attacker.evaluate((room) => window.comeAndGo(room, 510), room);
        assert.equal(came, 510);
        const made = await ann.page.evaluate(() => window.connections.length);
        t.diagnostic(`${made} connections`);
        assert.ok(made > 50 && made < 400, `${made} connections`);
        const bob = await person(t, kind, { at: server.address, query: `?room=${room}` });
        await bob.join(undefined, "Bob");
        await Promise.all([ann, bob].map((someone) => someone.watches()));
    });
}
