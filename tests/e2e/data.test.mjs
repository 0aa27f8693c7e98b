// What is no picture: files through the page, and channels and requests through the package, between browsers that differ.
import assert from "node:assert/strict";
import { after } from "node:test";
import { keepLinked } from "./linked.mjs";
import { address, browser, each, end, freshRoom, meet } from "./people.mjs";

after(end);

/** A file is dropped into the chat: so large, all bytes different from their neighbours. */
function drop(size, name) {
    const file = new File([Uint8Array.from({ length: size }, (_, at) => (at * 7) % 253)], name, { type: "text/html" });
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(file);
    const input = document.getElementById("file-input");
    input.files = dataTransfer.files;
    input.dispatchEvent(new Event("change"));
}

const FILE = 48 << 20;
const BLOCK = 256 << 10;
/** What is sent beside the bytes of a file: a head for each block. */
const HEADS = (FILE / BLOCK) * 64;
/** Bytes of a file that are sent and not stored, at most: eight blocks. */
const AHEAD = 8 * BLOCK + HEADS;
/** Bytes that may overtake a text: what a channel has on its way at most, a mebibyte and a message. */
const LATER = (1 << 20) + BLOCK + HEADS;

/** Messages of a burst. */
const SMALL = 3000;

/** Counts what channels of the application give to the browser. */
function countFrames() {
    window.frames = 0;
    const { send } = RTCDataChannel.prototype;
    RTCDataChannel.prototype.send = function (data) {
        window.frames += this.protocol === "itodenwa.channel" ? 1 : 0;
        send.call(this, data);
    };
}

/** Counts the bytes of files that are given to the browser, and that come. */
function countFileBytes() {
    window.sent = 0;
    window.received = 0;
    const { send } = RTCDataChannel.prototype;
    RTCDataChannel.prototype.send = function (data) {
        if (this.protocol.startsWith("itodenwa.file") && data.byteLength > 1000) window.sent += data.byteLength;
        send.call(this, data);
    };
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...options) {
            super(...options);
            this.addEventListener("datachannel", ({ channel }) => {
                if (!channel.protocol.startsWith("itodenwa.file")) return;
                channel.addEventListener("message", ({ data }) => (window.received += data.byteLength > 1000 ? data.byteLength : 0));
            });
        }
    };
}

/** A page of the package alone, in this room: `window.room`, and its first `window.peer`. `prepare` runs before it. */
async function member(t, kind, room, prepare) {
    const context = await (await browser(kind)).createBrowserContext();
    t.after(() => context.close().catch(() => {}));
    const page = await context.newPage();
    if (prepare) await page.evaluateOnNewDocument(prepare);
    await page.goto(await address());
    await page.evaluate(async (name) => {
        const { join } = await import("/itodenwa/index.js");
        window.room = await join(name);
        window.peer = new Promise((done) => (window.room.onpeer = done));
    }, room);
    return page;
}

for (const [kinds, test] of each(["chromium", "firefox"], ["firefox", "chromium"])) {
    test(`${kinds.join(" sends a file to ")}, who takes one and refuses another`, async (t) => {
        const [ann, bob] = await meet(t, kinds);
        await bob.page.evaluate(keepLinked);
        await ann.page.evaluate(drop, 3_000_000, "../../holi\u202eday.html");
        await bob.reads("chat-log", "holiday.html");
        await bob.click("file-accept");
        await bob.see("file-save");
        await ann.reads("chat-log", "Sent");
        const [name, type, size, isEqual] = await bob.page.$eval("[data-testid=file-save]", async (link) => {
            const blob = window.linked.get(link.href);
            const bytes = new Uint8Array(await blob.arrayBuffer());
            return [link.download, blob.type, blob.size, bytes.every((byte, at) => byte === (at * 7) % 253)];
        });
        assert.deepEqual([name, type, size, isEqual], ["holiday.html", "application/octet-stream", 3_000_000, true]);
        await ann.page.evaluate(drop, 10, "x");
        await bob.click("file-refuse");
        await ann.reads("chat-log", "does not want the file");
        await ann.page.evaluate(drop, 20, "saved.bin");
        await bob.click("file-accept");
        await bob.until(() => document.querySelectorAll("[data-testid=file-save]").length === 2);
        await bob.page.$$eval("[data-testid=file-save]", ([, link]) => {
            link.addEventListener("click", (event) => event.preventDefault());
            link.click();
        });
        // What was not saved is not lost with the call, nor with the next one.
        await bob.page.evaluate(() => {
            const revoke = URL.revokeObjectURL;
            URL.revokeObjectURL = (address) => {
                window.linked.delete(address);
                revoke.call(URL, address);
            };
        });
        await bob.click("leave");
        await bob.see("file-unsaved");
        await bob.click("come-back");
        await bob.see("leave");
        const unsaved = await bob.page.$$eval("[data-testid=file-unsaved]", (links) => links.map(({ href, download }) => [download, window.linked.get(href)?.size]));
        assert.deepEqual(unsaved, [["holiday.html", 3_000_000]]);
        for (const someone of [ann, bob]) {
            assert.deepEqual(await someone.violations(), []);
            assert.deepEqual(someone.errors, []);
        }
    });

    test(`a file that comes while the panel is closed is counted (${kinds[1]})`, async (t) => {
        const [ann, bob] = await meet(t, kinds);
        await bob.page.setViewport({ width: 390, height: 844 });
        await bob.miss("side");
        await bob.miss("unread");
        await ann.page.evaluate(drop, 10, "x");
        await bob.see("unread");
        assert.equal(await bob.text("unread"), "1");
        await bob.click("panel");
        await bob.see("file-accept");
        await bob.miss("unread");
        assert.deepEqual(bob.errors, []);
    });

    test(`what is written while a file runs is behind a stated part of it, and no more, from ${kinds.join(" to ")}`, async (t) => {
        const room = freshRoom();
        const [one, other] = await Promise.all(kinds.map((kind) => member(t, kind, room, countFileBytes)));
        const hearing = other.evaluate(async () => {
            const heard = [];
            const offer = await new Promise((done) => (window.room.onfile = done));
            window.room.ontext = ({ text }) => heard.push([Number(text), window.received]);
            const file = await (await offer.accept()).done;
            return { size: file.size, heard };
        });
        const said = await one.evaluate(async (size) => {
            const peer = await window.peer;
            const transfer = await peer.sendFile(new File([new Uint8Array(size)], "x"));
            const said = [];
            // One with each news of the file: it is always in the middle of it.
            transfer.onprogress = ({ state }) => {
                if (state !== "running") return;
                window.room.send(`${said.length}`);
                said.push({ sent: window.sent, stored: transfer.progress.bytes });
            };
            await transfer.done;
            await (await window.room.send("-1")).delivered;
            return said;
        }, FILE);
        const { size, heard } = await hearing;
        assert.equal(size, FILE);
        const [ahead, later] = [[], []];
        for (const [number, received] of heard) {
            if (number < 0) continue;
            // Given to the browser before it and not stored at the other side; and given to it after it, and there before it.
            ahead.push(said[number].sent - said[number].stored);
            later.push(received - said[number].sent);
        }
        assert.ok(ahead.length > 2, `${ahead.length} were heard`);
        assert.ok(Math.max(...ahead) <= AHEAD, `${Math.max(...ahead)} bytes before one`);
        assert.ok(Math.max(...later) <= LATER, `${Math.max(...later)} bytes that were sent later came before one`);
    });

    test(`small messages that are sent one after the other go together, and arrive one by one, from ${kinds.join(" to ")}`, async (t) => {
        const room = freshRoom();
        const [one, other] = await Promise.all(kinds.map((kind) => member(t, kind, room, countFrames)));
        const reading = other.evaluate(async (count) => {
            const channel = await new Promise((done) => (window.room.onchannel = done));
            const read = [];
            for await (const message of channel) {
                read.push(typeof message === "string" ? message : `${message.length} bytes`);
                if (read.length === count) break;
            }
            await channel.send("done");
            return read;
        }, SMALL);
        const { frames, sent } = await one.evaluate(async (count) => {
            const channel = await (await window.peer).openChannel("burst");
            const sent = [];
            window.frames = 0;
            for (let at = 0; at < count; at += 1) {
                // In between one that is too large to go with others.
                const message = at % 500 === 250 ? new Uint8Array(5000 + at) : at % 2 ? `${at}` : new Uint8Array(at % 100);
                sent.push(typeof message === "string" ? message : `${message.length} bytes`);
                await channel.send(message);
            }
            const { frames } = window;
            await new Promise((done) => (channel.onmessage = done));
            return { frames, sent };
        }, SMALL);
        assert.deepEqual(await reading, sent);
        assert.ok(frames < SMALL / 10, `${frames} frames`);
        for (const page of [one, other]) {
            const counts = await page.evaluate(async () => {
                const { counts } = await import("/itodenwa/index.js");
                await window.room.leave();
                return counts();
            });
            assert.equal(counts.listeners, 0);
        }
    });

    test(`channels and requests from ${kinds.join(" to ")}`, async (t) => {
        const room = freshRoom();
        const [one, other] = await Promise.all(kinds.map((kind) => member(t, kind, room)));
        const answering = other.evaluate(async () => {
            window.room.answer("add", ([one, other]) => one + other);
            window.room.answer("never", () => {
                throw Object.assign(new Error("No."), { code: "app/no" });
            });
            window.room.answer("echo", (bytes) => bytes);
            window.room.answer("large", () => new Uint8Array((1 << 20) + 1));
            window.room.answer("nothing", () => 1n);
            window.reported = [];
            addEventListener("error", (event) => {
                event.preventDefault();
                window.reported.push(event.error.code);
            });
            const channel = await new Promise((done) => (window.room.onchannel = done));
            const read = [];
            for await (const message of channel) {
                read.push(typeof message === "string" ? message : message.length);
                if (message === "streams") break;
            }
            await channel.readable.pipeTo(channel.writable, { preventClose: true });
            return [channel.name, channel.peer === (await window.peer), read, (await channel.closed)?.code ?? "on purpose"];
        });
        const asked = await one.evaluate(async () => {
            const peer = await window.peer;
            const code = (promise) => promise.then(() => "", ({ code, refusal, name }) => (name === "ItodenwaError" ? [code, refusal].filter(Boolean).join(" ") : name));
            const channel = await peer.openChannel("糸");
            for (const message of ["hello", new Uint8Array(200_000), new Uint16Array(4).subarray(1)]) await channel.send(message);
            const refused = [await code(channel.send({ a: 1 })), await code(channel.send("x".repeat(2 << 20)))];
            await channel.send("streams");
            await channel.send("back");
            const back = await new Promise((done) => (channel.onmessage = done));
            const results = [
                await peer.request("add", [1, 2]),
                (await peer.request("echo", new Uint8Array([1, 2]))).length,
                await code(peer.request("never")),
                await code(peer.request("unknown")),
                await code(peer.request("large")),
                await code(peer.request("nothing")),
                await code(peer.request("add", [1, 2], { signal: AbortSignal.abort() })),
                await code(peer.openChannel("")),
            ];
            channel.close();
            return { refused, back, results, closed: (await channel.closed) ?? "on purpose" };
        });
        assert.deepEqual(asked, {
            refused: ["channel/data", "channel/too-large"],
            back: "back",
            results: [
                3,
                2,
                "request/refused app/no",
                "request/unanswered",
                "request/refused channel/too-large",
                "request/refused channel/data",
                "AbortError",
                "channel/name",
            ],
            closed: "on purpose",
        });
        assert.deepEqual(await answering, ["糸", true, ["hello", 200_000, 6, "streams"], "on purpose"]);
        assert.deepEqual(await other.evaluate(() => window.reported), ["channel/too-large", "channel/data"]);
        const left = await Promise.all([one, other].map((page) => page.evaluate(async () => {
            const { counts } = await import("/itodenwa/index.js");
            await window.room.leave();
            return counts();
        })));
        for (const counts of left) assert.deepEqual(counts, { connections: 0, listeners: 0, timers: 0, tracks: 0, sounds: 0 });
    });
}
