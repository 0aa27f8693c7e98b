// The real server, the real browsers, and the page as a person uses it. One server and one browser of each kind for a file of
// tests; every person is a browser context of their own.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

/** Generous: only a test that fails waits so long. Milliseconds. */
export const LIMIT = 30_000;

const CHROMIUM = {
    browser: "chrome",
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--use-fake-device-for-media-stream",
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
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    extraPrefsFirefox: {
        "media.navigator.streams.fake": true,
        "media.navigator.permission.disabled": true,
        "media.autoplay.default": 0,
        "media.peerconnection.ice.obfuscate_host_addresses": false,
        "dom.min_background_timeout_value": 4,
        "dom.timeout.enable_budget_timer_throttling": false,
    },
};

const browsers = new Map();
let server;

/** Ends everything: in `after()`. */
export async function end() {
    await Promise.all([...browsers.values()].map(async (browser) => (await browser).close()));
    browsers.clear();
    (await server)?.process.kill();
    server = undefined;
}

/** The address of the server, for instance `http://127.0.0.1:4711/`. */
export async function address() {
    server ??= startServer();
    return (await server).address;
}

/** Another server, which the caller ends. */
export async function startServer(...options) {
    const program = need("ITODENWA_SERVER");
    const child = spawn(program, ["--listen", "127.0.0.1:0", "--www", need("ITODENWA_WWW"), ...options], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, RUST_LOG: "warn" },
    });
    for await (const line of createInterface({ input: child.stdout })) {
        const found = line.match(/http:\/\/\S+/);
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

/** `"chromium"` or `"firefox"`; one for all tests of a file. */
export function browser(kind) {
    if (!browsers.has(kind)) browsers.set(kind, launch(kind));
    return browsers.get(kind);
}

/** A browser of its own, which the caller closes. */
export function launch(kind) {
    return puppeteer.launch(kind === "firefox" ? FIREFOX : CHROMIUM);
}

let rooms = 0;

/** A room that no other test uses. */
export function freshRoom() {
    return `room-${process.pid}-${++rooms}`;
}

/** A person before a page, in a browser context of their own. They are gone when the test is over. */
export async function person(test, kind, { query = "", devices = true, language = "en", at } = {}) {
    const url = (at ?? (await address())) + query;
    const someone = await Person.open(await browser(kind), url, { devices, language });
    test.after(() => someone.close());
    return someone;
}

/** Runs in the page before anything else: language, denied devices, and what a policy stops. */
function watch({ devices, language }) {
    Object.defineProperty(navigator, "languages", { get: () => [language] });
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
    if (!devices) {
        navigator.mediaDevices.getUserMedia = async () => {
            throw new DOMException("Permission denied", "NotAllowedError");
        };
    }
}

export class Person {
    /** Exceptions that nobody caught. */
    errors = [];

    constructor(page) {
        this.page = page;
    }

    /** Opens an address in a context of its own. */
    static async open(browser, url, { devices = true, language = "en" } = {}) {
        const context = await browser.createBrowserContext();
        const page = await context.newPage();
        const person = new this(page);
        page.on("pageerror", (error) => person.errors.push(error.message));
        await page.evaluateOnNewDocument(watch, { devices, language });
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
        return this.page.waitForSelector(id(testid), { visible: true, timeout: LIMIT });
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

    /** Waits until something is true in the page. */
    until(condition, ...values) {
        return this.page.waitForFunction(condition, { timeout: LIMIT, polling: 50 }, ...values);
    }

    /** Waits until a text is in an element. */
    reads(testid, text) {
        return this.until(
            (selector, text) => document.querySelector(selector)?.textContent.includes(text),
            id(testid),
            text,
        );
    }

    /** Waits until so many remote pictures play. */
    watches(pictures = 1) {
        return this.plays("remote-video", pictures);
    }

    /** Waits until there are so many of these pictures, and each has shown frames that it had not shown before. */
    async plays(testid, pictures) {
        await this.page.$$eval(id(testid), (videos) => videos.forEach((video) => delete video.first));
        await this.until(
            (selector, pictures) => {
                const videos = [...document.querySelectorAll(selector)];
                const playing = videos.filter((video) => {
                    const { totalVideoFrames } = video.getVideoPlaybackQuality();
                    video.first ??= totalVideoFrames;
                    return video.videoWidth > 0 && totalVideoFrames - video.first >= 5;
                });
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

    violations() {
        return this.page.evaluate(() => window.violations);
    }
}

const id = (testid) => `[data-testid="${testid}"]`;
