// The npm package as somebody else uses it: installed from its tarball, imported by a TypeScript page, built by Vite.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { ref } from "@vue/reactivity";
import * as vite8 from "vite";
import * as vite6 from "vite6";
import * as vite7 from "vite7";
import { address, browser, end, freshRoom, LIMIT, need } from "./people.mjs";

const { build, preview } = vite8;
const run = promisify(execFile);
const modules = fileURLToPath(new URL("node_modules", import.meta.url));

const PAGE = `<!doctype html><title>guest</title><div id="tiles"></div><script type="module" src="/main.ts"></script>`;
const MAIN = `
import { Call, counts, ItodenwaError, join, type Peer } from "itodenwa";

const parameters = new URLSearchParams(location.search);
const said: string[] = [];
const form: { name: string | undefined } = { name: "Guest" };
const room = await join(parameters.get("room") ?? "", {
    camera: true,
    microphone: true,
    name: form.name,
    server: parameters.get("server") ?? undefined,
});
document.body.append(room.me.view());
room.onpeer = (peer: Peer) => document.querySelector("#tiles")!.append(peer.view());
room.ontext = ({ from, text }) => said.push(\`\${from.name}: \${text}\`);
(async () => {
    for await (const { type } of room) if (type === "close") break;
})();
Object.assign(window, { room, said, join, Call, counts, ItodenwaError });
`;

let project;

before(async () => {
    project = await mkdtemp(join(tmpdir(), "itodenwa-guest-"));
    await writeFile(join(project, "package.json"), JSON.stringify({ name: "guest", private: true, type: "module" }));
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", need("ITODENWA_TARBALL")], { cwd: project });
    await writeFile(join(project, "index.html"), PAGE);
    await writeFile(join(project, "main.ts"), MAIN);
    await build({ root: project, logLevel: "warn", build: { target: "esnext" } });
});

after(async () => {
    await end();
    await rm(project, { recursive: true, force: true });
});

test("importing it touches no browser: it can be rendered on a server", async () => {
    const script = "import * as itodenwa from 'itodenwa'; console.log(Object.keys(itodenwa).join())";
    const { stdout } = await run("node", ["--input-type=module", "--eval", script], { cwd: project });
    assert.equal(stdout.trim(), "Call,Check,ItodenwaError,Me,Peer,Preview,Recording,Room,check,counts,devices,join,load,newKey,open,prepare,removePrivateFiles");
});

test("its types hold for a strict program, with the oldest compiler and the newest", async () => {
    const options = ["noEmit", "strict", "exactOptionalPropertyTypes", "noUncheckedIndexedAccess", "verbatimModuleSyntax", "isolatedModules"];
    const compilerOptions = Object.fromEntries(options.map((option) => [option, true]));
    const lib = ["es2022", "dom", "dom.iterable"];
    Object.assign(compilerOptions, { target: "es2022", module: "nodenext", moduleResolution: "nodenext", lib, types: [] });
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
    for (const compiler of ["typescript52", "typescript"]) {
        await run("node", [join(modules, compiler, "bin/tsc"), "--project", "."], { cwd: project });
    }
});

test("vite build: two pages call each other", async (t) => {
    const server = await preview({ root: project, logLevel: "warn", preview: { port: 0, host: "127.0.0.1" } });
    t.after(() => server.close());
    await calls(t, server.resolvedUrls.local[0]);
});

for (const [version, vite] of Object.entries({ 6: vite6, 7: vite7, 8: vite8 })) {
    test(`vite ${version} dev: two pages call each other`, async (t) => {
        const server = await vite.createServer({
            root: project,
            logLevel: "warn",
            cacheDir: `node_modules/.vite`,
            server: { port: 0, host: "127.0.0.1", hmr: { port: 0 } },
            optimizeDeps: { force: true },
        });
        t.after(() => server.close());
        await server.listen();
        await calls(t, server.resolvedUrls.local[0]);
    });
}

test("a page whose policy forbids wasm is told what to allow", async (t) => {
    const headers = { "content-security-policy": "script-src 'self'" };
    const server = await preview({ root: project, logLevel: "warn", preview: { port: 0, host: "127.0.0.1", headers } });
    t.after(() => server.close());
    for (const kind of ["chromium", "firefox"]) {
        const context = await (await browser(kind)).createBrowserContext();
        t.after(() => context.close());
        const page = await context.newPage();
        const told = new Promise((done) => page.on("pageerror", ({ message }) => done(message)));
        await page.goto(`${server.resolvedUrls.local[0]}?room=${freshRoom()}`);
        assert.match(await told, /'wasm-unsafe-eval'/, kind);
    }
});

test("in a frame without `allow`, and on a page whose policy forbids it, a camera is denied by policy", async (t) => {
    const guest = await preview({ root: project, logLevel: "warn", preview: { port: 0, host: "127.0.0.1" } });
    const headers = { "permissions-policy": "camera=(), display-capture=()" };
    const strict = await preview({ root: project, logLevel: "warn", preview: { port: 0, host: "127.0.0.1", headers } });
    const query = new URLSearchParams({ room: freshRoom(), server: await signaling() });
    // Another origin by its name alone.
    const framed = guest.resolvedUrls.local[0].replace("127.0.0.1", "localhost");
    const outer = createServer((_, answer) => {
        answer.setHeader("content-type", "text/html").end(`<!doctype html><iframe src="${framed}?${query}"></iframe>`);
    });
    await new Promise((listens) => outer.listen(0, "127.0.0.1", listens));
    t.after(() => Promise.all([guest.close(), strict.close(), outer.close()]));
    const cases = [
        // Firefox gives neither a reason nor its policy: it cannot be told from a refusal.
        ["firefox", `http://127.0.0.1:${outer.address().port}/`, "media/denied"],
        ["chromium", `http://127.0.0.1:${outer.address().port}/`, "media/denied-by-policy"],
        ["chromium", `${strict.resolvedUrls.local[0]}?${query}`, "media/denied-by-policy"],
    ];
    for (const [kind, url, code] of cases) {
        const context = await (await browser(kind)).createBrowserContext();
        t.after(() => context.close());
        const page = await context.newPage();
        await page.goto(url);
        const frame = page.frames().at(-1);
        await frame.waitForFunction(() => window.room, { timeout: LIMIT });
        const refusal = (source) => window.room[source](true).then(() => "given", (error) => error.code);
        assert.equal(await frame.evaluate(refusal, "camera"), code, `${kind} ${url}`);
        if (kind === "chromium") assert.equal(await frame.evaluate(refusal, "screen"), code, url);
    }
});

test("in Node it says that calls run in browsers; errors survive JSON; proxies of Vue leave people alone", async () => {
    const { ItodenwaError, join: enter, Me } = await import(pathToFileURL(join(project, "node_modules/itodenwa/lib/index.js")).href);
    const error = await enter("room").catch((error) => error);
    assert.ok(error instanceof ItodenwaError);
    const { code, message } = JSON.parse(JSON.stringify(error));
    assert.equal(code, "browser/missing");
    assert.match(message, /browser/);
    const me = ref(new Me({ id: "1" }, { raw: () => ({ view: () => "a view" }) })).value;
    assert.equal(me.view(), "a view");
});

test("one connection by hand, and what the package promises", async (t) => {
    const server = await preview({ root: project, logLevel: "warn", preview: { port: 0, host: "127.0.0.1" } });
    t.after(() => server.close());
    const [page] = await open(t, server.resolvedUrls.local[0], 1);
    const told = await page.evaluate(byHand, await signaling());
    assert.deepEqual(told, {
        texts: ["over the string"],
        state: "connected",
        outOfTurn: "call/state",
        notAnOffer: "call/refused",
        badRoom: "room/invalid",
        alone: "send/nobody",
        late: ["peer", "peer", "peer", "peer"],
        delivered: true,
        gone: true,
        afterwards: "room/closed",
        closed: "close",
        held: { connections: 0, listeners: 0, timers: 0, tracks: 0, sounds: 0 },
    });
});

/** Two guests in a room; each shows the other, and reads what the other wrote. */
async function calls(t, url) {
    const pages = await open(t, url, 2);
    for (const page of pages) {
        const plays = () => {
            const video = document.querySelector("#tiles video");
            return video?.videoWidth > 0 && video.getVideoPlaybackQuality().totalVideoFrames >= 5;
        };
        await page.waitForFunction(plays, { timeout: LIMIT });
    }
    for (const page of pages) await page.evaluate(async () => (await window.room.send("hello")).delivered);
    for (const page of pages) assert.deepEqual(await page.evaluate(() => window.said), ["Guest: hello"]);
    await pages[0].evaluate(() => window.room.leave());
    await pages[1].waitForFunction(() => window.room.peers.size === 0, { timeout: 12_000 });
    assert.equal(await pages[1].$("#tiles video"), null);
}

async function open(t, url, count) {
    const query = new URLSearchParams({ room: freshRoom(), server: await signaling() });
    const pages = [];
    for (let number = 0; number < count; number++) {
        const context = await (await browser("chromium")).createBrowserContext();
        t.after(() => context.close());
        const page = await context.newPage();
        page.on("pageerror", (error) => console.error(`page error: ${error.message}`));
        await page.goto(`${url}?${query}`);
        await page.waitForFunction(() => window.room, { timeout: LIMIT });
        pages.push(page);
    }
    return pages;
}

async function signaling() {
    const url = new URL("ws", await address());
    url.protocol = "ws:";
    return url.href;
}

/** Runs in the page: both ends of a call, and two people of one page in a room. */
async function byHand(server) {
    const { Call, counts, ItodenwaError, join } = window;
    const code = async (run) => {
        try {
            await run();
            return "nothing";
        } catch (error) {
            return error instanceof ItodenwaError ? error.code : String(error);
        }
    };
    const once = (target, type) => new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));

    const [here, there] = [await Call.create({ ice: "trickle" }), await Call.create({ ice: "trickle" })];
    const outOfTurn = await code(() => here.makeAnswer());
    const notAnOffer = await code(() => there.setOffer("nonsense"));
    await there.setOffer(await here.makeOffer());
    await here.setAnswer(await there.makeAnswer());
    // The candidates have waited for their listeners.
    here.oncandidate = (candidate) => there.addCandidate(candidate).catch(() => {});
    there.oncandidate = (candidate) => here.addCandidate(candidate).catch(() => {});
    const texts = [];
    there.ontext = (text) => texts.push(text);
    for (const side of [here, there]) while (side.state !== "connected") await once(side, "connection");
    here.send("over the string");
    while (texts.length === 0) await once(there, "text");
    const { state } = here;
    await here.close();
    await there.close();

    const name = `by-hand-${Math.random().toString(36).slice(2)}`;
    const ann = await join(name, { server });
    const alone = await code(() => ann.send("anybody?"));
    const bob = await join(name, { server });
    await once(ann, "peer");
    // Who comes late hears who is here: by property, by listener, once, and by iterator; who has gone again does not.
    const late = [];
    const unwanted = () => late.push("unwanted");
    ann.addEventListener("peer", unwanted);
    ann.removeEventListener("peer", unwanted);
    ann.onpeer = unwanted;
    ann.onpeer = () => late.push("peer");
    ann.addEventListener("peer", () => late.push("peer"));
    ann.addEventListener("peer", { handleEvent: ({ type }) => late.push(type) }, { once: true });
    for await (const { type } of ann) {
        late.push(type);
        break;
    }
    const message = await ann.send("hello");
    const delivered = await message.delivered.then(() => true);
    const left = once(ann, "left");
    await bob[Symbol.asyncDispose]();
    const gone = (await left) && ann.peers.size === 0;
    await ann.leave();
    await ann.leave();
    const afterwards = await code(() => ann.camera(true));
    const closed = (await once(ann, "close")).type;
    const badRoom = await code(() => join("no such / name", { server }));
    await window.room.leave();
    let held = await counts();
    while (Object.values(held).some((count) => count > 0)) {
        await new Promise((done) => setTimeout(done, 10));
        held = await counts();
    }
    return { texts, state, outOfTurn, notAnOffer, badRoom, alone, late, delivered, gone, afterwards, closed, held };
}
