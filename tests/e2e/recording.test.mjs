// The call in a file: everybody sees that it is recorded, all the time, also who comes later; and the file plays.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SECRET, away, back, behindProxy, meet as meetBehindProxy, opens, restart } from "./behind-proxy.mjs";
import { each, end, freshRoom, meet, person } from "./people.mjs";

after(end);

/** Until the recording has so many seconds. A busy page may leave some of them out. */
const runsFor = (someone, seconds) =>
    someone.until((seconds) => {
        const [, minutes, rest] = /(\d+):(\d\d)/.exec(document.querySelector("[data-testid=record-label]").textContent) ?? [];
        return minutes * 60 + Number(rest) >= seconds;
    }, seconds);

/** Runs before the page: counts how often devices are asked for. */
function countQuestions() {
    const { mediaDevices } = navigator;
    const { getUserMedia } = mediaDevices;
    window.questions = 0;
    mediaDevices.getUserMedia = (...wanted) => {
        window.questions += 1;
        return getUserMedia.apply(mediaDevices, wanted);
    };
}

/** From now on each number of people that the page shows is noted. */
const watchCount = (someone) =>
    someone.page.evaluate(() => {
        const count = document.querySelector("[data-testid=peer-count]");
        window.counts = [];
        new MutationObserver(() => window.counts.push(count.textContent)).observe(count, { childList: true, subtree: true });
    });

/** They are asked before they are in, in words, and the answer has the focus. */
async function isAsked(someone, words = "This call is being recorded") {
    await someone.reads("join-error", words);
    await someone.see("join-recorded");
    assert.equal(await someone.page.$eval("[data-testid=join-error]", ({ dataset }) => dataset.code), "room/recorded");
    assert.equal(await someone.focused(), "join-recorded");
}

test("who comes does not take for now what somebody recorded before they came", async (t) => {
    const query = `?room=${freshRoom()}`;
    const ann = await person(t, "chromium");
    await ann.page.evaluate(async (query) => {
        const { join } = await import("./itodenwa/index.js");
        window.room = await join(new URLSearchParams(query).get("room"), { name: "Ann", history: 50 });
    }, query);
    const bob = await person(t, "chromium", { query, devices: false });
    await bob.join(undefined, "Bob");
    await bob.counts(2);
    await ann.page.evaluate(() => window.room.send({ recording: true }));
    await bob.reads("recorded", "Ann");
    await ann.page.evaluate(async () => {
        const [bob] = window.room.peers.values();
        // What is said to one alone is kept for nobody.
        await bob.send({ recording: false });
        await window.room.send("It is over.");
    });
    await bob.reads("chat-log", "It is over.");
    await bob.miss("recorded");
    const cem = await person(t, "chromium", { query, devices: false });
    await cem.join(undefined, "Cem");
    await cem.reads("chat-earlier", "It is over.");
    assert.equal(await cem.page.$eval("[data-testid=recorded]", ({ hidden }) => hidden), true);
    assert.equal((await cem.page.title()).includes("●"), false);
});

for (const [kinds, test] of each(["chromium", "chromium"], ["firefox", "chromium"])) {
    test(`${kinds.join(" records with ")}: a file that plays`, async (t) => {
        const [ann, bob] = await meet(t, kinds);
        await ann.click("record");
        await bob.reads("chat-log", "I am recording this call.");
        await Promise.all([ann.reads("recorded", "You"), bob.reads("recorded", "Ann")]);
        // Who comes is asked before anybody hears of them, and before a device is on.
        const query = `?room=${await bob.text("room-name")}`;
        const cem = await person(t, kinds[0], { query, language: "ja", prepare: countQuestions });
        await watchCount(ann);
        await cem.fill("name", "Cem");
        await cem.page.keyboard.press("Enter");
        await isAsked(cem, "この通話は録画されています");
        // Another room, or another thought: it is asked anew.
        await cem.fill("name", "Cem");
        await cem.miss("join-recorded");
        await cem.click("join");
        await isAsked(cem, "この通話は録画されています");
        assert.equal(await cem.page.evaluate(() => window.questions), 0);
        await cem.page.keyboard.press("Enter");
        await cem.see("leave");
        await cem.reads("recorded", "Ann");
        await ann.counts(3);
        assert.deepEqual(await ann.page.evaluate(() => window.counts), ["3"]);
        assert.ok((await cem.page.evaluate(() => window.questions)) > 0);
        // Who was in it and comes back by a reload knows.
        await cem.page.reload();
        await cem.reads("recorded", "Ann");
        await cem.click("leave");
        await runsFor(ann, 2);
        assert.equal(await ann.pressed("record"), "true");
        await ann.click("camera");
        await runsFor(ann, 4);
        await ann.click("record");
        await ann.see("record-file");
        assert.equal(await ann.pressed("record"), "false");
        await Promise.all([ann, bob].map((someone) => someone.miss("recorded")));
        await ann.reads("record-label", "Record");
        await cem.click("join");
        await cem.see("leave");
        await cem.click("leave");
        const [name, width] = await ann.page.$eval("[data-testid=record-file]", async (link) => {
            const video = Object.assign(document.createElement("video"), { muted: true, src: link.href });
            await video.play();
            return [link.download, video.videoWidth];
        });
        assert.match(name, /^room-\d+-\d+-\d{4}-\d\d-\d\dT\d{4}\.(webm|mp4)$/);
        assert.equal(width, 1280);
        for (const someone of [ann, bob]) {
            assert.deepEqual(await someone.violations(), []);
            assert.deepEqual(someone.errors, []);
        }
    });
}

for (const secret of [SECRET, "another one that only the tests know"]) {
    const who = secret === SECRET ? "the same secret" : "another secret";
    test(`a server that is started anew, with ${who}, knows that the call is recorded as soon as people are back`, async (t) => {
        const line = await behindProxy(t);
        const [ann, bob] = await meetBehindProxy(t, line);
        await ann.click("record");
        await bob.reads("recorded", "Ann");
        await restart(line, secret);
        await Promise.all([ann, bob].map(away));
        await Promise.all([ann, bob].map(back));
        // What the server says of the lock it says after it has heard everything before.
        await ann.click("lock");
        await ann.see("locked");
        await ann.click("lock");
        await ann.miss("locked");
        const cem = await opens(t, line, "chromium", await ann.text("room-name"));
        await cem.fill("name", "Cem");
        await cem.click("join");
        await isAsked(cem);
    });
}
