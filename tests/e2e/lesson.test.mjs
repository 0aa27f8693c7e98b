// The lesson: what the page shows of how a call works, and why one does not.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, each, end, freshRoom, meet, person } from "./people.mjs";

after(end);

const names = (someone) => someone.page.$$eval("[data-testid=diagram-step]", (steps) => steps.map(({ dataset }) => dataset.name));

/** Opens the first row with this name, and gives the text of what is shown. */
async function open(someone, name) {
    await someone.page.$eval(`[data-testid=diagram-step][data-name=${name}]`, (row) => row.dispatchEvent(new MouseEvent("click", { bubbles: true })));
    await someone.reads("detail", name);
    return someone.text("detail");
}

function inOrder(all, some) {
    let at = 0;
    for (const name of all) if (name === some[at]) at += 1;
    assert.equal(at, some.length, `${some[at]} is missing in ${all}`);
}

/** What is saved is kept in the page for the test. */
function keep() {
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
        window.kept = blob;
        return make(blob);
    };
}

for (const [kind, test] of each("firefox", "chromium")) {
    test(`${kind}: the diagram, a step of it, the path and the numbers, and what is kept of them`, async (t) => {
        const [ann, bob] = await meet(t, [kind, kind], "", { prepare: keep });
        await ann.click("lesson-open");
        await ann.until(() => document.querySelector("[data-testid=diagram-step][data-name=channelOpen]"));
        const seen = await names(ann);
        const offers = seen.includes("makeOffer");
        inOrder(seen, offers ? ["makeOffer", "sendOffer", "receiveAnswer", "setAnswer", "connected"] : ["receiveOffer", "setOffer", "makeAnswer", "sendAnswer", "connected"]);
        for (const last of ["connected", "channelOpen"]) inOrder(seen, ["ice", "dtls", last]);
        assert.equal(seen.filter((name) => name === "sendCandidate").length < 6, true, "candidates are folded");

        const description = await open(ann, offers ? "sendOffer" : "setOffer");
        assert.ok(description.includes(offers ? "pc.localDescription" : "setRemoteDescription"));
        assert.match(description, /m=audio .*Sound begins here/s);
        assert.match(description, /a=ice-pwd:.{4}…The password of ICE/s);
        await ann.see("detail-lines");
        await open(ann, "setCandidate");
        assert.match(await ann.text("detail-candidate"), /candidate:.*An address of the machine itself.*(priority|Priority)/s);
        await ann.page.evaluate(() => document.querySelector("[data-testid=language-in-call]").click());
        await ann.reads("detail", "優先度");
        await ann.page.evaluate(() => document.querySelector("[data-testid=language-in-call]").click());
        await ann.click("detail-close");

        await ann.click("lesson-path");
        await ann.until(() => document.querySelector("[data-testid=path-verdict]")?.dataset.verdict === "direct");
        await ann.reads("path-pairs", "chosen");
        assert.match(await ann.text("own-candidates"), /host udp/);
        await ann.click("lesson-numbers");
        await ann.reads("chart-down", "bit/s");
        await ann.reads("chart-height", "×");

        await ann.click("lesson-steps");
        await ann.until(() => document.querySelector("[data-testid=diagram] svg"));
        await ann.click("keep-svg");
        const drawing = await ann.page.evaluate(() => window.kept.text());
        assert.match(drawing, /^<svg .*(setAnswer|setOffer)/s);
        await ann.click("keep-json");
        const json = await ann.page.evaluate(() => window.kept.text());
        const secret = /ice-pwd:[A-Za-z0-9+/].{0,9}/;
        const personal = /(UDP|TCP) \d+ (?!\d+\.x|[0-9a-f]*:x|\w+\.local)\S+|"address": "(?!\d+\.x|[0-9a-f]*:x|\w*x\.local|").*|Bob|-[0-9a-f]{12}\.local/i;
        assert.equal(json.match(secret)?.[0], undefined);
        assert.equal(json.match(personal)?.[0], undefined);
        await ann.click("keep-whole");
        await ann.click("keep-json");
        const whole = await ann.page.evaluate(() => window.kept.text());
        assert.ok(whole.includes('"name": "Bob"'));
        assert.equal(whole.match(secret)?.[0], undefined);
        assert.notEqual(whole.match(personal), null);
        await ann.page.focus("[data-testid=lesson-close]");
        await ann.page.keyboard.press("Escape");
        await ann.miss("lesson");
        await Promise.all([ann.see("leave"), bob.see("leave")]);

        const eve = await person(t, kind, { at: `${await address()}lesson.html` });
        const give = (content) => eve.page.$eval("[data-testid=look-file]", (input, content) => {
            const files = new DataTransfer();
            files.items.add(new File([content], "call.json"));
            input.files = files.files;
            input.dispatchEvent(new Event("change"));
        }, content);
        await give('{"format":"itodenwa-call","version":1,"people":[null,{"steps":[{"name":7},null]},{"path":{"pairs":[{}]}}]}');
        await eve.until(() => document.querySelector("[data-testid=lesson-who]"));
        // Codes and names that every object has.
        const strange = { name: "Eve", verdict: { code: "constructor", explain: "{constructor}", advice: "" }, steps: [{ at: 0, name: "constructor", detail: "", text: "" }] };
        await give(JSON.stringify({ format: "itodenwa-call", version: 1, people: [strange] }));
        await eve.reads("diagnosis", "{constructor}");
        await open(eve, "constructor");
        assert.doesNotMatch(await eve.text("detail"), /native code/);
        // An open step is called in the language of the moment.
        const closes = () => eve.page.$eval("[data-testid=detail-close] .visually-hidden", ({ textContent }) => textContent);
        assert.equal(await closes(), "Close this step");
        await eve.click("language");
        assert.doesNotMatch(await closes(), /Close/);
        await eve.click("language");
        await give("<html>");
        await eve.reads("look-error", "That is no call");
        await give(json);
        await eve.until((count) => document.querySelectorAll("[data-testid=diagram-step]").length >= count, seen.length);
        inOrder(await names(eve), seen.filter((name) => !/candidate|ice|dtls/i.test(name)));
        await eve.click("lesson-path");
        await eve.see("path-picture");
        const keys = await eve.page.evaluate(async () => {
            const languages = await Promise.all(["en", "ja"].map(async (tag) => (await import(`./lesson/language/${tag}.js`)).default));
            return languages.map((words) => Object.entries(words).flatMap(([group, known]) => (/diagnoses|advice/.test(group) ? [] : Object.keys(known).map((key) => `${group} ${key}`))).sort());
        });
        assert.deepEqual(keys[0], keys[1]);
        for (const someone of [ann, bob, eve]) {
            assert.deepEqual(someone.errors, []);
            assert.deepEqual(await someone.page.evaluate(() => window.violations), []);
        }
    });
}

test("by hand: a camera that is taken away is told", async (t) => {
    const ann = await person(t, "chromium", { at: `${await address()}by-hand.html` });
    await ann.click("hand-camera");
    await ann.click("hand-caller");
    await ann.until(() => document.querySelector(".videos video")?.srcObject?.getVideoTracks().length === 1);
    await ann.miss("hand-trouble");
    await ann.page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("a test", "NotFoundError"));
        const [track] = document.querySelector(".videos video").srcObject.getVideoTracks();
        track.stop();
        track.dispatchEvent(new Event("ended"));
    });
    await ann.reads("hand-trouble", "taken away");
});

test("by hand: a candidate that is refused stays to be mended, too many are told, and so is a STUN server that is none", async (t) => {
    const ann = await person(t, "chromium", { at: `${await address()}by-hand.html` });
    await ann.fill("hand-stun", "http://example.org/");
    await ann.click("hand-caller");
    await ann.reads("hand-error", "STUN server’s address");
    await ann.click("language");
    await ann.reads("hand-error", "STUN サーバー");
    await ann.click("language");
    await ann.miss("hand-step-makeOffer");
    const configured = await ann.page.evaluate(() => {
        window.configured = [];
        window.RTCPeerConnection = class extends RTCPeerConnection {
            constructor(configuration) {
                super(configuration);
                window.configured.push(configuration?.iceServers?.[0]?.urls);
            }
        };
        document.querySelector("[data-testid=hand-stun]").value = " stun.example.org:3478";
        return window.configured.length;
    });
    assert.equal(configured, 0);
    await ann.click("hand-caller");
    await ann.see("hand-step-makeOffer");
    await ann.miss("hand-error");
    assert.deepEqual(new Set(await ann.page.evaluate(() => window.configured.flat())), new Set(["stun:stun.example.org:3478"]));

    const error = () => [...document.querySelectorAll("[data-testid=hand-step-candidates] .error")].find(({ hidden }) => !hidden)?.textContent;
    const paste = async (text) => {
        await ann.page.$eval("[data-testid=hand-their-candidates]", (field, text) => (field.value = text), text);
        await ann.click("hand-add");
        await ann.until(error);
        assert.equal(await ann.value("hand-their-candidates"), text);
        return ann.page.evaluate(error);
    };
    assert.match(await paste("no candidate"), /Copy all of it/);
    assert.match(await paste("null\n".repeat(65)), /Too many/);
    assert.deepEqual(ann.errors, []);
});

/** One side calls, the other is called: all is carried by copy and paste. */
async function byHand(t, ice) {
    const at = `${await address()}by-hand.html`;
    const [ann, bob] = await Promise.all(["chromium", "firefox"].map((kind) => person(t, kind, { at })));
    for (const [someone, role] of [[ann, "caller"], [bob, "callee"]]) {
        await someone.page.select("[data-testid=hand-ice]", ice);
        await someone.click(`hand-${role}`);
    }
    const carry = async (from, made, to, pasted) => {
        await from.until((selector) => document.querySelector(selector).value, `[data-testid=hand-${made}]`);
        const text = await from.value(`hand-${made}`);
        await to.page.$eval(`[data-testid=hand-${pasted}]`, (field, text) => (field.value = text), text);
    };
    await bob.see("hand-setOffer");
    await bob.page.$eval("[data-testid=hand-setOffer-text]", (field) => (field.value = "hello"));
    await bob.click("hand-setOffer");
    await bob.until(() => [...document.querySelectorAll("[data-testid=hand-step-setOffer] .error")].some(({ hidden, textContent }) => !hidden && textContent.includes("Copy all of it")));
    await bob.click("language");
    await bob.until(() => document.querySelector("[data-testid=hand-step-setOffer] .error").textContent.includes("すべてコピーして"));
    await bob.click("language");
    await ann.click("hand-makeOffer");
    await carry(ann, "makeOffer-text", bob, "setOffer-text");
    await bob.click("hand-setOffer");
    await bob.click("hand-makeAnswer");
    await carry(bob, "makeAnswer-text", ann, "setAnswer-text");
    await ann.click("hand-setAnswer");
    if (ice === "trickle") {
        for (const [from, to] of [[ann, bob], [bob, ann]]) {
            await from.until(() => document.querySelector("[data-testid=hand-candidates]").value.endsWith("null\n"));
            await carry(from, "candidates", to, "their-candidates");
            await to.click("hand-add");
        }
    }
    await Promise.all([ann, bob].map((someone) => someone.reads("hand-state", "connected")));
    await ann.until(() => document.querySelector("[data-testid=diagram-step][data-name=channelOpen]"));
    await ann.fill("hand-say", "by hand");
    await ann.click("hand-send");
    await bob.reads("hand-log", "by hand");
    // However much is written, the page keeps what it has room for.
    const kept = await ann.page.evaluate(async () => {
        const [field, button, log] = ["hand-say", "hand-send", "hand-log"].map((id) => document.querySelector(`[data-testid=${id}]`));
        for (let line = 0; line < 520; line++) {
            field.value = `line ${line}.`;
            button.click();
            // So many wait to be sent: it stays in the field, to be sent again.
            for (; field.value !== ""; button.click()) await new Promise((done) => setTimeout(done, 20));
        }
        return [log.children.length, log.lastElementChild.textContent];
    });
    assert.deepEqual(kept, [500, "line 519."]);
    await bob.click("hand-close");
    await ann.reads("hand-state", "closed");
    // Whoever writes on is told, in their language, and what was written is not lost.
    await ann.click("language");
    await ann.fill("hand-say", "still there?");
    await ann.click("hand-send");
    await ann.reads("hand-say-error", "通話は終わりました");
    assert.equal(await ann.value("hand-say"), "still there?");
    await ann.click("language");
    await ann.reads("hand-say-error", "The call is over");
    for (const someone of [ann, bob]) assert.deepEqual(someone.errors, []);
}

test("calls by hand, Trickle and Vanilla", (t) => Promise.all(["trickle", "vanilla"].map((ice) => byHand(t, ice))));

test("a call through the relay is not said to be straight", async (t) => {
    const [ann] = await meet(t, ["chromium", "chromium"], "", { relay: "tcp" });
    await ann.click("lesson-open");
    await ann.click("lesson-path");
    await ann.until(() => document.querySelector("[data-testid=path-verdict]")?.dataset.verdict === "relayed");
    assert.match(await ann.text("own-candidates"), /relay udp .*at a TURN server, reached over TCP/);
    await ann.reads("path-picture", "TURN");
});

test("Trickle beside Vanilla, with a pause before each step and their times", async (t) => {
    const ann = await person(t, "chromium", { at: `${await address()}by-hand.html` });
    await ann.page.select("[data-testid=beside-delay]", "50");
    await ann.click("beside-pause");
    await ann.click("beside-run");
    for (const way of ["Trickle", "Vanilla"]) {
        for (const step of ["sendOffer", "makeAnswer", "sendAnswer"]) {
            await ann.reads("beside-what", `${way}: ${step}`);
            await ann.click("beside-next");
        }
    }
    for (const way of ["trickle", "vanilla"]) await ann.until((way) => document.querySelector(`[data-testid=beside-${way}] [data-name=channelOpen]`), way);
    assert.match(await ann.text("beside-vanilla"), /setAnswer\d+ ms/);
    assert.deepEqual(ann.errors, []);
});

/** Neither finds any address. */
function alone() {
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor() {
            super({ iceTransportPolicy: "relay" });
        }
    };
}

/** What the other side says is refused. */
function refusing() {
    RTCPeerConnection.prototype.setRemoteDescription = async () => {
        throw new DOMException("not today", "OperationError");
    };
}

test("why a call fails is said in the page: no candidates, no relay to hide behind, a refused description", async (t) => {
    const [room, other] = [freshRoom(), freshRoom()];
    const [ann, bob] = await Promise.all([alone, alone].map((prepare) => person(t, "chromium", { query: `?room=${room}`, prepare })));
    const [cem, eve] = await Promise.all([refusing, undefined].map((prepare) => person(t, "chromium", { query: `?room=${other}`, prepare })));
    await bob.click("hide-address");
    await Promise.all([ann.join(undefined, "Ann"), bob.join(undefined, "Bob"), cem.join(undefined, "Cem"), eve.join(undefined, "Eve")]);
    const why = (someone, code) => someone.until((code) => document.querySelector(`[data-diagnosis="${code}"]`), code);
    await why(cem, "peer/description-refused");
    await Promise.all([why(ann, "ice/no-candidates"), why(bob, "ice/relay-required")]);
    await bob.reads("notices", "You hide your address behind a relay, and there is no relay. Ask whoever runs the server");
    await ann.reads("notices", "Bob");
    await ann.reads("notices", "This browser found no network address");
    await ann.click("lesson-open");
    await ann.reads("diagnosis", "no network address");
    await Promise.all([ann, cem].map(async ({ errors }) => assert.deepEqual(errors, [])));
});
