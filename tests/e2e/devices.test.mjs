// What is said of own devices, in a room, a preview and a call by hand, by the package's face.
import assert from "node:assert/strict";
import { after, test as plainTest } from "node:test";
import { address, browser, each, end, freshRoom, LIMIT } from "./people.mjs";

after(end);

for (const [kind, test] of each("chromium", "firefox")) {
    /** Runs in a page of the server. */
    const inPage = async (t, run) => {
        const context = await (await browser(kind)).createBrowserContext();
        t.after(() => context.close());
        const page = await context.newPage();
        await page.goto(await address());
        return page.evaluate(run, freshRoom(), LIMIT);
    };

    test(`what a source really is, is known as long as it is on, also after it was muted (${kind})`, async (t) => {
        assert.deepEqual(await inPage(t, settings), {
            muted: ["camera"],
            again: ["camera", "microphone"],
            told: ["camera", "microphone", "microphone"],
            quick: ["camera", "microphone"],
            shared: ["camera", "microphone", "screen", "screenAudio"],
            after: ["camera", "microphone"],
        });
    });

    test(`a diagnosis names the devices that are wanted and not there, and no others (${kind})`, async (t) => {
        assert.deepEqual(await inPage(t, diagnoses), {
            joined: ["camera media/missing"],
            unwanted: [],
            later: ["microphone media/missing"],
            again: [],
        });
    });

    test(`what is asked of a preview that ends meanwhile is told as a preview's (${kind})`, async (t) => {
        assert.deepEqual(await inPage(t, ending), { closed: "preview/closed", shown: "preview/closed", handedOver: "preview/closed" });
    });

    test(`a preview is over when the join fails that was given it, however early, unless another join has it (${kind})`, async (t) => {
        const told = await inPage(t, failing);
        assert.deepEqual(told.codes, {
            name: "room/invalid", camera: "options/invalid", policy: "ice/policy-invalid", history: "options/invalid", token: "token/unavailable",
            key: "key/invalid", room: "room/invalid", server: "signaling/address", before: "left", meanwhile: "left",
        });
        assert.deepEqual(told.open, []);
        assert.deepEqual(told.twice, { first: "left", media: ["microphone"] });
        assert.deepEqual(told.foreign, { code: "options/invalid", isClosed: false });
        assert.deepEqual(told.counts, { connections: 0, listeners: 0, timers: 0, tracks: 0, sounds: 0 });
    });

    if (kind === "chromium") plainTest("a call by hand tells of a camera that is taken away", async (t) => {
        assert.deepEqual(await inPage(t, takenAway), { code: "media/ended", source: "camera", explain: true, isOurs: true });
    });
}

/** Runs in the page. */
async function settings(name, limit) {
    const { join } = await import("/itodenwa/index.js");
    const room = await join(name, { camera: true, microphone: true });
    const told = [];
    const known = () => [...room.me.settings.keys()].sort();
    const until = async (...sources) => {
        for (const since = performance.now(); !sources.every((source) => room.me.settings.has(source)); ) {
            if (performance.now() - since > limit) throw new Error(`never ${sources}: ${known()}`);
            await new Promise((done) => setTimeout(done, 20));
        }
        return known();
    };
    room.ondevice = ({ source }) => told.push(source);
    await until("camera", "microphone");
    await room.microphone(false);
    const muted = known();
    await room.microphone(true);
    const again = await until("microphone");
    const heard = [...told].sort();
    await Promise.all([room.microphone(false), room.microphone(true)]);
    const quick = await until("microphone");

    const [sound] = (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks();
    navigator.mediaDevices.getDisplayMedia = async () => {
        const canvas = document.createElement("canvas");
        canvas.getContext("2d");
        const stream = canvas.captureStream(5);
        stream.addTrack(sound);
        return stream;
    };
    await room.screen(true);
    const shared = await until("screen", "screenAudio");
    await room.screen(false);
    const after = known();
    await room.leave();
    return { muted, again, told: heard, quick, shared, after };
}

/** Runs in the page. */
async function diagnoses(name, limit) {
    const { join } = await import("/itodenwa/index.js");
    const devices = navigator.mediaDevices;
    const real = devices.getUserMedia.bind(devices);
    const missing = () => Promise.reject(new DOMException("a test", "NotFoundError"));
    devices.getUserMedia = missing;
    const room = await join(name, { camera: true });
    const found = async () => (await room.diagnose()).map(({ source, code }) => `${source} ${code}`);
    for (const since = performance.now(); (await found()).length === 0 && performance.now() - since < limit; ) {
        await new Promise((done) => setTimeout(done, 20));
    }
    const joined = await found();
    await room.camera(false);
    const unwanted = await found();
    await room.microphone(true).catch(() => {});
    const later = await found();
    devices.getUserMedia = real;
    await room.microphone(true);
    const again = await found();
    await room.leave();
    return { joined, unwanted, later, again };
}

/** Runs in the page: the person never answers. */
async function ending(name) {
    const { join, open } = await import("/itodenwa/index.js");
    const code = (asked) => asked.then(() => "done", ({ code }) => code);
    navigator.mediaDevices.getUserMedia = () => new Promise(() => {});
    let preview = await open();
    const asked = code(preview.camera(true));
    const over = preview.close();
    const closed = await asked;
    const shown = await code((async () => preview.view())());
    await over;
    preview = await open();
    const handedOver = code(preview.camera(true));
    const room = await join(name, { preview });
    const told = { closed, shown, handedOver: await handedOver };
    await room.leave();
    return told;
}

/** Runs in the page. */
async function failing(name) {
    const { counts, join, open } = await import("/itodenwa/index.js");
    const code = (joining) => joining.then(async (room) => (await room.leave(), "in the room"), ({ code, message }) => code ?? message);
    const [before, meanwhile] = [new AbortController(), new AbortController()];
    before.abort(new Error("left"));
    const joins = {
        name: (preview) => join(7, { preview }),
        camera: (preview) => join(name, { preview, camera: "yes" }),
        policy: (preview) => join(name, { preview, iceTransportPolicy: "none" }),
        history: (preview) => join(name, { preview, history: 99 }),
        token: (preview) => join(name, { preview, token: () => Promise.reject(new Error("a test")) }),
        key: (preview) => join(name, { preview, key: "short" }),
        room: (preview) => join("no room", { preview }),
        server: (preview) => join(name, { preview, server: "a b" }),
        before: (preview) => join(name, { preview, signal: before.signal }),
        meanwhile: (preview) => {
            const joining = join(name, { preview, signal: meanwhile.signal });
            meanwhile.abort(new Error("left"));
            return joining;
        },
    };
    const told = { codes: {}, open: [] };
    for (const [what, failing] of Object.entries(joins)) {
        const preview = await open({ microphone: true });
        let isOver = false;
        preview.onclose = () => (isOver = true);
        told.codes[what] = await code(failing(preview));
        if (!isOver) told.open.push(what);
        await preview.close();
    }
    // Mounted, unmounted and mounted again, as React does it in development.
    const preview = await open({ microphone: true });
    const control = new AbortController();
    const first = code(join(name, { preview, signal: control.signal }));
    control.abort(new Error("left"));
    const room = await join(name, { preview });
    told.twice = { first: await first, media: [...room.me.media] };
    await room.leave();
    // What is no preview is left alone.
    let isClosed = false;
    told.foreign = { code: await code(join(name, { preview: { close: () => (isClosed = true) } })), isClosed };
    told.counts = await counts();
    return told;
}

/** Runs in the page. */
async function takenAway() {
    const { Call, ItodenwaError } = await import("/itodenwa/index.js");
    const devices = navigator.mediaDevices;
    const real = devices.getUserMedia.bind(devices);
    let track;
    devices.getUserMedia = async (wanted) => {
        const stream = await real(wanted);
        [track] = stream.getVideoTracks();
        return stream;
    };
    const call = await Call.create({ camera: true });
    devices.getUserMedia = () => Promise.reject(new DOMException("a test", "NotFoundError"));
    const trouble = new Promise((told) => (call.ontrouble = told));
    track.stop();
    track.dispatchEvent(new Event("ended"));
    const { code, source, explain, cause } = await trouble;
    await call.close();
    return { code, source, explain: explain.length > 0, isOurs: cause instanceof ItodenwaError };
}
