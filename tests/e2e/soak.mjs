// A soak: people come and go, switch, share and write, and the way to the server is cut now and then. In every round everybody agrees at
// the end, and what was used is measured when the visitors are gone.
//   node soak.mjs [--minutes 30] [--browser chromium|firefox|mixed]
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { browser, end, freshRoom, LIMIT, startServer } from "./people.mjs";
import { Proxy } from "./proxy.mjs";
import { grown } from "./soak/flat.mjs";
import { look, offer, prepare } from "./soak/page.mjs";

/** Those who stay, and those who come and go: the first leaves, and the page of the second is loaded anew. */
const PAIRS = { chromium: ["chromium", "chromium"], firefox: ["firefox", "firefox"], mixed: ["chromium", "firefox"] };
const NAMES = ["Ann", "Ben"];
/** What each does in a round, and within which time before each. */
const ACTS = 6;
const WITHIN = 400;
/** In one of so many rounds the server is out of reach for so many milliseconds. */
const CUTS = 3;
const CUT_FOR = 2_000;
const MIB = 2 ** 20;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Runs for so long, and for so many rounds at least. Gives what is wrong, and each round's measurement, which `tell` is given as it is made. */
export async function soak(pair, minutes, rounds = 4, tell = () => {}) {
    const server = await startServer("--public-metrics");
    const proxy = await Proxy.to(server.address);
    const opened = [];
    try {
        const open = async (kind) => {
            const page = await entrance(kind, proxy.address);
            opened.push(page);
            return page;
        };
        const room = freshRoom();
        const residents = await Promise.all(PAIRS[pair].map(open));
        await Promise.all(residents.map((page, index) => page.evaluate((...who) => soak.join(...who), room, NAMES[index])));
        const visitors = await Promise.all(PAIRS[pair].map(open));
        const until = Date.now() + minutes * 60_000;
        const measured = [];
        for (let round = 1; round <= rounds || Date.now() < until; round += 1) {
            await together(room, residents, visitors, round, proxy);
            measured.push(await measure(residents, visitors[0], server.address));
            tell({ round, ...measured.at(-1) });
        }
        return { wrong: grown(measured), measured };
    } finally {
        await Promise.allSettled(opened.map((page) => page.browserContext().close()));
        proxy.end();
        server.process.kill();
    }
}

async function entrance(kind, address) {
    const context = await (await browser(kind)).createBrowserContext();
    // A window: a tab behind another one shows no frames.
    const page = await context.newPage({ type: "window" });
    await page.evaluateOnNewDocument(prepare);
    await enter(page, address);
    return page;
}

async function enter(page, address) {
    await page.goto(address, { timeout: LIMIT });
    await page.evaluate(offer);
}

/** One round: the visitors come, everybody does something, all agree, and the visitors go. */
async function together(room, residents, visitors, round, proxy) {
    const all = [...residents, ...visitors];
    const names = [...NAMES, ...visitors.map((_, index) => `visitor ${round}.${index}`)];
    await Promise.all(residents.map((page) => page.evaluate(() => soak.begin())));
    await Promise.all(visitors.map((page, index) => page.evaluate((...who) => soak.join(...who), room, names[index + NAMES.length])));
    // Who is not connected yet hears nothing of what is said.
    await agree(all, names);
    const acted = Promise.all(all.map((page) => page.evaluate((...so) => soak.act(...so), ACTS, WITHIN)));
    // Whoever fails meanwhile is told of below.
    acted.catch(() => {});
    if (round % CUTS === 0) {
        proxy.cut();
        await sleep(CUT_FOR);
        proxy.heal();
    }
    await acted;
    await agree(all, names);
    const [leaves, reloads] = visitors;
    await Promise.all([leaves.evaluate(() => soak.leave()), enter(reloads, proxy.address)]);
    await agree(residents, NAMES);
}

/** Waits until each sees of each other what they have on, and has heard what they said. */
async function agree(pages, names) {
    for (const since = Date.now(); ; await sleep(100)) {
        const views = await Promise.all(pages.map((page) => page.evaluate(() => soak.view())));
        const lacks = views.flatMap((view, here) => missing(view, here, views, names));
        if (lacks.length === 0) return;
        if (Date.now() - since > LIMIT) throw new Error(`they never agreed: ${lacks.join("; ")}`);
    }
}

function missing({ wrong, signaling, peers }, here, views, names) {
    const lacks = [...wrong];
    if (signaling !== "connected") lacks.push(`${names[here]} has no server`);
    if (Object.keys(peers).length !== names.length - 1) lacks.push(`${names[here]} sees ${Object.keys(peers)}`);
    views.forEach(({ on, said }, there) => {
        const expected = JSON.stringify({ state: "connected", away: false, on, heard: said });
        const seen = JSON.stringify(peers[names[there]]);
        if (there !== here && seen !== expected) lacks.push(`${names[here]} of ${names[there]}: ${seen}, not ${expected}`);
    });
    return lacks;
}

/** What is used now, the names with whose it is. */
async function measure(residents, visitor, address) {
    const pages = [...residents.map((page, index) => [NAMES[index], page]), ["visitor", visitor]];
    const used = await Promise.all(pages.map(async ([who, page]) =>
        Object.entries({ ...(await page.evaluate(look)), ...(await heap(page)) }).map(([name, value]) => [`${who} ${name}`, value])));
    const metrics = await (await fetch(`${address}metrics`)).text();
    const metric = (name) => Number(metrics.match(new RegExp(`^${name} (\\S+)$`, "m"))?.[1]);
    const server = {
        "server rss": metric("process_resident_memory_bytes") / MIB,
        "server descriptors": metric("process_open_fds"),
        "server sockets": metric("itodenwa_connections"),
    };
    return { ...Object.fromEntries(used.flat()), ...server };
}

/** Of Chromium, after a collection. */
async function heap(page) {
    if (page.browser().process()?.spawnfile.includes("firefox")) return {};
    page.inspector ??= await page.createCDPSession();
    await page.inspector.send("Performance.enable");
    for (let time = 0; time < 3; time += 1) await page.inspector.send("HeapProfiler.collectGarbage");
    const { metrics } = await page.inspector.send("Performance.getMetrics");
    const metric = (name) => metrics.find((metric) => metric.name === name).value;
    return { heap: metric("JSHeapUsedSize") / MIB, listeners: metric("JSEventListeners") };
}

const rounded = (value) => String(Math.round(value * 100) / 100);

async function main() {
    const { values } = parseArgs({ options: { minutes: { type: "string", default: "30" }, browser: { type: "string", default: "mixed" } } });
    const since = Date.now();
    let [said, names] = [-1, undefined];
    const row = ({ round, ...measured }) => {
        if (!names) {
            names = Object.keys(measured);
            console.log(`| minute | round | ${names.join(" | ")} |\n|${"--:|".repeat(names.length + 2)}`);
        }
        // One line a minute.
        const minute = Math.floor((Date.now() - since) / 60_000);
        if (minute > said) console.log(`| ${minute} | ${round} | ${names.map((name) => rounded(measured[name])).join(" | ")} |`);
        said = minute;
    };
    try {
        const { wrong, measured } = await soak(values.browser, Number(values.minutes), 4, row);
        console.log(`\n${measured.length} rounds, ${2 * measured.length} visitors, everybody agreed after each`);
        console.log(wrong.length > 0 ? `GROWN\n${wrong.join("\n")}` : "nothing has grown by more than is allowed");
        process.exitCode = wrong.length > 0 ? 1 : 0;
    } finally {
        await end();
    }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
