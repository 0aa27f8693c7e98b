// Files where a tenth of the packets is lost, over a network of namespaces.
import assert from "node:assert/strict";
import { createHash, randomFillSync } from "node:crypto";
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { keepLinked } from "../linked.mjs";
import { freshRoom, LIMIT, longTest, PAIR, Person } from "../people.mjs";
import * as browsers from "./browsers.mjs";
import * as lab from "./lab.mjs";
import { watch } from "./memory.mjs";
import * as servers from "./servers.mjs";

const MIB = 1 << 20;
/** What is compared at a time: nobody has all of it in memory. */
const SLICE = 4 * MIB;
/** What the process of a page may have for itself. */
const MEMORY = 200 * MIB;
const HOURS = 3_600_000;

const folder = mkdtempSync(join(tmpdir(), "itodenwa-lossy-"));
let [ann, bob] = [];

describe("where a tenth of the packets is lost", () => {
    let page;
    before(async () => {
        const believed = servers.certify();
        lab.lay();
        page = await servers.own();
        for (const name of ["ann", "bob"]) await lab.settled(name);
        [ann, bob] = await Promise.all(["ann", "bob"].map((name, index) => browsers.browserOf(name, PAIR[index], believed)));
    });
    after(async () => {
        await Promise.allSettled([ann?.close(), bob?.close(), servers.stop()]);
        lab.clear();
        servers.clean();
        browsers.clean();
        rmSync(folder, { recursive: true, force: true });
    });
    test("a file of 8 MiB arrives as it was", (t) => passes(t, page, 8 * MIB, LIMIT));
    longTest("a file of 1 GiB arrives as it was, and no page has 200 MiB", { timeout: 6 * HOURS }, (t) => passes(t, page, 1024 * MIB, 5 * HOURS));
});

/** A file of so many bytes from Ann to Bob. */
async function passes(t, page, size, limit) {
    lab.shape("ann", "lossy");
    lab.shape("bob", "port restricted");
    const path = join(folder, `${size}.bin`);
    await write(path, size);
    const room = freshRoom();
    const people = [];
    for (const [name, browser] of [["Ann", ann], ["Bob", bob]]) {
        const someone = await Person.open(browser, `${page}?room=${room}`, { devices: false, prepare: `(${keepLinked})()` });
        t.after(() => someone.close());
        people.push(await someone.join(undefined, name));
    }
    const [sender, receiver] = people;
    await sender.reads("peer-count", "2");
    const memory = [watch(t, ann), watch(t, bob)];
    const since = Date.now();
    const input = await sender.page.$("#file-input");
    await input.uploadFile(path);
    await receiver.click("file-accept");
    const link = await comes(receiver, "file-save", limit);
    const seconds = (Date.now() - since) / 1000;
    const most = memory.map((stop) => stop());
    t.diagnostic(`${size / MIB} MiB in ${seconds.toFixed(1)} s, ${(size / 1e6 / seconds).toFixed(2)} MB/s; pages have ${most.map((bytes) => Math.round(bytes / MIB)).join(" and ")} MiB at most`);
    const slices = await link.evaluate(hashes, SLICE);
    assert.deepEqual(slices, await hashesOf(path));
    for (const bytes of most) assert.ok(bytes < MEMORY, `${bytes} bytes`);
    for (const someone of people) assert.deepEqual(someone.errors, []);
}

/** What may take longer than a driver waits for an answer. */
async function comes(someone, testid, limit) {
    for (const until = Date.now() + limit; ; await sleep(500)) {
        const found = await someone.page.$(`[data-testid=${testid}]`);
        if (found) return found;
        if (Date.now() > until) await someone.see(testid);
    }
}

/** Bytes of which no two parts are alike. */
async function write(path, size) {
    const stream = createWriteStream(path);
    for (let written = 0; written < size; written += MIB) {
        if (!stream.write(randomFillSync(Buffer.alloc(MIB)))) await new Promise((done) => stream.once("drain", done));
    }
    await new Promise((done) => stream.end(done));
}

/** In the page, of what a link leads to: the hashes of its slices. */
async function hashes(link, slice) {
    const blob = window.linked.get(link.href);
    const found = [];
    for (let at = 0; at < blob.size; at += slice) {
        const digest = await crypto.subtle.digest("SHA-256", await blob.slice(at, at + slice).arrayBuffer());
        found.push([...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
    }
    return found;
}

async function hashesOf(path) {
    const found = [];
    for await (const slice of createReadStream(path, { highWaterMark: SLICE })) found.push(createHash("sha256").update(slice).digest("hex"));
    return found;
}
