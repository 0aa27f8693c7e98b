// What those who may do so ask of others: told as asked, with who asks; a hand goes down by itself.
import assert from "node:assert/strict";
import { after } from "node:test";
import { each, end, meet, person } from "./people.mjs";

after(end);

for (const [browsers, test] of each(["chromium", "firefox"], ["firefox", "chromium"])) {
    test(`who is asked to mute is told by whom, and mutes or does not (${browsers})`, async (t) => {
        const [ann, bob] = await meet(t, browsers);
        // By the keyboard.
        await ann.see("ask-mute");
        await ann.page.focus("[data-testid=ask-mute]");
        assert.equal((await ann.text("ask-mute")).replace(/[\u2066-\u2069]/g, ""), "Ask Bob to mute");
        await ann.page.keyboard.press("Enter");
        await bob.see("mute-now");
        assert.equal((await bob.text("notice")).replace(/[\u2066-\u2069]/g, ""), "Ann asks you to mute your microphone.Mute×");
        assert.equal(await bob.pressed("microphone"), "true", "it is no more than asked");
        await bob.page.focus("[data-testid=mute-now]");
        await bob.page.keyboard.press("Enter");
        assert.equal(await bob.pressed("microphone"), "false");
        await bob.miss("notice");
        await ann.see("silent");
        // Who is silent is asked for nothing.
        await ann.miss("ask-mute");
        for (const someone of [ann, bob]) assert.deepEqual(someone.errors, []);
    });

    test(`hands are lowered, one or all (${browsers})`, async (t) => {
        const [ann, bob] = await meet(t, browsers);
        const cem = await person(t, browsers[1], { language: "ja" });
        await cem.join(await ann.text("room-name"), "Cem");
        await Promise.all([ann, bob, cem].map((someone) => someone.counts(3)));
        const hands = (someone, count) =>
            someone.until((count) => document.querySelectorAll("#people-list [data-hand]").length === count, count);
        await ann.miss("lower-all");
        for (const someone of [bob, cem]) await someone.click("hand");
        await hands(ann, 2);
        await ann.page.$$eval("#people-list [data-hand] [data-testid=ask-lower]", ([first]) => first.click());
        await bob.until(() => document.querySelector("[data-testid=hand]").ariaPressed === "false");
        await Promise.all([hands(ann, 1), hands(cem, 1)]);
        assert.equal(await cem.pressed("hand"), "true");
        await bob.click("lower-all");
        await cem.until(() => document.querySelector("[data-testid=hand]").ariaPressed === "false");
        await cem.isTold("あなたの手を下ろしました");
        await Promise.all([hands(ann, 0), hands(bob, 0), hands(cem, 0)]);
        for (const someone of [ann, bob, cem]) assert.deepEqual(someone.errors, []);
    });
}
