// Tracks of the application's own, by the package's face.
import assert from "node:assert/strict";
import { after } from "node:test";
import { address, browser, each, end, freshRoom, LIMIT } from "./people.mjs";

after(end);

for (const [kind, test] of each("chromium", "firefox")) {
    test(`${kind}: a canvas and a tone are published, seen, read and taken back; nonsense is refused`, async (t) => {
        const context = await (await browser(kind)).createBrowserContext();
        t.after(() => context.close());
        const page = await context.newPage();
        await page.goto(await address());
        assert.deepEqual(await page.evaluate(publishing, freshRoom(), LIMIT), {
            refused: Array(9).fill("options/invalid"),
            nowhere: ["source/unknown", "publish/kind"],
            sent: ["whiteboard", "whiteboardAudio"],
            theirs: ["whiteboard", "whiteboardAudio"],
            tracks: ["video", "audio"],
            plays: true,
            after: [],
            lives: true,
            held: 0,
        });
    });
}

for (const [kind, test] of each("firefox", "chromium")) {
    test(`${kind}: a publication that fails takes nothing away, and says of nothing that is off that it is on`, async (t) => {
        const context = await (await browser(kind)).createBrowserContext();
        t.after(() => context.close());
        const page = await context.newPage();
        await page.goto(await address());
        assert.deepEqual(await page.evaluate(failing, freshRoom(), LIMIT), {
            ended: { code: "publish/ended", mine: ["board"], theirs: ["board"] },
            many: { code: "publish/too-many", mine: 8, theirs: 8 },
            again: ["board", "boardAudio"],
        });
    });
}

for (const [kind, test] of each("chromium", "firefox")) {
    test(`${kind}: what is shared from a track and its sound are over together, and what is published is taken back whatever was chosen`, async (t) => {
        const context = await (await browser(kind)).createBrowserContext();
        t.after(() => context.close());
        const page = await context.newPage();
        await page.goto(await address());
        assert.deepEqual(await page.evaluate(takingBack, freshRoom(), LIMIT), {
            shared: ["screen", "screenAudio"],
            chosen: { mine: [], theirs: [] },
            off: [],
            overtaken: { mine: [], theirs: [] },
        });
    });
}

/** Runs in the page. */
async function takingBack(name, limit) {
    const { devices, join } = await import("/itodenwa/index.js");
    const [one, other] = [await join(name), await join(name)];
    const peer = await new Promise((done) => (other.onpeer = done));
    const media = navigator.mediaDevices;
    const real = media.getUserMedia.bind(media);
    const [sound] = (await real({ audio: true })).getTracks();
    const until = async (...sources) => {
        const isSo = () => peer.media.size === sources.length && sources.every((source) => peer.media.has(source));
        for (const since = performance.now(); !isSo(); await new Promise((done) => setTimeout(done, 20))) {
            if (performance.now() - since > limit) throw new Error(`never ${sources}: ${[...peer.media]}`);
        }
        return { mine: [...one.me.media], theirs: [...peer.media] };
    };
    const share = async () => {
        const canvas = document.createElement("canvas");
        canvas.getContext("2d");
        const stream = canvas.captureStream(5);
        stream.addTrack(sound.clone());
        const sent = await one.publish(stream, { source: "screen" });
        await until(...sent);
        return sent;
    };
    const told = {};

    told.shared = await share();
    await one.screen({ content: "text" });
    one.unpublish("screen");
    told.chosen = await until();

    await share();
    await one.screen(false);
    told.off = [...one.me.media];
    await until();

    // A track is published while the browser asks for a device: it is the last word.
    await one.microphone(true);
    await until("microphone");
    const { deviceId } = (await devices()).find(({ kind }) => kind === "microphone");
    let answer;
    const asked = new Promise((done) => {
        const allowed = new Promise((done) => (answer = done));
        media.getUserMedia = async (wanted) => {
            done();
            await allowed;
            return real(wanted);
        };
    });
    const chosen = one.microphone({ deviceId, noiseSuppression: false });
    await asked;
    await one.publish(sound, { source: "microphone" });
    answer();
    await chosen;
    one.unpublish("microphone");
    told.overtaken = await until();
    await Promise.all([one.leave(), other.leave()]);
    return told;
}

for (const [[kind, other], test] of each(["chromium", "chromium"], ["chromium", "firefox"], ["firefox", "chromium"], ["firefox", "firefox"])) {
    test(`${kind} to ${other}: own pictures and own sound arrive, with frames and energy, until they are taken back`, async (t) => {
        const room = freshRoom();
        const pages = [];
        for (const [index, each] of [kind, other].entries()) {
            const context = await (await browser(each)).createBrowserContext();
            t.after(() => context.close());
            const page = await context.newPage({ type: "window" });
            await page.goto(await address());
            await page.evaluate(enters, room, index === 0);
            pages.push(page);
        }
        const [sender, receiver] = pages;
        await receiver.bringToFront();
        assert.deepEqual(await sender.evaluate(sends), ["whiteboard", "whiteboardAudio", "musicAudio"]);
        const got = await receiver.evaluate(receives, LIMIT);
        assert.deepEqual(got.colours, ["red", "blue"], "as it is painted, not only the first picture");
        for (const energy of [got.board, got.music]) assert.ok(energy[0] > 0 && energy[1] > energy[0], `energy: ${energy}`);
        // It is silence, not the end of the source, when its owner mutes a track of theirs.
        await sender.evaluate(() => (window.tone.enabled = false));
        assert.ok(await receiver.evaluate(() => window.silent("music")));
        await sender.evaluate(() => ["whiteboard", "musicAudio"].forEach((source) => window.room.unpublish(source)));
        assert.deepEqual(await receiver.evaluate(() => window.over()), []);
        await Promise.all(pages.map((page) => page.evaluate(() => window.room.leave())));
    });
}

/** Runs in the page. */
async function enters(name, isFirst) {
    const { join } = await import("/itodenwa/index.js");
    window.room = await join(name);
    if (!isFirst) window.peer = await new Promise((done) => (window.room.onpeer = done));
}

/** Runs in the page: a painted picture that changes its colour, and the sound of the test's microphone, which no graph has to run for. */
async function sends() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
    const paint = canvas.getContext("2d");
    let frames = 0;
    setInterval(() => {
        paint.fillStyle = ++frames % 40 < 20 ? "rgb(255, 0, 0)" : "rgb(0, 0, 255)";
        // Not all of it: of a canvas that is painted over as a whole Chromium sometimes captures black pictures.
        paint.fillRect(0, 0, 319, 179);
    }, 50);
    const board = canvas.captureStream(20);
    const [voice] = (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks();
    window.tone = voice.clone();
    board.addTrack(voice);
    return [
        ...(await window.room.publish(board, { source: "whiteboard" })),
        ...(await window.room.publish(window.tone, { source: "music" })),
    ];
}

/** Runs in the page. */
async function receives(limit) {
    const { peer } = window;
    const within = (what, wanted) => Promise.race([wanted, new Promise((_, fail) => setTimeout(() => fail(new Error(`never: ${what}`)), limit))]);
    const until = (what, is) => within(what, (async () => {
        for (;;) {
            const found = await is();
            if (found) return found;
            await new Promise((done) => setTimeout(done, 50));
        }
    })());
    await until("all of it", () => ["whiteboard", "whiteboardAudio", "musicAudio"].every((source) => peer.media.has(source)));
    const video = peer.view("whiteboard");
    Object.assign(video.style, { position: "fixed", top: 0, left: 0, width: "320px", height: "180px" });
    document.body.append(video, peer.view("music"));
    const look = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const colours = [];
    for (const wanted of ["red", "blue"]) {
        colours.push(await until(wanted, async () => {
            await new Promise((done) => video.requestVideoFrameCallback(done));
            look.drawImage(video, 0, 0, 1, 1);
            const [red, green, blue] = look.getImageData(0, 0, 1, 1).data;
            const seen = red > 150 && green < 90 && blue < 90 ? "red" : blue > 150 && green < 90 && red < 90 ? "blue" : "";
            return seen === wanted && seen;
        }));
    }
    /** What the browser has heard of a track: W3C WebRTC Statistics, `totalAudioEnergy`. */
    const energy = async (source) => {
        const { id } = peer.track(`${source}Audio`);
        const rows = [...(await peer.getStats()).values()];
        return rows.find(({ type, trackIdentifier }) => type === "inbound-rtp" && trackIdentifier === id)?.totalAudioEnergy ?? 0;
    };
    const grows = async (source) => {
        const first = await until(`sound of ${source}`, () => energy(source));
        return [first, await until(`more of ${source}`, async () => ((await energy(source)) > first ? energy(source) : 0))];
    };
    // Muted, comfort noise and what is on its way may count a little: it stands still over a second in the end.
    window.silent = (source) => until("silence", async () => {
        const before = await energy(source);
        await new Promise((done) => setTimeout(done, 1000));
        return (await energy(source)) - before < 1e-6;
    });
    window.over = () => until("the end", () => peer.media.size === 0 && [[...peer.media]]).then(([media]) => media);
    return { colours, board: await grows("whiteboard"), music: await grows("music") };
}

/** Runs in the page. */
async function failing(name, limit) {
    const { join } = await import("/itodenwa/index.js");
    const [one, other] = [await join(name), await join(name)];
    const peer = await new Promise((done) => (other.onpeer = done));
    const picture = () => {
        const canvas = document.createElement("canvas");
        // Firefox captures nothing without one.
        canvas.getContext("2d");
        return canvas.captureStream(5).getTracks()[0];
    };
    const [sound] = (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks();
    const code = (...given) => one.publish(...given).then(() => "none", (error) => error.code);
    const until = async (count) => {
        for (const since = performance.now(); peer.media.size !== count; await new Promise((done) => setTimeout(done, 20))) {
            if (performance.now() - since > limit) throw new Error(`never ${count}: ${[...peer.media]}`);
        }
        return [...peer.media];
    };
    await one.publish(picture(), { source: "board" });
    await until(1);

    const over = sound.clone();
    over.stop();
    const ended = { code: await code(new MediaStream([picture(), over]), { source: "board" }) };
    // What is told after it comes after it.
    const heard = new Promise((done) => (other.ontext = done));
    await one.send("now");
    await heard;
    Object.assign(ended, { mine: [...one.me.media], theirs: [...peer.media] });

    for (let index = 1; index < 8; index++) await one.publish(picture(), { source: `board${index}` });
    await until(8);
    const many = { code: await code(new MediaStream([picture(), sound.clone()]), { source: "board" }) };
    Object.assign(many, { mine: one.me.media.size, theirs: (await until(8)).length });

    one.unpublish("board7");
    const again = await one.publish(new MediaStream([picture(), sound]), { source: "board" });
    await Promise.all([one.leave(), other.leave()]);
    return { ended, many, again };
}

/** Runs in the page. */
async function publishing(room, limit) {
    const { join, counts } = await import("/itodenwa/index.js");
    const [one, other] = [await join(room), await join(room)];
    const code = (run) => Promise.resolve().then(run).then(() => "none", (error) => error.code);
    /** What does not come is named. */
    const within = (what, wanted) => Promise.race([
        wanted,
        new Promise((_, fail) => setTimeout(() => {
            const videos = [...document.querySelectorAll("video")].map(({ readyState, paused, muted }) => ({ readyState, paused, muted }));
            fail(new Error(`never: ${what}; ${JSON.stringify({ media: [...other.peers.values()].map(({ state, media }) => [state, ...media]), videos })}`));
        }, limit)),
    ]);
    const peer = await within("the peer", new Promise((done) => (other.onpeer = done)));
    const told = (source, on) => new Promise((done) => {
        peer.addEventListener("media", ({ detail }) => detail.source === source && detail.on === on && done());
    });
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
    const paint = canvas.getContext("2d");
    const painting = setInterval(() => {
        paint.fillStyle = `hsl(${performance.now() / 10} 50% 50%)`;
        paint.fillRect(0, 0, 320, 180);
    }, 50);
    const stream = canvas.captureStream(20);
    const [track] = stream.getTracks();
    stream.addTrack(new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0]);
    const refused = [];
    for (const nonsense of [
        () => one.camera({ quality: "h999" }),
        () => one.camera(track),
        () => one.camera(stream),
        () => one.camera(1),
        () => one.camera(),
        () => one.microphone({ noise: true }),
        () => one.limit("camera", { maxHeight: -1 }),
        () => one.publish({}, { source: "whiteboard" }),
        () => join(room, { camera: "yes" }),
    ]) refused.push(await code(nonsense));
    const nowhere = [await code(() => one.publish(track, { source: "no name" })), await code(() => one.publish(track, { source: "microphone" }))];
    const heard = told("whiteboardAudio", true);
    const sent = await within("the publication", one.publish(stream, { source: "whiteboard", content: "text" }));
    await within("the tone", heard);
    const theirs = [...peer.media].sort();
    const video = peer.view("whiteboard");
    // In sight: what is not seen is not sent.
    Object.assign(video.style, { position: "fixed", top: 0, left: 0, width: "320px", height: "180px" });
    document.body.append(video);
    const plays = await within("a frame", new Promise((done) => video.requestVideoFrameCallback(() => done(video.videoWidth > 0))));
    const tracks = ["whiteboard", "whiteboardAudio"].map((source) => peer.track(source).kind);
    const gone = told("whiteboardAudio", false);
    one.unpublish("whiteboard");
    await within("the end of the tone", gone);
    const lives = stream.getTracks().every(({ readyState }) => readyState === "live");
    const after = [...one.me.media, ...peer.media];
    await within("leaving", Promise.all([one.leave(), other.leave()]));
    clearInterval(painting);
    const held = Object.values(await counts()).reduce((sum, count) => sum + count, 0);
    return { refused, nowhere, sent, theirs, tracks, plays, after, lives, held };
}
