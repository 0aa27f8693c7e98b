// Whether anybody sits in between: words that two people compare, and what those who lie make of them.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, browser, each, end, freshRoom, meet, PAIRS, startServer } from "./people.mjs";

after(end);

/** A page on a server; `prepare` runs in it before anything else. */
async function open(t, kind, { at, prepare } = {}) {
    const context = await (await browser(kind)).createBrowserContext();
    t.after(() => context.close().catch(() => {}));
    const page = await context.newPage();
    if (prepare) await page.evaluateOnNewDocument(prepare);
    await page.goto(at ?? (await address()));
    return page;
}

/** Joins a room, and keeps what is told of the one who is there, and comes. */
async function enter(page, name, options = {}) {
    await page.evaluate(async (name, options) => {
        const { join } = await import("/itodenwa/index.js");
        window.told = [];
        window.troubles = [];
        window.room = await join(name, options);
        window.room.ontrouble = ({ code, peer }) => window.troubles.push(`${code} ${peer?.name}`);
        window.peer = new Promise((done) => (window.room.onpeer = (peer) => {
            peer.onverification = (verification) => window.told.push(verification);
            done(peer);
        }));
        window.code = (promise) => promise.then(() => "none", (error) => (error.name === "ItodenwaError" && error.message ? error.code : String(error)));
    }, name, options);
    return page;
}

async function two(t, kinds, prepare) {
    const room = freshRoom();
    const pages = await Promise.all(kinds.map((kind, at) => open(t, kind, { prepare: at === 1 ? prepare : undefined })));
    return Promise.all(pages.map((page, at) => enter(page, room, { name: ["Ann", "Bob"][at] })));
}

/** What somebody sees who asks. */
function words(page) {
    return page.evaluate(async () => {
        const { emoji, words } = await (await window.peer).verification();
        return { emoji, words };
    });
}

/** What somebody sees whom the other one asked: how often it was told, and the last of it. */
function toldWords(page, count = 1) {
    return page.evaluate(async (count) => {
        while (window.told.length < count) await new Promise((done) => setTimeout(done, 20));
        const { emoji, words } = window.told.at(-1);
        return { emoji, words };
    }, count);
}

function comparison(page, wanted) {
    return page.evaluate(async (wanted) => {
        while (window.told.at(-1)?.comparison !== wanted) await new Promise((done) => setTimeout(done, 20));
        return window.told.length;
    }, wanted);
}

function codeOf(page) {
    return page.evaluate(async () => window.code((await window.peer).verification()));
}

async function leave(...pages) {
    for (const page of pages) {
        const left = await page.evaluate(async () => {
            const { counts } = await import("/itodenwa/index.js");
            await window.room.leave();
            return counts();
        });
        assert.deepEqual(left, { connections: 0, listeners: 0, timers: 0, tracks: 0, sounds: 0 });
    }
}

for (const [kinds, test] of each(...PAIRS)) {
    test(`one asks, and both have the same words: ${kinds.join(", ")}`, async (t) => {
        const [ann, bob] = await two(t, kinds);
        const seen = await words(ann);
        assert.equal(seen.emoji.length, 7);
        for (const language of ["en", "ja"]) assert.equal(seen.words[language].length, 7);
        assert.deepEqual(await toldWords(bob), seen);
        assert.deepEqual([await words(ann), await words(bob)], [seen, seen], "the same each time");
        assert.deepEqual(await ann.evaluate(() => [window.told.length, window.told[0].comparison]), [1, "open"], "told once");

        // What a person says of it is kept, and told here alone.
        await ann.evaluate(() => window.told[0].compared(true));
        assert.equal(await comparison(ann, "match"), 2);
        assert.equal(await bob.evaluate(() => window.told.at(-1).comparison), "open");

        // New paths are of the same connection.
        await ann.evaluate(async () => {
            const restarted = new Promise((done) => (window.room.onstep = ({ name, at }) => name === "setAnswer" && at > window.since && done()));
            window.since = Math.max(0, ...window.room.steps.map(({ at }) => at));
            (await window.peer).restartIce();
            await restarted;
        });
        await bob.evaluate(async () => (await window.peer).request("nothing").catch(() => {}));
        assert.deepEqual(await words(ann), seen);
        assert.equal(await ann.evaluate(() => window.told.at(-1).comparison), "match");

        await leave(ann, bob);
        assert.equal(await ann.evaluate(() => window.told.at(-1).comparison), "changed", "it is over with the call");
    });

    test(`both ask at the same moment: ${kinds.join(", ")}`, async (t) => {
        const [ann, bob] = await two(t, kinds);
        // The connection is there.
        await Promise.all([ann, bob].map((page) => page.evaluate(async () => (await window.peer).request("nothing").catch(() => {}))));
        const [anns, bobs] = await Promise.all([words(ann), words(bob)]);
        assert.deepEqual(anns, bobs);
        for (const page of [ann, bob]) assert.equal(await page.evaluate(() => window.told.length), 1, "told once");
        await leave(ann, bob);
    });
}

/** Connections of a page can be cut. */
function keepConnections() {
    window.connections = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...given) {
            super(...given);
            window.connections.push(this);
        }
    };
}

for (const [kinds, test] of each(...PAIRS)) {
    test(`a new connection has other words, and what was said of the old one is said to be over: ${kinds.join(", ")}`, async (t) => {
        const [ann, bob] = await two(t, kinds, keepConnections);
        const before = await words(ann);
        await toldWords(bob);
        await ann.evaluate(() => window.told[0].compared(true));
        await bob.evaluate(() => window.told[0].compared(true));
        // By the other one: the control channel closes at both ends.
        await bob.evaluate(() => window.connections.at(-1).close());
        await Promise.all([comparison(ann, "changed"), comparison(bob, "changed")]);
        const after = await words(ann);
        assert.notDeepEqual(after, before);
        assert.deepEqual(await words(bob), after);
        assert.equal(await ann.evaluate(() => window.told.at(-1).comparison), "open", "nobody said anything of this one");
        // Somebody who reloads the page is somebody new.
        await bob.reload();
        await comparison(ann, "changed");
    });
}

/** Whoever has the signalling negotiates with the certificate of somebody else. */
function takeAnotherCertificate(page) {
    return page.evaluate(async () => {
        const [ours, somebody] = [window.connections.at(-1), new RTCPeerConnection()];
        somebody.createDataChannel("x");
        await somebody.setLocalDescription();
        const [fingerprint] = somebody.localDescription.sdp.match(/a=fingerprint:.*/);
        const answer = ours.remoteDescription.sdp.replace(/a=fingerprint:.*/g, fingerprint).replaceAll("a=setup:actpass", "a=setup:active");
        await ours.setLocalDescription(await ours.createOffer());
        await ours.setRemoteDescription({ type: "answer", sdp: answer });
        somebody.close();
    });
}

test("a certificate that is another one in mid-connection is noticed (chromium)", async (t) => {
    const room = freshRoom();
    const [ann, bob] = await Promise.all([open(t, "chromium", { prepare: keepConnections }), open(t, "firefox")]);
    await Promise.all([enter(ann, room, { name: "Ann" }), enter(bob, room, { name: "Bob" })]);
    await words(ann);
    await ann.evaluate(() => window.told[0].compared(true));
    await takeAnotherCertificate(ann);
    await comparison(ann, "changed");
});

test("a certificate that is another one in a description alone is not what words are made of (firefox)", async (t) => {
    const room = freshRoom();
    const [ann, bob] = await Promise.all([open(t, "firefox", { prepare: keepConnections }), open(t, "firefox")]);
    await Promise.all([enter(ann, room, { name: "Ann" }), enter(bob, room, { name: "Bob" })]);
    // The connection is there.
    await ann.evaluate(async () => (await window.peer).request("nothing").catch(() => {}));
    await takeAnotherCertificate(ann);
    assert.deepEqual(await words(ann), await words(bob));
});

/** Two servers of the same person, who joins a room of that name at both and calls themselves as those who are not there. */
async function middle(t, kind, prepare) {
    const servers = await Promise.all([startServer(), startServer()]);
    t.after(() => servers.forEach(({ process }) => process.kill()));
    const room = freshRoom();
    const [ann, bob] = await Promise.all(servers.map(({ address }, at) => open(t, ["chromium", "firefox"][at], { at: address })));
    const between = await open(t, kind, { at: servers[0].address, prepare });
    await Promise.all([enter(ann, room, { name: "Ann" }), enter(bob, room, { name: "Bob" })]);
    await between.evaluate(async (room, servers) => {
        const { join } = await import("/itodenwa/index.js");
        window.rooms = await Promise.all(servers.map((server, at) => join(room, { server, name: ["Bob", "Ann"][at] })));
        window.peers = Promise.all(window.rooms.map((room) => new Promise((done) => (room.onpeer = done))));
        await window.peers;
    }, room, servers.map(({ address }) => `${address.replace("http", "ws")}ws`));
    return [ann, bob, between];
}

for (const [kind, test] of each("chromium", "firefox")) {
    test(`who sits in the middle and keeps to the rules with both shows each of them other words (${kind})`, async (t) => {
        const [ann, bob, between] = await middle(t, kind);
        const [anns, bobs] = await Promise.all([words(ann), words(bob)]);
        assert.notDeepEqual(anns.emoji, bobs.emoji);
        // Each has what the one in the middle has with them.
        const theirs = await between.evaluate(async () => Promise.all((await window.peers).map(async (peer) => (await peer.verification()).emoji)));
        assert.deepEqual(theirs, [anns.emoji, bobs.emoji]);
    });
}

/** What one side says of words is carried on to the other one, as it is. */
function carryOn() {
    const made = [];
    const create = RTCPeerConnection.prototype.createDataChannel;
    const pipe = (from, to) => {
        const waiting = [];
        from.binaryType = to.binaryType = "arraybuffer";
        const flush = () => {
            while (waiting.length > 0) to.send(waiting.shift());
        };
        from.addEventListener("message", ({ data }) => {
            waiting.push(data);
            if (to.readyState === "open") flush();
        });
        to.addEventListener("open", flush);
    };
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...given) {
            super(...given);
            // One that is described: that of an offer that nobody got never is.
            this.addEventListener("signalingstatechange", () => made.push(this), { once: true });
        }

        addEventListener(type, listener, ...options) {
            if (type !== "datachannel") return super.addEventListener(type, listener, ...options);
            super.addEventListener(type, (event) => {
                const { channel } = event;
                if (channel.protocol !== "itodenwa.verification") return listener(event);
                const other = create.call(made.find((one) => one !== this), channel.label, { protocol: channel.protocol });
                pipe(channel, other);
                pipe(other, channel);
            }, ...options);
        }
    };
}

test("who sits in the middle and carries on what both say is caught at both ends", async (t) => {
    const [ann, bob] = await middle(t, "chromium", carryOn);
    assert.equal(await codeOf(ann), "verification/broken-commitment");
    await bob.evaluate(async () => {
        while (window.troubles.length === 0) await new Promise((done) => setTimeout(done, 20));
    });
    assert.deepEqual(await bob.evaluate(() => window.troubles), ["verification/broken-commitment Ann"]);
    assert.equal(await codeOf(bob), "verification/broken-commitment", "and on this connection it stays so");
    assert.deepEqual(await bob.evaluate(() => window.told.length), 0);
});

/** Reveals another nonce than the one that this page is committed to. */
function revealAnother() {
    const send = RTCDataChannel.prototype.send;
    /** Where nonces are: behind a byte that says so, in a frame of one message (which ends with 0) or of several (5), each behind its length. */
    const nonces = (frame) => {
        const [size, last] = [frame.length - 1, frame.at(-1)];
        if (last === 0) return frame[0] === 2 && size === 33 ? [1] : [];
        const found = [];
        for (let at = 0; last === 5 && at + 2 < size; ) {
            const length = (frame[at] | (frame[at + 1] << 8)) & 0x7fff;
            if (length === 33 && frame[at + 2] === 2) found.push(at + 3);
            at += 2 + length;
        }
        return found;
    };
    RTCDataChannel.prototype.send = function (data) {
        if (this.protocol !== "itodenwa.verification") return send.call(this, data);
        const changed = new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength).slice();
        for (const at of nonces(changed)) changed[at] ^= 1;
        send.call(this, changed);
    };
}

/** A version that does not know what the channel is for. */
function forgetVerification() {
    const { get } = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, "protocol");
    Object.defineProperty(RTCDataChannel.prototype, "protocol", {
        get() {
            return get.call(this).replace("itodenwa.verification", "itodenwa.of-later");
        },
    });
}

/** Says what is no message. */
function talkNonsense() {
    const send = RTCDataChannel.prototype.send;
    RTCDataChannel.prototype.send = function (data) {
        send.call(this, this.protocol === "itodenwa.verification" && data.byteLength > 30 ? new Uint8Array([9, ...new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength).slice(1)]) : data);
    };
}

for (const [kinds, test] of each(["chromium", "firefox"], ["firefox", "chromium"])) {
    test(`liars are caught, and old versions are told apart from them: ${kinds.join(" with ")}`, async (t) => {
        for (const [lie, code] of [[revealAnother, "broken-commitment"], [talkNonsense, "malformed"], [forgetVerification, "unanswered"]]) {
            const [ann, bob] = await two(t, kinds, lie);
            assert.equal(await codeOf(ann), `verification/${code}`);
            assert.deepEqual(await ann.evaluate(() => window.told.length), 0);
            // It harms nobody else's call, and not this one either.
            await ann.evaluate(async () => {
                await (await (await window.peer).send("hello")).delivered;
            });
            await leave(ann, bob);
        }
    });
}

/** The words in the panel. */
function shown({ page }) {
    return page.$$eval("[data-testid=verify-words] li", (lines) => lines.map((line) => [...line.children].map(({ textContent }) => textContent)));
}

async function state(person, wanted) {
    await person.until((wanted) => document.querySelector("[data-testid=verify-panel]").dataset.state === wanted, wanted);
}

for (const [kinds, test] of each(...PAIRS)) {
    test(`two people compare words on the page, by keyboard: ${kinds.join(", ")}`, async (t) => {
        const [ann, bob] = await meet(t, kinds, "", { prepare: keepConnections });
        // Keys reach the window that has the focus: the last that was opened.
        await ann.page.bringToFront();
        await ann.tabTo("verify");
        await ann.page.keyboard.press("Enter");
        await state(ann, "open");
        await bob.reads("notices", "Ann");
        await bob.click("verify-open");
        await state(bob, "open");
        const words = await shown(ann);
        assert.equal(words.length, 7);
        assert.deepEqual(await shown(bob), words);

        await ann.tabTo("verify-match");
        await ann.page.keyboard.press("Enter");
        await state(ann, "match");
        assert.equal(await ann.pressed("verify-match"), "true");
        await ann.page.keyboard.press("Escape");
        await ann.miss("verify-panel");
        for (const place of ["[data-testid=tile]", "[data-testid=people-list] [data-peer]"]) {
            await ann.until((place) => !document.querySelector(`${place} .verified`).hasAttribute("hidden"), place);
        }
        await bob.click("verify-differ");
        await state(bob, "differ");
        await bob.reads("verify-state", "hang up");
        assert.equal(await bob.page.$eval("[data-testid=tile] .verified", (sign) => sign.hasAttribute("hidden")), true);

        // The connection is made anew: what was compared says nothing of it.
        await bob.page.evaluate(() => window.connections.at(-1).close());
        await ann.reads("notices", "was made anew");
        await ann.until(() => document.querySelector("[data-testid=tile] .verified").hasAttribute("hidden"));
        await state(bob, "changed");
        await bob.click("verify-again");
        await state(bob, "open");
        await ann.click("verify-open");
        await state(ann, "open");
        assert.notDeepEqual(await shown(ann), words);
        assert.deepEqual(await shown(ann), await shown(bob));
        for (const someone of [ann, bob]) assert.deepEqual([someone.errors, await someone.violations()], [[], []]);
    });
}

test("words, and what to do, in Japanese and on a narrow screen", async (t) => {
    const [ann, bob] = await meet(t, ["chromium", "firefox"], "", { language: "ja" });
    await ann.page.setViewport({ width: 320, height: 568 });
    // The panel closes itself where there is no room for it.
    await ann.until(() => document.querySelector("[data-testid=panel]").getAttribute("aria-expanded") === "false");
    await ann.click("panel");
    await ann.click("verify");
    await state(ann, "open");
    const words = await shown(ann);
    assert.ok(words.every(([, word]) => /^[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}ー]+$/u.test(word)), words.join());
    const wide = await ann.page.$eval("[data-testid=verify-panel]", (panel) => [panel.scrollWidth - panel.clientWidth, panel.getBoundingClientRect().right <= innerWidth]);
    assert.deepEqual(wide, [0, true], "nothing is cut");
    await bob.reads("notices", "ことばを比べたい");
    await ann.click("verify-differ");
    await ann.reads("verify-state", "間に誰か");
});

test("of who lies it is said on the page what to do, also to the one who did not ask", async (t) => {
    const [ann, bob] = await meet(t, ["chromium", "firefox"], "", { prepare: revealAnother });
    await ann.click("verify");
    await state(ann, "failed");
    await ann.reads("verify-state", "hang up");
    assert.equal(await ann.page.$eval("[data-testid=verify-state]", ({ dataset }) => dataset.code), "verification/broken-commitment");
    await bob.until(() => document.querySelector("[data-code='verification/broken-commitment']"));
});
