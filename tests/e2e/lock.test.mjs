// The room's lock: newcomers are kept out, members come back, everybody sees how it is.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { end, meet, person } from "./people.mjs";

after(end);

/** Whether the page shows the room locked, in all places. */
const shows = (someone, locked) =>
    someone.until(
        (locked) => {
            const at = (testid) => document.querySelector(`[data-testid="${testid}"]`);
            const said = at("lock-state").textContent !== "";
            return [!at("locked").hasAttribute("hidden"), said, at("lock").ariaPressed === "true"].every((is) => is === locked);
        },
        locked,
    );

test("a locked room keeps newcomers out, and lets members come back (chromium, firefox)", async (t) => {
    const [ann, bob] = await meet(t, ["chromium", "firefox"]);
    const room = await ann.text("room-name");
    // By the keyboard.
    await ann.see("lock");
    await ann.page.focus("[data-testid=lock]");
    await ann.page.keyboard.press("Enter");
    await Promise.all([shows(ann, true), shows(bob, true)]);

    const cem = await person(t, "firefox", { query: `?room=${room}`, language: "ja" });
    await cem.fill("name", "Cem");
    await cem.click("join");
    await cem.reads("join-error", "部屋に鍵がかかっています");
    assert.equal(await cem.page.$eval("[data-testid=join-error]", ({ dataset }) => dataset.code), "room/locked");
    assert.equal(await cem.focused(), "room");

    await bob.page.reload();
    await bob.see("leave");
    await Promise.all([shows(bob, true), ann.counts(2)]);
    await bob.page.$eval("[data-testid=lock]", (button) => button.click());
    await Promise.all([shows(ann, false), shows(bob, false)]);
    await cem.click("join");
    await cem.see("leave");
    await ann.counts(3);
    for (const someone of [ann, bob, cem]) assert.deepEqual(someone.errors, []);
});
