// The person goes to another page and comes back: the browser may have kept the page as it was.
import assert from "node:assert/strict";
import { after } from "node:test";
import { address, each, end, freshRoom, launch, Person, person } from "./people.mjs";

after(end);

/** Runs before the page: notes whether the browser kept it. */
function watchPageShow() {
    addEventListener("pagehide", () => (window.kept = undefined));
    addEventListener("pageshow", ({ persisted }) => (window.kept = persisted));
}

for (const [kind, test] of each("chromium", "firefox")) {
    test(`who comes back to the page of a call is in it again, or is asked to come (${kind})`, async (t) => {
        const browser = await launch(kind, { ignoreDefaultArgs: ["--disable-back-forward-cache"] });
        t.after(() => browser.close());
        const query = `?room=${freshRoom()}`;
        const ann = await Person.open(browser, (await address()) + query, { prepare: watchPageShow });
        await ann.join(undefined, "Ann");
        await ann.click("microphone");
        const bob = await person(t, "chromium", { query });
        await bob.join(undefined, "Bob");
        await Promise.all([ann.watches(), bob.watches()]);

        await ann.page.goto(`${await address()}favicon.svg`);
        await bob.counts(1);
        // Puppeteer does not notice that Firefox shows a page that it kept.
        await ann.page.goBack({ timeout: 5000 }).catch(() => {});
        await ann.until(() => window.kept !== undefined);
        // Where the browser does not keep a page with a call, it is loaded anew: it says so, and has the way back.
        if (!(await ann.page.evaluate(() => window.kept))) {
            await ann.isTold("You left the page");
            await ann.click("come-back");
        }
        await ann.see("leave");
        await Promise.all([ann.watches(), bob.watches()]);
        assert.equal(await ann.pressed("camera"), "true");
        assert.equal(await ann.pressed("microphone"), "false");
        await ann.click("leave");
        await ann.isTold("The call is over.");
    });
}
