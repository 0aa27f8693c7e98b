// What many calls leave of what browsers count for nobody: connections, sockets, tracks, audio graphs, listeners and elements. They are
// counted here, where the page asks the browser for them, and not by the package.
import assert from "node:assert/strict";
import { after } from "node:test";
import { address, browser, each, end, freshRoom, LIMIT, times } from "./people.mjs";

after(end);

const CALLS = times(10, 50);

for (const [kind, test] of each("chromium", "firefox")) {
    test(`${kind}: calls in which everything is switched, published, shown, measured and taken away leave nothing`, async (t) => {
        const context = await (await browser(kind)).createBrowserContext();
        t.after(() => context.close());
        const page = await context.newPage({ type: "window" });
        await page.evaluateOnNewDocument(watchEverything);
        await page.goto(await address());
        await page.evaluate(prepare, LIMIT);
        const before = await page.evaluate(() => window.left());
        for (let round = 0; round < CALLS; round++) await page.evaluate((room, round) => window.call(room, round), freshRoom(), round);
        const made = await page.evaluate(() => window.made());
        for (const [what, count] of Object.entries(made)) assert.ok(count >= CALLS, `${count} ${what} were seen to be made`);
        assert.deepEqual(await page.evaluate(() => window.gone()), { ...before, counted: 0, own: ["live", "live"] });
    });
}

/** Runs in the page before anything else. */
function watchEverything() {
    const all = { connections: [], sockets: [], graphs: [], tracks: [] };
    const keep = (name, list) => {
        window[name] = class extends window[name] {
            constructor(...given) {
                super(...given);
                list.push(this);
            }
        };
    };
    keep("RTCPeerConnection", all.connections);
    keep("WebSocket", all.sockets);
    keep("AudioContext", all.graphs);
    const { getUserMedia } = MediaDevices.prototype;
    MediaDevices.prototype.getUserMedia = async function (wanted) {
        const stream = await getUserMedia.call(this, wanted);
        all.tracks.push(...stream.getTracks());
        return stream;
    };
    const { clone } = MediaStreamTrack.prototype;
    MediaStreamTrack.prototype.clone = function () {
        const track = clone.call(this);
        all.tracks.push(track);
        return track;
    };
    // Of whatever outlives a call or keeps something of it alive.
    const kinds = [Window, Document, MediaDevices, MediaStreamTrack, RTCPeerConnection, RTCDataChannel, WebSocket, HTMLMediaElement, AudioContext];
    const listeners = new Map();
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    const key = (type, options) => `${type} ${Boolean(options?.capture ?? options)}`;
    EventTarget.prototype.addEventListener = function (type, listener, options) {
        const target = this ?? window;
        if (listener && kinds.some((kind) => target instanceof kind)) {
            const of = listeners.get(target) ?? new Map();
            const known = of.get(key(type, options)) ?? new Set();
            listeners.set(target, of.set(key(type, options), known.add(listener)));
            if (options?.once) addEventListener.call(target, type, () => known.delete(listener), options);
            options?.signal?.addEventListener("abort", () => known.delete(listener));
        }
        return addEventListener.call(target, type, listener, options);
    };
    EventTarget.prototype.removeEventListener = function (type, listener, options) {
        const target = this ?? window;
        listeners.get(target)?.get(key(type, options))?.delete(listener);
        return removeEventListener.call(target, type, listener, options);
    };
    window.made = () => Object.fromEntries(Object.entries(all).map(([what, list]) => [what, list.length]));
    window.left = () => ({
        connections: all.connections.filter(({ signalingState }) => signalingState !== "closed").length,
        sockets: all.sockets.filter(({ readyState }) => readyState !== WebSocket.CLOSED).length,
        graphs: all.graphs.filter(({ state }) => state !== "closed").length,
        tracks: all.tracks.filter(({ readyState }) => readyState === "live").length,
        listeners: [...listeners].flatMap(([target, of]) =>
            [...of].flatMap(([type, { size }]) => Array(size).fill(`${target.constructor.name} ${type}`))).sort(),
        elements: document.querySelectorAll("video, audio").length,
    });
}

/** Runs in the page: makes `call`, a call of two, and `gone`, what is left when everything had its time to go. */
async function prepare(limit) {
    const { counts, join } = await import("/itodenwa/index.js");
    const within = (what, wanted) => Promise.race([wanted, new Promise((_, fail) => setTimeout(() => fail(new Error(`never: ${what}`)), limit))]);
    const until = (what, is) => within(what, (async () => {
        while (!(await is())) await new Promise((done) => setTimeout(done, 20));
    })());
    // The application's own, which are nobody else's to stop.
    const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 90 });
    const paint = canvas.getContext("2d");
    setInterval(() => {
        paint.fillStyle = `hsl(${performance.now() / 10} 50% 50%)`;
        paint.fillRect(0, 0, 160, 90);
    }, 50);
    const [picture] = canvas.captureStream(20).getTracks();
    const other = Object.assign(document.createElement("canvas"), { width: 160, height: 90 });
    other.getContext("2d");
    const [second] = other.captureStream(5).getTracks();

    window.call = async (name, round) => {
        const device = round % 2 === 0;
        const [ann, bob] = await Promise.all([join(name, { camera: device, microphone: true }), join(name, { microphone: true })]);
        const peer = await within("the peer", new Promise((done) => (ann.onpeer = done)));
        const measured = within("numbers", new Promise((done) => (peer.onstats = done)));
        peer.onquality = () => {};
        ann.onmutedspeech = () => {};
        const [theirs] = await within("the other", new Promise((done) => (bob.onpeer = (peer) => done([peer]))));
        await ann.publish(picture, { source: "whiteboard" });
        if (!device) await ann.publish(second, { source: "camera" });
        await ann.process("microphone", { start: (track) => track.clone() });
        const board = theirs.view("whiteboard");
        document.body.append(theirs.view(), board, ann.me.view());
        await until("the tracks", () => ["whiteboard", "camera", "microphone"].every((source) => theirs.media.has(source)));
        if (round % 10 === 0) await within("a frame", new Promise((done) => board.requestVideoFrameCallback(done)));
        theirs.stream("camera");
        ann.me.level;
        await ann.microphone(false);
        await until("silence", () => !theirs.media.has("microphone"));
        await until("an ear", () => window.left().graphs > 0);
        await measured;
        // As a program may forget to.
        if (round % 3 === 0) ann.unpublish("whiteboard");
        if (round % 3 === 1) await ann.process("microphone", null);
        if (round % 5 === 0) [peer.onstats, peer.onquality, ann.onmutedspeech] = [null, null, null];
        await within("leaving", Promise.all([ann.leave(), bob.leave()]));
        bob.onpeer = ann.onpeer = null;
    };
    window.gone = async () => {
        const held = async () => Object.values(await counts()).reduce((sum, count) => sum + count, 0);
        const rest = () => {
            const { listeners, ...others } = window.left();
            return Object.values(others).reduce((sum, count) => sum + count, 0);
        };
        await until("the end", async () => (await held()) === 0 && rest() === 0).catch(() => {});
        return { ...window.left(), counted: await held(), own: [picture.readyState, second.readyState] };
    };
}
