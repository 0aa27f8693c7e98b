// What members and the room have for everybody to see: by the page's button for a raised hand, and by the package.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { end, meet, person } from "./people.mjs";

after(end);

/** The page shows so many raised hands, in tiles and in the list of people. */
const hands = (someone, tiles, lines) =>
    someone.page.waitForFunction(
        (tiles, lines) => {
            const up = (place) => document.querySelectorAll(`${place} [data-testid=hand-up]:not([hidden])`).length;
            return up("#grid") === tiles && up("#people-list") === lines;
        },
        {},
        tiles,
        lines,
    );

test("a hand is raised for everybody, also for whoever comes late (chromium, firefox)", async (t) => {
    const [ann, bob] = await meet(t, ["chromium", "firefox"]);
    await ann.page.focus("[data-testid=leave]");
    await ann.page.keyboard.press("h");
    await Promise.all([hands(ann, 1, 1), hands(bob, 1, 1)]);
    assert.equal(await ann.page.$eval("[data-testid=hand]", (button) => button.ariaPressed), "true");
    await bob.reads("chat-log", "raises a hand");

    // By the package: a member without a page of ours.
    const late = await person(t, "firefox");
    await late.page.evaluate(async (name) => {
        const { join } = await import("/itodenwa/index.js");
        const room = (window.room = await join(name));
        window.told = [];
        room.onattribute = ({ peer, key, value }) => window.told.push([peer?.name, key, value]);
    }, await ann.text("room-name"));
    await late.page.waitForFunction(() => window.told.length > 0);
    const seen = await late.page.evaluate(async () => {
        const { room, told } = window;
        const code = (set) => set.then(() => undefined, ({ code }) => code);
        await room.me.set("hand", true);
        await room.set("topic", { title: "糸" });
        const codes = await Promise.all([
            code(room.set("", 1)),
            code(room.set("x".repeat(65), 1)),
            code(room.me.set("x", "y".repeat(1024))),
            code(room.me.set("x", () => {})),
            code(Promise.all(Array.from({ length: 33 }, (_, key) => room.set(`key-${key}`, key)))),
        ]);
        const hands = [...room.peers.values()].filter(({ attributes }) => attributes.get("hand") === true);
        return { told, codes, hands: hands.map(({ name }) => name), topic: room.attributes.get("topic"), own: [...room.me.attributes] };
    });
    assert.deepEqual(seen, {
        told: [["Ann", "hand", true]],
        codes: ["attribute/too-large", "attribute/too-large", "attribute/too-large", "send/unsupported", "attribute/too-many"],
        hands: ["Ann"],
        topic: { title: "糸" },
        own: [["hand", true]],
    });
    await Promise.all([hands(ann, 2, 2), hands(bob, 2, 2)]);
    await ann.click("hand");
    await late.page.waitForFunction(() => window.told.some(([name, key, value]) => name === "Ann" && key === "hand" && value === undefined));
    await late.page.evaluate(() => window.room.leave());
    await Promise.all([hands(ann, 0, 0), hands(bob, 0, 0)]);
    assert.deepEqual(await late.page.evaluate(() => [window.room.attributes.size, window.room.me.attributes.size]), [0, 0]);
    for (const someone of [ann, bob, late]) assert.deepEqual(someone.errors, []);
});
