// The real server, the real browsers, and the page as a person uses it. One server and one browser of each kind for a
// process of tests; every person is a browser context of their own.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import puppeteer from "puppeteer-core";

/** Generous: only a test that fails waits so long. Milliseconds. */
export const LIMIT = 60_000;

/** Of a laptop: the chat is open beside the people. */
const SCREEN = { width: 1000, height: 640 };

// Frames are what a call of these tests costs most; ten a second are a picture that moves.
const FAKE_CAMERA = "--use-fake-device-for-media-stream=fps=10";

/** Where the browsers are. */
export const PROGRAMS = {
    chromium: process.env.CHROMIUM ?? "/usr/bin/chromium",
    firefox: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
};

const CHROMIUM = {
    browser: "chrome",
    // A server may show a certificate that it made itself.
    acceptInsecureCerts: true,
    executablePath: PROGRAMS.chromium,
    args: [
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // The address bar's list of suggestions is a page of its own, twice for each window: with them a window costs twice as much.
        "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
        FAKE_CAMERA,
        "--use-fake-ui-for-media-stream",
        "--allow-loopback-in-peer-connection",
        // Each person's page is one that is looked at.
        "--disable-renderer-backgrounding",
        "--disable-backgrounding-occluded-windows",
        "--disable-background-timer-throttling",
    ],
};
const FIREFOX = {
    browser: "firefox",
    acceptInsecureCerts: true,
    executablePath: PROGRAMS.firefox,
    extraPrefsFirefox: {
        "media.navigator.streams.fake": true,
        "media.navigator.permission.disabled": true,
        "media.navigator.video.default_fps": 10,
        "media.autoplay.default": 0,
        "media.peerconnection.ice.obfuscate_host_addresses": false,
        // The relay of the tests is there.
        "media.peerconnection.ice.loopback": true,
        "dom.min_background_timeout_value": 4,
        "dom.timeout.enable_budget_timer_throttling": false,
    },
};

/** Which two browsers meet where a test does not say so itself: `cargo xtask faults` asks for each two. */
export const PAIR = pairOr("chromium", "firefox");

/** The same, for tests that have other browsers if nobody asks. */
export function pairOr(...kinds) {
    return process.env.ITODENWA_PAIR?.split("-") ?? kinds;
}

/** Every two browsers. */
export const PAIRS = [
    ["chromium", "chromium"],
    ["chromium", "firefox"],
    ["firefox", "firefox"],
];

/** Whether everything is asked for (`cargo xtask test --long`). */
const IS_LONG = process.env.ITODENWA_LONG !== undefined;

/** A test that runs if everything is asked for, or this is so; its name is told in any case. */
function testIf(isWanted, name, ...rest) {
    const [options, run] = rest.length > 1 ? rest : [{}, ...rest];
    return test(name, isWanted || IS_LONG ? options : { ...options, skip: "left to --long" }, run);
}

/** A test that takes too long to run each time. */
export const longTest = (...test) => testIf(false, ...test);

/** How often: each time, and when everything is asked for. */
export const times = (short, long) => (IS_LONG ? long : short);

/**
 * For tests that are the same in each of these browsers, or between each of these two: each with a `test` of its own. The first test of them runs in the first,
 * the second in the second, and so on, of pairs in those of two different browsers; all run in all if everything is asked for.
 */
export function each(...all) {
    const isMixed = (browsers) => new Set([browsers].flat()).size > 1;
    const turns = all.some(isMixed) ? all.filter(isMixed) : all;
    return all.map((browsers) => {
        let made = 0;
        return [browsers, (...test) => testIf(browsers === turns[made++ % turns.length], ...test)];
    });
}

/** Tells how long it took since then (milliseconds since 1970) until a fault was healed, for the table of `cargo xtask faults`. */
export function healed(t, row, since, pair = PAIR) {
    t.diagnostic(`healed ${row} ${pair.join("-")} ${Date.now() - since}`);
}

const browsers = new Map();
let server;

/** Ends everything: in `after()`. What did not even start has told so in its test, and must not keep the rest alive. */
export async function end() {
    const [open, started] = [[...browsers.values()], server];
    browsers.clear();
    server = undefined;
    await Promise.allSettled(open.map(async (browser) => close(await browser)));
    (await started?.catch(() => undefined))?.process.kill();
}

/** One that does not answer any more is killed. */
async function close(browser) {
    const limit = setTimeout(() => browser.process()?.kill("SIGKILL"), LIMIT);
    await browser.close().finally(() => clearTimeout(limit));
}

// The test runner stops a file of tests that takes too long by this signal, after which the browsers alone would end.
process.once("SIGTERM", () => end().finally(() => process.exit(143)));

/** The address of the server, for instance `http://127.0.0.1:4711/`. */
export async function address() {
    server ??= startServer();
    return (await server).address;
}

/** Another server, which the caller ends. */
export function startServer(...options) {
    return startProgram("--www", need("ITODENWA_WWW"), "--www-links", ...options);
}

/** The program as it is installed, with the page inside; the caller ends it. */
export async function startProgram(...options) {
    const program = need("ITODENWA_SERVER");
    const { ITODENWA_WWW, ...env } = process.env;
    const listen = options.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
    const child = spawn(program, [...listen, ...options], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...env, RUST_LOG: "warn" },
    });
    // Also when the tests are stopped from outside.
    process.once("exit", () => child.kill());
    for await (const line of createInterface({ input: child.stdout })) {
        const found = line.match(/https?:\/\/\S+/);
        if (found) return { process: child, address: found[0] };
    }
    throw new Error(`${program} ended before it listened`);
}

/** What the environment has to name. */
export function need(name) {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is not set: run these tests by "cargo xtask test e2e"`);
    return value;
}

/** `"chromium"` or `"firefox"`; one for all tests of a process. One that has crashed fails the test in which it did, and no other. */
export async function browser(kind) {
    const known = browsers.get(kind);
    const isThere = (await known?.catch(() => undefined))?.connected;
    if (!isThere && browsers.get(kind) === known) browsers.set(kind, launch(kind));
    return browsers.get(kind);
}

/** A browser of its own, which the caller closes; `without` some of the usual arguments, and with `prefs` of Firefox beside the usual ones. */
export function launch(kind, { args = [], without = [], prefs = {}, ...options } = {}) {
    const usual = kind === "firefox" ? FIREFOX : CHROMIUM;
    const kept = (usual.args ?? []).filter((arg) => !without.includes(arg));
    const extraPrefsFirefox = { ...usual.extraPrefsFirefox, ...prefs };
    return puppeteer.launch({ defaultViewport: SCREEN, ...usual, ...options, extraPrefsFirefox, args: [...kept, ...args] });
}

/** Chromium with a camera that has as many frames as most have: for figures, so that the first one is not waited for. */
export function launchWithAllFrames({ args = [], ...options } = {}) {
    return launch("chromium", { ...options, without: [FAKE_CAMERA], args: ["--use-fake-device-for-media-stream", ...args] });
}

let rooms = 0;

/** A room that no other test uses. */
export function freshRoom() {
    return `room-${process.pid}-${++rooms}`;
}

/** A person before a page, in a browser context of their own. They are gone when the test is over. */
export async function person(test, kind, { query = "", devices = true, language = "en", relay, at, prepare } = {}) {
    const url = (at ?? (await address())) + query;
    const someone = await Person.open(await browser(kind), url, { devices, language, relay, prepare });
    test.after(() => someone.close());
    return someone;
}

/** Runs in the page before anything else: language, denied devices, only ways through a relay, and what a policy stops. */
function watch({ devices, language, relay }) {
    Object.defineProperty(navigator, "languages", { get: () => [language] });
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
    // What Firefox shows before the page is no secure context, and has none.
    if (!devices && navigator.mediaDevices) {
        navigator.mediaDevices.getUserMedia = async () => {
            throw new DOMException("Permission denied", "NotAllowedError");
        };
    }
    if (relay) {
        window.connections = [];
        window.RTCPeerConnection = class extends RTCPeerConnection {
            static meant({ iceServers, ...others }) {
                const turn = iceServers.flatMap(({ urls, ...server }) =>
                    urls.filter((url) => url.endsWith(`transport=${relay}`)).map((url) => ({ urls: [url], ...server })),
                );
                return { ...others, iceServers: turn, iceTransportPolicy: "relay" };
            }
            constructor(configuration) {
                super(window.RTCPeerConnection.meant(configuration));
                // One that is described: that of an offer that nobody got never is.
                this.addEventListener("signalingstatechange", () => window.connections.push(this), { once: true });
            }
            setConfiguration(configuration) {
                super.setConfiguration(window.RTCPeerConnection.meant(configuration));
            }
        };
    }
}

/** Ann, Bob and Cem, as many as there are kinds of browsers, in a room of their own; they see each other. */
export async function meet(test, kinds, query = "", options = {}) {
    const room = freshRoom();
    const people = [];
    for (const [index, kind] of kinds.entries()) {
        const someone = await person(test, kind, { ...options, query: `?room=${room}${query}` });
        people.push(await someone.join(undefined, ["Ann", "Bob", "Cem"][index]));
    }
    await Promise.all(people.map((someone) => someone.watches(people.length - 1)));
    return people;
}

export class Person {
    /** Exceptions that nobody caught. */
    errors = [];
    /** What the page asked for and did not get. */
    failed = [];

    constructor(page) {
        this.page = page;
    }

    /** Opens an address in a context of its own. `prepare` runs in the page before anything else. */
    static async open(browser, url, { devices = true, language = "en", relay, prepare } = {}) {
        const context = await browser.createBrowserContext();
        // A window: Firefox shows no frames in a tab that is behind another one.
        const page = await context.newPage({ type: "window" });
        const person = new this(page);
        page.on("pageerror", (error) => person.errors.push(error.message));
        page.on("requestfailed", (request) => person.failed.push(`${request.url()}: ${request.failure()?.errorText}`));
        await page.evaluateOnNewDocument(watch, { devices, language, relay });
        if (prepare) await page.evaluateOnNewDocument(prepare);
        await page.goto(url);
        return person;
    }

    close() {
        return this.page.browserContext().close().catch(() => {});
    }

    /** Fills in the form and joins. */
    async join(room, name) {
        if (room !== undefined) await this.fill("room", room);
        if (name !== undefined) await this.fill("name", name);
        await this.click("join");
        await this.see("leave");
        return this;
    }

    /** Waits until the element is there and visible; gives its handle. */
    see(testid) {
        return this.#or(`${testid} is seen`, this.page.waitForSelector(id(testid), { visible: true, timeout: LIMIT }));
    }

    /** Waits until it is not. */
    miss(testid) {
        return this.page.waitForSelector(id(testid), { hidden: true, timeout: LIMIT });
    }

    async click(testid) {
        await this.see(testid);
        await this.page.$eval(id(testid), (element) => element.click());
    }

    async fill(testid, text) {
        await this.see(testid);
        const field = await this.page.$(id(testid));
        await field.focus();
        await field.evaluate((element) => (element.value = ""));
        await field.type(text);
    }

    async say(text) {
        await this.fill("chat-input", text);
        await this.click("chat-send");
    }

    text(testid) {
        return this.page.$eval(id(testid), (element) => element.textContent.trim());
    }

    /** What is in a field. */
    value(testid) {
        return this.page.$eval(id(testid), (field) => field.value);
    }

    /** Whether a switch is on: `"true"` or `"false"`. */
    pressed(testid) {
        return this.page.$eval(id(testid), (element) => element.getAttribute("aria-pressed"));
    }

    /** What has the focus. */
    focused() {
        return this.page.evaluate(() => document.activeElement?.dataset.testid);
    }

    /** Presses Tab, or Shift and Tab, until this has the focus. */
    async tabTo(testid, { back = false } = {}) {
        if (back) await this.page.keyboard.down("Shift");
        try {
            await this.#tabTo(testid);
        } finally {
            if (back) await this.page.keyboard.up("Shift");
        }
    }

    async #tabTo(testid) {
        for (let presses = 0; presses < 40; presses++) {
            if ((await this.focused()) === testid) return;
            await this.page.keyboard.press("Tab");
        }
        throw new Error(`Tab does not come to ${testid}`);
    }

    /** Waits until something is true in the page. */
    until(condition, ...values) {
        const wanted = this.page.waitForFunction(condition, { timeout: LIMIT, polling: 50 }, ...values);
        return this.#or(`${condition} (${values.join(", ")})`, wanted);
    }

    /** What was waited for in vain says so, with what the page shows instead. */
    async #or(what, wanted) {
        try {
            return await wanted;
        } catch (error) {
            const shown = await this.page.evaluate(() => document.body.innerText).catch(({ message }) => message);
            const lines = [`never: ${what}`, ...this.errors, ...this.failed, `the page shows: ${shown.slice(0, 1500)}`];
            throw new Error(lines.join("; "), { cause: error });
        }
    }

    /** Waits until a text is in an element. */
    reads(testid, text) {
        return this.until(
            (selector, text) => document.querySelector(selector)?.textContent.includes(text),
            id(testid),
            text,
        );
    }

    /** Waits until a notice has a text. There may be others: on a busy machine that a connection was lost, too. */
    isTold(text) {
        const hasNotice = (text) => [...document.querySelectorAll("[data-testid=notice]")].some(({ textContent }) => textContent.includes(text));
        return this.until(hasNotice, text);
    }

    /** Waits until so many remote pictures play. */
    watches(pictures = 1) {
        return this.plays("remote-video", pictures);
    }

    /** Waits until there are so many of these pictures, and each has shown new frames. (Firefox counts none for streams.) */
    async plays(testid, pictures) {
        await this.page.$$eval(id(testid), (videos) => videos.forEach((video) => (video.shown = 0)));
        await this.until(
            (selector, pictures) => {
                const videos = [...document.querySelectorAll(selector)];
                for (const video of videos.filter((video) => !video.counting)) {
                    video.counting = true;
                    video.shown = 0;
                    const count = () => {
                        video.shown += 1;
                        video.requestVideoFrameCallback(count);
                    };
                    video.requestVideoFrameCallback(count);
                }
                const playing = videos.filter((video) => video.videoWidth > 0 && video.shown >= 5);
                return videos.length === pictures && playing.length === pictures;
            },
            id(testid),
            pictures,
        );
    }

    /** Waits until so many people are here, with oneself. */
    counts(people) {
        return this.until(
            (people) => document.querySelector("[data-testid=peer-count]").textContent === String(people),
            people,
        );
    }

    /** The kinds of the two candidates of the pair that is in use, own and other: of a person with only ways through a relay. */
    selected() {
        return this.page.evaluate(async () => {
            const stats = [...(await window.connections.at(-1).getStats()).values()];
            const transport = stats.find(({ type }) => type === "transport")?.selectedCandidatePairId;
            const pair = stats.find((entry) => entry.id === transport || entry.selected);
            const kind = (id) => stats.find((entry) => entry.id === id)?.candidateType;
            return [kind(pair?.localCandidateId), kind(pair?.remoteCandidateId)];
        });
    }

    /** The names of the call's steps, in their order, as the lesson shows them: candidates that follow each other are one. */
    async steps() {
        await this.#seesSteps();
        return this.page.$$eval(id("diagram-step"), (steps) => steps.map(({ dataset }) => dataset.name));
    }

    /** Waits until the lesson shows a step with this name. */
    async hasStep(name) {
        await this.#seesSteps();
        await this.until((name) => document.querySelector(`[data-testid=diagram-step][data-name="${name}"]`), name);
    }

    async #seesSteps() {
        if (!(await this.page.$(`${id("lesson")}[open]`))) await this.click("lesson-open");
        await this.see("diagram-step");
    }

    /** From now on notes when the last picture goes, by the page's own clock. */
    watchForLeaving() {
        return this.page.evaluate(() => {
            new MutationObserver((_, observer) => {
                if (document.querySelector("[data-testid=remote-video]")) return;
                window.wentAt = Date.now();
                observer.disconnect();
            }).observe(document.body, { childList: true, subtree: true, attributes: true });
        });
    }

    /** Waits for that; gives milliseconds since 1970. */
    async wentAt() {
        await this.until(() => window.wentAt);
        return this.page.evaluate(() => window.wentAt);
    }

    /** What the page's policy stopped. */
    violations() {
        return this.page.evaluate(() => window.violations);
    }
}

const id = (testid) => `[data-testid="${testid}"]`;
