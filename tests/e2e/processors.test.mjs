// What goes through the application's processor before it is sent, and music in two channels, by the package's face.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, browser, each, end, freshRoom, LIMIT } from "./people.mjs";

after(end);

async function inPage(t, kind, run) {
    const context = await (await browser(kind)).createBrowserContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(await address());
    return page.evaluate(run, freshRoom(), LIMIT);
}

for (const [kind, test] of each("firefox", "chromium")) {
    test(`${kind}: nobody sees anything but what a processor made, and nothing where it fails`, async (t) => {
        assert.deepEqual(await inPage(t, kind, processing), {
            refused: ["options/invalid", "source/unknown"],
            first: "red",
            swapped: "blue",
            other: "blue",
            restarted: 2,
            bare: "none",
            failed: ["media/processor", "a test"],
            troubles: ["media/processor", "media/processor"],
            mine: [],
            theirs: [],
            stops: [1, 2],
            held: 0,
        });
    });
}

// Firefox runs no audio graph where there is no sound device.
test("music keeps its two channels, and a voice has one", async (t) => {
    const { left, right, voice, music } = await inPage(t, "chromium", listening);
    assert.ok(left > 0.05 && right < left / 10, `left ${left}, right ${right}`);
    assert.deepEqual([voice, music], [false, true], "of what the other side may send");
});

/** Runs in the page. */
async function processing(room, limit) {
    const { join, counts } = await import("/itodenwa/index.js");
    const [one, other] = [await join(room), await join(room)];
    const within = (what, wanted) => Promise.race([wanted, new Promise((_, fail) => setTimeout(() => fail(new Error(`never: ${what}`)), limit))]);
    const code = (run) => Promise.resolve().then(run).then(() => "none", (error) => error.code);
    const peer = await within("the peer", new Promise((done) => (other.onpeer = done)));
    const told = (source, on) => new Promise((done) => {
        peer.addEventListener("media", ({ detail }) => detail.source === source && detail.on === on && done());
    });
    const troubles = [];
    one.ontrouble = ({ code }) => troubles.push(code);
    const troubled = (count) => within(`trouble ${count}`, new Promise((done) => {
        const look = () => (troubles.length >= count ? done() : setTimeout(look, 20));
        look();
    }));

    /** Makes a picture of one colour of every camera. */
    class Painter {
        starts = 0;
        stops = 0;
        constructor(colour) {
            this.colour = colour;
        }
        start(track) {
            if (track.kind !== "video" || track.readyState !== "live") throw new Error("nothing to paint");
            this.starts += 1;
            const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
            const paint = canvas.getContext("2d");
            const fill = () => {
                paint.fillStyle = this.colour;
                paint.fillRect(0, 0, 320, 180);
            };
            fill();
            this.timer = setInterval(fill, 50);
            return Promise.resolve(canvas.captureStream(20).getVideoTracks()[0]);
        }
        stop() {
            this.stops += 1;
            clearInterval(this.timer);
        }
    }
    const video = peer.view();
    Object.assign(video.style, { position: "fixed", top: 0, left: 0, width: "320px", height: "180px" });
    document.body.append(video);
    const look = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const colourNow = () => {
        look.drawImage(video, 0, 0, 1, 1);
        const [red, green, blue] = look.getImageData(0, 0, 1, 1).data;
        if (red > 150 && green < 90 && blue < 90) return "red";
        return blue > 150 && green < 90 && red < 90 ? "blue" : `${red} ${green} ${blue}`;
    };
    const frame = () => within("a frame", new Promise((done) => video.requestVideoFrameCallback(done)));
    /** The colours of frames, each once, until one is the wanted one. */
    const until = async (wanted) => {
        for (;;) {
            await frame();
            if (colourNow() === wanted) return wanted;
            // Frames of before may be under way; any third colour is the room.
            if (!["red", "blue", "0 0 0"].includes(colourNow())) return colourNow();
        }
    };

    const refused = [await code(() => one.process("camera", {})), await code(() => one.process("no name", new Painter("red")))];
    const [red, blue] = [new Painter("rgb(255, 0, 0)"), new Painter("rgb(0, 0, 255)")];
    await one.process("camera", red);
    const on = told("camera", true);
    await within("the camera", one.camera(true));
    await within("the camera to be seen", on);
    await frame();
    const first = colourNow();
    await within("the swap", one.process("camera", blue));
    const swapped = await until("blue");
    // Another use of the camera.
    await within("another camera", one.camera({ quality: "h180" }));
    await within("the second start", new Promise((done) => {
        const look = () => (blue.starts === 2 ? done() : setTimeout(look, 20));
        look();
    }));
    const other2 = await until("blue");
    const restarted = blue.starts;
    const bare = await code(() => within("none", one.process("camera", null)));

    const off = told("camera", false);
    const failing = { start: () => Promise.reject(new Error("a test")) };
    const failed = await within("the failure", one.process("camera", failing)).then(() => [], ({ code, cause }) => [code, cause.message]);
    await within("the camera to be off", off);
    await troubled(1);
    await within("the camera", one.camera(true));
    await troubled(2);
    const [mine, theirs] = [[...one.me.media], [...peer.media]];
    await within("leaving", Promise.all([one.leave(), other.leave()]));
    for (let tries = 0; tries < 500 && Object.values(await counts()).some((count) => count > 0); tries++) await new Promise((done) => setTimeout(done, 20));
    const held = Object.values(await counts()).reduce((sum, count) => sum + count, 0);
    return { refused, first, swapped, other: other2, restarted, bare, failed, troubles, mine, theirs, stops: [red.stops, blue.stops], held };
}

/** Runs in the page. */
async function listening(room, limit) {
    const { join } = await import("/itodenwa/index.js");
    const connections = [];
    const Real = RTCPeerConnection;
    window.RTCPeerConnection = class extends Real {
        constructor(...given) {
            super(...given);
            connections.push(this);
        }
    };
    const [one, other] = [await join(room, { microphone: true }), await join(room)];
    const within = (what, wanted) => Promise.race([wanted, new Promise((_, fail) => setTimeout(() => fail(new Error(`never: ${what}`)), limit))]);
    const peer = await within("the peer", new Promise((done) => (other.onpeer = done)));
    const heard = new Promise((done) => peer.addEventListener("media", ({ detail }) => detail.source === "musicAudio" && detail.on && done()));
    const context = new AudioContext();
    const stereo = new MediaStreamAudioDestinationNode(context, { channelCount: 2 });
    const merger = new ChannelMergerNode(context, { numberOfInputs: 2 });
    const tone = new OscillatorNode(context, { frequency: 440 });
    tone.connect(merger, 0, 0);
    new ConstantSourceNode(context, { offset: 0 }).connect(merger, 0, 1);
    merger.connect(stereo);
    tone.start();
    await within("the publication", one.publish(stereo.stream, { source: "music" }));
    await within("the music", heard);
    // Chromium gives sound to an audio graph only of tracks that an element plays.
    document.body.append(peer.view("music"));
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([peer.track("musicAudio")]) });
    const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
    source.connect(splitter);
    const [left, right] = [0, 1].map((channel) => {
        const analyser = new AnalyserNode(context, { fftSize: 4096 });
        splitter.connect(analyser, channel);
        return () => {
            const samples = new Float32Array(4096);
            analyser.getFloatTimeDomainData(samples);
            return Math.max(...samples.map(Math.abs));
        };
    });
    await within("a tone", new Promise((done) => {
        const look = () => (left() > 0.05 ? setTimeout(done, 300) : setTimeout(look, 20));
        look();
    }));
    const levels = { left: left(), right: right() };
    const sounds = connections.at(-1).localDescription.sdp.split("\r\nm=").filter((part) => part.startsWith("audio"));
    const [voice, music] = sounds.map((part) => part.includes("stereo=1"));
    await within("leaving", Promise.all([one.leave(), other.leave()]));
    return { ...levels, voice, music };
}
