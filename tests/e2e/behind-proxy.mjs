// People who reach the server by a way that can be cut, and what they notice of it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { freshRoom, PAIR, person, startServer } from "./people.mjs";
import { Proxy } from "./proxy.mjs";

export const SECRET = "only the tests know it";

/** Runs before the page: keeps its connections, and how often in a row nothing new had come over one of them. */
function keepConnections() {
    const Connection = RTCPeerConnection;
    window.connections = [];
    /** What was taken of the other side: `offer`, `answer`, `candidate`. */
    window.taken = [];
    window.RTCPeerConnection = class extends Connection {
        constructor(...configuration) {
            super(...configuration);
            // One that is described: that of an offer that nobody got never is.
            this.addEventListener("signalingstatechange", () => window.connections.push(this), { once: true });
        }
        setRemoteDescription(description) {
            window.taken.push(description.type);
            return super.setRemoteDescription(description);
        }
        addIceCandidate(candidate) {
            window.taken.push("candidate");
            return super.addIceCandidate(candidate);
        }
    };
    const came = async (connection) => {
        let [bytes, frames] = [0, 0];
        for (const { type, bytesReceived, framesDecoded } of (await connection.getStats()).values()) {
            if (type !== "inbound-rtp") continue;
            bytes += bytesReceived;
            frames += framesDecoded ?? 0;
        }
        return { bytes, frames };
    };
    window.gaps = [];
    addEventListener("DOMContentLoaded", () => {
        const notice = document.querySelector("[data-testid=signaling]");
        const look = () => notice.dataset.state === "reconnecting" && window.gaps.push(true);
        new MutationObserver(look).observe(notice, { attributes: true, attributeFilter: ["data-state"] });
    });
    window.watchPeople = () => {
        const count = document.querySelector("[data-testid=peer-count]");
        window.counts = [];
        new MutationObserver(() => window.counts.push(count.textContent)).observe(count, { childList: true, subtree: true });
    };
    window.watchMedia = async () => {
        // Counted in looks, not in time: a page that has no processor for a while looks less often.
        const none = { bytes: 0, frames: 0, news: 0, quiet: 0, silence: 0, still: 0, stillness: 0, at: performance.now(), gap: 0 };
        // What was made anew before is nothing that is watched.
        window.connections = window.connections.filter(({ signalingState }) => signalingState !== "closed");
        const watched = window.connections.map((connection) => ({ connection, ...none }));
        window.silence = () => Math.max(...watched.map((one) => one.silence));
        window.flows = () => watched.every((one) => one.news > 1);
        /** How often something new had come over the one over which least came. */
        window.looks = () => Math.min(...watched.map((one) => one.news));
        /** The most looks in a row at which a picture had not moved. */
        window.stillness = () => Math.max(...watched.map((one) => one.stillness));
        /** Pictures of the one of whom there were fewest. */
        window.frames = () => Math.min(...watched.map((one) => one.frames));
        /** The longest time without a new picture since this was asked last: milliseconds, and up to a look more. */
        window.takeGap = () => Math.max(...watched.map((one) => [one.gap, (one.gap = 0)][0]));
        const look = async (one) => {
            const { bytes, frames } = await came(one.connection);
            const isNew = bytes > one.bytes;
            one.quiet = isNew ? 0 : one.quiet + 1;
            one.news += isNew;
            one.still = frames > one.frames ? 0 : one.still + 1;
            const now = performance.now();
            one.gap = Math.max(one.gap, now - one.at);
            if (frames > one.frames) one.at = now;
            const [silence, stillness] = [Math.max(one.silence, one.quiet), Math.max(one.stillness, one.still)];
            Object.assign(one, { bytes, frames, silence, stillness });
        };
        // One in each turn: to look at many at once takes the processor from what is watched.
        for (let turn = 0; ; turn++) {
            if (watched.length > 0) await look(watched[turn % watched.length]);
            await new Promise((done) => setTimeout(done, 100));
        }
    };
}

/** A server behind a proxy. */
export async function behindProxy(t) {
    const server = await startServer("--ticket-secret", SECRET);
    const proxy = await Proxy.to(server.address);
    const line = { proxy, server };
    t.after(() => {
        line.server.process.kill();
        proxy.end();
    });
    return line;
}

/** The server is killed, or asked to end, and another one stands in its place. */
export async function restart(line, secret, signal = "SIGKILL") {
    line.server.process.kill(signal);
    [line.ended] = await once(line.server.process, "exit");
    line.server = await startServer("--ticket-secret", secret);
    line.proxy.target = line.server.address;
}

export function opens(t, line, kind, room) {
    return person(t, kind, { query: `?room=${room}`, at: line.proxy.address, prepare: keepConnections });
}

/** Two who see each other, through the proxy. */
export async function meet(t, line) {
    const room = freshRoom();
    const people = [];
    for (const [index, kind] of PAIR.entries()) {
        people.push(await (await opens(t, line, kind, room)).join(undefined, ["Ann", "Bob"][index]));
    }
    await Promise.all(people.map((someone) => someone.watches()));
    return people;
}

/** From now on it is noted what comes, and who goes. */
export async function watch(people) {
    for (const someone of people) {
        await someone.page.evaluate(() => (watchPeople(), void watchMedia()));
    }
}

/** Waits until the page has seen that the server is out of reach; it may be back by then. */
export const away = (someone) => someone.until(() => window.gaps.at(-1) && window.gaps.pop());
export const back = (someone) => someone.until(() => document.getElementById("signaling").dataset.state === "connected");

/** Since `watch` everybody has the same connections, and media on all of them. */
export async function noticedNothing(people, others = people.length - 1) {
    for (const someone of people) {
        const [made, silence, counts] = await someone.page.evaluate(() => [connections.length, silence(), window.counts]);
        assert.equal(made, others, "no connection was made anew");
        // Each connection is looked at in its turn.
        assert.ok(silence * others < 50, `nothing new at ${silence} looks in a row, ${others * 100} ms or more apart`);
        assert.deepEqual(counts, [], "somebody came or went");
        // Firefox tells of sockets as if they were errors of the page.
        assert.deepEqual(someone.errors.filter((error) => !/wss?:\/\//.test(error)), []);
    }
}

/** What needs the server works again. */
export async function negotiates([ann, bob]) {
    await bob.click("microphone");
    await ann.see("silent");
    await bob.click("microphone");
    await ann.miss("silent");
}
