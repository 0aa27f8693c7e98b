// What the page tells of a call: as long as it is so, once, and never beyond the call; and where the focus goes when it is gone.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { end, person } from "./people.mjs";
import { scene } from "./scene.mjs";

after(end);

const notices = (someone) => someone.page.$$eval("[data-testid=notice]", (all) => all.map(({ textContent }) => textContent.replace(/[\u2066-\u2069]/g, "")));
const here = (someone, act, ...values) => someone.page.evaluate(act, ...values);
/** What somebody says of words that are compared, without anybody to compare them with. */
const asks = (someone, name) => here(someone, (name) => {
    const peer = window.scene.named(name);
    peer.verification = () => new Promise(() => {});
    peer.onverification({ comparison: "open", emoji: [], words: { en: [], ja: [] } });
}, name);

test("what a call tells goes with it, and nothing of it comes later", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page);
    await here(ann, () => window.scene.tell("askedtomute", { by: window.scene.named("Bob") }));
    await here(ann, () => window.scene.tell("interrupted", { source: "camera", interrupted: true }));
    await asks(ann, "Bob");
    for (const testid of ["mute-now", "verify-open"]) await ann.see(testid);
    assert.equal((await notices(ann)).length, 3);
    await here(ann, () => window.scene.view.close());
    assert.deepEqual(await notices(ann), []);
    await here(ann, () => window.scene.tell("interrupted", { source: "camera", interrupted: true }));
    await asks(ann, "Bob");
    assert.deepEqual(await notices(ann), []);
    assert.deepEqual(ann.errors, []);
});

test("why somebody is not connected is told once, that it was given up beside it, and neither when they are connected or gone", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page, { others: 2 });
    const fails = (name, diagnosis, code) => here(ann, (name, diagnosis, code) => {
        const peer = window.scene.named(name);
        peer.diagnose = async () => ({ code: diagnosis, explain: "", advice: "" });
        window.scene.state(name, "failed");
        window.scene.tell("trouble", { code, peer, explain: code });
    }, name, diagnosis, code);
    await fails("Bob", "ice/no-path", "connection/failed");
    await ann.isTold("No connection with");
    assert.equal((await notices(ann)).length, 1);
    await fails("Bob", "ice/no-path", "connection/given-up");
    await ann.isTold("the connection failed too often");
    const [both, ...more] = await notices(ann);
    assert.match(both, /No connection with Bob/);
    assert.deepEqual(more, []);
    // Of whom nothing is known the trouble is told.
    await fails("Cem", "connection/connecting", "peer/silent");
    await ann.isTold("does not answer");
    assert.equal((await notices(ann)).length, 2);
    await here(ann, () => window.scene.state("Bob", "connected"));
    await ann.until(() => !document.querySelector("[data-diagnosis]"));
    await here(ann, () => window.scene.goes("Cem"));
    await ann.miss("notice");
    assert.deepEqual(ann.errors, []);
});

test("that a device can't be had is told until it is on", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page);
    await here(ann, () => {
        for (const source of ["camera", "microphone"]) {
            window.scene.room.me.media.delete(source);
            window.scene.tell("trouble", { code: "media/denied", source, explain: "" });
        }
    });
    await ann.isTold("not allowed");
    await ann.click("microphone");
    assert.equal(await ann.pressed("microphone"), "true");
    assert.equal((await notices(ann)).length, 1, "it is so of the camera");
    await ann.click("camera");
    await ann.miss("notice");
});

test("who is not asked to lower a hand keeps it up", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page);
    await here(ann, () => {
        window.asked = [];
        const bob = window.scene.named("Bob");
        bob.lowerHand = () => window.asked.push("lower");
        bob.askToMute = () => window.asked.push("mute");
        bob.verification = () => new Promise(() => {});
        bob.attributes.set("hand", true);
        window.scene.tell("attribute", { peer: bob, key: "hand", value: true });
    });
    await ann.click("verify");
    await ann.see("verify-panel");
    assert.deepEqual(await here(ann, () => window.asked), []);
    await ann.click("verify-close");
    await ann.click("ask-lower");
    await ann.click("ask-mute");
    assert.deepEqual(await here(ann, () => window.asked), ["lower", "mute"]);
});

test("what is said again in the same words is not written again, and all of it follows the language", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page);
    await ann.say("Hello");
    await ann.see("delivered");
    const written = await here(ann, async () => {
        const records = [];
        const observer = new MutationObserver((found) => records.push(...found));
        observer.observe(document.querySelector("[data-testid=tile] .state"), { childList: true, characterData: true, subtree: true });
        const count = async (act) => {
            act();
            await new Promise((done) => setTimeout(done));
            return records.splice(0).length;
        };
        return [
            await count(() => window.scene.state("Bob", "connected")),
            await count(() => window.scene.tell("name", { peer: window.scene.named("Bob"), name: "Bob", former: "Bob" })),
            await count(() => document.getElementById("call").querySelector(".language").click()),
        ];
    });
    assert.deepEqual(written.slice(0, 2), [0, 0]);
    assert.ok(written[2] > 0);
    const mark = await ann.page.$eval("[data-testid=delivered]", (mark) => [mark.title, mark.getAttribute("aria-label")]);
    const { delivered } = await here(ann, async () => ({ ...(await import("./language/ja.js")).default }));
    assert.deepEqual(mark, [delivered, delivered]);
});

test("the focus goes on where what had it is gone", async (t) => {
    const ann = await person(t, "chromium");
    const { keyboard } = ann.page;
    await scene(ann.page);
    const press = async (testid) => {
        await ann.see(testid);
        await ann.page.focus(`[data-testid=${testid}]`);
        await keyboard.press("Enter");
    };
    await press("self-hide");
    assert.equal(await ann.focused(), "self-show");
    await keyboard.press("Enter");
    assert.equal(await ann.focused(), "self-hide");
    await press("screen");
    await press("stop-sharing");
    await ann.miss("own-screen");
    assert.equal(await ann.focused(), "screen");

    // From notice to notice, and back.
    await here(ann, () => {
        for (const source of ["camera", "microphone"]) window.scene.tell("interrupted", { source, interrupted: true });
    });
    await ann.page.focus("[data-testid=camera]");
    await ann.page.focus("[data-testid=notice] button");
    await keyboard.press("Enter");
    assert.equal((await notices(ann)).length, 1);
    assert.equal(await here(ann, () => document.activeElement.closest("[data-testid=notice]") !== null), true);
    await keyboard.press("Enter");
    assert.equal(await ann.focused(), "camera");

    // From what asks to mute or to lower a hand: they did.
    for (const [testid, begin, end] of [
        ["ask-mute", () => {}, () => window.scene.media("Bob", "microphone", false)],
        ["ask-lower", () => window.raise(true), () => window.raise(undefined)],
    ]) {
        await here(ann, () => (window.raise = (up) => {
            const bob = window.scene.named("Bob");
            bob.attributes.set("hand", up);
            window.scene.tell("attribute", { peer: bob, key: "hand", value: up });
        }));
        await here(ann, begin);
        await ann.see(testid);
        await ann.page.focus(`[data-testid=${testid}]`);
        await here(ann, end);
        await ann.miss(testid);
        assert.equal(await ann.focused(), "verify", testid);
    }
    // From what lets others be heard.
    await here(ann, () => window.scene.tell("blocked"));
    await press("resume");
    assert.equal(await ann.focused(), "microphone");
    // From button to button of a file, and to the log when there are no more.
    await here(ann, () => {
        window.transfer = { pause() {}, resume() {}, cancel() {} };
        window.scene.tell("file", { peer: window.scene.named("Bob"), name: "x", size: 10, kept: async () => 0, accept: async () => window.transfer, refuse() {} });
    });
    await press("file-accept");
    await ann.see("file-pause");
    assert.equal(await ann.focused(), "file-pause");
    await keyboard.press("Enter");
    assert.equal(await ann.focused(), "file-resume");
    await here(ann, () => window.transfer.onend({ file: new Blob(["x"]) }));
    assert.equal(await ann.focused(), "file-save");
    await here(ann, () => window.transfer.onend({ error: { code: "file/cancelled" } }));
    assert.equal(await ann.focused(), "chat-log");

    // From the notice that somebody wants to compare words to their line.
    await asks(ann, "Bob");
    await ann.page.focus("[data-testid=camera]");
    await here(ann, () => document.activeElement.blur());
    await press("verify-open");
    await ann.see("verify-panel");
    await press("verify-close");
    await ann.until(() => document.activeElement.dataset.testid === "verify");
    assert.deepEqual(ann.errors, []);
});

test("what covers the call on a phone has the focus for itself", async (t) => {
    const ann = await person(t, "chromium");
    await ann.page.setViewport({ width: 390, height: 844 });
    await scene(ann.page);
    const { keyboard } = ann.page;
    /** What Tab comes to, once around. */
    const reached = async (count = 40) => {
        const all = new Set();
        for (let presses = 0; presses < count; presses++) {
            await keyboard.down("Shift");
            await keyboard.press("Tab");
            await keyboard.up("Shift");
            all.add((await ann.focused()) ?? "");
        }
        return all;
    };
    const covered = ["leave", "microphone", "panel", "settings", "lesson-open", "tile-mute", "copy-link"];
    await ann.click("panel");
    assert.equal(await ann.focused(), "chat-input");
    const inPanel = await reached();
    assert.ok(inPanel.has("panel-close") && inPanel.has("chat-input"), [...inPanel].join());
    assert.deepEqual(covered.filter((testid) => inPanel.has(testid)), []);
    await ann.click("panel-close");
    assert.equal(await ann.focused(), "panel");

    await ann.page.focus("[data-testid=lesson-open]");
    await keyboard.press("Enter");
    await ann.see("lesson");
    const inLesson = await reached();
    assert.ok(inLesson.has("lesson-close"), [...inLesson].join());
    assert.deepEqual(covered.filter((testid) => inLesson.has(testid)), []);
    await ann.page.focus("[data-testid=lesson-close]");
    await keyboard.press("Enter");
    await ann.miss("lesson");
    assert.equal(await ann.focused(), "lesson-open");
    // By its key: the chat is there, the lesson is not.
    await keyboard.press("Enter");
    await ann.see("lesson");
    await ann.page.focus("[data-testid=lesson-close]");
    await here(ann, () => document.activeElement.blur());
    await keyboard.press("c");
    await ann.miss("lesson");
    assert.equal(await ann.focused(), "chat-input");
    // Where there is room for both nothing is covered.
    await ann.page.setViewport({ width: 1280, height: 800 });
    await ann.until(() => !document.getElementById("leave").closest("[inert]"));
    assert.ok((await reached(60)).has("leave"));
    assert.deepEqual(ann.errors, []);
});
