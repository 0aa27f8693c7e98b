// Storms: seeded calls on a bad network in which both sides change everything at the same moment.
//   node storms.mjs [--seeds N] [--browser chromium|firefox|mixed] [--seed S] [--crowd]
// With --crowd: six people, three of whom come and go while the others write and one sends a file.
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { browser, end, startServer } from "./people.mjs";
import { crowd, prepareCrowd } from "./storms/crowd.mjs";
import { prepare } from "./storms/page.mjs";
import { chance } from "./storms/plan.mjs";
import { storm } from "./storms/storm.mjs";

/** Which two browsers meet. */
export const PAIRS = { chromium: ["chromium", "chromium"], firefox: ["firefox", "firefox"], mixed: ["chromium", "firefox"] };
/** So many storms at the same time: a server takes 32 connections of one address. */
const LANES = Number(process.env.ITODENWA_LANES ?? 6);
/** After so many a page is loaded anew: Chromium makes 500 connections in one. */
const PER_PAGE = 60;

/** Runs these seeds between these two browsers. Gives those that failed; tells of each by `tell`. */
export async function storms(pair, seeds, tell = () => {}) {
    const server = await startServer();
    const failed = [];
    try {
        for (let from = 0; from < seeds.length; from += PER_PAGE) {
            const rest = seeds.slice(from, from + PER_PAGE);
            const pages = await Promise.all(PAIRS[pair].map((kind) => open(kind, server.address, prepare, chance.toString())));
            const lane = async () => {
                for (let seed = rest.shift(); seed !== undefined; seed = rest.shift()) {
                    const outcome = await storm(pages, seed, server.address);
                    tell(outcome);
                    if (outcome.wrong) failed.push(outcome);
                }
            };
            await Promise.all(Array.from({ length: LANES }, lane));
            await Promise.all(pages.map((page) => page.browserContext().close()));
        }
    } finally {
        server.process.kill();
    }
    return failed;
}

/** Crowds of these seeds, one after the other: each has six people. */
export async function crowds(pair, seeds, tell = () => {}) {
    const server = await startServer();
    const failed = [];
    try {
        const pages = await Promise.all(PAIRS[pair].map((kind) => open(kind, server.address, prepareCrowd)));
        for (const seed of seeds) {
            const outcome = await crowd(pages, seed);
            tell(outcome);
            if (outcome.wrong) failed.push(outcome);
        }
        await Promise.all(pages.map((page) => page.browserContext().close()));
    } finally {
        server.process.kill();
    }
    return failed;
}

async function open(kind, address, ...prepared) {
    const context = await (await browser(kind)).createBrowserContext();
    // A window: a tab behind another one shows no frames.
    const page = await context.newPage({ type: "window" });
    await page.evaluateOnNewDocument(...prepared);
    await page.goto(address);
    return page;
}

async function main() {
    const options = { seeds: { type: "string", default: "200" }, browser: { type: "string" }, seed: { type: "string" }, crowd: { type: "boolean", default: false } };
    const { values } = parseArgs({ options });
    const seeds = values.seed ? [Number(values.seed)] : Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
    let failures = 0;
    for (const pair of values.browser ? [values.browser] : Object.keys(PAIRS)) {
        const since = Date.now();
        const millis = [];
        let remade = 0;
        const failed = await (values.crowd ? crowds : storms)(pair, seeds, (outcome) => {
            millis.push(outcome.millis);
            if (outcome.looks.some(({ made }) => made > 1)) remade += 1;
            if (outcome.wrong) {
                console.log(`FAILED ${outcome.wrong}\n  again: cargo xtask storms --browser ${pair} --seed ${outcome.seed}${values.crowd ? " --crowd" : ""}`);
                console.log(JSON.stringify({ looks: outcome.looks, stories: outcome.stories }, undefined, 1));
            } else if (values.seed) console.log(JSON.stringify(outcome.looks, undefined, 1));
        });
        failures += failed.length;
        millis.sort((one, other) => one - other);
        const half = millis[millis.length >> 1];
        const seconds = Math.round((Date.now() - since) / 1000);
        console.log(
            `${pair}: ${seeds.length - failed.length} of ${seeds.length} storms converged, half of them ` +
                `${half} ms after the end and all ${millis.at(-1)} ms; ${remade} with another connection than the first; ${seconds} s`,
        );
    }
    await end();
    process.exitCode = failures > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
