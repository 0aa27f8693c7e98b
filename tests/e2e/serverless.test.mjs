// The server is dead, and stays so: a call between two who see each other goes on, and may still change.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { away, behindProxy, meet, noticedNothing, watch } from "./behind-proxy.mjs";
import { browser, end, freshRoom, LIMIT } from "./people.mjs";

after(end);

async function kill(server) {
    server.process.kill("SIGKILL");
    await once(server.process, "exit");
}

test("with the server killed cameras are switched off and on, and texts arrive", async (t) => {
    const line = await behindProxy(t);
    const people = await meet(t, line);
    await watch(people);
    await kill(line.server);
    await Promise.all(people.map(away));
    for (const [one, other] of [people, people.toReversed()]) {
        await one.click("camera");
        await other.until(() => document.querySelector("[data-testid=tile][data-picture=off]"));
        await one.click("camera");
        await other.watches();
        await one.say(`from ${other === people[0] ? "Bob" : "Ann"}`);
        await other.reads("chat-log", `from ${other === people[0] ? "Bob" : "Ann"}`);
    }
    await noticedNothing(people);
});

test("with the server killed something is published that nobody had a place for", async (t) => {
    const line = await behindProxy(t);
    const room = freshRoom();
    const [ann, bob] = await Promise.all(["chromium", "firefox"].map(async (kind) => {
        const context = await (await browser(kind)).createBrowserContext();
        t.after(() => context.close().catch(() => {}));
        const page = await context.newPage();
        await page.goto(line.proxy.address);
        await page.evaluate(joins, room, LIMIT);
        return page;
    }));
    await Promise.all([ann, bob].map((page) => page.evaluate(() => window.connected)));
    // What publishing needs is loaded when it is first used.
    await Promise.all([ann, bob].map((page) => page.evaluate(() => window.publish("first"))));
    await Promise.all([ann, bob].map((page) => page.evaluate(() => window.when(() => window.peer.media.has("first")))));
    await kill(line.server);
    await Promise.all([ann, bob].map((page) => page.evaluate(() => window.away)));
    for (const [one, other] of [[ann, bob], [bob, ann]]) {
        await one.evaluate(() => window.publish("whiteboard"));
        await other.evaluate(() => window.when(() => window.peer.media.has("whiteboard")));
    }
    for (const page of [ann, bob]) {
        assert.deepEqual(await page.evaluate(() => [window.made, window.peer.state, window.room.peers.size]), [1, "connected", 1]);
    }
});

/** Runs in the page. */
async function joins(name, limit) {
    const Connection = RTCPeerConnection;
    window.made = 0;
    window.RTCPeerConnection = class extends Connection {
        constructor(...configuration) {
            super(...configuration);
            // One that is described: that of an offer that nobody got never is.
            this.addEventListener("signalingstatechange", () => (window.made += 1), { once: true });
        }
    };
    const { join } = await import("/itodenwa/index.js");
    const room = (window.room = await join(name));
    /** What does not come is named, with the steps so far. */
    const when = (window.when = (happens) => new Promise((done, fail) => {
        const look = () => happens() && (clearInterval(timer), done());
        const timer = setInterval(look, 50);
        const steps = () => room.steps.map(({ name, detail }) => `${name} ${detail}`.trim()).filter((step) => !/andidate|ice|signaling/.test(step));
        setTimeout(() => fail(new Error(`never: ${happens}; ${window.peer && [...window.peer.media]}; ${steps().slice(-40)}`)), limit);
        look();
    }));
    window.publish = (source) => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
        canvas.getContext("2d").fillRect(0, 0, 320, 180);
        return room.publish(canvas.captureStream(5).getVideoTracks()[0], { source });
    };
    window.away = new Promise((done) => room.addEventListener("signaling", ({ detail }) => detail === "reconnecting" && done()));
    window.connected = when(() => {
        [window.peer] = room.peers.values();
        return window.peer?.state === "connected" && room.steps.some(({ name }) => name === "channelOpen");
    });
}
