// How long it takes until two people see each other, beside others that do the same. Rounds are interleaved, everybody has a
// fresh context for each, and ratios are of one round. Run by "cargo xtask bench call".
//   node bench-call.mjs --rounds 15 --calls 50
import { parseArgs } from "node:util";
import { Delays } from "./bench/delays.mjs";
import { closeAll, endServers, openPage, servePages, signalingOf, startServers } from "./bench/site.mjs";
import { median, spread, table, turned } from "./bench/statistics.mjs";
import { end, launchWithAllFrames, LIMIT, need } from "./people.mjs";
import { Proxy } from "./proxy.mjs";

const { values } = parseArgs({ options: { rounds: { type: "string" }, calls: { type: "string" } } });
const ROUNDS = Number(values.rounds ?? 15);
const CALLS = Number(values.calls ?? 50);
/** Milliseconds that are added one way, on signalling and on media. */
const PROFILES = [0, 25];
const LIBRARIES = ["raw", "peerjs", "simple-peer", "itodenwa", "itodenwa-unprepared", "itodenwa-room"];
const CAMERA = { width: 640, height: 480 };

/** Two people who have loaded a library, in contexts of their own. */
async function meet(browser, { pages, delays, library, signaling, room }) {
    const open = async (leads) => ({ page: await openPage(browser, pages, `call/${library}`, delays), leads });
    const people = [await open(true), await open(false)];
    const prepare = async ({ page, leads }) => page.evaluate(enter, { signaling, room, leads, camera: CAMERA });
    await Promise.all(people.map(prepare));
    return people;
}

const goHome = (people) => closeAll(people.map(({ page }) => page));

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
        await goHome(people);
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
        await goHome(people);
    }
}

function print(delay, rounds) {
    console.log(`\n${delay} ms added one way; ${rounds.length} rounds; milliseconds until both see each other: median (quartiles)\n`);
    const head = ["", "first call", "x", "second call", "x", "from navigation", "x", "messages of one side", "kB"];
    const rows = LIBRARIES.map((library) => {
        const times = (of, which) => (which === "cold" ? of.first.cold : of[which]?.millis);
        const of = (which) => rounds.map((one) => times(one[library], which)).filter((millis) => millis !== undefined);
        const ratios = (which) => rounds.map((one) => times(one[library], which) / times(one.raw, which));
        const columns = ["first", "second", "cold"].flatMap((which) =>
            of(which).length ? [spread(of(which)), median(ratios(which)).toFixed(2)] : ["-", "-"],
        );
        const sent = (what) => median(rounds.map((one) => one[library].first[what]));
        return [library, ...columns, sent("messages"), (sent("bytes") / 1000).toFixed(1)];
    });
    console.log(table([head, ...rows]));
    console.log("\nThe steps of the side that calls, in the first call (medians, ms):");
    for (const library of LIBRARIES) {
        const names = rounds[0][library].first.steps.map(([name]) => name);
        const steps = rounds.flatMap((one) => one[library].first.steps);
        const times = (name) => steps.filter(([known]) => known === name).map(([, time]) => time);
        console.log(`${library}: ${names.map((name) => `${name} ${median(times(name)).toFixed(0)}`).join(", ")}`);
    }
}

async function run() {
    const servers = await startServers();
    const browser = await launchWithAllFrames({ args: ["--disable-features=WebRtcHideLocalIpsWithMdns"] });
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
            const behind = Object.fromEntries(Object.entries(proxies).map(([name, { address }]) => [name, address]));
            const options = (library) => ({
                library,
                pages: pages.address,
                delays: delay ? `${pages.address}delays` : undefined,
                signaling: signalingOf(library, behind),
                room: `bench-${process.pid}-${(rooms += 1)}`,
            });
            const rounds = [];
            for (let number = -1; number < ROUNDS; number += 1) {
                const measured = {};
                for (const library of turned(LIBRARIES, number)) measured[library] = await round(browser, options(library));
                // The first is for warming up.
                if (number >= 0) rounds.push(measured);
            }
            print(delay, rounds);
            if (delay === 0 && CALLS > 0) {
                console.log(`\nLeft behind in a page for each of ${CALLS} calls\n`);
                const rows = [["", "kB of heap", "listeners", "nodes"]];
                for (const library of LIBRARIES.filter((library) => library !== "itodenwa-room")) {
                    const { heap, listeners, nodes } = await leaks(browser, options(library));
                    rows.push([library, heap.toFixed(2), listeners.toFixed(2), nodes.toFixed(2)]);
                }
                console.log(table(rows));
            }
            for (const proxy of Object.values(proxies)) proxy.end();
            pages.close();
            delays.end();
        }
    } finally {
        await browser.close();
        endServers();
        await end();
    }
}

need("ITODENWA_SERVER");
await run();
process.exit(0);
