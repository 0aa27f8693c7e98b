// The pages of examples/, as two people use them.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { browser, each, end, freshRoom, LIMIT, startProgram } from "./people.mjs";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));
let server;

before(async () => (server = await startProgram("--www", EXAMPLES, "--www-links")));
after(async () => {
    await end();
    server.process.kill();
});

/** Two people of a kind on an example's page. */
async function two(t, kind, page, ...prepared) {
    const room = freshRoom();
    const pages = [];
    for (const _ of ["Ann", "Bob"]) {
        const context = await (await browser(kind)).createBrowserContext();
        t.after(() => context.close());
        const one = await context.newPage();
        for (const prepare of prepared.splice(0, 1).flat()) await one.evaluateOnNewDocument(prepare);
        await one.goto(`${server.address}${page}.html#${room}`);
        pages.push(one);
    }
    return pages;
}

/** Waits until a page shows moving pictures of somebody. */
async function sees(page, selector) {
    await page.waitForSelector(selector, { timeout: LIMIT });
    // What is out of sight is not sent.
    await page.$eval(selector, (video) => video.scrollIntoView());
    const frames = page.evaluate((selector) => new Promise((done) => {
        const video = document.querySelector(selector);
        video.requestVideoFrameCallback(() => video.requestVideoFrameCallback(() => done(video.videoWidth)));
    }), selector);
    assert.ok(await frames > 0);
}

const trouble = (page) => page.$eval("#trouble", ({ textContent }) => textContent);

for (const [kind, test] of each("chromium", "firefox")) {
    test(`${kind}: a whiteboard`, async (t) => {
        const [ann, bob] = await two(t, kind, "canvas");
        for (const page of [ann, bob]) await page.waitForSelector("#others video", { timeout: LIMIT });
        const painting = setInterval(() => ann.evaluate(() => {
            const paint = document.getElementById("board").getContext("2d");
            paint.fillStyle = "rgb(0, 0, 255)";
            // Not all of it: of a canvas that is painted over as a whole Chromium sometimes captures black pictures.
            paint.fillRect(0, 0, 600, 340);
        }).catch(() => {}), 100);
        t.after(() => clearInterval(painting));
        await sees(bob, "#others video");
        await bob.waitForFunction(() => {
            const look = new OffscreenCanvas(1, 1).getContext("2d");
            look.drawImage(document.querySelector("#others video"), 0, 0, 1, 1);
            const [red, , blue] = look.getImageData(0, 0, 1, 1).data;
            return blue > 150 && red < 90;
        }, { timeout: LIMIT, polling: 100 });
        assert.deepEqual([await trouble(ann), await trouble(bob)], ["", ""]);
        // Who goes takes their board along.
        const errors = [];
        ann.on("pageerror", ({ message }) => errors.push(message));
        await bob.close();
        await ann.waitForFunction(() => !document.querySelector("#others video"), { timeout: LIMIT });
        assert.deepEqual(errors, []);
    });

    test(`${kind}: a level meter`, async (t) => {
        const [ann, bob] = await two(t, kind, "level-meter");
        // One's own sound goes through an audio graph: Firefox runs none where there is no sound device.
        for (const meter of ["#others meter", ...(kind === "chromium" ? ["#own"] : [])]) {
            const isLoud = (meter) => document.querySelector(meter)?.value > 0.005;
            for (const page of [ann, bob]) await page.waitForFunction(isLoud, { timeout: LIMIT, polling: 100 }, meter);
        }
        assert.deepEqual([await trouble(ann), await trouble(bob)], ["", ""]);
    });
}

// Firefox has no WebGL without graphics hardware: it would blur all of the picture, which takes it two minutes here.
test("chromium: a blurred background", (t) => blurs(t, checkerboard));

test("chromium: a background is blurred also where canvases have no filters, as in Safari", (t) => {
    return blurs(t, checkerboard, () => delete CanvasRenderingContext2D.prototype.filter);
});

async function blurs(t, ...prepared) {
    // The camera of one is small and shows a checkerboard, as there is no graphics hardware here; the other has none.
    const [ann, bob] = await two(t, "chromium", "background", prepared, () => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("a test", "NotFoundError"));
    });
    await sees(ann, "#me video");
    await sees(bob, "#others video");
    const isMade = (made) => ann.waitForFunction(
        (made) => document.querySelector("#me video").srcObject.getVideoTracks()[0] !== window.given === made,
        { timeout: LIMIT, polling: 100 },
        made,
    );
    await isMade(true);
    const blurred = await edges(ann);
    await ann.click("#blur");
    await isMade(false);
    await sees(ann, "#me video");
    const sharp = await edges(ann);
    assert.ok(sharp > 10 && blurred < sharp / 2, `${blurred} of ${sharp} is left`);
    await ann.click("#blur");
    await isMade(true);
    await sees(bob, "#others video");
    assert.equal(await trouble(ann), "");
}

// Firefox runs no audio graph where there is no sound device.
test("noise is taken out of a voice", async (t) => {
    const [ann] = await two(t, "chromium", "level-meter");
    await ann.click("#noise");
    const [noisy, clean] = await ann.evaluate(noiseLeft, LIMIT);
    assert.ok(noisy > 0.05 && clean > 0 && clean < noisy / 2, `of ${noisy} there is ${clean}`);
    assert.equal(await trouble(ann), "");
});

/** Runs in the page: the loudness of noise before and after. */
async function noiseLeft(limit) {
    const { WithoutNoise } = await import("./noise.js");
    const context = new AudioContext({ sampleRate: 48_000 });
    const samples = context.createBuffer(1, 96_000, 48_000);
    samples.getChannelData(0).forEach((_, index, all) => (all[index] = (Math.random() - 0.5) / 4));
    const noise = new AudioBufferSourceNode(context, { buffer: samples, loop: true });
    const sent = new MediaStreamAudioDestinationNode(context);
    noise.connect(sent);
    noise.start();
    const processor = new WithoutNoise();
    const [track] = sent.stream.getAudioTracks();
    const made = await processor.start(track);
    const meter = (track) => {
        const analyser = new AnalyserNode(context, { fftSize: 16_384 });
        new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) }).connect(analyser);
        return () => {
            const samples = new Float32Array(16_384);
            analyser.getFloatTimeDomainData(samples);
            // Nothing yet until it has heard a whole window.
            return samples[0] && Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
        };
    };
    const [before, after] = [meter(track), meter(made)];
    // It learns what the noise is, and from the beginning again after each gap that a busy machine makes.
    const until = performance.now() + limit;
    let levels;
    do {
        await new Promise((done) => setTimeout(done, 200));
        levels = [before(), after()];
    } while ((!levels[0] || !levels[1] || levels[1] > levels[0] / 2) && performance.now() < until);
    processor.stop();
    await context.close();
    return levels;
}

/** Runs in the page: a camera for it. */
function checkerboard() {
    navigator.mediaDevices.getUserMedia = async () => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 90 });
        const paint = canvas.getContext("2d");
        setInterval(() => {
            for (let x = 0; x < 160; x += 4) {
                for (let y = 0; y < 90; y += 4) {
                    paint.fillStyle = (x + y) % 8 ? "white" : "black";
                    paint.fillRect(x, y, 4, 4);
                }
            }
        }, 50);
        const stream = canvas.captureStream(20);
        [window.given] = stream.getVideoTracks();
        return stream;
    };
}

/** How much neighbours differ in one's own picture: few where it is blurred. */
async function edges(page) {
    return page.evaluate(async () => {
        const video = document.querySelector("#me video");
        const { videoWidth: width, videoHeight: height } = video;
        const look = new OffscreenCanvas(width, height).getContext("2d");
        look.drawImage(video, 0, 0);
        const { data } = look.getImageData(0, 0, width, height);
        let sum = 0;
        for (let at = 4; at < data.length; at += 4) sum += Math.abs(data[at + 1] - data[at - 3]);
        return sum / (width * height);
    });
}
