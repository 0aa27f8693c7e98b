// What data costs beside others that carry it: throughput, the way there and back, small messages, files. In each round everybody
// has two fresh pages, and of each figure all are measured one after the other; ratios are of one round. Run by "cargo xtask bench data".
//   node bench-data.mjs --rounds 5 --mebibytes 64 --browser chromium
import { parseArgs } from "node:util";
import { closeAll, endServers, openPage, servePages, signalingOf, startServers } from "./bench/site.mjs";
import { median, quantile, spread, table, turned } from "./bench/statistics.mjs";
import { end, launch, need } from "./people.mjs";

const { values } = parseArgs({
    options: { rounds: { type: "string" }, mebibytes: { type: "string" }, browser: { type: "string" } },
});
const ROUNDS = Number(values.rounds ?? 5);
const MEBIBYTES = Number(values.mebibytes ?? 64);
const BROWSER = values.browser ?? "chromium";
const TOTAL = MEBIBYTES << 20;
const LIBRARIES = ["raw", "peerjs", "simple-peer", "itodenwa"];
const NAMES = { raw: "hand-written JavaScript", peerjs: "PeerJS 1.5.5", "simple-peer": "simple-peer 9.11.1", itodenwa: "this" };
const SMALL = 100;
/** Messages of `SMALL` bytes that are sent, and that come back. */
const MESSAGES = 50_000;
const PINGS = 2000;
const KIB = 1024;

/** Opens a connection: everything until messages can be sent. What comes goes to `window.take`. */
const enter = async (options) => {
    window.take = () => {};
    window.side = await window.begin({ ...options, take: (message) => window.take(message) });
};
const connect = async () => {
    window.link = await window.side.connect();
};

/** In the page of the one who sends: milliseconds until the other one has everything. */
async function flood({ size, total }) {
    const message = new Uint8Array(size).map((_, at) => at * 7);
    const answered = new Promise((resolve) => (window.take = resolve));
    const begun = performance.now();
    for (let sent = 0; sent < total; sent += size) {
        const full = window.link.send(message);
        if (full) await full;
    }
    await answered;
    return performance.now() - begun;
}

/** In the page of the other one: says so when it has as much. */
function swallow({ size, total }) {
    let left = Math.ceil(total / size);
    window.take = (message) => {
        if (message.byteLength !== size) throw new Error(`${message.byteLength} bytes came instead of ${size}`);
        left -= 1;
        if (left === 0) window.link.send(new Uint8Array(1));
    };
}

function echo() {
    window.take = (message) => window.link.send(new Uint8Array(message));
}

/** Milliseconds of each way there and back. */
async function ping({ size, times }) {
    const took = [];
    const message = new Uint8Array(size);
    for (let time = 0; time < times; time += 1) {
        const answered = new Promise((resolve) => (window.take = resolve));
        const begun = performance.now();
        window.link.send(message);
        await answered;
        took.push(performance.now() - begun);
    }
    return took;
}

/** Sends a file; milliseconds until the other one says that it has it. */
async function sendFile({ size }) {
    const parts = Array.from({ length: size / (1 << 20) }, (_, number) => new Uint8Array(1 << 20).fill(number + 1));
    const file = new File(parts, "file.bin");
    const answered = new Promise((resolve) => (window.take = resolve));
    const begun = performance.now();
    await window.link.sendFile(file);
    await answered;
    return performance.now() - begun;
}

/** Sends a file, and meanwhile one text of the chat after the other, as they come back; milliseconds of each way there and back. */
async function chatBesideFile({ size }) {
    const took = [];
    let isOver = false;
    const { promise: came, resolve: comes } = Promise.withResolvers();
    let heard = comes;
    window.link.hear(() => heard());
    const sending = window.link.sendFile(new File(Array.from({ length: size / (1 << 20) }, (_, number) => new Uint8Array(1 << 20).fill(number)), "file.bin"));
    sending.finally(() => (isOver = true));
    // The file was accepted, and runs.
    await came;
    while (!isOver) {
        const answered = new Promise((resolve) => (heard = resolve));
        const begun = performance.now();
        await window.link.say("ping");
        await answered;
        took.push(performance.now() - begun);
    }
    await sending;
    return took;
}

async function receiveFileAndEcho({ size }) {
    window.link.hear((text) => window.link.say(text));
    const receiving = window.link.receiveFile(size, () => window.link.say("it runs"));
    await receiving;
}

async function receiveFile({ size }) {
    const file = await window.link.receiveFile(size);
    if (file.size !== size) throw new Error(`${file.size} bytes came instead of ${size}`);
    await window.link.send(new Uint8Array(1));
}

const through = async ([one, other], size, total) => {
    await other.evaluate(swallow, { size, total });
    return one.evaluate(flood, { size, total });
};
const megabytes = async (pages, size) => TOTAL / 1000 / (await through(pages, size, TOTAL));
/** What is measured: gives figures, by the names of `ROWS`. */
const MEASURES = [
    async (pages) => ({ small: await megabytes(pages, 16 * KIB) }),
    async (pages) => ({ large: await megabytes(pages, 64 * KIB) }),
    async ([one, other]) => {
        await other.evaluate(echo);
        const took = await one.evaluate(ping, { size: SMALL, times: PINGS });
        return { p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
    },
    async (pages) => ({ messages: MESSAGES / ((await through(pages, SMALL, SMALL * MESSAGES)) / 1000) }),
    async ([one, other]) => {
        if (!(await one.evaluate(() => "sendFile" in window.link))) return {};
        const receiving = other.evaluate(receiveFile, { size: TOTAL });
        const millis = await one.evaluate(sendFile, { size: TOTAL });
        await receiving;
        const file = TOTAL / 1000 / millis;
        return { file, fileRaw: file };
    },
    async ([one, other]) => {
        if (!(await one.evaluate(() => "hear" in window.link))) return {};
        const receiving = other.evaluate(receiveFileAndEcho, { size: TOTAL });
        const took = await one.evaluate(chatBesideFile, { size: TOTAL });
        await receiving;
        return { chat50: quantile(took, 0.5), chat99: quantile(took, 0.99) };
    },
];
/** Each: what it is called, digits, what ours should be beside hand-written JavaScript, and beside which figure of it. */
const ROWS = [
    ["small", `${MEBIBYTES} MiB in messages of 16 KiB, MB/s`, 1, "0.98 or more"],
    ["large", `${MEBIBYTES} MiB in messages of 64 KiB, MB/s`, 1, "0.98 or more"],
    ["p50", `${SMALL} bytes there and back, p50, ms`, 2, "1.05 or less"],
    ["p99", `${SMALL} bytes there and back, p99, ms`, 2, "1.20 or less"],
    ["messages", `messages of ${SMALL} bytes a second`, 0, "1.00 or more"],
    ["file", `a file of ${MEBIBYTES} MiB, MB/s; by hand without hashes`, 1, ""],
    ["fileRaw", "the same, beside messages of 64 KiB by hand", 1, "0.90 or more", "large"],
    ["chat50", `a text of the chat there and back while a file of ${MEBIBYTES} MiB runs, p50, ms`, 1, ""],
    ["chat99", "that, p99, ms", 1, "100 ms or less"],
];

/** Everybody's two pages, connected; then each figure of everybody, one after the other. */
async function round(browser, site, servers, number) {
    const pages = {};
    const measured = {};
    try {
        for (const library of LIBRARIES) {
            const open = () => openPage(browser, site, `data/${library}`);
            pages[library] = [await open(), await open()];
            const options = { signaling: signalingOf(library, servers), room: `data-${process.pid}-${number + 2}` };
            await Promise.all(pages[library].map((page, index) => page.evaluate(enter, { ...options, leads: index === 0 })));
            await Promise.all(pages[library].map((page) => page.evaluate(connect)));
            measured[library] = {};
        }
        for (const measure of MEASURES) {
            for (const library of turned(LIBRARIES, number)) Object.assign(measured[library], await measure(pages[library]));
        }
        return measured;
    } finally {
        await closeAll(Object.values(pages).flat());
    }
}

function text(rounds) {
    const head = ["", ...LIBRARIES.flatMap((library) => (library === "raw" ? [NAMES.raw] : [NAMES[library], "ratio"])), "goal"];
    const rows = ROWS.map(([name, title, digits, goal, beside = name]) => {
        const cells = LIBRARIES.flatMap((library) => {
            const of = rounds.map((one) => one[library][name]).filter((value) => value !== undefined);
            const ratios = rounds.map((one) => one[library][name] / one.raw[beside]);
            if (library === "raw") return [of.length === 0 ? "-" : spread(of, digits)];
            if (of.length === 0) return ["-", "-"];
            return [spread(of, digits), ratios.some(Number.isNaN) ? "-" : spread(ratios, 2)];
        });
        return [title, ...cells, goal];
    });
    return table([head, ...rows]);
}

async function run() {
    const site = await servePages();
    const servers = await startServers();
    const browser = await launch(BROWSER);
    try {
        const rounds = [];
        for (let number = -1; number < ROUNDS; number += 1) {
            const measured = await round(browser, site.address, servers, number);
            const ours = Object.entries(measured.itodenwa).map(([name, value]) => `${name} ${value.toFixed(2)}${name in measured.raw ? ` (${(value / measured.raw[name]).toFixed(2)})` : ""}`);
            console.log(`round ${number + 1}${number < 0 ? ", for warming up" : ""}: ours ${ours.join(", ")}`);
            if (number >= 0) rounds.push(measured);
        }
        console.log(JSON.stringify({ text: text(rounds) }));
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
