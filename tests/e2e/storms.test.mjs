// A few storms between every two browsers; `cargo xtask storms` runs many.
import assert from "node:assert/strict";
import { after } from "node:test";
import { each, end } from "./people.mjs";
import { crowds, PAIRS, storms } from "./storms.mjs";

const SEEDS = [1, 2, 3, 4, 5, 6];

after(end);

for (const [kinds, test] of each(...Object.values(PAIRS))) {
    const pair = Object.keys(PAIRS).find((pair) => PAIRS[pair] === kinds);
    test(`${kinds.join(" with ")}: what three of six write and send arrives once and in order, while the others come and go`, async () => {
        const failed = await crowds(pair, [1]);
        const again = ({ seed, wrong }) => `${wrong}\nagain: cargo xtask storms --crowd --browser ${pair} --seed ${seed}`;
        assert.deepEqual(failed.map(again), []);
    });

    test(`${kinds.join(" with ")}: after a storm both sides agree, and everything flows`, async () => {
        const failed = await storms(pair, SEEDS);
        const again = ({ seed, wrong }) => `${wrong}\nagain: cargo xtask storms --browser ${pair} --seed ${seed}`;
        assert.deepEqual(failed.map(again), []);
    });
}
