// How long it takes until everybody in a room sees everybody else when all come at once, and what it costs them then, beside
// hand-written JavaScript. Rounds are interleaved, and ratios are of one round. Run by "cargo xtask bench mesh".
//   node bench-mesh.mjs --rounds 5 --seconds 5 --people 2,4,6,8
import { parseArgs } from "node:util";
import { processor } from "./bench/processor.mjs";
import { closeAll, endServers, openPage, servePages, signalingOf, startServers } from "./bench/site.mjs";
import { median, spread, table, turned } from "./bench/statistics.mjs";
import { end, launchWithAllFrames, LIMIT, need } from "./people.mjs";

const { values } = parseArgs({
    options: { rounds: { type: "string" }, seconds: { type: "string" }, people: { type: "string" } },
});
const ROUNDS = Number(values.rounds ?? 5);
const SECONDS = Number(values.seconds ?? 5);
const PEOPLE = (values.people ?? "2,4,6,8").split(",").map(Number);
const LIBRARIES = ["raw", "itodenwa"];
const NAMES = { raw: "by hand", itodenwa: "this" };
const CAMERA = { width: 640, height: 480 };
const TILE = { width: "240px", height: "180px", objectFit: "cover" };
const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** In the page: everything until it may join. `window.all` has the time when all others were seen. */
async function enter({ others, tile, ...options }) {
    window.frames = [];
    window.all = new Promise((resolve) => {
        window.seen = (at) => window.frames.push(at) === others && resolve(Math.max(...window.frames));
    });
    const show = async (shown) => {
        const video = shown instanceof MediaStream ? document.createElement("video") : shown;
        if (video !== shown) Object.assign(video, { autoplay: true, muted: true, srcObject: shown });
        Object.assign(video.style, tile);
        window.seen(await window.firstFrame(video));
    };
    window.side = await window.begin({ ...options, show });
}

/** When it began, when all were connected, and when all were seen. */
async function join({ others, limit }) {
    const begun = performance.timeOrigin + performance.now();
    await window.side.join();
    const late = new Promise((resolve) => setTimeout(resolve, limit));
    const seen = await Promise.race([window.all, late]);
    const { connected } = window.measured;
    // Browsers may tell it after the first picture.
    while (seen && connected.length < others) await new Promise((resolve) => setTimeout(resolve, 10));
    if (!seen) throw new Error(`of ${others} others ${connected.length} are connected and ${window.frames.length} were seen`);
    return { begun, connected: connected[others - 1], seen };
}

async function metric(cdp, name) {
    const { metrics } = await cdp.send("Performance.getMetrics");
    return metrics.find((metric) => metric.name === name).value;
}

/** Megabytes of JavaScript's heap after a collection, and of wasm's memory. */
async function memory(cdp, page) {
    await cdp.send("HeapProfiler.collectGarbage");
    return { heap: (await metric(cdp, "JSHeapUsedSize")) / 1e6, wasm: await page.evaluate(wasmMemory) };
}

/** In the page: what the wasm has taken. What is loaded already is given again. */
async function wasmMemory() {
    if (!location.search.endsWith("itodenwa")) return 0;
    const { default: load } = await import("/pkg/itodenwa.js");
    const memory = Object.values(await load()).find((exported) => exported instanceof WebAssembly.Memory);
    return memory.buffer.byteLength / 1e6;
}

/** The share of a page's time that scripts take, with what they call in the browser: percent. */
async function scripts(cdp) {
    await cdp.send("Profiler.enable");
    await cdp.send("Profiler.setSamplingInterval", { interval: 500 });
    await cdp.send("Profiler.start");
    await pause(SECONDS * 1000);
    const { profile } = await cdp.send("Profiler.stop");
    const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
    const isScript = new Map();
    const mark = (node, isBelow) => {
        const is = isBelow || node.callFrame.url !== "";
        isScript.set(node.id, is);
        for (const child of node.children ?? []) mark(nodes.get(child), is);
    };
    mark(profile.nodes[0], false);
    const micros = profile.samples.reduce((sum, id, index) => sum + (isScript.get(id) ? profile.timeDeltas[index] : 0), 0);
    return (100 * micros) / (profile.endTime - profile.startTime);
}

const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** So many people come at once. */
async function measure(browser, site, { library, people, ...options }) {
    const pages = [];
    try {
        while (pages.length < people) pages.push(await openPage(browser, site, `mesh/${library}`));
        const others = people - 1;
        await Promise.all(
            pages.map((page, number) => page.evaluate(enter, { ...options, others, tile: TILE, camera: CAMERA, name: `person-${number}` })),
        );
        const joined = await Promise.all(pages.map((page) => page.evaluate(join, { others, limit: LIMIT })));
        const begun = Math.min(...joined.map(({ begun }) => begun));
        const until = (what) => Math.max(...joined.map((one) => one[what])) - begun;
        const sessions = await Promise.all(pages.map((page) => page.createCDPSession()));
        // Of the processor, not of the clock: what others do meanwhile does not count.
        for (const cdp of sessions) await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
        const look = async () => {
            const used = processor(browser.process().pid);
            const tasks = await Promise.all(sessions.map((cdp) => metric(cdp, "TaskDuration")));
            return { at: Date.now() / 1000, used, tasks: mean(tasks) };
        };
        const before = await look();
        await pause(SECONDS * 1000);
        const after = await look();
        const share = (what) => (after[what] - before[what]) / (after.at - before.at);
        const memories = await Promise.all(sessions.map((cdp, index) => memory(cdp, pages[index])));
        return {
            connected: until("connected"),
            seen: until("seen"),
            cores: share("used"),
            busy: 100 * share("tasks"),
            scripts: await scripts(sessions[0]),
            heap: mean(memories.map(({ heap }) => heap)),
            wasm: mean(memories.map(({ wasm }) => wasm)),
        };
    } finally {
        await closeAll(pages);
    }
}

/** Each: name, what it is called, digits, whether the ratio is told. */
const COLUMNS = [
    ["seen", "all see all, ms", 0, true],
    ["connected", "all connected, ms", 0, true],
    ["cores", "cores of the browser of all", 2, true],
    ["busy", "of one page's main thread, %", 1, true],
    ["scripts", "of it scripts, %", 2, false],
    ["heap", "heap of a page, MB", 1, false],
    ["wasm", "and of its wasm, MB", 1, false],
];

function text(rounds) {
    const head = ["people", "", ...COLUMNS.flatMap(([, title, , isRatio]) => (isRatio ? [title, "ratio"] : [title]))];
    const rows = PEOPLE.flatMap((people) =>
        LIBRARIES.map((library) => {
            const cells = COLUMNS.flatMap(([name, , digits, isRatio]) => {
                const of = rounds.map((one) => one[people][library][name]);
                const ratio = median(rounds.map((one) => one[people][library][name] / one[people].raw[name])).toFixed(2);
                const told = name === "seen" ? spread(of, digits) : median(of).toFixed(digits);
                return isRatio ? [told, ratio] : [told];
            });
            return [people, NAMES[library], ...cells];
        }),
    );
    return table([head, ...rows]);
}

/** Of each library the medians for so many people, for the plot. */
function series(rounds) {
    const of = (library, name) => PEOPLE.map((people) => median(rounds.map((one) => one[people][library][name])));
    const named = (name) => Object.fromEntries(LIBRARIES.map((library) => [NAMES[library], of(library, name)]));
    return { people: PEOPLE, seen: named("seen"), cores: named("cores") };
}

async function run() {
    const site = await servePages();
    const servers = await startServers();
    const browser = await launchWithAllFrames();
    let rooms = 0;
    try {
        const rounds = [];
        for (let number = -1; number < ROUNDS; number += 1) {
            const measured = {};
            for (const people of number < 0 ? PEOPLE.slice(0, 1) : PEOPLE) {
                measured[people] = {};
                for (const library of turned(LIBRARIES, number)) {
                    const options = { signaling: signalingOf(library, servers), room: `mesh-${process.pid}-${(rooms += 1)}` };
                    const result = await measure(browser, site.address, { library, people, ...options });
                    measured[people][library] = result;
                    const told = COLUMNS.map(([name, title, digits]) => `${title} ${result[name].toFixed(digits)}`);
                    console.log(`round ${number + 1}, ${people} people, ${NAMES[library]}: ${told.join("; ")}`);
                }
            }
            if (number >= 0) rounds.push(measured);
        }
        console.log(JSON.stringify({ text: text(rounds), ...series(rounds) }));
    } finally {
        await browser.close();
        site.close();
        endServers();
        await end();
    }
}

need("ITODENWA_SERVER");
await run();
process.exit(0);
