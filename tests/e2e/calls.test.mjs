// A call between every two browsers, through the real server and the page.
import assert from "node:assert/strict";
import { after } from "node:test";
import { each, end, healed, meet, PAIRS } from "./people.mjs";

after(end);

for (const [kinds, test] of each(...PAIRS)) {
    const pair = kinds.join(" with ");

    test(`${pair}: pictures and texts both ways; one leaves, and the other sees it within a second`, async (t) => {
        const [ann, bob] = await meet(t, kinds);
        await Promise.all([ann.plays("local-video", 1), bob.plays("local-video", 1)]);
        await ann.counts(2);
        await ann.say("hello Bob");
        await bob.reads("chat-log", "hello Bob");
        await ann.see("delivered");
        await bob.say("こんにちは");
        await ann.reads("chat-log", "こんにちは");

        await ann.watchForLeaving();
        const left = await bob.page.evaluate(() => {
            const now = Date.now();
            document.querySelector("[data-testid=leave]").click();
            return now;
        });
        const took = (await ann.wentAt()) - left;
        assert.ok(took < 1000, `${took} ms until it was seen that the other left`);
        await ann.counts(1);
        await ann.until(() => !document.querySelector("[data-testid=tile]"));
        await ann.see("alone");
        await bob.see("join");
        for (const someone of [ann, bob]) {
            assert.deepEqual(someone.errors, []);
            assert.deepEqual(await someone.violations(), []);
            const wasm = await someone.page.evaluate(() =>
                performance.getEntriesByType("resource").map(({ name }) => name.split("/").pop()).filter((name) => name.endsWith(".wasm")),
            );
            // The sign of weak connections comes with a part of its own, once there is a connection.
            const needed = wasm.filter((name) => name !== "itodenwa_stats_bg.wasm");
            assert.deepEqual(needed.sort(), ["itodenwa_bg.wasm", "itodenwa_history_bg.wasm"], "a call needs the first module, and what keeps messages");
        }
    });

    test(`${pair}: one reloads in mid-call and is back`, async (t) => {
        const [ann, bob] = await meet(t, kinds);
        const since = Date.now();
        await bob.page.reload();
        await Promise.all([ann.watches(), bob.watches()]);
        healed(t, "P05", since, kinds);
        await ann.counts(2);
        await bob.say("back again");
        await ann.reads("chat-log", "back again");
    });

    test(`${pair}: Trickle ICE, step by step`, async (t) => {
        const people = await meet(t, kinds);
        for (const someone of people) await someone.hasStep("connected");
        const steps = await Promise.all(people.map((someone) => someone.steps()));
        const offerer = steps.find((names) => names.includes("makeOffer")) ?? [];
        const answerer = steps.find((names) => names.includes("makeAnswer")) ?? [];
        follows(offerer, ["makeOffer", "sendOffer", "receiveAnswer", "setAnswer"]);
        follows(answerer, ["receiveOffer", "setOffer", "makeAnswer", "sendAnswer"]);
        for (const names of steps) {
            follows(names, ["sendCandidate"]);
            follows(names, ["setCandidate"]);
        }
    });

    test(`${pair}: Vanilla ICE sends one complete description each way`, async (t) => {
        const people = await meet(t, kinds, "&ice=vanilla");
        for (const someone of people) {
            await someone.hasStep("connected");
            const names = await someone.steps();
            follows(names, ["gatherCandidates", names.includes("makeOffer") ? "sendOffer" : "sendAnswer"]);
            assert.deepEqual(names.filter((name) => name === "sendCandidate" || name === "setCandidate"), []);
        }
    });
}

/** These steps are there in this order, others between them. */
function follows(names, wanted) {
    let from = 0;
    for (const name of wanted) {
        const at = names.indexOf(name, from);
        assert.notEqual(at, -1, `${name} is missing in its place: ${names}`);
        from = at + 1;
    }
}
