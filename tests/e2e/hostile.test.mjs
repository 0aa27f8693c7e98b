// Members that mean harm, against the real server and real pages: nobody ends what is not theirs.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, browser, each, end, freshRoom, person, startServer } from "./people.mjs";
import { blank } from "./hostile.mjs";

after(end);

/** Runs before the page: counts what it says over sockets, how often they close, and its connections. */
function count() {
    window.said = 0;
    window.socketsClosed = 0;
    window.connections = [];
    window.refusals = [];
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
        window.said += 1;
        window.socket = this;
        if (!this.isCounted) {
            this.addEventListener("close", () => (window.socketsClosed += 1));
            this.addEventListener("message", ({ data }) => data.startsWith('{"refused"') && window.refusals.push(data));
        }
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

for (const [seats, test] of each(4, 1)) {
    // One seat threw others out after 22 s, and four after 8 s.
    test(`${seats} that send what has to be answered throw nobody out`, { timeout: 300_000 }, async (t) => {
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
        await attacker.waitForFunction(
            () => [window.flooded().refused, window.flooded().hellos].every((answered) => Math.min(...answered) > 0),
            { timeout: 60_000 },
        );
        const flooded = await attacker.evaluate(() => window.flooded());
        assert.ok(!flooded.closed, "the attackers keep to the server's rate");
        t.diagnostic(`refused: ${flooded.refused}, hello: ${flooded.hellos}, in ${flooded.seconds.toFixed(1)} s`);
        for (const seat of flooded.sent.keys()) {
            // By each of the two: 16 offers at once, and then two in a second; and four and two of what was for another incarnation.
            const most = (atOnce) => 2 * (atOnce + 2 * flooded.seconds + 1);
            assert.ok(flooded.refused[seat] <= most(16), `${flooded.refused[seat]} offers refused in ${flooded.seconds} s`);
            assert.ok(flooded.hellos[seat] <= most(4), `${flooded.hellos[seat]} Hellos in ${flooded.seconds} s`);
        }
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

/**
 * Runs in the page: says four times as much over its socket as the server lets pass, until that is refused. On a busy machine the page may be
 * on another socket meanwhile.
 */
function beTooFast() {
    let [socket, since, sent] = [];
    return new Promise((done) => {
        const timer = setInterval(() => {
            if (window.refusals.some((refusal) => refusal.includes("message/too-fast"))) {
                clearInterval(timer);
                return done();
            }
            if (socket !== window.socket) [socket, since, sent] = [window.socket, performance.now(), 0];
            if (socket.readyState !== WebSocket.OPEN) return;
            // Two hundred a second, also when the page's timers are late.
            for (; sent < (performance.now() - since) / 5; sent++) socket.send(JSON.stringify({ ping: 0 }));
        }, 100);
    });
}

for (const [kind, test] of each("firefox", "chromium")) {
    test(`a page that was too fast comes back by itself, and its call goes on (${kind})`, { timeout: 300_000 }, async (t) => {
        const room = freshRoom();
        const people = [];
        for (const name of ["Ann", "Bob"]) {
            const someone = await person(t, kind, { query: `?room=${room}`, prepare: count });
            people.push(await someone.join(undefined, name));
        }
        const [ann, bob] = people;
        await Promise.all(people.map((someone) => someone.watches()));
        await bob.page.evaluate(() => {
            const count = document.querySelector("[data-testid=peer-count]");
            window.counts = [];
            new MutationObserver(() => window.counts.push(count.textContent)).observe(count, { childList: true, subtree: true });
        });
        await ann.page.evaluate(beTooFast);
        await ann.until(() => window.socket.readyState === WebSocket.OPEN && window.socketsClosed > 0);
        await Promise.all(people.map((someone) => someone.watches()));
        await ann.say("still here");
        await bob.reads("chat-log", "still here");
        assert.deepEqual(await bob.page.evaluate(() => window.counts), [], "she never left");
    });

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

/** Runs before the page: keeps its connections, those that were described. */
function keepConnections() {
    window.connections = [];
    const Connection = RTCPeerConnection;
    window.RTCPeerConnection = class extends Connection {
        constructor(...configuration) {
            super(...configuration);
            // That of an offer that nobody got never is.
            this.addEventListener("signalingstatechange", () => window.connections.push(this), { once: true });
        }
    };
}

// The text of what was refused was cut out of what is shipped, and the page's whole module ended.
test("one that refuses what it is offered gets another connection, and nobody else notices", { timeout: 300_000 }, async (t) => {
    const room = freshRoom();
    const people = [];
    for (const [kind, name] of [["chromium", "Ann"], ["firefox", "Bob"]]) {
        const someone = await person(t, kind, { query: `?room=${room}`, prepare: keepConnections });
        people.push(await someone.join(undefined, name));
    }
    const [ann, bob] = people;
    await Promise.all(people.map((someone) => someone.watches()));
    const keepFirst = () => {
        window.first = connections.at(-1);
        return connections.length;
    };
    const before = await Promise.all(people.map(({ page }) => page.evaluate(keepFirst)));
    const attacker = await blank(t, await browser("chromium"), await address());
    await attacker.evaluate((room) => window.refuseAll(room), room);
    await attacker.waitForFunction(() => window.refused.size === 2, { timeout: 60_000 });
    for (const [index, someone] of people.entries()) {
        // The one that was refused, and the next.
        await someone.until((before) => connections.length >= before + 2, before[index]);
    }
    await ann.say("still here");
    await bob.reads("chat-log", "still here");
    await bob.say("so am I");
    await ann.reads("chat-log", "so am I");
    const now = () => [connections.length, first.connectionState];
    for (const [index, { page }] of people.entries()) {
        assert.deepEqual(await page.evaluate(now), [before[index] + 2, "connected"], "the two have the connection that they had");
    }
});

/** Runs before the page: keeps its open control channels; from when it is watched the longest time without a task, and texts drawn. */
function keepChannels() {
    window.channels = new Set();
    const { send } = RTCDataChannel.prototype;
    RTCDataChannel.prototype.send = function (data) {
        window.channels.add(this);
        return send.call(this, data);
    };
    window.watch = () => {
        window.gap = window.drawn = 0;
        window.watchedFrom = performance.now();
        const log = document.querySelector("[data-testid=chat-log]");
        new MutationObserver((changes) => {
            for (const { addedNodes } of changes) window.drawn += addedNodes.length;
        }).observe(log, { childList: true });
        const { port1, port2 } = new MessageChannel();
        let last = performance.now();
        port1.onmessage = () => {
            const now = performance.now();
            window.gap = Math.max(window.gap, now - last);
            last = now;
            port2.postMessage(0);
        };
        port2.postMessage(0);
    };
}

/** Runs in a page: sends so many texts a second to everybody, without waiting for acknowledgements, for so many seconds. */
function spam(rate, seconds) {
    const channels = [...window.channels].filter(({ readyState }) => readyState === "open");
    channels.forEach((channel) => channel.send(JSON.stringify({ stream: { id: rate, next: 1 } })));
    return new Promise((done) => {
        const begun = performance.now();
        let sent = 0;
        const timer = setInterval(() => {
            const passed = (performance.now() - begun) / 1000;
            for (; sent < passed * rate; sent++) {
                const frame = JSON.stringify({ text: { number: sent + 1, text: `spam ${sent}` } });
                channels.forEach((channel) => channel.send(frame));
            }
            if (passed < seconds) return;
            clearInterval(timer);
            done(sent);
        }, 20);
    });
}

for (const [kind, test] of each("chromium", "firefox")) {
    // 200 a second froze the page for 1.8 s at a time, and 2 000 killed it.
    test(`texts that do not wait for acknowledgements leave the page usable (${kind})`, { timeout: 180_000 }, async (t) => {
        const room = freshRoom();
        const people = [];
        for (const [one, name] of [[kind, "Ann"], [kind, "Bob"], ["chromium", "Eve"]]) {
            const someone = await person(t, one, { query: `?room=${room}`, prepare: keepChannels });
            people.push(await someone.join(undefined, name));
        }
        const [ann, bob, eve] = people;
        await Promise.all(people.map((someone) => someone.watches(2)));
        await ann.page.evaluate(() => window.watch());
        let [drawn, from] = [0, 0];
        for (const rate of [200, 2000]) {
            const seconds = 5;
            const sent = await eve.page.evaluate(spam, rate, seconds);
            await bob.say(`after ${rate}`);
            await ann.reads("chat-log", `after ${rate}`);
            const now = await ann.page.evaluate(() => ({
                drawn: window.drawn,
                gap: Math.round(window.gap),
                seconds: (performance.now() - window.watchedFrom) / 1000,
            }));
            t.diagnostic(`${sent} sent, ${now.drawn - drawn} drawn, ${now.gap} ms without a task at most`);
            // Much of it is read: all that may come at once.
            assert.ok(now.drawn - drawn > 100, `only ${now.drawn - drawn} texts were taken`);
            // What may come at once, and a hundred a second.
            assert.ok(now.drawn - drawn < 300 + 100 * (now.seconds - from), `${now.drawn - drawn} texts were taken`);
            [drawn, from] = [now.drawn, now.seconds];
        }
        await ann.say("still here");
        await bob.reads("chat-log", "still here");
        await Promise.all(people.map((someone) => someone.counts(3)));
        const states = await ann.page.$$eval("[data-state=connected]", (tiles) => tiles.length);
        assert.ok(states >= 2, "both are connected");
    });
}
