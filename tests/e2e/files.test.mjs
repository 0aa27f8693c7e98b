// Files that are on their way when a page is loaded anew.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { keepLinked } from "./linked.mjs";
import { end, healed, meet, PAIR, person } from "./people.mjs";

after(end);

const MIB = 1 << 20;
const BLOCK = 256 << 10;
const SIZE = 12 * MIB + 5;
/** The file system takes so many blocks, and then no more until it is told to. The first 16 are closed by then. */
const BLOCKS = 30;

/** Runs in the receiver's page before anything else: once in a tab. */
function holdWrites() {
    // Not before the page is there: blank ones have no file system.
    if (!window.FileSystemWritableFileStream) return;
    const write = FileSystemWritableFileStream.prototype.write;
    const held = new Promise((done) => (window.release = done));
    window.blocks = 0;
    FileSystemWritableFileStream.prototype.write = async function (what) {
        if (what.data.byteLength < 1000) return write.call(this, what);
        window.blocks += 1;
        if (window.blocks > 30 && !sessionStorage.getItem("reloaded")) await held;
        return write.call(this, what);
    };
}

/** A file is chosen, all bytes different from their neighbours, and no two blocks alike. */
function choose(size) {
    const file = new File([Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 18)) % 253)], "holiday.bin");
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(file);
    const input = document.getElementById("file-input");
    input.files = dataTransfer.files;
    input.dispatchEvent(new Event("change"));
}

/** Loads it anew; it comes back into the call by itself. */
async function reload(someone) {
    await someone.page.evaluate(() => sessionStorage.setItem("reloaded", "yes"));
    await someone.page.reload();
    await someone.see("leave");
}

for (const [who, name] of [
    ["the sender's page", "a file goes on after the sender's page was loaded anew"],
    ["the receiver's page", "a file goes on after the receiver's page was loaded anew"],
    ["both pages", "a file goes on after both pages were loaded anew"],
]) {
    test(name, async (t) => {
        const [ann, bob] = await meet(t, PAIR, "", { prepare: `(${keepLinked})();(${holdWrites})()` });
        await ann.page.evaluate(choose, SIZE);
        await bob.click("file-accept");
        await bob.until((blocks) => window.blocks > blocks, BLOCKS);
        const since = Date.now();
        const isBobs = who !== "the sender's page";
        if (who !== "the receiver's page") await reload(ann);
        if (isBobs) {
            await reload(bob);
        } else {
            // His disk goes on: what was on its way is kept, too.
            await bob.page.evaluate(() => window.release());
            await bob.reads("chat-log", "kept for a day");
        }
        if (who === "the receiver's page") await ann.reads("chat-log", "Choose it again");
        await Promise.all([ann.watches(), bob.watches()]);
        await ann.page.evaluate(choose, SIZE);
        await bob.reads("chat-log", "of a file like this are here");
        const before = await bob.page.evaluate(() => window.blocks);
        await bob.click("file-accept");
        await bob.see("file-save");
        healed(t, "F03", since);
        await Promise.all([bob.reads("chat-log", "It goes on"), ann.reads("chat-log", "It goes on"), ann.reads("chat-log", "Sent")]);
        const came = (await bob.page.evaluate(() => window.blocks)) - before;
        const all = Math.ceil(SIZE / BLOCK);
        // Of a page that is gone only what was closed is there.
        const kept = isBobs ? 16 : BLOCKS;
        assert.ok(came <= all - kept && came > 0, `${came} of ${all} came again`);
        const [type, size, isEqual] = await bob.page.$eval("[data-testid=file-save]", async (link) => {
            const blob = window.linked.get(link.href);
            const bytes = new Uint8Array(await blob.arrayBuffer());
            return [blob.type, blob.size, bytes.every((byte, at) => byte === (at * 7 + (at >> 18)) % 253)];
        });
        assert.deepEqual([type, size, isEqual], ["application/octet-stream", SIZE, true]);
        for (const someone of [ann, bob]) {
            assert.deepEqual(await someone.violations(), []);
            assert.deepEqual(someone.errors, []);
        }
    });
}

test("files that are offered are lines of the chat, of which there are no more than it has; what is on its way or can be saved stays", async (t) => {
    const ann = await person(t, "chromium");
    const told = await ann.page.evaluate(async () => {
        const [{ Chat }, { Files }] = await Promise.all([import("/view/chat.js"), import("/view/files.js")]);
        const signal = new AbortController().signal;
        const room = Object.assign(new EventTarget(), { peers: new Map() });
        const chat = new Chat(room, signal);
        new Files(room, { chat, came() {}, signal });
        const log = document.getElementById("chat-log");
        const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        const transfer = { pause() {}, resume() {}, cancel() {} };
        const offer = (name) => room.onfile({ peer: { name: "Bob" }, name, size: 10, kept: async () => 5, accept: async () => transfer, refuse() {} });
        // Half of them while it is drawn, the others at once.
        const flood = async () => {
            for (let count = 0; count < 600; count++) {
                offer(`file-${count}`);
                if (count === 300) await drawn();
            }
            for (let count = 0; count < 100; count++) chat.wrote({ from: { name: "Bob" }, text: `text ${count}` });
            await drawn();
            return [log.children.length, log.lastElementChild.textContent.includes("text 99"), log.textContent.includes("mine.txt")];
        };
        offer("mine.txt");
        await drawn();
        log.querySelector("[data-testid=file-accept]").click();
        while (!transfer.onprogress) await drawn();
        const counts = [await flood()];
        transfer.onprogress({ state: "running", kept: 5, bytes: 6, size: 10, speed: 1 });
        transfer.onend({ file: new File(["x"], "mine.txt") });
        counts.push(await flood());
        return { counts, saves: log.querySelectorAll("[data-testid=file-save]").length };
    });
    assert.deepEqual(told, { counts: [[500, true, true], [500, true, true]], saves: 1 });
    assert.deepEqual(ann.errors, []);
});
