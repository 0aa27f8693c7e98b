// How long it takes until two people see each other, beside others that do the same. Rounds are interleaved, everybody has a
// fresh context for each, and ratios are of one round. Run by "cargo xtask bench call".
//   node bench-call.mjs --rounds 15 --calls 50
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Delays } from "./bench/delays.mjs";
import { watch } from "./bench/watch.mjs";
import { address, end, launch, LIMIT, need } from "./people.mjs";
import { Proxy } from "./proxy.mjs";

const { values } = parseArgs({ options: { rounds: { type: "string" }, calls: { type: "string" } } });
const ROUNDS = Number(values.rounds ?? 15);
const CALLS = Number(values.calls ?? 50);
/** Milliseconds that are added one way, on signalling and on media. */
const PROFILES = [0, 25];
const LIBRARIES = ["raw", "peerjs", "simple-peer", "itodenwa", "itodenwa-room"];
const CAMERA = { width: 640, height: 480 };
const root = join(import.meta.dirname, "../..");
const FOLDERS = {
    pages: join(import.meta.dirname, "bench/pages"),
    rivals: join(root, "xtask/rivals/node_modules"),
    itodenwa: join(root, "js/lib"),
    pkg: join(root, "www/pkg"),
};
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
const children = [];

/** The pages, and the way to the proxies of candidates. */
async function servePages(delays) {
    const server = createServer(async ({ url }, response) => {
        const { pathname, searchParams } = new URL(url, "http://localhost");
        if (pathname === "/delays") {
            response.setHeader("Access-Control-Allow-Origin", "*");
            return response.end(String(await delays.proxy(searchParams.get("address"), Number(searchParams.get("port")))));
        }
        const [, folder, ...rest] = normalize(pathname).split("/");
        const file = FOLDERS[folder] && join(FOLDERS[folder], ...rest);
        if (!file || !existsSync(file)) return response.writeHead(404).end();
        response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" });
        createReadStream(file).pipe(response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** One of the servers that ours is measured beside. */
async function startOther(name) {
    const child = spawn("node", [join(root, "server/bench", `${name}.mjs`)], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout })) return line.trim();
    throw new Error(`${name} did not start`);
}

/** Two people who have loaded a library, in contexts of their own. */
async function meet(browser, { pages, delays, library, signaling, room }) {
    const people = [];
    for (const leads of [true, false]) {
        const context = await browser.createBrowserContext();
        const page = await context.newPage({ type: "window" });
        await page.evaluateOnNewDocument(watch, { delays });
        await page.goto(`${pages}pages/index.html?library=${library}`);
        await page.waitForFunction(() => window.isLoaded, { timeout: LIMIT });
        people.push({ context, page, leads });
    }
    const prepare = async ({ page, leads }) => page.evaluate(enter, { signaling, room, leads, camera: CAMERA });
    await Promise.all(people.map(prepare));
    return people;
}

/** In the page: everything until the call. */
async function enter({ signaling, room, leads, camera }) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: camera });
    const show = (shown) => window.firstFrame(shown).then((at) => window.seen(at));
    window.renew = () => {
        window.frame = new Promise((resolve) => (window.seen = resolve));
        Object.assign(window.measured, { marks: {}, messages: 0, bytes: 0 });
    };
    window.renew();
    window.talk = await window.begin({ signaling, room, stream, show, leads, camera });
}

/** Until both see each other: milliseconds, what was sent for it, and how far each was when. */
async function call(people) {
    await Promise.all(people.map(({ page }) => page.evaluate(() => window.talk.ready?.())));
    await Promise.all(people.map(({ page }) => page.evaluate(() => window.renew())));
    const begun = people.map(({ page, leads }) =>
        page.evaluate(async (leads) => {
            const at = performance.timeOrigin + performance.now();
            if (leads || window.talk.bothCall) await window.talk.call();
            return at;
        }, leads),
    );
    const at = Math.min(...(await Promise.all(begun)));
    const seen = (page) =>
        page.evaluate(
            (limit) =>
                Promise.race([
                    window.frame,
                    new Promise((_, reject) => setTimeout(reject, limit, new Error("no picture came"))),
                ]),
            LIMIT,
        );
    const frames = await Promise.all(people.map(({ page }) => seen(page)));
    const [measured, origin] = await people[0].page.evaluate(() => [window.measured, performance.timeOrigin]);
    const steps = Object.entries(measured.marks).map(([name, time]) => [name, time - at]);
    const seenAt = Math.max(...frames);
    return { millis: seenAt - at, cold: seenAt - origin, messages: measured.messages, bytes: measured.bytes, steps };
}

const hangUp = (people) =>
    Promise.all(
        people.map(({ page }) =>
            page.evaluate(async () => {
                await window.talk.close();
                document.body.replaceChildren();
            }),
        ),
    );

/** A first call and a second one in the same pages. */
async function round(browser, options) {
    const people = await meet(browser, options);
    try {
        const first = await call(people);
        // Who is in the room for long is not cold.
        if (options.library === "itodenwa-room") return { first: { ...first, cold: undefined } };
        await hangUp(people);
        return { first, second: await call(people) };
    } finally {
        await Promise.all(people.map(({ context }) => context.close()));
    }
}

/** What many calls leave behind in a page: kilobytes of heap and listeners, for each call. */
async function leaks(browser, options) {
    const people = await meet(browser, options);
    try {
        const [{ page }] = people;
        const cdp = await page.createCDPSession();
        await cdp.send("Performance.enable");
        const look = async () => {
            for (let time = 0; time < 3; time += 1) await cdp.send("HeapProfiler.collectGarbage");
            const { metrics } = await cdp.send("Performance.getMetrics");
            return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
        };
        const talk = async () => {
            await call(people);
            await hangUp(people);
        };
        for (let warmUp = 0; warmUp < 5; warmUp += 1) await talk();
        const before = await look();
        for (let done = 0; done < CALLS; done += 1) await talk();
        const after = await look();
        const grown = (what) => (after[what] - before[what]) / CALLS;
        return { heap: grown("JSHeapUsedSize") / 1024, listeners: grown("JSEventListeners"), nodes: grown("Nodes") };
    } finally {
        await Promise.all(people.map(({ context }) => context.close()));
    }
}

function quantile(numbers, part) {
    const sorted = numbers.toSorted((one, other) => one - other);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}
const median = (numbers) => quantile(numbers, 0.5);
const row = (...cells) => console.log(`| ${cells.join(" | ")} |`);

function table(delay, rounds) {
    console.log(`\n${delay} ms added one way; ${rounds.length} rounds; milliseconds until both see each other: median (quartiles)\n`);
    row("", "first call", "x", "second call", "x", "from navigation", "x", "messages of one side", "kB");
    row(...Array(9).fill("---"));
    for (const library of LIBRARIES) {
        const times = (of, which) => (which === "cold" ? of.first.cold : of[which]?.millis);
        const of = (which) => rounds.map((one) => times(one[library], which)).filter((millis) => millis !== undefined);
        const ratios = (which) => rounds.map((one) => times(one[library], which) / times(one.raw, which));
        const rounded = (times, part) => quantile(times, part).toFixed(0);
        const text = (times) =>
            times.length ? `${rounded(times, 0.5)} (${rounded(times, 0.25)}-${rounded(times, 0.75)})` : "-";
        const ratio = (which) => (of(which).length ? median(ratios(which)).toFixed(2) : "-");
        const sent = (what) => median(rounds.map((one) => one[library].first[what]));
        const columns = ["first", "second", "cold"].flatMap((which) => [text(of(which)), ratio(which)]);
        row(library, ...columns, sent("messages"), (sent("bytes") / 1000).toFixed(1));
    }
    console.log("\nThe steps of the side that calls, in the first call (medians, ms):");
    for (const library of LIBRARIES) {
        const names = rounds[0][library].first.steps.map(([name]) => name);
        const steps = rounds.flatMap((one) => one[library].first.steps);
        const times = (name) => steps.filter(([known]) => known === name).map(([, time]) => time);
        console.log(`${library}: ${names.map((name) => `${name} ${median(times(name)).toFixed(0)}`).join(", ")}`);
    }
}

async function run() {
    const servers = {
        raw: await startOther("ws"),
        peerjs: await startOther("peer"),
        itodenwa: await address(),
    };
    const of = { raw: "raw", "simple-peer": "raw", peerjs: "peerjs", itodenwa: "itodenwa", "itodenwa-room": "itodenwa" };
    const browser = await launch("chromium", { args: ["--disable-features=WebRtcHideLocalIpsWithMdns"] });
    let rooms = 0;
    try {
        for (const delay of PROFILES) {
            const delays = new Delays(delay);
            const pages = await servePages(delays);
            const proxies = {};
            for (const [name, target] of Object.entries(servers)) {
                proxies[name] = await Proxy.to(target);
                proxies[name].slowDown(delay);
            }
            const options = (library) => ({
                library,
                pages: pages.address,
                delays: delay ? `${pages.address}delays` : undefined,
                signaling: proxies[of[library]].address.replace("http", library === "peerjs" ? "http" : "ws") + (of[library] === "itodenwa" ? "ws" : ""),
                room: `bench-${process.pid}-${(rooms += 1)}`,
            });
            const rounds = [];
            for (let number = -1; number < ROUNDS; number += 1) {
                const measured = {};
                // Each begins as often as the others.
                const turn = LIBRARIES.map((_, index) => LIBRARIES[(index + number + LIBRARIES.length) % LIBRARIES.length]);
                for (const library of turn) measured[library] = await round(browser, options(library));
                // The first is for warming up.
                if (number >= 0) rounds.push(measured);
            }
            table(delay, rounds);
            if (delay === 0 && CALLS > 0) {
                console.log(`\nLeft behind in a page for each of ${CALLS} calls\n`);
                row("", "kB of heap", "listeners", "nodes");
                row(...Array(4).fill("---"));
                for (const library of LIBRARIES.filter((library) => library !== "itodenwa-room")) {
                    const { heap, listeners, nodes } = await leaks(browser, options(library));
                    row(library, heap.toFixed(2), listeners.toFixed(2), nodes.toFixed(2));
                }
            }
            for (const proxy of Object.values(proxies)) proxy.end();
            pages.close();
            delays.end();
        }
    } finally {
        await browser.close();
        for (const child of children) child.kill();
        await end();
    }
}

need("ITODENWA_SERVER");
await run();
process.exit(0);
