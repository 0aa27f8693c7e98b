// Messages are lost, doubled and out of order while a call comes about.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { end, freshRoom, healed, PAIR, person } from "./people.mjs";
import { prepare } from "./weather.mjs";

after(end);

/**
 * Ann and Bob come into a room in this weather, each with their own if it is a list. Gives them when both see each other, with when the
 * second one joined.
 */
async function meet(t, weather, seed) {
    const query = `?room=${freshRoom()}`;
    const people = await Promise.all(PAIR.map((kind) => person(t, kind, { query, prepare })));
    for (const [index, someone] of people.entries()) {
        const [kind] = [weather].flat().slice(Array.isArray(weather) ? index : 0);
        if (kind) await someone.page.evaluate((kind, seed) => void weather(kind, seed), kind, seed);
        people.since = Date.now();
        await someone.join(undefined, ["Ann", "Bob"][index]);
    }
    await Promise.all(people.map((someone) => someone.watches()));
    return people;
}

const done = async (people, what) =>
    (await Promise.all(people.map(({ page }) => page.evaluate((what) => weather.done[what], what)))).reduce((one, other) => one + other);

/** One connection each, of which no browser refused anything. */
async function isSound(people) {
    for (const { page, errors } of people) {
        assert.deepEqual(await page.evaluate(() => [connections.length, refused]), [1, []]);
        assert.deepEqual(errors, []);
    }
}

test("the first offer is lost", (t) => losesOne(t, "S01", "offer"));
test("the first answer is lost", (t) => losesOne(t, "S02", "answer"));

async function losesOne(t, row, word) {
    const people = await meet(t, word);
    healed(t, row, people.since);
    assert.equal(await done(people, "lost"), 1);
    await isSound(people);
}

test("of one side's candidates none comes", async (t) => {
    const people = await meet(t, [undefined, "deaf"]);
    assert.ok((await done(people, "candidates")) > 0);
    await isSound(people);
    // Bob knows Ann by what came from her alone.
    const remote = await people[1].page.evaluate(async () => {
        const stats = await connections[0].getStats();
        const all = [...stats.values()];
        const transport = all.find(({ type }) => type === "transport")?.selectedCandidatePairId;
        const pair = all.find((entry) => entry.id === transport || entry.selected);
        return stats.get(pair?.remoteCandidateId)?.candidateType;
    });
    assert.equal(remote, "prflx");
});

test("candidates overtake the descriptions that they are of", async (t) => {
    const people = await meet(t, "overtaken");
    assert.ok((await done(people, "moved")) > 0);
    await isSound(people);
});

test("every message comes twice", async (t) => {
    const people = await meet(t, "twice");
    for (const { page } of people) await page.evaluate(() => weather.repeats());
    for (const text of ["once", "then"]) {
        await people[0].say(text);
        await people[1].reads("chat-log", text);
    }
    // A second one of the first text would have come before the second text.
    const texts = await people[1].page.$$eval("[data-testid=chat-text]", (texts) => texts.map(({ textContent }) => textContent.trim()));
    assert.deepEqual(texts, ["once", "then"]);
    assert.ok((await done(people, "doubled")) > 0);
    const repeated = await people[0].page.evaluate(() => weather.done.repeated);
    assert.equal(repeated.filter((frame) => /"(once|then)"/.test(frame)).length, 2);
    await isSound(people);
});

test("messages come in any order, eight at a time", async (t) => {
    for (const seed of [1, 2, 3]) {
        const people = await meet(t, "disorder", seed);
        assert.ok((await done(people, "moved")) > 0);
        await isSound(people);
        const [ann, bob] = people;
        await bob.click("camera");
        await ann.until(() => document.querySelector("[data-testid=tile]").dataset.picture === "off");
        await bob.click("camera");
        await ann.watches();
        await Promise.all(people.map((someone) => someone.close()));
    }
});
