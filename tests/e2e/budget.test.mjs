// What members say to each other for a call, and for what is done in it: counted, not timed. Everything counts once, however often it had
// to be sent, and on whichever way: by the server, or by the control channel.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { meets, member } from "./members.mjs";
import { end, freshRoom, LIMIT, PAIR } from "./people.mjs";

after(end);

/** Runs before the page: notes what is said, and what the browser negotiates. */
function count() {
    const said = (window.said = { bodies: new Map(), frames: [], descriptions: 0, restarts: 0 });
    const packet = ({ fromEpoch, toEpoch, seq, body }) => {
        if (body !== undefined) said.bodies.set([fromEpoch, toEpoch, seq].join(), body);
    };
    const Socket = WebSocket;
    window.WebSocket = class extends Socket {
        send(data) {
            const { join, signal } = JSON.parse(data);
            // Handed over as the first packets of a session, and not known yet of which.
            for (const [place, body] of (join?.offer ?? []).entries()) said.bodies.set(`join ${place}`, body);
            if (signal) packet(signal.packet);
            super.send(data);
        }
    };
    const { send } = RTCDataChannel.prototype;
    RTCDataChannel.prototype.send = function (data) {
        if (this.label === "control" && data !== '"beat"') {
            const frame = JSON.parse(data);
            if (frame.packet) packet(frame.packet);
            else said.frames.push(data);
        }
        return send.call(this, data);
    };
    const { setLocalDescription, restartIce } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.setLocalDescription = function (...given) {
        said.descriptions += 1;
        return setLocalDescription.apply(this, given);
    };
    RTCPeerConnection.prototype.restartIce = function () {
        said.restarts += 1;
        return restartIce.call(this);
    };
}

/** Two members of a room, without the page around the call. */
async function meet(t, options) {
    const room = freshRoom();
    const people = [];
    for (const kind of PAIR) people.push(await member(t, kind, room, options, count));
    for (const someone of people) await meets(someone, 1);
    return people;
}

/** What was said since the last time. */
async function since({ page }) {
    const { bodies, frames, descriptions, restarts } = await page.evaluate(() => {
        const { bodies, frames, descriptions, restarts } = said;
        const now = { bodies: [...bodies.values()], frames: [...frames], descriptions, restarts };
        bodies.clear();
        frames.length = said.descriptions = said.restarts = 0;
        return now;
    });
    const kinds = {};
    for (const body of bodies) {
        const [kind] = Object.keys(JSON.parse(body));
        kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    const bytes = [...bodies, ...frames].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    return { kinds, bytes, bodies, frames, descriptions, restarts };
}

test("a first call is one offer and one answer, and its candidates", async (t) => {
    const people = await meet(t, { camera: true, microphone: true });
    for (const { page } of people) await page.waitForFunction(() => document.querySelector("video")?.videoWidth > 0, { timeout: LIMIT });
    const [ann, bob] = await Promise.all(people.map(since));
    t.diagnostic(JSON.stringify([ann, bob].map(({ kinds, bytes }) => ({ kinds, bytes }))));
    const restarts = ann.restarts + bob.restarts;
    const answers = (one, other) => one.kinds.offer >= 1 && other.kinds.answer >= 1;
    assert.ok(answers(ann, bob) || answers(bob, ann), "one offered, and the other answered");
    assert.ok(ann.kinds.candidate >= 1 && bob.kinds.candidate >= 1, "both have candidates");
    assert.ok(ann.descriptions >= 1 && bob.descriptions >= 1, "both described it");
    assert.ok(ann.descriptions <= 1 + restarts && bob.descriptions <= 1 + restarts, "negotiated once");
    for (const { kinds, bodies } of [ann, bob]) {
        const { offer = 0, answer = 0, candidate = 0, endOfCandidates = 0, media = 0, ...others } = kinds;
        // Where devices take their time, what is on is said once more when they are there.
        assert.ok(media <= 2, JSON.stringify(kinds));
        // Whoever comes first brings an offer that nobody gets.
        assert.ok(offer <= 1 + restarts && answer <= 1 + restarts && endOfCandidates <= 1 + restarts, JSON.stringify(kinds));
        assert.deepEqual(others, {});
        const largest = (word) => Math.max(0, ...bodies.filter((body) => JSON.parse(body)[word]).map((body) => Buffer.byteLength(body)));
        assert.ok(largest("offer") <= 7500 && largest("answer") <= 7500, `${largest("offer")} and ${largest("answer")} bytes of descriptions`);
        assert.ok(largest("candidate") <= 300, `${largest("candidate")} bytes of a candidate`);
    }
});

test("what is switched on and off in a call is one small message each, and no negotiation", async (t) => {
    const people = await meet(t, {});
    const [ann, bob] = people;
    await Promise.all(people.map(since));
    // (what Ann does, what Bob sees of it)
    const actions = [
        [() => room.camera(true), () => other.media.has("camera")],
        [() => room.microphone(true), () => other.media.has("microphone")],
        [() => room.me.set("hand", true), () => other.attributes.get("hand") === true],
        [() => room.camera(false), () => !other.media.has("camera")],
        [() => room.microphone(false), () => !other.media.has("microphone")],
        [() => room.set("topic", "thread"), () => room.attributes.get("topic") === "thread"],
        [() => room.send("hello"), () => texts === 1],
        [() => room.camera(true), () => other.media.has("camera")],
        [() => room.me.set("hand", false), () => other.attributes.get("hand") === false],
        [() => room.camera(false), () => !other.media.has("camera")],
    ];
    await bob.page.evaluate(() => {
        window.texts = 0;
        window.other = room.peers.values().next().value;
        room.ontext = () => (window.texts += 1);
    });
    for (const [action, seen] of actions) {
        await ann.page.evaluate(action);
        await bob.until(seen);
        const [said, answered] = await Promise.all(people.map(since));
        t.diagnostic(`${action}: ${JSON.stringify(said.kinds)} ${said.frames.length} frames, ${said.bytes} bytes; answered ${answered.bytes}`);
        const restarts = said.restarts + answered.restarts;
        assert.ok(said.bodies.length + said.frames.length >= 1, `${action}: it was said`);
        assert.ok(said.descriptions + answered.descriptions <= 2 * restarts, `${action}: nothing is negotiated`);
        assert.ok(said.bodies.length + said.frames.length <= 3 + 20 * restarts, `${action}: ${said.bodies.concat(said.frames).join(" ")}`);
        assert.ok(said.bytes + answered.bytes <= 600 + 20_000 * restarts, `${action}: ${said.bytes + answered.bytes} bytes`);
    }
});
