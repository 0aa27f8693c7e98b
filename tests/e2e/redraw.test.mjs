// The lesson draws anew each second: what somebody is at in it stays.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, end, person } from "./people.mjs";
import { scene } from "./scene.mjs";

after(end);

/** The lesson of a call with Bob: steps that were told, and measurements that differ each time. */
async function lesson(t, prepare) {
    const ann = await person(t, "chromium", { prepare });
    await scene(ann.page);
    await ann.page.evaluate(() => {
        const bob = window.scene.named("Bob");
        window.measured = 0;
        bob.getStats = async () => {
            window.measured += 1;
            const candidate = (id, type) => [id, { id, type, candidateType: "host", protocol: "udp", address: "192.0.2.1", port: 9 }];
            const pair = { id: "p", type: "candidate-pair", localCandidateId: "l", remoteCandidateId: "r", state: "succeeded", nominated: true, bytesSent: window.measured * 1e6, bytesReceived: 0 };
            return new Map([candidate("l", "local-candidate"), candidate("r", "remote-candidate"), ["p", pair]]);
        };
        window.step = (name, at) => window.scene.tell("step", { at, peer: bob.id, name, detail: "", text: "" });
    });
    await ann.click("lesson-open");
    await ann.see("lesson");
    await ann.page.evaluate(() => ["makeOffer", "sendOffer", "receiveAnswer", "setAnswer"].forEach((name, index) => window.step(name, index)));
    await ann.hasStep("setAnswer");
    return ann;
}

/** Waits until it was measured so often, and drawn. */
async function measured(ann, times = 3) {
    const before = await ann.page.evaluate(() => window.measured);
    await ann.until((wanted) => window.measured >= wanted, before + times);
    await ann.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}

test("a step of the lesson keeps the focus, opens by key and by a slow click, and gives the focus back", async (t) => {
    const ann = await lesson(t);
    const steps = "[data-testid=diagram-step]";
    const at = () => ann.page.evaluate((steps) => [...document.querySelectorAll(steps)].indexOf(document.activeElement), steps);
    await ann.page.$$eval(steps, ([, second]) => second.focus());
    await measured(ann);
    assert.equal(await at(), 1);
    await ann.page.evaluate(() => window.step("connected", 9));
    await ann.hasStep("connected");
    assert.equal(await at(), 1, "also when something happens");
    await ann.page.keyboard.press("Enter");
    await ann.see("detail-meaning");
    await ann.page.focus("[data-testid=detail-close]");
    await ann.page.keyboard.press("Enter");
    await ann.miss("detail");
    assert.equal(await at(), 1, "where it came from");

    const third = await ann.page.$(`${steps}[data-name=receiveAnswer]`);
    const { x, y } = await third.boundingBox();
    await ann.page.mouse.move(x + 90, y + 12);
    await ann.page.mouse.down();
    await ann.page.evaluate(() => window.step("channelOpen", 10));
    await measured(ann);
    await ann.page.mouse.up();
    await ann.reads("detail", "receiveAnswer");
    await ann.hasStep("channelOpen");
    assert.deepEqual(ann.errors, []);
});

test("the path of the lesson keeps its table, what is selected of it, and how far it is scrolled", async (t) => {
    const ann = await lesson(t);
    await ann.click("lesson-path");
    await ann.see("path-pairs");
    const sent = () => ann.page.$eval("[data-testid=path-pairs] td:last-child", ({ textContent }) => textContent);
    const before = await sent();
    const scrolled = await ann.page.evaluate(() => {
        window.table = document.querySelector("[data-testid=path-pairs]");
        const scrolled = window.table.parentElement;
        scrolled.style.width = "120px";
        scrolled.style.setProperty("overflow", "auto");
        scrolled.scrollLeft = 30;
        scrolled.focus();
        getSelection().selectAllChildren(window.table.querySelector("code"));
        return scrolled.scrollLeft;
    });
    assert.equal(scrolled, 30);
    await measured(ann);
    assert.notEqual(await sent(), before);
    const kept = await ann.page.evaluate(() => {
        const table = document.querySelector("[data-testid=path-pairs]");
        return [table === window.table, document.activeElement === table.parentElement, getSelection().toString(), table.parentElement.scrollLeft];
    });
    assert.deepEqual(kept, [true, true, "host 192.0.2.1:9", 30]);
    // In another language, too.
    await ann.page.evaluate(() => document.querySelector("[data-testid=language-in-call]").click());
    await ann.reads("path-pairs", "採用");
    assert.deepEqual(ann.errors, []);
});

test("the lesson is drawn where the browser does not say what is seen, as Safari before 17.4", async (t) => {
    const ann = await lesson(t, () => delete Element.prototype.checkVisibility);
    assert.equal(await ann.page.evaluate(() => "checkVisibility" in Element.prototype), false);
    assert.deepEqual(ann.errors, []);
});

test("what is kept without names has none, in the diagram, too", async (t) => {
    const ann = await lesson(t, () => {
        const make = URL.createObjectURL;
        URL.createObjectURL = (blob) => {
            window.kept = blob;
            return make(blob);
        };
    });
    await ann.page.evaluate(() => window.scene.tell("step", { at: 20, peer: window.scene.named("Bob").id, name: "refused", detail: "from 198.51.100.7", text: "" }));
    await ann.hasStep("refused");
    const kept = async () => {
        await ann.click("keep-svg");
        return ann.page.evaluate(() => window.kept.text());
    };
    const closed = await kept();
    assert.doesNotMatch(closed, /Bob|51\.100/);
    assert.match(closed, /other/i);
    await ann.click("keep-whole");
    assert.match(await kept(), /Bob/);
    assert.deepEqual(ann.errors, []);
});

test("the pages of the lesson are called in the language of the moment, and say what is wrong in it", async (t) => {
    const [byHand, kept] = await Promise.all(["by-hand.html", "lesson.html"].map(async (file) => person(t, "chromium", { at: (await address()) + file })));
    assert.deepEqual(await Promise.all([byHand, kept].map(({ page }) => page.title())), ["A call by hand – itodenwa", "A call that was kept – itodenwa"]);
    await kept.page.$eval("[data-testid=look-file]", (input) => {
        const files = new DataTransfer();
        files.items.add(new File(["<html>"], "call.json"));
        input.files = files.files;
        input.dispatchEvent(new Event("change"));
    });
    await kept.reads("look-error", "That is no call");
    for (const someone of [byHand, kept]) await someone.click("language");
    assert.deepEqual(await Promise.all([byHand, kept].map(({ page }) => page.title())), ["手作業の通話 – itodenwa", "保存した通話 – itodenwa"]);
    await kept.reads("look-error", "保存した通話ではありません");
});

test("of two ways beside each other the one that does not connect is told, also after a pause", async (t) => {
    /** A limit that a test can wait for, and an answer that is never taken. */
    const prepare = () => {
        const { setTimeout } = window;
        window.setTimeout = (act, millis, ...more) => setTimeout(act, millis === 30_000 ? 3000 : millis, ...more);
        const { setRemoteDescription } = RTCPeerConnection.prototype;
        RTCPeerConnection.prototype.setRemoteDescription = function (description) {
            return description.type === "answer" ? new Promise(() => {}) : setRemoteDescription.call(this, description);
        };
    };
    const ann = await person(t, "chromium", { at: `${await address()}by-hand.html`, prepare });
    await ann.click("beside-pause");
    await ann.click("beside-run");
    for (const step of ["sendOffer", "makeAnswer", "sendAnswer"]) {
        await ann.reads("beside-what", step);
        await ann.click("beside-next");
    }
    await ann.reads("beside-what", "No connection came about");
});
