// The connection to the server that is there before anybody joins.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, browser, each, end, freshRoom, person, startServer } from "./people.mjs";
import { Proxy } from "./proxy.mjs";

after(end);

/** Runs in the page before anything else: keeps the sockets that it opens. */
function keepSockets() {
    window.sockets = [];
    window.WebSocket = class extends WebSocket {
        constructor(...given) {
            super(...given);
            window.sockets.push(this);
        }
    };
}

/** Runs in the page before anything else: counts what connections are asked to offer. */
function countOffers() {
    window.offers = 0;
    const { createOffer } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.createOffer = function (...given) {
        window.offers += 1;
        return createOffer.apply(this, given);
    };
}

const isOpen = (someone, count) =>
    someone.until((count) => window.sockets.length === count && window.sockets.at(-1).readyState === WebSocket.OPEN, count);
const visits = (someone) => someone.page.evaluate(() => window.sockets.map(({ url }) => url.endsWith("/ws?visit")));

for (const [kind, test] of each("chromium", "firefox")) {
    test(`who comes by an invitation joins over a connection that is there (${kind})`, async (t) => {
        const room = freshRoom();
        const people = [];
        for (const name of ["Ann", "Bob"]) {
            const someone = await person(t, kind, { query: `?room=${room}`, prepare: keepSockets });
            await isOpen(someone, 1);
            // However much is filled in.
            await someone.join(undefined, name);
            people.push(someone);
        }
        await Promise.all(people.map((someone) => someone.watches(1)));
        for (const someone of people) assert.deepEqual(await visits(someone), [true]);
        // In the call nothing more is prepared, whatever is touched.
        await people[0].say("Hello");
        await people[1].reads("chat-log", "Hello");
        assert.deepEqual(await visits(people[0]), [true]);
        // And after it, for the next one.
        await people[0].click("leave");
        await people[0].fill("name", "Ann again");
        await isOpen(people[0], 2);
        assert.deepEqual(await visits(people[0]), [true, true]);
        assert.deepEqual(people.flatMap(({ errors }) => errors), []);
    });

    test(`a connection that was lost before the join is missed by nobody (${kind})`, async (t) => {
        const proxy = await Proxy.to(await address());
        t.after(() => proxy.end());
        const [ann, bob, cem] = await Promise.all(
            Array.from({ length: 3 }, () => person(t, kind, { at: proxy.address, query: `?room=${freshRoom()}`, prepare: keepSockets })),
        );
        for (const someone of [ann, bob, cem]) {
            await someone.fill("name", "Somebody");
            await isOpen(someone, 1);
        }
        // Seen by the page, seen and mended when more is filled in, and not seen.
        proxy.cut();
        for (const someone of [ann, bob]) await someone.until(() => window.sockets[0].readyState === WebSocket.CLOSED);
        proxy.heal();
        await ann.join();
        assert.deepEqual(await visits(ann), [true, false]);
        await bob.fill("name", "Bob");
        await isOpen(bob, 2);
        proxy.stall();
        await bob.join();
        assert.deepEqual(await visits(bob), [true, true, false]);
        // No server at all: said as always.
        proxy.cut();
        await cem.click("join");
        await cem.see("join-error");
        proxy.heal();
        await cem.join(undefined, "Cem");
    });
}

test("a server that keeps visitors for a moment only is joined by another connection", async (t) => {
    const server = await startServer("--visit-timeout", "1");
    t.after(() => server.process.kill());
    const ann = await person(t, "chromium", { at: server.address, query: `?room=${freshRoom()}`, prepare: keepSockets });
    await ann.fill("name", "Ann");
    await ann.until(() => window.sockets.at(-1)?.readyState === WebSocket.CLOSED);
    await ann.join();
    assert.equal((await visits(ann)).at(-1), false);
});

test("nothing is said to another server before the person agrees", async (t) => {
    const other = await startServer();
    t.after(() => other.process.kill());
    const query = `?room=${freshRoom()}&server=${encodeURIComponent(other.address)}`;
    const ann = await person(t, "chromium", { query, prepare: keepSockets });
    await ann.fill("name", "Ann");
    await ann.until(() => performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/itodenwa_bg.wasm")));
    await ann.click("join");
    await ann.see("other-server");
    assert.deepEqual(await visits(ann), []);
});

test("applications prepare a join, and give it up", async (t) => {
    const context = await (await browser("chromium")).createBrowserContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.evaluateOnNewDocument(keepSockets);
    await page.evaluateOnNewDocument(countOffers);
    await page.goto(await address());
    const told = await page.evaluate(async (room) => {
        const { counts, join, prepare } = await import("/itodenwa/index.js");
        const code = (promise) => promise.then(() => undefined, ({ code, message }) => code ?? message);
        const left = new AbortController();
        await prepare({ signal: left.signal });
        left.abort(new Error("left"));
        const isClosed = window.sockets[0].readyState >= WebSocket.CLOSING;
        const before = await code(prepare({ signal: left.signal }));
        const invalid = await code(prepare({ server: "a b" }));
        const given = await counts();
        // Twice is once, and another server's takes its place.
        await prepare();
        await prepare();
        await prepare({ server: location.host });
        const opened = window.sockets.length;
        const joined = await join(room, { server: location.host });
        joined.leave();
        await joined.closed;
        await prepare();
        const held = (await counts()).connections;
        const offers = window.offers;
        dispatchEvent(new PageTransitionEvent("pagehide"));
        const states = window.sockets.map(({ readyState }) => readyState >= WebSocket.CLOSING);
        return { isClosed, given, before, invalid, opened, held, offers, states, counts: await counts() };
    }, freshRoom());
    const nothing = { connections: 0, listeners: 0, timers: 0, tracks: 0, sounds: 0 };
    // What is held is the socket, and the connection of the offer; the join used the one that was prepared, and made no other.
    assert.deepEqual(told, {
        isClosed: true,
        given: nothing,
        before: "left",
        invalid: "signaling/address",
        opened: 3,
        held: 2,
        offers: 4,
        states: [true, true, true, true],
        counts: nothing,
    });
});

test("a join that is prepared anew stays prepared when the one before it is given up", async (t) => {
    const context = await (await browser("chromium")).createBrowserContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.evaluateOnNewDocument(keepSockets);
    await page.goto(await address());
    const told = await page.evaluate(async (room) => {
        const { join, prepare } = await import("/itodenwa/index.js");
        // As where React runs an effect twice.
        const [first, second] = [new AbortController(), new AbortController()];
        const prepared = [first, second].map(({ signal }) => prepare({ signal }));
        await Promise.all(prepared);
        first.abort();
        const isOpen = window.sockets.at(-1).readyState <= WebSocket.OPEN;
        const joined = await join(room);
        const opened = window.sockets.length;
        await joined.leave();
        await prepare({ signal: second.signal });
        second.abort();
        return { isOpen, opened, isClosed: window.sockets.at(-1).readyState >= WebSocket.CLOSING };
    }, freshRoom());
    assert.deepEqual(told, { isOpen: true, opened: 1, isClosed: true });
});

test("however often a join is prepared with a signal, that has one listener", async (t) => {
    const context = await (await browser("chromium")).createBrowserContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(await address());
    const heard = await page.evaluate(async () => {
        const { prepare } = await import("/itodenwa/index.js");
        const left = new AbortController();
        let heard = 0;
        const { addEventListener } = left.signal;
        left.signal.addEventListener = (type, listener, options) => {
            addEventListener.call(left.signal, type, () => (listener(), (heard += 1)), options);
        };
        for (let times = 0; times < 3; times++) await prepare({ signal: left.signal });
        left.abort();
        return heard;
    });
    assert.equal(heard, 1);
});

/** Runs in a page of which this file is held back until `let` is called, or lost. */
async function holding(t, file) {
    const context = await (await browser("chromium")).createBrowserContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.evaluateOnNewDocument(keepSockets);
    let asked;
    const held = new Promise((resolve) => (asked = resolve));
    await page.setRequestInterception(true);
    page.on("request", (request) => (new URL(request.url()).pathname.endsWith(file) ? asked(request) : request.continue()));
    // Which loads nothing itself.
    await page.goto(`${await address()}favicon.svg`);
    await page.evaluate(async () => {
        const { join, prepare } = await import("/itodenwa/index.js");
        const code = (promise) => promise.then(() => "done", ({ code, message }) => code ?? message);
        Object.assign(window, { join, prepare, code, left: new AbortController() });
    });
    return { page, held };
}

/** The sockets that a page opened which are not closing. */
const openSockets = (page) => page.evaluate(() => window.sockets.filter(({ readyState }) => readyState < WebSocket.CLOSING).length);

test("what is prepared is closed when it is given up while a part of it comes, and when that does not come", async (t) => {
    for (const isLost of [false, true]) {
        const { page, held } = await holding(t, "/itodenwa_key_bg.wasm");
        await page.evaluate(() => void (window.told = window.code(window.prepare({ key: "sixteen-characters", signal: window.left.signal }))));
        const request = await held;
        await page.waitForFunction(() => window.sockets.length === 1);
        assert.equal(await openSockets(page), 1);
        if (!isLost) {
            await page.evaluate(() => window.left.abort(new Error("left")));
            assert.equal(await openSockets(page), 0);
        }
        await (isLost ? request.abort("internetdisconnected") : request.continue());
        assert.equal(await page.evaluate(() => window.told), isLost ? "wasm/unavailable" : "left");
        assert.equal(await openSockets(page), 0);
    }
});

test("no connection is prepared for a join that was quicker, which nobody would take", async (t) => {
    const { page } = await holding(t, "nothing");
    await page.evaluate(async (room) => {
        const { load } = await import("/itodenwa/index.js");
        await load();
        // It needs nothing that is not there.
        await Promise.all([window.prepare(), window.join(room)]);
    }, freshRoom());
    assert.deepEqual(await page.evaluate(() => window.sockets.map(({ url }) => url.endsWith("?visit"))), [false]);
    // And one for the next join is.
    await page.evaluate(() => window.prepare());
    assert.deepEqual(await page.evaluate(() => window.sockets.map(({ url }) => url.endsWith("?visit"))), [false, true]);
});
