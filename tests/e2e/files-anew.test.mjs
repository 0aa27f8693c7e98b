// A file that is on its way when the connection is made anew.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { keepLinked } from "./linked.mjs";
import { end, healed, meet, PAIR } from "./people.mjs";

after(end);

const BLOCK = 256 << 10;
const SIZE = 48 * BLOCK + 5;
/** Beside the bytes of a block at most: a head of each of its messages. */
const HEAD = 256;
/** The receiver's file system takes so many blocks, and then no more until it is told to. */
const BLOCKS = 20;

/** Runs before the page: keeps its connections, counts the bytes of files that are given to the browser, and holds what is stored. */
function prepare(blocks) {
    const Connection = RTCPeerConnection;
    window.connections = [];
    window.RTCPeerConnection = class extends Connection {
        constructor(...configuration) {
            super(...configuration);
            // One that is described: that of an offer that nobody got never is.
            this.addEventListener("signalingstatechange", () => window.connections.push(this), { once: true });
        }
    };
    window.sent = 0;
    const { send } = RTCDataChannel.prototype;
    RTCDataChannel.prototype.send = function (data) {
        if (this.protocol.startsWith("itodenwa.file") && data.byteLength > 1000) window.sent += data.byteLength;
        send.call(this, data);
    };
    // Not before the page is there: blank ones have no file system.
    if (!window.FileSystemWritableFileStream) return;
    const { write } = FileSystemWritableFileStream.prototype;
    const held = new Promise((done) => (window.release = done));
    window.blocks = 0;
    FileSystemWritableFileStream.prototype.write = async function (what) {
        if (what.data.byteLength > 1000) {
            window.blocks += 1;
            if (window.blocks > blocks) await held;
        }
        return write.call(this, what);
    };
}

/** A file of random bytes is chosen. Gives its SHA-256. */
async function choose(size) {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 1 << 16) crypto.getRandomValues(bytes.subarray(at, at + (1 << 16)));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], "holiday.bin"));
    const input = document.getElementById("file-input");
    input.files = dataTransfer.files;
    input.dispatchEvent(new Event("change"));
    return [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))];
}

test("a file goes on through a connection that is made anew", async (t) => {
    const people = await meet(t, PAIR, "", { prepare: `(${keepLinked})();(${prepare})(${BLOCKS})` });
    const [ann, bob] = people;
    const hash = await ann.page.evaluate(choose, SIZE);
    await bob.click("file-accept");
    await bob.until((blocks) => window.blocks > blocks, BLOCKS);
    // The fault: one end is gone, and what was on its way with it.
    const before = await ann.page.evaluate(() => {
        window.connections.at(-1).close();
        return window.sent;
    });
    const since = Date.now();
    await bob.page.evaluate(() => window.release());
    await bob.see("file-save");
    healed(t, "F02", since);
    await ann.reads("chat-log", "Sent");
    const again = (await ann.page.evaluate(() => window.sent)) - before;
    const rest = SIZE - BLOCKS * BLOCK;
    assert.ok(again > 0 && again <= rest + (rest / BLOCK + 1) * HEAD, `${again} bytes through the second connection, where ${rest} were left`);
    const arrived = await bob.page.$eval("[data-testid=file-save]", async (link) => {
        const bytes = await window.linked.get(link.href).arrayBuffer();
        return [bytes.byteLength, [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))]];
    });
    assert.deepEqual(arrived, [SIZE, hash]);
    await Promise.all(people.map((someone) => someone.watches()));
    for (const { page, errors } of people) {
        // Where both see the end at the same time they may begin twice.
        assert.ok((await page.evaluate(() => window.connections.length)) > 1, "the connection was made anew");
        assert.deepEqual(errors, []);
    }
});
