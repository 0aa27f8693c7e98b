// A short soak; `cargo xtask soak` runs a long one.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { end } from "./people.mjs";
import { soak } from "./soak.mjs";
import { grown } from "./soak/flat.mjs";

after(end);

const series = (name, value) => Array.from({ length: 40 }, (_, index) => ({ [name]: value(index) }));

test("what grows by a little in each round is found, and what goes up and down is not", () => {
    assert.deepEqual(grown(series("Ann heap", (index) => 5 + (index % 3))), []);
    assert.equal(grown(series("Ann heap", (index) => 5 + index / 4)).length, 1);
    assert.equal(grown(series("Ann connections", (index) => 1 + Math.floor(index / 30))).length, 1);
    assert.deepEqual(grown(series("server rss", (index) => 20 + Math.min(index, 15))), []);
    assert.equal(grown(series("server rss", () => NaN)).length, 1);
});

test("people come and go, and everybody agrees after each round: nothing stays open", { timeout: 600_000 }, async () => {
    const { wrong, measured } = await soak("mixed", 0);
    // Of memory a few rounds show nothing: a room keeps its last 512 steps, and has fewer until then.
    assert.deepEqual(wrong.filter((what) => !/heap|wasm|rss/.test(what)), []);
    for (const round of measured) {
        const open = Object.entries(round).filter(([name]) => /connections|sockets/.test(name));
        assert.deepEqual(Object.fromEntries(open), {
            "Ann connections": 1, "Ann sockets": 1, "Ben connections": 1, "Ben sockets": 1,
            "visitor connections": 0, "visitor sockets": 0, "server sockets": 2,
        });
    }
});
