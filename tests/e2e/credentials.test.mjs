// The relay's credentials end in the middle of a call, and then paths are looked for anew.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { browser, end, freshRoom, healed, LIMIT, PAIR, person, startServer } from "./people.mjs";

after(end);

const SECRET = "only the tests know it";
/** How long credentials are worth something. Seconds: members get new ones after 30. */
const LIFE = 45;
/** How long a list of ICE servers is used. Seconds: another one is fetched at half of it. */
const LIST = 4;

/** A relay, and a service that gives out new credentials for it each time: those of somebody who is in a room of that server. Gives the service's address. */
async function service(t) {
    const server = await startServer("--turn", "on", "--turn-secret", SECRET, "--turn-session-rate", "100000000");
    t.after(() => server.process.kill());
    const context = await (await browser(PAIR[0])).createBrowserContext();
    t.after(() => context.close().catch(() => {}));
    const page = await context.newPage();
    await page.goto(new URL("healthz", server.address).href);
    const [username, urls] = await page.evaluate(enters);
    const session = username.slice(username.indexOf(":") + 1);
    const lists = createServer((_, answer) => {
        const username = `${Math.floor(Date.now() / 1000) + LIFE}:${session}`;
        const credential = createHmac("sha1", SECRET).update(username).digest("base64");
        answer.end(JSON.stringify({ iceServers: [{ urls, username, credential }], ttl: LIST }));
    });
    t.after(() => lists.close());
    await once(lists.listen(0, "127.0.0.1"), "listening");
    return `http://127.0.0.1:${lists.address().port}/`;
}

/** Runs in a page: enters a room, and stays. Gives the name and the addresses that are for the relay. */
function enters() {
    return new Promise((done, failed) => {
        window.socket = new WebSocket(new URL("ws", location.href.replace("http", "ws")));
        window.socket.onopen = () => window.socket.send(JSON.stringify({ join: { version: 1, room: "keeper" } }));
        window.socket.onclose = ({ reason }) => failed(new Error(`closed: ${reason}`));
        window.socket.onmessage = ({ data }) => {
            const relay = JSON.parse(data).welcome?.iceServers.servers.find(({ username }) => username);
            if (relay) done([relay.username, relay.urls]);
        };
    });
}

/** Runs before the page: keeps the names of the credentials that the server gives. */
function listen() {
    window.given = [];
    const Socket = WebSocket;
    window.WebSocket = class extends Socket {
        constructor(...options) {
            super(...options);
            this.addEventListener("message", ({ data }) => {
                const [, username] = String(data).match(/"username":"(\d+:[^"]+)"/) ?? [];
                if (username) window.given.push(username);
            });
        }
    };
    /** The path that is in use, whether that is one of the last search, which search that was, the credentials of the connection, and the pictures that came. */
    window.path = async () => {
        const connection = window.connections.at(-1);
        const stats = [...(await connection.getStats()).values()];
        const transport = stats.find(({ type }) => type === "transport")?.selectedCandidatePairId;
        const pair = stats.find((entry) => (transport ? entry.id === transport : entry.selected));
        const { candidateType, port } = stats.find(({ id }) => id === pair?.localCandidateId) ?? {};
        const frames = stats.find(({ type, kind }) => type === "inbound-rtp" && kind === "video")?.framesDecoded ?? 0;
        const [{ username }] = connection.getConfiguration().iceServers;
        const { sdp } = connection.localDescription;
        const [, search] = sdp.match(/^a=ice-ufrag:(\S+)/m);
        return { kind: candidateType, port, isFound: sdp.includes(` ${port} typ relay`), search, username, frames };
    };
}

/** A member, by the package alone, whose only way is the relay. */
async function enter(t, kind, at, room) {
    const someone = await person(t, kind, { at, relay: "udp", prepare: listen });
    await someone.page.evaluate(async (name) => {
        const { join } = await import("/itodenwa/index.js");
        document.body.replaceChildren();
        window.room = await join(name, { camera: true });
        window.room.onpeer = (peer) => document.body.append(peer.view());
    }, room);
    return someone;
}

/** Until pictures come, more than so many; gives the path. */
async function sees({ page }, more = 0) {
    const seen = async (more) => {
        if (!window.connections.length) return;
        const path = await window.path();
        return path.kind && path.frames > more + 5 && path;
    };
    return (await page.waitForFunction(seen, { timeout: LIMIT, polling: 100 }, more)).jsonValue();
}

const expiry = (username) => Number.parseInt(username, 10);

test("the relay's credentials end in a call, and then paths are looked for anew: by new ones", { timeout: 300_000 }, async (t) => {
    const server = await startServer("--turn", "off", "--ice-servers-url", await service(t));
    t.after(() => server.process.kill());
    const room = freshRoom();
    const people = [];
    for (const kind of PAIR) people.push(await enter(t, kind, server.address, room));
    const before = await Promise.all(people.map((someone) => sees(someone)));
    for (const { kind } of before) assert.equal(kind, "relay");
    // The fault: those that they have end.
    for (const [index, someone] of people.entries()) {
        const old = expiry(before[index].username);
        await someone.until((old) => Number.parseInt(window.given.at(-1), 10) > old, old);
        const next = await someone.page.evaluate(() => window.given.at(-1));
        assert.ok(expiry(next) - LIFE < old, "the next ones were made before the last ones ended");
    }
    const ended = Math.max(...before.map(({ username }) => expiry(username))) + 1;
    await sleep(Math.max(0, ended * 1000 - Date.now()));
    const since = Date.now();
    await people[0].page.evaluate(() => [...window.room.peers.values()][0].restartIce());
    for (const [index, someone] of people.entries()) {
        const { port, search, username } = before[index];
        const isAnother = async (port, search) => {
            const path = await window.path();
            return path.isFound && path.port !== port && path.search !== search;
        };
        await someone.until(isAnother, port, search);
        const path = await someone.page.evaluate(() => window.path());
        assert.ok(expiry(path.username) > expiry(username), `allocated with ${path.username} after ${username}`);
        await sees(someone, path.frames);
    }
    healed(t, "N13", since);
    for (const { page, errors } of people) {
        assert.equal(await page.evaluate(() => window.connections.length), 1, "the connection is the same");
        assert.deepEqual(errors, []);
    }
});
