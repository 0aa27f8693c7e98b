// Pictures of the page, for people to look at: into shots/.
//   ITODENWA_SERVER=… ITODENWA_WWW=… node screenshots.mjs [--pictures]: the README's alone
import { mkdir } from "node:fs/promises";
import { end, freshRoom, person } from "./people.mjs";
import { scene } from "./scene.mjs";

const SHOTS = new URL("shots/", import.meta.url);
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 360, height: 740 };
/** Those that the README shows. */
const PICTURES = new URL("../../docs/pictures/", import.meta.url);
const closing = [];
const test = { after: (close) => closing.push(close) };

async function shot(someone, name, viewport, { dark = false, full = false } = {}) {
    const { page } = someone;
    await page.setViewport(viewport);
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await page.screenshot({ path: new URL(`${name}.png`, SHOTS).pathname, fullPage: full });
}

/** With painted people: two who talk and write, a shared screen, and five on a phone. */
async function pictures() {
    const painted = async (name, viewport, others, act, dark = false) => {
        const { page } = await person(test, "chromium");
        await page.setViewport(viewport);
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
        await scene(page, { others });
        await page.evaluate(act);
        await page.waitForFunction(() => [...document.querySelectorAll("#grid video")].every((video) => video.videoWidth > 0));
        await page.screenshot({ path: new URL(`${name}.jpg`, PICTURES).pathname, type: "jpeg", quality: 80 });
    };
    await mkdir(PICTURES, { recursive: true });
    await painted("two", WIDE, 1, async () => {
        const { scene } = window;
        scene.writes("Bob", "Can you hear the string?");
        document.getElementById("chat-input").value = "Yes, very well!";
        document.getElementById("chat-form").requestSubmit();
        scene.speaks("Bob");
        document.activeElement.blur();
    });
    await painted("sharing", WIDE, 3, () => {
        document.getElementById("panel-close").click();
        window.scene.media("Dana", "screen", true);
        window.scene.media("Cem", "microphone", false);
        document.activeElement.blur();
    }, true);
    await painted("phone", { width: 390, height: 780 }, 4, () => {
        window.scene.media("Cem", "camera", false);
        window.scene.media("Cem", "microphone", false);
        window.scene.speaks("Dana");
        document.activeElement.blur();
    });
}

await mkdir(SHOTS, { recursive: true });
try {
    await pictures();
    if (!process.argv.includes("--pictures")) await walk();
} finally {
    for (const close of closing) await close();
    await end();
}

/** Through the page with real calls. */
async function walk() {
    const room = `tea-${freshRoom()}`;
    const ann = await person(test, "chromium");
    await shot(ann, "lobby-wide", WIDE);
    await shot(ann, "lobby-narrow", NARROW);
    await shot(ann, "lobby-dark", WIDE, { dark: true });
    await ann.fill("room", "not a room");
    await ann.click("join");
    await ann.see("join-error");
    await shot(ann, "lobby-error", NARROW);
    await ann.click("check");
    await ann.reads("check-summary", "works.");
    await ann.plays("check-video", 1);
    await shot(ann, "check-wide", WIDE, { full: true });
    await shot(ann, "check-narrow", NARROW, { full: true });
    await shot(ann, "check-dark", WIDE, { dark: true, full: true });
    await ann.click("check-close");
    const eve = await person(test, "chromium", { query: "?server=ws://127.0.0.1:47/ws", devices: false, language: "ja" });
    await eve.click("check");
    await shot(eve, "other-server-japanese", NARROW);
    await eve.click("other-server-yes");
    await eve.reads("check-summary", "✗");
    await shot(eve, "check-japanese", NARROW, { full: true });
    await ann.join(room, "Ann");
    await ann.plays("local-video", 1);
    await shot(ann, "alone-wide", WIDE);
    await shot(ann, "alone-narrow", NARROW);

    const hanako = await person(test, "chromium", { query: `?room=${room}`, language: "ja" });
    await shot(hanako, "lobby-japanese", NARROW);
    await hanako.join(undefined, "花子");
    await Promise.all([ann.watches(), hanako.watches()]);
    for (const someone of [ann, hanako]) {
        await someone.page.setViewport(WIDE);
        if (await someone.page.$eval("#side", (side) => side.hidden)) await someone.click("panel");
    }
    await ann.say("Can you hear the string?");
    await hanako.say("はい、よく聞こえます!");
    await ann.reads("chat-log", "はい");
    await ann.see("delivered");
    await shot(ann, "two-wide", WIDE);
    await shot(ann, "two-dark", WIDE, { dark: true });
    await shot(ann, "two-narrow", NARROW);
    await shot(ann, "two-narrow-whole", NARROW, { full: true });
    await shot(hanako, "two-japanese", WIDE);
    await ann.page.setViewport(WIDE);
    await ann.click("lesson-open");
    await ann.see("lesson");
    await shot(ann, "lesson-wide", WIDE);
    await shot(ann, "lesson-narrow-dark", NARROW, { dark: true });
    await ann.page.setViewport(WIDE);
    await ann.click("lesson-close");
    await ann.click("record");
    await ann.page.waitForFunction(() => document.querySelector('[data-testid="record"]').getAttribute("aria-pressed") === "true");
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await shot(ann, "recording-wide", WIDE);
    await shot(hanako, "recorded-by-another-japanese", WIDE);
    await shot(ann, "recording-narrow-dark", NARROW, { dark: true });
    await ann.click("record");
    await ann.see("record-file");
    await shot(ann, "recorded-wide", WIDE);
    await ann.page.hover('[data-testid="tile"]');
    await shot(ann, "two-tools", WIDE);
    await ann.click("settings");
    await ann.reads("camera-now", "×");
    await shot(ann, "settings-wide", WIDE);
    await shot(ann, "settings-dark-narrow", NARROW, { dark: true });
    await ann.click("settings-close");
    await hanako.click("settings");
    await hanako.reads("camera-now", "×");
    await shot(hanako, "settings-japanese-narrow", NARROW);
    await hanako.click("settings-close");

    const bob = await person(test, "chromium", { query: `?room=${room}`, devices: false });
    await bob.join(undefined, "Bob");
    await bob.watches(2);
    await shot(bob, "three-denied", WIDE);
    await ann.counts(3);
    await shot(ann, "three-wide", WIDE);
    await shot(ann, "three-narrow-dark", NARROW, { dark: true });
}
