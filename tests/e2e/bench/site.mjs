// The pages that are measured, the libraries in them, and the servers that those talk to.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { createInterface } from "node:readline";
import { address, LIMIT } from "../people.mjs";
import { watch } from "./watch.mjs";

const root = join(import.meta.dirname, "../../..");
const FOLDERS = {
    pages: join(import.meta.dirname, "pages"),
    rivals: join(root, "xtask/rivals/node_modules"),
    itodenwa: join(root, "js/lib"),
    pkg: join(root, "www/pkg"),
};
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
/** Browsers give exact times to a page that is alone in its process (W3C High Resolution Time, section 7). */
const ALONE = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const SERVERS = { raw: "ws", "simple-peer": "ws", peerjs: "peer", itodenwa: "itodenwa", "itodenwa-unprepared": "itodenwa", "itodenwa-room": "itodenwa" };
const children = [];

/** All servers, by name: where they are. */
export async function startServers() {
    return { ws: await startOther("ws"), peer: await startOther("peer"), itodenwa: await address() };
}

/** Ends those that are not ours. */
export function endServers() {
    for (const child of children) child.kill();
}

async function startOther(name) {
    const child = spawn("node", [join(root, "server/bench", `${name}.mjs`)], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout })) return line.trim();
    throw new Error(`${name} did not start`);
}

/** What a library is told of the server that it talks to. */
export function signalingOf(library, servers) {
    const server = SERVERS[library];
    if (server === "peer") return servers.peer;
    return servers[server].replace("http", "ws") + (server === "itodenwa" ? "ws" : "");
}

/** The pages, and the way to the proxies of candidates. */
export async function servePages(delays) {
    const server = createServer(async ({ url }, response) => {
        const { pathname, searchParams } = new URL(url, "http://localhost");
        if (pathname === "/delays") {
            return response.end(String(await delays.proxy(searchParams.get("address"), Number(searchParams.get("port")))));
        }
        const [, folder, ...rest] = normalize(pathname).split("/");
        const file = FOLDERS[folder] && join(FOLDERS[folder], ...rest);
        if (!file || !existsSync(file)) return response.writeHead(404).end();
        response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream", ...ALONE });
        createReadStream(file).pipe(response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** A page that has loaded a library, in a context of its own: `name` says which page. */
export async function openPage(browser, pages, name, delays) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage({ type: "window" });
    await page.evaluateOnNewDocument(watch, { delays });
    await page.goto(`${pages}pages/index.html?page=${name}`);
    await page.waitForFunction(() => window.isLoaded, { timeout: LIMIT });
    return page;
}

export const closeAll = (pages) => Promise.all(pages.map((page) => page.browserContext().close()));
