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
