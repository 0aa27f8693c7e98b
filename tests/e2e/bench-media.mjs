// What a call of several people costs when each is shown in a small tile: with what is sent following what is shown, and without.
// Rounds are interleaved. Run by "cargo xtask bench media".
//   node bench-media.mjs --people 5 --rounds 3 --seconds 10
import { parseArgs } from "node:util";
import { processor } from "./bench/processor.mjs";
import { median, table } from "./bench/statistics.mjs";
import { address, end, freshRoom, launchWithAllFrames, LIMIT } from "./people.mjs";

const { values } = parseArgs({
    options: { people: { type: "string" }, rounds: { type: "string" }, seconds: { type: "string" } },
});
const people = Number(values.people ?? 5);
const rounds = Number(values.rounds ?? 3);
const seconds = Number(values.seconds ?? 10);
/** Until browsers know what the network bears. */
const WARM_UP = 15_000;
const TILE = { width: 192, height: 108 };
const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** In the page before anything else: all connections, and how long the library's own looks take. */
function watch() {
    window.connections = [];
    window.looked = 0;
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...all) {
            super(...all);
            window.connections.push(this);
        }
    };
    for (const name of ["setTimeout", "setInterval"]) {
        const real = window[name];
        window[name] = (look, ...others) =>
            real(() => {
                const begun = performance.now();
                look();
                // What it sets off runs in this turn of the page.
                let hops = 0;
                const wait = () => (++hops < 20 ? queueMicrotask(wait) : (window.looked += performance.now() - begun));
                queueMicrotask(wait);
            }, ...others);
    }
}

/** Joins, and shows everybody in a small tile. */
async function enter({ room, adaptive, tile }) {
    const { join } = await import("/itodenwa/index.js");
    document.body.replaceChildren();
    window.room = await join(room, { camera: { quality: "h720" }, microphone: true, adaptive });
    window.room.onpeer = (peer) => {
        const view = peer.view();
        Object.assign(view.style, { width: `${tile.width}px`, height: `${tile.height}px`, objectFit: "cover" });
        document.body.append(view);
    };
}

/** Bytes of pictures sent so far, and milliseconds of looks. */
async function sent() {
    let bytes = 0;
    for (const connection of window.connections) {
        for (const one of (await connection.getStats()).values()) {
            if (one.type === "outbound-rtp" && one.kind === "video") bytes += one.bytesSent;
        }
    }
    return { bytes, looked: window.looked };
}

/** How long one look at the levels of all others takes: milliseconds, the median of many. */
async function lookAtLevels() {
    const receivers = window.connections.flatMap((connection) => connection.getReceivers());
    const voices = receivers.filter(({ track }) => track.kind === "audio" && !track.muted);
    const looks = [];
    for (let look = 0; look < 200; look += 1) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        const begun = performance.now();
        for (const voice of voices) voice.getSynchronizationSources();
        looks.push(performance.now() - begun);
    }
    return looks.sort((one, other) => one - other)[looks.length / 2];
}

async function measure(adaptive) {
    const browser = await launchWithAllFrames();
    try {
        const room = freshRoom();
        const pages = [];
        for (let person = 0; person < people; person += 1) {
            const context = await browser.createBrowserContext();
            const page = await context.newPage({ type: "window" });
            await page.evaluateOnNewDocument(watch);
            await page.goto(await address());
            await page.evaluate(enter, { room, adaptive, tile: TILE });
            pages.push(page);
        }
        const all = (others) => [...document.querySelectorAll("video")].filter(({ videoWidth }) => videoWidth > 0).length === others;
        await Promise.all(pages.map((page) => page.waitForFunction(all, { timeout: 2 * LIMIT }, people - 1)));
        await pause(WARM_UP);
        const look = () => Promise.all(pages.map((page) => page.evaluate(sent)));
        const [before, began, busy] = [await look(), Date.now(), processor(browser.process().pid)];
        await pause(seconds * 1000);
        const [after, ended, busier] = [await look(), Date.now(), processor(browser.process().pid)];
        const over = (ended - began) / 1000;
        const grown = (what) => after.reduce((sum, one, index) => sum + one[what] - before[index][what], 0) / people / over;
        const levels = median(await Promise.all(pages.map((page) => page.evaluate(lookAtLevels))));
        return { levels, kilobits: (grown("bytes") * 8) / 1000, cores: (busier - busy) / over, looks: grown("looked") / 10 };
    } finally {
        await browser.close();
    }
}

const results = { true: [], false: [] };
try {
    for (let round = 1; round <= rounds; round += 1) {
        for (const adaptive of [true, false]) {
            const result = await measure(adaptive);
            results[adaptive].push(result);
            const { kilobits, cores, looks, levels } = result;
            console.log(`round ${round}, adaptive ${adaptive}: ${kilobits.toFixed(0)} kbit/s, ${cores.toFixed(2)} cores, looks ${looks.toFixed(2)} %, levels ${levels.toFixed(3)} ms`);
        }
    }
} finally {
    await end();
}
const of = (adaptive, what) => median(results[adaptive].map((result) => result[what]));
console.log(`\n${people} people in tiles of ${TILE.width} × ${TILE.height}, camera 1280 × 720; medians of ${rounds} rounds of ${seconds} s`);
console.log(
    table([
        ["", "what is sent follows what is shown", "it does not"],
        ["pictures that one person sends to all, kbit/s", of(true, "kilobits").toFixed(0), of(false, "kilobits").toFixed(0)],
        ["cores that the browser of all of them takes", of(true, "cores").toFixed(2), of(false, "cores").toFixed(2)],
        ["share of one page's time that levels, beats and sizes take", `${of(true, "looks").toFixed(2)} %`, `${of(false, "looks").toFixed(2)} %`],
        ["one look at the levels of all others, ms (median)", of(true, "levels").toFixed(1), of(false, "levels").toFixed(1)],
    ]),
);
