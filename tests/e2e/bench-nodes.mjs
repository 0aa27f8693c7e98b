// How long it takes until everybody is back when one of three servers is killed, stalls or stops, and how long pictures stand still
// meanwhile. Run by "cargo xtask bench nodes".
//   node bench-nodes.mjs --rounds 5
import { parseArgs } from "node:util";
import { back, opens, watch } from "./behind-proxy.mjs";
import { median, table } from "./bench/statistics.mjs";
import { end, freshRoom } from "./people.mjs";
import { ThreeNodes } from "./three-nodes.mjs";

const { values } = parseArgs({ options: { rounds: { type: "string" } } });
const ROUNDS = Number(values.rounds ?? 5);
/** Seconds: as the configuration that stands before them says. */
const TIMEOUT = 3;
const KINDS = ["chromium", "firefox", "chromium", "firefox"];
const BREAKS = [
    ["is killed", "SIGKILL"],
    ["stalls", "SIGSTOP"],
    ["stops", "SIGTERM"],
];

/** What has to be undone at the end, the last thing first. */
const undo = [];
const t = { after: (what) => undo.push(what) };

/** Two calls of two, over three servers. */
async function round(measured) {
    const three = await ThreeNodes.start(t, TIMEOUT);
    const rooms = [freshRoom(), freshRoom()];
    const people = [];
    for (const [number, kind] of KINDS.entries()) {
        const someone = await opens(t, { proxy: three }, kind, rooms[number % 2]);
        people.push(await someone.join(undefined, `Person ${number}`));
    }
    await Promise.all(people.map((someone) => someone.watches()));
    await watch(people);
    await Promise.all(people.map((someone) => someone.until(() => window.flows())));
    for (const [what, signal] of BREAKS) {
        await three.have(people.length);
        await Promise.all(people.map(back));
        await Promise.all(people.map((someone) => someone.page.evaluate(() => void takeGap())));
        const server = await three.busiest();
        const start = Date.now();
        server.process.kill(signal);
        await three.have(people.length, server);
        await Promise.all(people.map(back));
        const all = Date.now() - start;
        const gap = Math.max(...(await Promise.all(people.map((someone) => someone.page.evaluate(() => takeGap())))));
        (measured[what] ??= []).push({ all, gap });
        console.log(`a server ${what}: all are back after ${all} ms; the longest time without a new picture is ${Math.round(gap)} ms`);
        if (signal === "SIGSTOP") server.process.kill("SIGCONT");
        else await three.startAgain(server);
        await three.seeEachOther(3);
    }
    const remade = await Promise.all(people.map((someone) => someone.page.evaluate(() => connections.length - 1)));
    if (remade.some((more) => more > 0)) throw new Error(`connections were made anew: ${remade}`);
    for (const counts of await Promise.all(people.map((someone) => someone.page.evaluate(() => window.counts)))) {
        if (counts.length > 0) throw new Error(`somebody came or went: ${counts}`);
    }
}

const measured = {};
try {
    for (let number = 1; number <= ROUNDS; number++) {
        await round(measured);
        for (const what of undo.splice(0).toReversed()) await what();
    }
    const seconds = (millis) => `${(millis / 1000).toFixed(1)} s`;
    const rows = Object.entries(measured).map(([what, rounds]) => {
        const [all, gaps] = [rounds.map(({ all }) => all), rounds.map(({ gap }) => gap)];
        return [`a server ${what}`, seconds(median(all)), seconds(Math.max(...all)), seconds(Math.max(...gaps))];
    });
    const head = ["", "all are back after: median", "at most", "the longest time without a new picture"];
    console.log(JSON.stringify({ text: `${table([head, ...rows])}\n` }));
} finally {
    for (const what of undo.splice(0).toReversed()) await what();
    await end();
}
