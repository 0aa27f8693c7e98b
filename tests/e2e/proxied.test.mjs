// What a real nginx says of its clients: their addresses, and the address that they asked for.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { get } from "node:http";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { location, nginx } from "./nginx.mjs";
import { LIMIT, need } from "./people.mjs";

/** The server behind a proxy: its address, where its numbers are, and what it logged until now. */
async function server(t) {
    const options = ["--listen", "127.0.0.1:0", "--behind-proxy", "--allow-origin", "https://example.org", "--turn", "off", "--metrics", "127.0.0.1:0"];
    const { ITODENWA_WWW, ...env } = process.env;
    const child = spawn(need("ITODENWA_SERVER"), options, { stdio: ["ignore", "pipe", "pipe"], env: { ...env, RUST_LOG: "info,itodenwa_server=debug" } });
    t.after(() => child.kill());
    const log = [];
    createInterface({ input: child.stderr }).on("line", (line) => log.push(line));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const url = async () => (await lines.next()).value.match(/http:\/\/\S+/)[0];
    return { address: await url(), metrics: await url(), log };
}

/** The status of the answer to the opening handshake of a WebSocket, as a page of this origin sends it. */
function upgrade(url, origin) {
    const headers = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": 13, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==" };
    return new Promise((done, failed) => {
        const request = get(url, { headers: { ...headers, Origin: origin } });
        request.on("error", failed);
        request.on("response", (response) => done(response.resume().statusCode));
        request.on("upgrade", (response, socket) => {
            socket.destroy();
            done(response.statusCode);
        });
    });
}

/** Waits until a line is there that is as it has to be. */
async function logs(log, fits) {
    const until = Date.now() + LIMIT;
    while (!log.some(fits)) {
        assert.ok(Date.now() < until, log.join("\n"));
        await sleep(10);
    }
}

test("/metrics is at a place of its own, and no proxy leads there, whatever it says", async (t) => {
    const { address, metrics } = await server(t);
    const HERE = "$remote_addr:$remote_port";
    const said = [{}, { "X-Forwarded-For": HERE }, { Forwarded: `for="${HERE}"` }, { "X-Real-IP": "$remote_addr" }];
    const at = await nginx(t, said.map((headers, number) => location(`/${number}/`, address, headers)), "/0/healthz");
    for (const number of said.keys()) {
        assert.equal((await fetch(`${at}/${number}/healthz`)).status, 200);
        assert.equal((await fetch(`${at}/${number}/metrics`)).status, 404, JSON.stringify(said[number]));
    }
    assert.match(await (await fetch(metrics)).text(), /^itodenwa_connections 0$/m);
    assert.equal((await fetch(new URL("/healthz", metrics))).status, 404);
});

test("the own page may connect, by whatever name the proxy was asked; another one is named in the log", async (t) => {
    const { address, log } = await server(t);
    const asked = [
        { "X-Forwarded-Proto": "https", "X-Forwarded-Host": "call.example.org" },
        { Forwarded: 'for=198.51.100.7;proto=https;host="call.example.org"' },
        { Host: "call.example.org", "X-Forwarded-Proto": "https" },
    ];
    const locations = asked.map((headers, number) => location(`/${number}/`, address, headers));
    const at = await nginx(t, locations, "/0/healthz");
    for (const number of asked.keys()) {
        const ws = `${at}/${number}/ws`;
        assert.equal(await upgrade(ws, "https://call.example.org"), 101, `its own page (${number})`);
        assert.equal(await upgrade(ws, "https://example.org"), 101, `one that is let in (${number})`);
        for (const origin of ["http://call.example.org", "https://call.example.org.example.com", "null"]) {
            assert.equal(await upgrade(ws, origin), 403, `${origin} (${number})`);
            await logs(log, (line) => line.includes("--allow-origin") && line.includes(origin));
        }
    }
});
