// A browser that plays nothing aloud before the person touches the page.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, end, freshRoom, launch, Person, person } from "./people.mjs";

after(end);

/** Joins by itself, and writes when something is not played: whoever looks from outside counts as a touch. */
function joinUntouched() {
    addEventListener("load", () => {
        const byId = (id) => document.getElementById(id);
        new MutationObserver(() => {
            if (byId("resume").hidden) return;
            byId("chat-input").value = "I hear nothing";
            byId("chat-form").requestSubmit();
        }).observe(byId("resume"), { attributes: true });
        byId("join-form").requestSubmit();
    });
}

test("what is not played by itself is played when the person touches the page", async (t) => {
    const browser = await launch("chromium", { args: ["--autoplay-policy=document-user-activation-required"] });
    t.after(() => browser.close());
    const room = freshRoom();
    const bob = await person(t, "chromium", { query: `?room=${room}` });
    await bob.join(undefined, "Bob");
    const ann = await Person.open(browser, `${await address()}?room=${room}`, { devices: false, prepare: joinUntouched });
    await bob.reads("chat-log", "I hear nothing");
    const paused = () => document.querySelector('[data-testid="remote-video"]').paused;
    assert.equal(await ann.page.evaluate(paused), true);
    await ann.click("resume");
    await ann.miss("resume");
    await ann.watches();
    assert.equal(await ann.page.evaluate(paused), false);
    assert.deepEqual(ann.errors, []);
});
