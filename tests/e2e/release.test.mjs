// A release after another: for a while the servers behind a real nginx have different pages inside. Whoever loads the page gets all of
// one of them, and a page that was loaded before goes on loading.
import assert from "node:assert/strict";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { nginxBeforeThree } from "./nginx.mjs";
import { need, startProgram } from "./people.mjs";

/** The version of the page of the next release. */
const NEXT = "0123456789abcdef";
const VERSIONED = /(?:src|href)="([0-9a-f]{16}\/[^"]+)"/g;
const IMPORTED = /\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+\.js)"/g;

/** A folder that is served as a program serves the page inside of it: all but the document under the version. */
function nextRelease(t) {
    const folder = mkdtempSync(join(tmpdir(), "itodenwa-release-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const www = need("ITODENWA_WWW");
    cpSync(www, join(folder, NEXT), { recursive: true, dereference: true });
    const document = readFileSync(join(www, "index.html"), "utf8");
    writeFileSync(join(folder, "index.html"), document.replaceAll(/(src|href)="(?=[\w/-]+\.(?:js|css|svg|wasm)")/g, `$1="${NEXT}/`));
    return folder;
}

/** An answer, whoever signed the certificate. */
async function get(url) {
    const [response] = await once(https.get(url, { rejectUnauthorized: false }), "response");
    let text = "";
    for await (const piece of response.setEncoding("utf8")) text += piece;
    return { status: response.statusCode, text };
}

/** Loads the page as a browser with nothing kept does. The version that it got, and the addresses of all its files. */
async function load(at) {
    const { status, text } = await get(at);
    assert.equal(status, 200);
    const found = [...text.matchAll(VERSIONED)].map(([, path]) => new URL(path, at).href);
    for (const address of found) {
        const { status, text } = await get(address);
        assert.equal(status, 200, address);
        if (!address.endsWith(".js")) continue;
        const imported = [...text.matchAll(IMPORTED)].map(([, path]) => new URL(path, address).href);
        found.push(...imported.filter((file) => !found.includes(file)));
    }
    assert.ok(found.length > 20, String(found));
    const versions = new Set(found.map((address) => new URL(address).pathname.split("/")[1]));
    assert.equal(versions.size, 1, String([...versions]));
    return { version: [...versions][0], found };
}

test("while servers have different pages inside, each that is loaded is whole, and the older one is for a while after", async (t) => {
    const before = await startProgram("--behind-proxy", "--turn", "off");
    t.after(() => before.process.kill());
    const like = ["--behind-proxy", "--turn", "off", "--www", nextRelease(t)];
    const next = [await startProgram(...like), await startProgram(...like)];
    t.after(() => next.forEach(({ process }) => process.kill()));
    const at = await nginxBeforeThree(t, [before, ...next].map(({ address }) => address), "/healthz");

    const loaded = new Map();
    for (let times = 0; times < 10 || loaded.size < 2; times++) {
        const { version, found } = await load(`${at}/`);
        loaded.set(version, found);
    }
    assert.ok(loaded.delete(NEXT));
    const [[older, files]] = loaded;
    for (const path of [`${older}/nothing.js`, "0000000000000000/app.js"]) {
        assert.equal((await get(`${at}/${path}`)).status, 404, path);
    }

    before.process.kill();
    await once(before.process, "exit");
    for (const file of files) assert.equal((await get(file)).status, 200, `${file}, which no server has any more`);
    assert.equal((await load(`${at}/`)).version, NEXT);
});
