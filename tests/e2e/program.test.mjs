// The program as it is installed: the page is inside, people come in by tokens, and phones by TLS.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, test } from "node:test";
import { end, freshRoom, need, pairOr, person, startProgram, startServer } from "./people.mjs";

after(end);

const SECRET = "a secret of more than thirty-two bytes".replaceAll(" ", "-");

async function program(t, ...options) {
    const { process, address } = await startProgram(...options);
    t.after(() => process.kill());
    return address;
}

/** A token, as the program makes it. */
function token(room, identity, ...options) {
    const env = { ...process.env, ITODENWA_SECRET: SECRET };
    return execFileSync(need("ITODENWA_SERVER"), ["token", room, identity, ...options], { env, encoding: "utf8" }).trim();
}

for (const tls of [[], ["--tls", "self-signed"]]) {
    test(`a call by the page inside the program ${tls.join(" ")}`, async (t) => {
        const at = await program(t, ...tls);
        assert.match(at, tls.length ? /^https:/ : /^http:/);
        const room = freshRoom();
        const people = [];
        for (const kind of ["chromium", "firefox"]) {
            const someone = await person(t, kind, { at, query: `?room=${room}` });
            people.push(await someone.join(undefined, kind));
        }
        await Promise.all(people.map((someone) => someone.watches()));
        await people[0].say("from inside");
        await people[1].reads("chat-log", "from inside");
        for (const someone of people) {
            assert.deepEqual(await someone.violations(), []);
            assert.deepEqual(someone.errors, []);
            const loaded = await someone.page.evaluate(() =>
                performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname),
            );
            assert.ok(loaded.some((path) => path.endsWith(".wasm")), String(loaded));
            const unversioned = loaded.filter((path) => !/^\/[0-9a-f]{16}\//.test(path) && path !== "/favicon.ico");
            assert.deepEqual(unversioned, [], "everything but the document has its version in its address");
        }
    });
}

test("only who has a token comes in; it is in no address that a server sees, and not left in the page's", async (t) => {
    const at = await program(t, "--secret", SECRET);
    const room = freshRoom();
    const asked = [];
    const ann = await person(t, "chromium", { at, query: `?room=${room}#token=${token(room, "ann")}` });
    ann.page.on("request", (request) => asked.push(request.url()));
    await ann.join(undefined, "Ann");
    assert.doesNotMatch(await ann.page.url(), /token/);
    assert.doesNotMatch(await ann.value("invitation"), /token/);
    await ann.page.reload();
    await ann.see("leave");
    assert.doesNotMatch(asked.join("\n"), /token|eyJ/);

    for (const [hash, code] of [
        ["", "token/required"],
        ["#token=nonsense", "token/invalid"],
        [`#token=${token("elsewhere", "ben")}`, "token/forbidden"],
    ]) {
        const ben = await person(t, "firefox", { at, query: `?room=${room}${hash}` });
        await ben.click("join");
        await ben.see("join-error");
        assert.equal(await ben.page.$eval("#join-error", (element) => element.dataset.code), code);
        await ben.close();
    }
    await ann.counts(1);
});

test("whoever comes back to the page still has the token", async (t) => {
    const { process: server, address: at } = await startServer("--secret", SECRET);
    t.after(() => server.kill());
    const room = freshRoom();
    // The browser keeps no page that listens for this: it is loaded anew.
    const prepare = () => addEventListener("unload", () => {});
    const ann = await person(t, "chromium", { at, query: `?room=${room}#token=${token(room, "ann")}`, prepare });
    await ann.join(undefined, "Ann");
    await ann.page.goto(`${at}by-hand.html`);
    await ann.page.goBack();
    await ann.click("come-back");
    await ann.see("leave");
    // A way to the page that is another one has none.
    await ann.page.goto(`${at}?room=${room}&x`);
    await ann.fill("name", "Ann");
    await ann.click("join");
    await ann.until(() => document.querySelector("[data-testid=join-error]").dataset.code === "token/required");
});

test("the newest of an identity goes on, and the older one is told and stays away", async (t) => {
    const at = await program(t, "--secret", SECRET);
    const room = freshRoom();
    const kinds = pairOr("chromium", "chromium");
    const link = `?room=${room}#token=${token(room, "ann")}`;
    const older = await person(t, kinds[0], { at, query: link });
    await older.join(undefined, "Ann");
    const newer = await person(t, kinds[1], { at, query: link });
    await newer.join(undefined, "Ann");
    await older.reads("notices", "You came in again from another place");
    await older.see("join");
    await newer.counts(1);
});

test("what a token does not let one send, others do not get; only one that says so locks the room", async (t) => {
    const at = await program(t, "--secret", SECRET);
    const room = freshRoom();
    const ann = await person(t, "chromium", { at, query: `?room=${room}#token=${token(room, "ann")}` });
    await ann.join(undefined, "Ann");
    const ben = await person(t, "chromium", { at, query: `?room=${room}#token=${token(room, "ben", "--no-publish", "--admin")}` });
    await ben.join(undefined, "Ben");
    await ben.watches();
    await ben.say("I only listen");
    await ann.reads("chat-log", "I only listen");
    assert.equal(await ann.page.$("[data-testid=remote-video]"), null);
    assert.ok(await ann.page.$eval("[data-testid=lock]", ({ hidden }) => hidden));
    await ben.click("lock");
    await ann.see("locked");
});
