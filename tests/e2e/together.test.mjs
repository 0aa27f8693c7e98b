// What people do in a call: switching, going away, being three.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { each, end, healed, meet } from "./people.mjs";

after(end);

for (const [kinds, test] of each(["chromium", "chromium"], ["firefox", "chromium"], ["firefox", "firefox"])) {
    const pair = kinds.join(" with ");

    test(`${pair}: the other sees when camera and microphone go off and on`, async (t) => {
        const [ann, bob] = await meet(t, kinds);
        await bob.click("camera");
        await ann.until(() => document.querySelector("[data-testid=tile]").dataset.picture === "off");
        await bob.click("camera");
        await ann.watches();
        await bob.click("microphone");
        await ann.see("silent");
        // The sound of the test's devices goes on: Bob is told that nobody hears it. Firefox looks at no sound where nothing plays any.
        if (kinds[1] === "chromium") await bob.see("muted-speech");
        await bob.click("microphone");
        await bob.miss("muted-speech");
        await ann.miss("silent");

        for (const someone of [ann, bob]) {
            assert.deepEqual(someone.errors, []);
            assert.deepEqual(await someone.violations(), []);
        }
    });

    test(`${pair}: one closes the tab, and the other sees it`, async (t) => {
        const [ann, bob] = await meet(t, kinds);
        await ann.watchForLeaving();
        const closed = Date.now();
        await bob.page.close({ runBeforeUnload: true });
        const took = (await ann.wentAt()) - closed;
        healed(t, "P01", Date.now() - took, kinds);
        // Nobody had to find out by silence, which takes 15 s.
        assert.ok(took < 12_000, `${took} ms, with the closing itself, until it was seen that the other is gone`);
        await ann.counts(1);
    });
}

test("three in a room see each other; one leaves, two go on", async (t) => {
    const [ann, bob, cem] = await meet(t, ["chromium", "firefox", "chromium"]);
    await Promise.all([ann, bob, cem].map((someone) => someone.counts(3)));
    await cem.say("hello both");
    await Promise.all([ann.reads("chat-log", "hello both"), bob.reads("chat-log", "hello both")]);
    await bob.click("leave");
    await Promise.all([ann.counts(2), cem.counts(2)]);
    await Promise.all([ann.watches(1), cem.watches(1)]);
});
