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
    server?.process.kill();
    server = undefined;
}

/** The address of the server, for instance `http://127.0.0.1:4711/`. */
export async function address() {
    server ??= startServer();
    server = await server;
    return server.address;
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

/** `"chromium"` or `"firefox"`. */
export function browser(kind) {
    if (!browsers.has(kind)) browsers.set(kind, puppeteer.launch(kind === "firefox" ? FIREFOX : CHROMIUM));
    return browsers.get(kind);
}

let rooms = 0;

/** A room that no other test uses. */
export function freshRoom() {
    return `room-${process.pid}-${++rooms}`;
}

/** A person before a page, in a browser context of their own. They are gone when the test is over. */
export async function person(test, kind, { query = "", devices = true, language = "en", at } = {}) {
    const context = await (await browser(kind)).createBrowserContext();
    test.after(() => context.close().catch(() => {}));
    const page = await context.newPage();
    const someone = new Person(page, kind, (at ?? (await address())) + query);
    page.on("console", (message) => someone.console.push(message.text()));
    page.on("pageerror", (error) => someone.errors.push(error.message));
    await prepare(page, kind, { context, devices, language, origin: new URL(someone.url).origin });
    await page.goto(someone.url);
    return someone;
}

async function prepare(page, kind, { context, devices, language, origin }) {
    if (kind === "chromium" && devices) await context.overridePermissions(origin, ["camera", "microphone"]);
    await page.evaluateOnNewDocument(watch, { devices, language });
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
    console = [];
    errors = [];

    constructor(page, kind, url) {
        this.page = page;
        this.kind = kind;
        this.url = url;
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

    /** Waits until so many remote pictures play: each shows frames that it had not shown before. */
    async watches(pictures = 1) {
        await this.until(
            (pictures) => {
                const videos = [...document.querySelectorAll("[data-testid=remote-video]")];
                if (videos.length !== pictures) return false;
                return videos.every((video) => {
                    video.frames ??= 0;
                    if (!video.counting) {
                        video.counting = true;
                        const count = () => {
                            video.frames++;
                            video.requestVideoFrameCallback(count);
                        };
                        video.requestVideoFrameCallback(count);
                    }
                    const shown = Math.max(video.frames, video.getVideoPlaybackQuality().totalVideoFrames);
                    video.first ??= shown;
                    return video.videoWidth > 0 && shown - video.first >= 5;
                });
            },
            pictures,
        );
        await this.page.$$eval("[data-testid=remote-video]", (videos) => videos.forEach((video) => delete video.first));
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
