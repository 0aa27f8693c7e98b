// Both sides begin to change something at the same moment, again and again.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, browser, end, freshRoom, LIMIT, PAIR, person, times } from "./people.mjs";
import { prepare } from "./weather.mjs";

after(end);

const ROUNDS = times(10, 50);
const SWITCHES = times(10, 100);
/** Milliseconds between the two at most. */
const SKEW = 50;

/** A page of somebody in the room. */
async function enters(t, kind, room) {
    const context = await (await browser(kind)).createBrowserContext();
    t.after(() => context.close().catch(() => {}));
    const page = await context.newPage({ type: "window" });
    await page.evaluateOnNewDocument(prepare);
    await page.goto(await address());
    await page.evaluate(joins, room, LIMIT);
    return page;
}

/** Runs in the page. */
async function joins(name, limit) {
    const { join } = await import("/itodenwa/index.js");
    const room = (window.room = await join(name));
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 36 });
    canvas.getContext("2d").fillRect(0, 0, 64, 36);
    const [track] = canvas.captureStream(5).getVideoTracks();
    window.switches = async (after, on) => {
        await new Promise((done) => setTimeout(done, after));
        if (on) await room.publish(track, { source: "board" });
        else room.unpublish("board");
    };
    /** Waits until everybody else is connected and publishes, or does not. */
    window.sees = (others, on) => new Promise((done, fail) => {
        const timer = setInterval(() => {
            const peers = [...room.peers.values()];
            if (peers.length !== others || !peers.every((peer) => peer.state === "connected" && peer.media.has("board") === on)) return;
            clearInterval(timer);
            done();
        }, 20);
        const shown = () => JSON.stringify([...room.peers.values()].map(({ state, media }) => [state, [...media]]));
        setTimeout(() => fail(new Error(`never ${on} of ${others}: ${shown()}; ${window.refused}`)), limit);
    });
    /** Of each open connection its media, by their places. */
    window.lines = () => connections.filter(({ signalingState }) => signalingState !== "closed").map((connection) =>
        connection.getTransceivers().map(({ mid, receiver }) => `${mid} ${receiver.track.kind}`).sort());
}

/** All switch within the skew of each other, and see that all have. */
async function round(pages, number) {
    const on = number % 2 === 0;
    await Promise.all(pages.map((page, index) => page.evaluate((after, on) => switches(after, on), (number * (7 + 6 * index)) % (SKEW + 1), on)));
    await Promise.all(pages.map((page) => page.evaluate((others, on) => sees(others, on), pages.length - 1, on)));
}

test("both begin to change something within 50 ms, again and again", { timeout: 600_000 }, async (t) => {
    const room = freshRoom();
    const pages = [];
    for (const kind of PAIR) pages.push(await enters(t, kind, room));
    const all = () => Promise.all(pages.map((page) => page.evaluate(() => lines())));
    await round(pages, 0);
    const [before] = await all();
    for (let number = 1; number < ROUNDS; number++) await round(pages, number);
    const [ann, bob] = await all();
    assert.deepEqual(ann, bob, "both have the same transceivers");
    assert.deepEqual(ann, before, "places are used again");
    for (const page of pages) assert.deepEqual(await page.evaluate(() => [connections.length, refused]), [1, []]);
});

test("somebody comes while the others change everything at once", { timeout: 600_000 }, async (t) => {
    const room = freshRoom();
    const pages = [];
    for (const kind of PAIR) pages.push(await enters(t, kind, room));
    let isOver = false;
    const storm = (async () => {
        for (let number = 0; !isOver; number++) await Promise.all(pages.map((page, index) => page.evaluate((after, on) => switches(after, on), 10 * index, number % 2 === 0)));
    })();
    const late = await enters(t, PAIR[1], room);
    await late.evaluate((limit) => new Promise((done, fail) => {
        const timer = setInterval(() => [...room.peers.values()].filter(({ state }) => state === "connected").length === 2 && (clearInterval(timer), done()), 20);
        setTimeout(() => fail(new Error("not connected with both")), limit);
    }), LIMIT);
    isOver = true;
    await storm;
    pages.push(late);
    await round(pages, 0);
    await round(pages, 1);
    for (const page of pages) assert.deepEqual(await page.evaluate(() => [connections.length, refused]), [2, []]);
});

test("a camera is switched again and again", { timeout: 600_000 }, async (t) => {
    const query = `?room=${freshRoom()}`;
    const people = [];
    for (const [index, kind] of PAIR.entries()) people.push(await (await person(t, kind, { query, prepare })).join(undefined, ["Ann", "Bob"][index]));
    const [ann, bob] = people;
    await Promise.all(people.map((someone) => someone.watches()));
    const lines = () => connections.map(({ localDescription }) => localDescription.sdp.match(/^m=/gm).length);
    const before = await ann.page.evaluate(lines);
    for (let number = 0; number < SWITCHES; number++) {
        await ann.click("camera");
        await ann.until((pressed) => document.querySelector("[data-testid=camera]").ariaPressed === pressed, String(number % 2 === 1));
    }
    await bob.watches();
    for (const { page, errors } of people) {
        assert.deepEqual(await page.evaluate(lines), before, "no connection, and no place, more than before");
        assert.deepEqual(errors, []);
    }
});
