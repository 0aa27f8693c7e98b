// Tracks of the application's own, by the package's face.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, browser, end, freshRoom, LIMIT } from "./people.mjs";

after(end);

for (const kind of ["chromium", "firefox"]) {
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
