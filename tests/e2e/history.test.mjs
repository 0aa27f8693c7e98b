// What was said before somebody came: on the page, and by the package.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { each, end, freshRoom, meet, person } from "./people.mjs";

after(end);

/** The texts of a chat that were said before somebody came, with when each was, and all of it, each with who said it. */
const chat = (someone) =>
    someone.page.evaluate(() => {
        const said = (lines) => [...lines].map((line) => `${line.querySelector("b").textContent}: ${line.querySelector("span").textContent}`);
        const log = document.querySelector("[data-testid=chat-log]");
        const earlier = [...log.querySelectorAll(".earlier .theirs")];
        const times = earlier.map((line) => line.querySelector("time").dateTime);
        return { earlier: said(earlier), times, all: said(log.querySelectorAll(".theirs")) };
    });

/** What one of them said. */
const of = (name, lines) => lines.filter((line) => line.startsWith(`${name}: `));

for (const [kinds, test] of each(["chromium", "firefox"], ["firefox", "chromium"])) {
    test(`who comes late reads what ${kinds[0]} and ${kinds[1]} said, once, before all else`, async (t) => {
        const [ann, bob] = await meet(t, kinds);
        const room = await ann.text("room-name");
        await ann.say("one");
        await bob.reads("chat-log", "one");
        await bob.say("two");
        await ann.reads("chat-log", "two");
        await ann.say("three");
        await bob.reads("chat-log", "three");
        assert.deepEqual(await chat(bob), { earlier: [], times: [], all: ["Ann: one", "Ann: three"] }, "who was there has it once");
        const cem = await person(t, kinds[1], { query: `?room=${room}` });
        await cem.join(undefined, "Cem");
        await cem.reads("chat-earlier", "three");
        await cem.reads("chat-earlier", "two");
        await cem.reads("chat-earlier", "Before you came");
        await ann.counts(3);
        await ann.say("four");
        await cem.reads("chat-log", "four");
        const { earlier, times, all } = await chat(cem);
        assert.deepEqual([of("Ann", earlier), of("Bob", earlier), earlier.length], [["Ann: one", "Ann: three"], ["Bob: two"], 3]);
        // Each says how long ago it was, so between two of them the time is as exact as their answers are quick.
        assert.deepEqual(times, times.toSorted(), `the oldest first: ${earlier}`);
        assert.deepEqual(all, [...earlier, "Ann: four"]);
        assert.match(await cem.text("chat-kept"), /Those who come later/);
        for (const someone of [ann, bob, cem]) assert.deepEqual(someone.errors, []);
    });
}

/** Joins a room by the package, and notes what is said. */
async function joins(t, kind, room, options) {
    const someone = await person(t, kind);
    await someone.page.evaluate(
        async (room, options) => {
            const { join } = await import("./itodenwa/index.js");
            window.heard = [];
            window.room = await join(room, options);
            window.room.ontext = ({ from, text, earlier }) => window.heard.push([from.name, text, earlier ? "earlier" : "now"].join());
            window.room.ondata = ({ from, data, earlier }) => window.heard.push([from.name, JSON.stringify([...data]), earlier ? "earlier" : "now"].join());
        },
        room,
        options,
    );
    return someone;
}

/** Waits until so much was heard, and gives it. */
async function hears(someone, count) {
    await someone.until((count) => window.heard.length >= count, count);
    return someone.page.evaluate(() => window.heard);
}

const isWith = (someone, count) => someone.until((count) => [...window.room.peers.values()].filter(({ state }) => state === "connected").length === count, count);

test("as many as were kept, of those who keep them, and only by who wants them (chromium, firefox)", async (t) => {
    const room = freshRoom();
    const ann = await joins(t, "chromium", room, { name: "Ann", history: 2 });
    const bob = await joins(t, "firefox", room, { name: "Bob" });
    await Promise.all([isWith(ann, 1), isWith(bob, 1)]);
    await ann.page.evaluate(async () => {
        const { room } = window;
        for (const what of ["1", [2], new Uint8Array([3, 4])]) await (await room.send(what)).delivered;
        await (await [...room.peers.values()][0].send("to Bob alone")).delivered;
    });
    await bob.page.evaluate(async () => (await window.room.send("not kept")).delivered);
    const cem = await joins(t, "firefox", room, { name: "Cem", history: 50 });
    const dan = await joins(t, "chromium", room, { name: "Dan" });
    await Promise.all([ann, bob, cem, dan].map((someone) => isWith(someone, 3)));
    // As soon as each knows the others: nothing new comes before what is old.
    await ann.page.evaluate(async () => (await window.room.send("new")).delivered);
    assert.deepEqual(await hears(cem, 3), ["Ann,[2],earlier", "Ann,[3,4],earlier", "Ann,new,now"]);
    assert.deepEqual(await hears(dan, 1), ["Ann,new,now"]);
    const codes = await ann.page.evaluate(async () => {
        const { join } = await import("./itodenwa/index.js");
        const code = (history) => join("another", { history }).then(() => "joined", ({ code }) => code);
        return [await code(0), await code(51), await code("many"), await code(1.5)];
    });
    assert.deepEqual(codes, Array(4).fill("options/invalid"));
});
