// The person goes to another page and comes back: the browser may have kept the page as it was.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, each, end, freshRoom, launch, Person, person, startServer } from "./people.mjs";

after(end);

/** Runs before the page: notes whether the browser kept it. */
function watchPageShow() {
    addEventListener("pagehide", () => (window.kept = undefined));
    addEventListener("pageshow", ({ persisted }) => (window.kept = persisted));
}

test("who comes back to a page that was not kept has on what they say, at first what was on", async (t) => {
    // As if the browser had gone back: what is remembered of the tab is there.
    const prepare = () => {
        performance.getEntriesByType = () => [{ type: "back_forward" }];
        const room = new URLSearchParams(location.search).get("room");
        if (room) sessionStorage.setItem("itodenwa.call", JSON.stringify({ room, person: "Ann", camera: true, microphone: false }));
    };
    const ann = await person(t, "chromium", { query: `?room=${freshRoom()}`, prepare });
    await ann.isTold("You left the page");
    assert.deepEqual(await ann.page.$$eval("#with-camera, #with-microphone", (boxes) => boxes.map(({ checked }) => checked)), [true, false]);
    await ann.click("with-camera");
    await ann.click("come-back");
    await ann.see("leave");
    assert.deepEqual([await ann.pressed("camera"), await ann.pressed("microphone")], ["false", "false"]);
    assert.deepEqual(ann.errors, []);
});

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

test("whoever was sent out, or not let in, does not come in again by a mere reload", async (t) => {
    const secret = "only-for-operators";
    const server = await startServer("--api-secret", secret);
    t.after(() => server.process.kill());
    const room = freshRoom();
    const [ann, bob] = await Promise.all([0, 1].map(() => person(t, "chromium", { at: server.address, query: `?room=${room}`, devices: false })));
    await ann.join(undefined, "Ann");
    await bob.join(undefined, "Bob");
    await ann.counts(2);
    const staysOut = async () => {
        await bob.page.reload();
        await bob.see("join");
        // What comes back by itself begins at once.
        assert.equal(await bob.page.$eval("[data-testid=join]", ({ disabled }) => disabled), false);
        assert.equal(await bob.page.evaluate(() => sessionStorage.getItem("itodenwa.call")), null);
    };
    // By the one that keeps what lets him in.
    const call = await bob.page.evaluate(() => sessionStorage.getItem("itodenwa.call"));
    const api = async (method, path = "") => {
        const answer = await fetch(`${server.address}api/rooms/${room}${path}`, { method, headers: { Authorization: `Bearer ${secret}` } });
        assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
        return answer.status === 204 ? undefined : answer.json();
    };
    const { members } = await api("GET");
    await api("DELETE", `/members/${members.find(({ name }) => name === "Bob").id}`);
    await bob.isTold("sent out");
    await staysOut();

    await ann.counts(1);
    await api("PUT", "/waiting-room");
    // As whoever reloads after the server has forgotten them.
    const { ticket, ...without } = JSON.parse(call);
    assert.ok(ticket);
    await bob.page.evaluate((call) => sessionStorage.setItem("itodenwa.call", call), JSON.stringify(without));
    await bob.page.reload();
    await bob.see("join-wait");
    await ann.click("knock");
    await ann.click("refuse");
    await bob.reads("join-error", "did not let you in");
    await staysOut();
    for (const someone of [ann, bob]) assert.deepEqual(someone.errors, []);
});
