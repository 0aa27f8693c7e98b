// What is shared is seen beside the person, until it is switched off.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { each, end, meet } from "./people.mjs";

after(end);

// Firefox has nothing to share where there is no screen: in tests/browser/screen.rs it shares a painted one.
for (const [kinds, test] of each(["chromium", "chromium"], ["chromium", "firefox"])) {
    test(`${kinds.join(" shares with ")}: a screen beside the camera`, async (t) => {
        const [ann, bob] = await meet(t, kinds);
        assert.equal(await ann.pressed("screen"), "false");
        await ann.click("screen");
        await bob.plays("remote-screen", 1);
        await bob.watches();
        assert.equal(await ann.pressed("screen"), "true");
        await bob.reads("screen-tile", "\u2068Ann\u2069’s screen");
        await ann.click("screen");
        await bob.miss("remote-screen");
        assert.equal(await ann.pressed("screen"), "false");
        await bob.watches();
        for (const someone of [ann, bob]) assert.deepEqual(someone.errors, []);
    });
}

test("who chooses nothing is told quietly", async (t) => {
    const [ann] = await meet(t, ["chromium", "chromium"]);
    await ann.page.evaluate(() => {
        navigator.mediaDevices.getDisplayMedia = async () => {
            throw new DOMException("Permission denied by user", "NotAllowedError");
        };
    });
    await ann.click("screen");
    await ann.isTold("Nothing is shared.");
    assert.equal(await ann.pressed("screen"), "false");
});

test("where nothing can be shared there is no button", async (t) => {
    const [ann] = await meet(t, ["chromium", "chromium"], "", { prepare: () => delete MediaDevices.prototype.getDisplayMedia });
    await ann.miss("screen");
});
