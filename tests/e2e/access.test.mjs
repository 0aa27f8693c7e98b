// What axe-core finds in every state of the page: nothing. In both languages, in light and dark, on a laptop and on a phone.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { address, end, freshRoom, person } from "./people.mjs";
import { scene } from "./scene.mjs";

after(end);

const AXE = await readFile(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");
/** What the page is looked at as: screen, colours, and how large its text is. */
const PHONE = { width: 390, height: 844 };
const LARGE_TEXT = { ...PHONE, scheme: "light", text: "200%" };
const LOOKS = {
    en: [{ width: 1280, height: 800, scheme: "light" }, { ...PHONE, scheme: "dark" }, LARGE_TEXT],
    ja: [{ ...PHONE, scheme: "light" }, LARGE_TEXT],
};

/** Each state, from the one before it. */
const LOBBY = {
    lobby: () => {},
    "no room of that name": async (ann) => {
        await ann.fill("room", "a b");
        await ann.click("join");
        await ann.see("join-error");
    },
    check: async (ann) => {
        await ann.click("check");
        await ann.until(() => /check-(good|tried|bad)/.test(document.querySelector("#check-summary").dataset.state));
    },
    "asked before a recorded call": async (ann, t) => {
        const bob = await person(t, "chromium");
        await bob.join(freshRoom(), "Bob");
        await bob.click("record");
        await bob.see("recorded");
        await ann.fill("room", await bob.text("room-name"));
        await ann.click("join");
        await ann.see("join-recorded");
    },
};
const WAITING = {
    "waiting to be let in": async (ann, t) => {
        const bob = await person(t, "chromium");
        await bob.join(freshRoom(), "Bob");
        await bob.click("waiting-room");
        await bob.reads("waiting-room-state", "waits");
        await ann.fill("room", await bob.text("room-name"));
        await ann.click("join");
        await ann.see("join-wait");
    },
};
const here = (act) => (ann) => ann.page.evaluate(act);
const CALL = {
    alone: () => {},
    two: here(() => window.scene.add("Bob")),
    chat: async (ann) => {
        if (await ann.page.$eval("#side", (side) => side.hidden)) await ann.click("panel");
        await ann.page.evaluate(() => window.scene.writes("Bob", "Can you hear the string?"));
        await ann.say("Yes!");
        await ann.see("delivered");
        await ann.click("lock");
        await ann.see("locked");
    },
    files: here(async () => {
        const { onfile, peers } = window.scene.room;
        const [peer] = peers.values();
        const transfers = [];
        const accept = async () => (transfers.push({}), transfers.at(-1));
        for (const name of ["on its way.jpg", `${"long".repeat(40)}.tar.gz`, "offered"]) onfile({ name, size: 5e6, peer, accept, kept: async () => 2e6 });
        // Lines are drawn with the next picture of the page.
        while (document.querySelectorAll("[data-testid=file-accept]").length < 3) await new Promise(requestAnimationFrame);
        for (const button of [...document.querySelectorAll("[data-testid=file-accept]")].slice(0, 2)) button.click();
        while (transfers.filter(({ onend }) => onend).length < 2) await new Promise(requestAnimationFrame);
        transfers[0].onprogress({ state: "running", bytes: 2e6, kept: 1e6, size: 5e6, speed: 1e6, left: 3000 });
        transfers[1].onend({ file: new Blob(["x"]) });
    }),
    "hands up, and asked to mute": here(() => {
        const { scene } = window;
        const bob = scene.named("Bob");
        bob.attributes.set("hand", true);
        scene.tell("attribute", { peer: bob, key: "hand", value: true });
        scene.tell("askedtomute", { by: bob });
    }),
    "some wait to be let in": here(() => window.scene.waits("Fumiko", "long".repeat(15))),
    "panel closed, and something not read": async (ann) => {
        await ann.click("panel-close");
        await ann.page.evaluate(() => window.scene.writes("Bob", "Hello?"));
        await ann.see("unread");
    },
    "connecting, failed, muted, without a picture": here(() => {
        for (const name of ["Cem", "Dana", "Emil"]) window.scene.add(name);
        window.scene.state("Cem", "connecting");
        window.scene.state("Dana", "failed");
        window.scene.media("Emil", "microphone", false);
        window.scene.media("Emil", "camera", false);
        window.scene.speaks("Bob");
    }),
    sharing: async (ann) => {
        await ann.page.evaluate(() => window.scene.media("Bob", "screen", true));
        await ann.click("screen");
    },
    "recorded by somebody": here(() => window.scene.tell("data", { from: window.scene.named("Bob"), data: { recording: true } })),
    "a step of the lesson, opened": async (ann) => {
        await ann.click("lesson-open");
        await ann.see("lesson");
        await ann.page.evaluate(() => {
            const text = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n";
            const steps = [["makeOffer", "", text], ["sendOffer"], ["sendCandidate", "host udp"], ["candidateError", "701"], ["receiveAnswer"], ["connected"], ["failed"]];
            for (const [index, [name, detail = "", text = ""]] of steps.entries()) window.scene.tell("step", { at: 100 + index * 1500, peer: window.scene.named("Bob").id, name, detail, text });
            document.querySelector("[data-testid=lesson-who]").value = window.scene.named("Bob").id;
            document.querySelector("[data-testid=lesson-who]").dispatchEvent(new Event("change"));
        });
        await ann.hasStep("makeOffer");
        await ann.page.$eval("[data-testid=diagram-step][data-name=makeOffer]", (row) => row.dispatchEvent(new MouseEvent("click", { bubbles: true })));
        await ann.see("detail-lines");
    },
    "a notice": async (ann) => {
        await ann.click("lesson-close");
        await ann.page.evaluate(() => window.scene.tell("trouble", { code: "media/ended", source: "camera" }));
        await ann.see("notice");
    },
    reconnecting: here(() => window.scene.tell("signaling", "reconnecting")),
    settings: (ann) => ann.click("settings"),
    keys: (ann) => ann.click("keys"),
    "off, and hidden": async (ann) => {
        await ann.click("keys-close");
        await ann.click("microphone");
        await ann.page.evaluate(() => window.scene.tell("mutedspeech", true));
        await ann.click("self-hide");
    },
};

/** The pages of the lesson. */
const BY_HAND = {
    "a call by hand": () => {},
    "it calls": (ann) => ann.click("hand-caller"),
};
const KEPT = { "a call that was kept": () => {} };
const PLACES = [["lobby", "", LOBBY], ["lobby while one waits", "", WAITING], ["call", "", CALL], ["call by hand", "by-hand.html", BY_HAND], ["call that was kept", "lesson.html", KEPT]];

for (const language of ["en", "ja"]) {
    for (const [place, file, states] of PLACES) {
        test(`axe finds nothing in the ${place} (${language})`, async (t) => {
            const ann = await person(t, "chromium", { language, at: (await address()) + file });
            // By the debugger: the page's own policy lets no other script in.
            await ann.page.evaluate(AXE);
            if (place === "call") await scene(ann.page, { others: 0 });
            const all = [];
            for (const [state, reach] of Object.entries(states)) {
                await reach(ann, t);
                for (const { width, height, scheme, text } of LOOKS[language]) {
                    await ann.page.setViewport({ width, height });
                    await ann.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
                    await ann.page.evaluate((text) => (document.documentElement.style.fontSize = text ?? ""), text);
                    await ann.page.evaluate(() => Promise.allSettled(document.getAnimations()
                        // What comes fades in; what moves for ever is not waited for.
                        .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
                        .map(({ finished }) => finished)));
                    const look = `${state}, ${width} × ${height}, ${scheme}, text at ${text ?? "100%"}`;
                    const found = await ann.page.evaluate(async (isChecked) => {
                        // Large text is looked at for what sticks out.
                        if (!isChecked) return [];
                        const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
                        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html.slice(0, 120)} (${any[0]?.message})`).join(" | ")}`);
                    }, !text);
                    if (await ann.page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push("something sticks out");
                    all.push(...found.map((what) => `${look}: ${what}`));
                }
                await ann.page.setViewport({ width: 1000, height: 640 });
                await ann.page.evaluate(() => (document.documentElement.style.fontSize = ""));
                // The panel follows the window when the page is drawn.
                await ann.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
            }
            assert.deepEqual([...all, ...ann.errors], []);
        });
    }
}

test("keys press the buttons, are told in a list, and can be switched off", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page);
    const { keyboard } = ann.page;
    await keyboard.press("m");
    assert.equal(await ann.pressed("microphone"), "false");
    await ann.page.focus("#chat-input");
    await keyboard.press("m");
    assert.equal(await ann.pressed("microphone"), "false");
    assert.equal(await ann.value("chat-input"), "m");
    await keyboard.press("Escape");
    await ann.miss("side");
    assert.equal(await ann.focused(), "panel");
    await keyboard.type("?");
    await ann.see("keys-panel");
    await ann.click("keys-wanted");
    await ann.click("keys-close");
    await keyboard.press("m");
    assert.equal(await ann.pressed("microphone"), "false");
});
