// The waiting room: who comes waits, sees nobody and is seen by name alone, until somebody who may do so lets them in or refuses.
import assert from "node:assert/strict";
import { after } from "node:test";
import { each, end, freshRoom, person } from "./people.mjs";

after(end);

const plain = (text) => text.replace(/[\u2066-\u2069]/g, "");

/** Somebody comes, with nothing on: it is about who gets in. */
async function come(t, kind, room, name, language = "en") {
    const someone = await person(t, kind, { query: `?room=${room}`, language });
    for (const source of ["with-camera", "with-microphone"]) await someone.click(source);
    await someone.fill("name", name);
    await someone.click("join");
    return someone;
}

/** Whether these wait, as the page shows it in all places. */
const waits = (someone, ...names) =>
    someone.until((names) => {
        const shown = [...document.querySelectorAll("#waiting-list .who")].map((who) => who.textContent);
        const badge = document.getElementById("knock");
        return shown.join() === names.join() && badge.hidden === (names.length === 0) && (badge.hidden || badge.innerText.startsWith(String(names.length)));
    }, names);

for (const [[kind, other], test] of each(["chromium", "firefox"], ["firefox", "chromium"])) {
    test(`who comes waits, and is let in or refused (${kind}, ${other})`, async (t) => {
        const room = freshRoom();
        const ann = await come(t, kind, room, "Ann");
        await ann.see("leave");
        const bob = await come(t, other, room, "Bob");
        await ann.counts(2);
        await ann.click("waiting-room");
        await Promise.all([ann, bob].map((someone) => someone.reads("waiting-room-state", "waits")));
        assert.equal(await bob.pressed("waiting-room"), "true");

        const cem = await come(t, other, room, "Cem", "ja");
        await cem.see("join-wait");
        assert.equal(await cem.focused(), "join-wait-leave");
        const isDisabled = (someone) => someone.page.$$eval("#with-camera, #with-microphone, #hide-address", (boxes) => boxes.map(({ disabled }) => disabled));
        assert.deepEqual(await isDisabled(cem), [true, true, true], "what is on was said");
        assert.match(await cem.text("join-wait-words"), /入室の許可を待っています.*10/);
        await Promise.all([waits(ann, "Cem"), waits(bob, "Cem")]);
        const dana = await come(t, kind, room, "Dana");
        await Promise.all([waits(ann, "Cem", "Dana"), waits(bob, "Cem", "Dana")]);
        assert.equal(await ann.text("peer-count"), "2");
        assert.equal(plain(await ann.text("knock-status")), "Dana waits to be let in.");

        // By the keyboard, from a closed panel.
        await ann.click("panel-close");
        await ann.page.evaluate(() => document.activeElement.blur());
        // Firefox presses no buttons in a window behind another one.
        await ann.page.bringToFront();
        await ann.page.keyboard.press("w");
        await ann.see("waiting");
        assert.equal(await ann.focused(), "admit");
        await ann.page.keyboard.press("Enter");
        await cem.see("leave");
        await Promise.all([cem.counts(3), ann.counts(3), waits(bob, "Dana"), waits(ann, "Dana"), waits(cem, "Dana")]);
        assert.equal(await ann.focused(), "admit");
        await cem.say("Hello");
        await ann.reads("chat-log", "Hello");

        await bob.click("refuse");
        await dana.reads("join-error", "did not let you in");
        assert.equal(await dana.page.$eval("[data-testid=join-error]", ({ dataset }) => dataset.code), "room/refused");
        await dana.miss("join-wait");
        assert.deepEqual(await isDisabled(dana), [false, false, false]);
        await Promise.all([waits(ann), waits(bob), waits(cem)]);

        // Who was let in comes back as they were.
        await cem.page.reload();
        await cem.see("leave");
        await ann.counts(3);

        // Who gives up waits no longer, and may join again; all are let in at once.
        await dana.click("join");
        await dana.see("join-wait");
        await waits(ann, "Dana");
        await dana.click("join-wait-leave");
        await Promise.all([dana.miss("join-wait"), waits(ann)]);
        await dana.miss("join-error");
        await cem.click("leave");
        await ann.counts(2);
        for (const [someone, ...waiting] of [[cem, "Cem"], [dana, "Cem", "Dana"]]) {
            await someone.click("join");
            await waits(ann, ...waiting);
        }
        await ann.click("admit-all");
        await Promise.all([cem.see("leave"), dana.see("leave")]);
        await ann.counts(4);

        // Switched off, nobody waits.
        await dana.click("leave");
        await ann.click("waiting-room");
        await bob.until(() => document.querySelector("[data-testid=waiting-room]").ariaPressed === "false");
        assert.equal(await bob.text("waiting-room-state"), "");
        await dana.click("join");
        await dana.see("leave");
        for (const someone of [ann, bob, cem, dana]) assert.deepEqual(someone.errors, []);
    });
}
