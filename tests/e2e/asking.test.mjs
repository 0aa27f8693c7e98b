// Devices that the browser is still asked for: what is said last counts, in the room and in what is handed over to it.
import assert from "node:assert/strict";
import { after } from "node:test";
import { address, browser, each, end, freshRoom } from "./people.mjs";

after(end);

for (const [kind, test] of each("firefox", "chromium")) {
    test(`what is switched while the browser asks is told as it is in the end (${kind})`, async (t) => {
        const context = await (await browser(kind)).createBrowserContext();
        t.after(() => context.close());
        const page = await context.newPage();
        await page.goto(await address());
        const told = await page.evaluate(asking, freshRoom());
        assert.deepEqual(told.off, { camera: "off", media: [], microphone: "off" }, "to switch off never fails");
        assert.deepEqual(told.muted, [], "off in the preview, off in the room");
        assert.deepEqual(told.opened, ["camera"]);
        assert.deepEqual(told.allowed, { before: ["camera"], after: ["camera"], width: true });
        assert.deepEqual(told.refused, { before: ["camera"], code: "media/denied", after: [] });
        assert.deepEqual(told.waited, { microphone: "on", media: ["microphone"] }, "as it is when the room lets one in");
        assert.deepEqual(told.counts, { connections: 0, listeners: 0, timers: 0, tracks: 0, sounds: 0 });
    });
}

for (const [kind, test] of each("chromium", "firefox")) {
    test(`a microphone that is switched off while another one is asked for stays off, in the room and in a preview (${kind})`, async (t) => {
        const context = await (await browser(kind)).createBrowserContext();
        t.after(() => context.close());
        const page = await context.newPage();
        await page.goto(await address());
        assert.deepEqual(await page.evaluate(choosing, freshRoom()), {
            loading: { mine: [], theirs: [] },
            asking: { mine: [], theirs: [] },
            again: ["microphone"],
            preview: { shown: [], mine: [] },
            handedOver: { mine: [] },
        });
    });
}

/** Runs in the page. */
async function choosing(name) {
    const { devices, join, open } = await import("/itodenwa/index.js");
    const media = navigator.mediaDevices;
    const real = media.getUserMedia.bind(media);
    let answer, asked;
    /** Gives what says that the browser is asked. */
    const hold = () => {
        const allowed = new Promise((done) => (answer = done));
        asked = new Promise((done) => {
            media.getUserMedia = async (wanted) => {
                done();
                await allowed;
                return real(wanted);
            };
        });
    };
    const release = () => {
        answer();
        media.getUserMedia = real;
    };
    const told = {};

    const [room, other] = [await join(name, { microphone: true }), await join(name)];
    const peer = await new Promise((done) => (other.onpeer = done));
    const { deviceId } = (await devices()).find(({ kind }) => kind === "microphone");
    const isOn = (on) => new Promise((done) => {
        const look = () => {
            if (peer.media.has("microphone") === on) done();
            else setTimeout(look, 20);
        };
        look();
    });
    await isOn(true);
    /** What is told after it comes after it. */
    const both = async () => {
        const heard = new Promise((done) => (other.ontext = done));
        await room.send("now");
        await heard;
        return { mine: [...room.me.media], theirs: [...peer.media] };
    };

    // What chooses a device is loaded with the first choice.
    let chosen = room.microphone({ deviceId });
    await room.microphone(false);
    await chosen;
    await isOn(false);
    told.loading = await both();

    await room.microphone(true);
    hold();
    chosen = room.microphone({ deviceId, noiseSuppression: false });
    await asked;
    await room.microphone(false);
    release();
    await chosen;
    await isOn(false);
    told.asking = await both();
    await Promise.all([room.microphone(false), room.microphone({ deviceId })]);
    told.again = [...room.me.media];
    await Promise.all([room.leave(), other.leave()]);

    for (const isHandedOver of [false, true]) {
        const preview = await open({ microphone: true });
        hold();
        chosen = preview.microphone({ deviceId, noiseSuppression: false }).catch(() => {});
        await asked;
        await preview.microphone(false);
        if (!isHandedOver) {
            release();
            await chosen;
            told.preview = { shown: [...preview.media] };
        }
        const room = await join(name, { preview });
        release();
        await chosen;
        told[isHandedOver ? "handedOver" : "preview"] = { ...(isHandedOver ? {} : told.preview), mine: [...room.me.media] };
        await room.leave();
    }
    return told;
}

/** Runs in the page. */
async function asking(name) {
    const { counts, join, open } = await import("/itodenwa/index.js");
    const devices = navigator.mediaDevices;
    const real = devices.getUserMedia.bind(devices);
    const denied = () => Promise.reject(new DOMException("a test", "NotAllowedError"));
    let asked;
    const hold = () => {
        const allowed = new Promise((answer) => (asked = answer));
        devices.getUserMedia = async (wanted) => ((await allowed) ? real(wanted) : denied());
    };
    const codeOf = (done) => done.then(() => "off", ({ code }) => code);
    const told = {};

    // The join goes on while the person is asked.
    hold();
    let room = await join(name, { camera: true, microphone: true });
    const off = [codeOf(room.camera(false)), codeOf(room.microphone(false))];
    asked(false);
    const [camera, microphone] = await Promise.all(off);
    told.off = { camera, microphone, media: [...room.me.media] };
    await room.leave();

    devices.getUserMedia = real;
    let preview = await open({ microphone: true, camera: true });
    await preview.microphone(false);
    await preview.camera(false);
    room = await join(name, { camera: true, microphone: true, preview });
    told.muted = [...room.me.media];
    await room.leave();

    room = await join(name, { preview: await open({ camera: true }) });
    told.opened = [...room.me.media];
    await room.leave();

    for (const allowed of [true, false]) {
        devices.getUserMedia = real;
        preview = await open();
        hold();
        const switched = preview.camera(true).catch(({ code }) => code);
        room = await join(name, { preview });
        const before = [...room.me.media];
        const first = new Promise((first) => {
            room.ondevice = ({ settings }) => first({ width: settings.width > 0 });
            room.ontrouble = ({ code }) => first({ code });
        });
        asked(allowed);
        told[allowed ? "allowed" : "refused"] = { before, ...(await first), after: [...room.me.media] };
        await switched;
        await room.leave();
    }
    // What is switched while one waits to be let in, with nothing handed over yet.
    devices.getUserMedia = real;
    const host = await join(name);
    const waitingRoom = new Promise((on) => (host.onwaiting = on));
    host.setWaitingRoom(true);
    await waitingRoom;
    preview = await open({ camera: true });
    let heard;
    host.onwaiting = async ({ waiting }) => {
        if (waiting.length === 0) return;
        await Promise.all([(heard = preview.microphone(true)), preview.camera(false)]);
        host.admit();
    };
    room = await join(name, { preview, unlessRecorded: true, onwait() {} });
    told.waited = { microphone: await heard.then(() => "on", ({ code }) => code), media: [...room.me.media] };
    await Promise.all([room.leave(), host.leave()]);
    told.counts = await counts();
    return told;
}
