// What is given up before it is done, as by a component that is unmounted: nothing of it is left anywhere.
import assert from "node:assert/strict";
import { after } from "node:test";
import { address, browser, each, end, freshRoom, LIMIT } from "./people.mjs";

after(end);

for (const [kind, test] of each("chromium", "firefox")) {
    test(`a join that is given up, at whatever moment, leaves nobody in the room and no device on (${kind})`, async (t) => {
        const context = await (await browser(kind)).createBrowserContext();
        t.after(() => context.close());
        const page = await context.newPage();
        await page.goto(await address());
        const told = await page.evaluate(givingUp, freshRoom());
        const moments = ["before", "at once", "asking for devices", "asking to join", "welcomed", "by a deadline"];
        assert.deepEqual(told.rejected, Object.fromEntries(moments.map((moment) => [moment, true])));
        assert.deepEqual(told.twice, { asked: 1, joined: 1, left: 0 });
        assert.deepEqual(told.others, { open: true, check: true, nonsense: "options/invalid", unread: true });
        assert.deepEqual(told.counts, { connections: 0, listeners: 0, timers: 0, tracks: 0, sounds: 0 });
    });
}

for (const [kind, test] of each("firefox", "chromium")) {
    test(`what waits for a listener outlasts one that is given up in the same breath, and the same function listens anew (${kind})`, async (t) => {
        const context = await (await browser(kind)).createBrowserContext();
        t.after(() => context.close());
        const page = await context.newPage();
        await page.goto(await address());
        const told = await page.evaluate(listening);
        assert.deepEqual(told, { meanwhile: false, late: [1, 2], heard: [1, 2, 3], anew: [1, 2], isHeard: true });
    });

    test(`a call is left while the browser is at work on a description or a candidate (${kind})`, async (t) => {
        const room = freshRoom();
        const [ann, bob] = await Promise.all(["Ann", "Bob"].map(async () => {
            const context = await (await browser(kind)).createBrowserContext();
            t.after(() => context.close());
            const page = await context.newPage();
            await page.goto(await address());
            return page;
        }));
        await ann.evaluate(async (name) => {
            const { join } = await import("/itodenwa/index.js");
            window.room = await join(name);
        }, room);
        const told = await bob.evaluate(leavingAtWork, room);
        assert.deepEqual(told.left, ["setRemoteDescription", "setLocalDescription", "addIceCandidate"]);
        assert.deepEqual(told.counts, { connections: 0, listeners: 0, timers: 0, tracks: 0, sounds: 0 });
        await ann.waitForFunction(() => window.room.peers.size === 0, { timeout: LIMIT });
    });
}

/** Runs in the page: as where React runs an effect twice. */
async function listening() {
    const { Emitter } = await import("/itodenwa/emitter.js");
    const made = () => {
        const [emitter, heard] = [new Emitter({ kept: ["text"] }), []];
        emitter.emit("text", 1);
        return { emitter, heard, hear: ({ detail }) => heard.push(detail) };
    };
    const { emitter, heard, hear } = made();
    emitter.emit("text", 2);
    const [first, second] = [new AbortController(), new AbortController()];
    emitter.addEventListener("text", hear, { signal: first.signal });
    first.abort();
    const meanwhile = emitter.isHeard("text");
    emitter.addEventListener("text", hear, { signal: second.signal });
    await emitter.ready();
    const late = [...heard];
    emitter.emit("text", 3);
    second.abort();
    emitter.emit("text", 4);

    // A signal ends the listening that it was given for, and not what comes after it.
    const other = made();
    const given = new AbortController();
    other.emitter.addEventListener("text", other.hear, { signal: given.signal });
    other.emitter.removeEventListener("text", other.hear);
    other.emitter.addEventListener("text", other.hear);
    given.abort();
    await other.emitter.ready();
    other.emitter.emit("text", 2);
    return { meanwhile, late, heard, anew: other.heard, isHeard: other.emitter.isHeard("text") };
}

/** Runs in the page. */
async function leavingAtWork(name) {
    const { counts, join } = await import("/itodenwa/index.js");
    const left = [];
    for (const operation of ["setRemoteDescription", "setLocalDescription", "addIceCandidate"]) {
        const { [operation]: original } = RTCPeerConnection.prototype;
        const [begun, held] = [Promise.withResolvers(), Promise.withResolvers()];
        RTCPeerConnection.prototype[operation] = async function (...given) {
            begun.resolve();
            await held.promise;
            return original.apply(this, given);
        };
        const room = await join(name);
        await begun.promise;
        // The browser has not answered yet.
        await room.leave();
        left.push(operation);
        held.resolve();
        RTCPeerConnection.prototype[operation] = original;
    }
    for (let tries = 0; tries < 500 && Object.values(await counts()).some((count) => count > 0); tries++) {
        await new Promise((done) => setTimeout(done, 20));
    }
    return { left, counts: await counts() };
}

/** Runs in the page. */
async function givingUp(name) {
    const { check, counts, join, open } = await import("/itodenwa/index.js");
    const devices = { camera: true, microphone: true };
    const Socket = WebSocket;
    const media = navigator.mediaDevices;
    const getUserMedia = media.getUserMedia.bind(media);
    const rejected = {};
    let [now, asked, tracks] = [() => {}, 0, []];
    media.getUserMedia = async (...constraints) => {
        asked += 1;
        now("asking for devices");
        const stream = await getUserMedia(...constraints);
        tracks.push(...stream.getTracks());
        return stream;
    };
    window.WebSocket = class extends Socket {
        constructor(...address) {
            super(...address);
            super.addEventListener("message", () => now("welcomed"), { once: true });
        }
        send(message) {
            super.send(message);
            now("asking to join");
        }
    };

    const watching = await join(name);
    const seen = { joined: 0, left: 0 };
    // Of those who are mounted twice: one who gave up while asking may come and go later than that is noticed here.
    watching.addEventListener("peer", (event) => (seen.joined += event.detail.name === "twice"));
    watching.addEventListener("left", (event) => (seen.left += event.detail.peer.name === "twice"));
    for (const moment of ["before", "at once", "asking for devices", "asking to join", "welcomed", "by a deadline"]) {
        const control = new AbortController();
        if (moment === "before") control.abort(moment);
        now = (what) => what === moment && control.abort(moment);
        const signal = moment === "by a deadline" ? AbortSignal.any([control.signal, AbortSignal.timeout(1)]) : control.signal;
        const joining = join(name, { ...devices, signal });
        if (moment === "at once") control.abort(moment);
        rejected[moment] = await joining.then(
            (room) => room.leave(),
            (reason) => reason === moment || reason.name === "TimeoutError",
        );
    }
    // Mounted, unmounted and mounted again, as React does it in development.
    now = () => {};
    const end = async () => {
        while (tracks.some(({ readyState }) => readyState === "live")) await new Promise((done) => setTimeout(done, 20));
        while (watching.peers.size > 0) await new Promise((done) => setTimeout(done, 20));
    };
    await end();
    asked = 0;
    const [first, second] = [new AbortController(), new AbortController()];
    const joins = [first, second].map(({ signal }, index) => {
        const joining = join(name, { ...devices, name: "twice", signal });
        if (index === 0) first.abort();
        return joining.catch(() => undefined);
    });
    const [nobody, room] = await Promise.all(joins);
    while (seen.joined === 0) await new Promise((done) => setTimeout(done, 20));
    const twice = { asked, joined: seen.joined - Boolean(nobody), left: seen.left };
    // It is done: the signal does nothing.
    second.abort();
    await room.leave();
    await end();

    const others = {};
    const control = new AbortController();
    now = (what) => what === "asking for devices" && control.abort("enough");
    others.open = await open({ ...devices, signal: control.signal }).catch((reason) => reason === "enough");
    const other = new AbortController();
    const findings = check({ signal: other.signal });
    await findings.next();
    const next = findings.next();
    other.abort("enough");
    others.check = await next.then(() => "a finding", (reason) => reason === "enough");
    // Nobody asks for another finding.
    const unread = new AbortController();
    const paused = check({ ...devices, signal: unread.signal });
    await paused.next();
    unread.abort("enough");
    others.nonsense = await join(name, { signal: {} }).catch(({ code }) => code);

    await watching.leave();
    await end();
    for (let tries = 0; tries < 500 && Object.values(await counts()).some((count) => count > 0); tries++) {
        await new Promise((done) => setTimeout(done, 20));
    }
    const held = await counts();
    others.unread = await paused.next().then(() => "a finding", (reason) => reason === "enough");
    return { rejected, twice, others, counts: held };
}
