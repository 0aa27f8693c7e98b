// How the page comes: what it loads, when, and what happens when a part of it gets lost on its way.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, each, end, freshRoom, LIMIT, person } from "./people.mjs";

after(end);

/** Somebody before a page of which this part gets lost, however often it is asked for, until it has been loaded so many times. */
async function losing(t, kind, query, part, times) {
    const someone = await person(t, kind, { at: "about:blank" });
    let loads = 0;
    await someone.page.setRequestInterception(true);
    someone.page.on("request", (request) => {
        if (request.isNavigationRequest()) loads += 1;
        const isLost = new URL(request.url()).pathname.endsWith(part) && loads <= times;
        return isLost ? request.abort("internetdisconnected") : request.continue();
    });
    await someone.page.goto((await address()) + query, { waitUntil: "domcontentloaded" });
    return someone;
}

for (const [kind, test] of each("chromium", "firefox")) {
    test(`a part of the page that got lost is loaded anew, once, and then it is told (${kind})`, async (t) => {
        const room = freshRoom();
        const ann = await losing(t, kind, `?room=${room}`, "/view/lobby.js", 1);
        await ann.until((room) => document.getElementById("room")?.value === room, room);
        const bob = await losing(t, kind, "", "/language/ja.js", Infinity);
        await bob.see("not-loaded");
    });

    test(`a part of the call that got lost is loaded anew, and one is in the room (${kind})`, async (t) => {
        for (const part of ["/view/stage.js", "/pkg/itodenwa_bg.wasm"]) {
            const ann = await losing(t, kind, "", part, 1);
            await ann.join(freshRoom(), "Ann");
            assert.equal(await ann.text("peer-count"), "1");
            assert.equal(await ann.page.evaluate(() => performance.getEntriesByType("navigation")[0].type), "reload");
        }
    });
}

for (const [kind, test] of each("firefox", "chromium")) {
    test(`what could not be loaded while there was no network is loaded when there is one (${kind})`, async (t) => {
        const ann = await person(t, kind);
        await ann.join(freshRoom(), "Ann");
        let isAway = true;
        await ann.page.setRequestInterception(true);
        ann.page.on("request", (request) => (isAway ? request.abort("internetdisconnected") : request.continue()));
        await ann.click("lesson-open");
        await ann.until((text) => document.body.innerText.includes(text), "It could not be loaded");
        isAway = false;
        await ann.click("lesson-open");
        await ann.see("lesson");
    });
}

/** Files of the package that are loaded when they are first used, with what the test below uses. */
const LATER = [
    ...["itodenwa.js", "itodenwa_bg.wasm", "itodenwa_more.js", "itodenwa_attributes_bg.wasm"],
    ...["own-level.js", "itodenwa_level_bg.wasm", "publish.js", "itodenwa_publish_bg.wasm", "stats.js", "itodenwa_stats_bg.wasm"],
    ...["channel.js", "itodenwa_channels_bg.wasm", "transfer.js", "itodenwa_files_bg.wasm", "verification.js", "itodenwa_verification_bg.wasm"],
];

for (const [kind, test] of each("firefox", "chromium")) {
    test(`each file of the package that got lost on its way is asked for again by the next use (${kind})`, async (t) => {
        const name = freshRoom();
        const bob = await person(t, kind);
        await bob.join(name, "Bob");
        await bob.click("hand");
        const ann = await person(t, kind, { at: "about:blank" });
        // The first request for each of them gets lost.
        const [lost, got] = [new Set(), new Set()];
        await ann.page.setRequestInterception(true);
        ann.page.on("request", (request) => {
            const file = new URL(request.url()).pathname.split("/").at(-1);
            if (LATER.includes(file) && !lost.has(file)) {
                lost.add(file);
                return request.abort("internetdisconnected");
            }
            got.add(file);
            return request.continue();
        });
        await ann.page.goto(await address(), { waitUntil: "domcontentloaded" });
        const codes = await ann.page.evaluate(async (name) => {
            const { join } = await import("/itodenwa/index.js");
            const codes = [];
            const inTheEnd = async (use, tries = 5) => {
                try {
                    return await use();
                } catch (error) {
                    codes.push(error.code ?? String(error));
                    if (tries === 1) throw error;
                    return inTheEnd(use, tries - 1);
                }
            };
            const room = await inTheEnd(() => join(name));
            const raised = new Promise((done) => (room.onattribute = ({ key, value }) => key === "hand" && value !== undefined && done()));
            const peer = await new Promise((done) => (room.onpeer = done));
            // Nobody asks for what is told once.
            await raised;
            const picture = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
            picture.getContext("2d").fillRect(0, 0, 64, 64);
            await inTheEnd(() => room.publish(picture.captureStream(), { source: "board" }));
            // A listener does not ask again.
            await new Promise((done) => (peer.onstats = done));
            await inTheEnd(() => peer.openChannel("numbers"));
            const transfer = await inTheEnd(() => peer.sendFile(new File(["x"], "x.txt")));
            transfer.done.catch(() => {});
            const { words } = await inTheEnd(() => peer.verification());
            if (words.en.length === 0) throw new Error("there is nothing to compare");
            window.room = room;
            return codes;
        }, name);
        // A meter reads it again and again.
        const begun = performance.now();
        const isMeasured = () => got.has("itodenwa_level_bg.wasm");
        while (!isMeasured() && performance.now() - begun < LIMIT) await ann.page.evaluate(() => void window.room.me.level);
        await ann.page.evaluate(() => window.room.leave());
        assert.deepEqual([...lost].sort(), LATER.toSorted());
        assert.deepEqual(LATER.filter((file) => !got.has(file)), []);
        assert.deepEqual([...new Set(codes)], ["wasm/unavailable"]);
    });
}

for (const [kind, test] of each("chromium", "firefox")) {
    test(`what comes while the file that tells it is lost is told when the file is there, or that it is missing (${kind})`, async (t) => {
        const name = freshRoom();
        const [ann, bob] = [await person(t, kind, { at: "about:blank" }), await person(t, kind, { at: "about:blank" })];
        // What questions take does not come at all, of the others the first request gets lost.
        const lost = new Map([["channel.js", Infinity], ["itodenwa_files_bg.wasm", 1], ["itodenwa_verification_bg.wasm", 1]]);
        await ann.page.setRequestInterception(true);
        ann.page.on("request", (request) => {
            const file = new URL(request.url()).pathname.split("/").at(-1);
            const times = lost.get(file) ?? 0;
            lost.set(file, times - 1);
            return times > 0 ? request.abort("internetdisconnected") : request.continue();
        });
        for (const { page } of [ann, bob]) {
            await page.goto(`${await address()}favicon.svg`);
            await page.evaluate(async (name) => {
                const { join } = await import("/itodenwa/index.js");
                window.room = await join(name);
            }, name);
        }
        await ann.page.evaluate(async () => {
            const { room } = window;
            const peer = await new Promise((done) => (room.onpeer = done));
            window.trouble = new Promise((done) => (room.ontrouble = ({ code, peer: by }) => done([code, by === peer])));
            const file = new Promise((done) => (room.onfile = ({ name }) => done(name)));
            const words = new Promise((done) => (peer.onverification = ({ words }) => done(words.en.length > 0)));
            window.told = Promise.all([file, words]);
        });
        await bob.page.evaluate(async () => {
            const { room } = window;
            const peer = await new Promise((done) => (room.onpeer = done));
            if (peer.state !== "connected") await new Promise((done) => (peer.onconnection = (state) => state === "connected" && done()));
            const transfer = await peer.sendFile(new File(["x"], "x.txt"));
            transfer.done.catch(() => {});
            peer.openChannel("numbers").catch(() => {});
            await peer.verification();
        });
        assert.deepEqual(await ann.page.evaluate(() => window.told), ["x.txt", true]);
        await bob.page.evaluate(() => window.room.leave());
        assert.deepEqual(await ann.page.evaluate(() => window.trouble), ["wasm/unavailable", true]);
        await ann.page.evaluate(() => window.room.leave());
    });
}

for (const [kind, test] of each("chromium", "firefox")) {
    test(`where the application says that the wasm is, is remembered after a failure, and may be said better (${kind})`, async (t) => {
        const ann = await person(t, kind, { at: "about:blank" });
        const asked = [];
        await ann.page.setRequestInterception(true);
        ann.page.on("request", (request) => {
            const { pathname, search } = new URL(request.url());
            const file = pathname.split("/").at(-1);
            if (!file.endsWith(".wasm")) return request.continue();
            asked.push(file + search);
            return file === "nowhere.wasm" || asked.length === 1 ? request.abort("internetdisconnected") : request.continue();
        });
        await ann.page.goto(`${await address()}by-hand.html`, { waitUntil: "domcontentloaded" });
        const codes = await ann.page.evaluate(async (name) => {
            const { join, load, newKey } = await import("/itodenwa/index.js");
            const at = (part) => `/pkg/itodenwa${part}_bg.wasm?elsewhere`;
            const code = (promise) => promise.then((room) => (room?.leave(), "done"), ({ code, message }) => code ?? message);
            const codes = [];
            codes.push(await code(load(at(""), { key: "/nowhere.wasm", history: new Response("nonsense") })));
            codes.push(await code(join(`${name}-1`)));
            codes.push(await code(join(`${name}-2`, { key: newKey() })));
            await load(undefined, { key: at("_key") });
            codes.push(await code(join(`${name}-3`, { key: newKey() })));
            // A Response was read once, and is asked for no second time.
            for (const number of [4, 5]) codes.push(await code(join(`${name}-${number}`, { history: 5 })));
            return codes;
        }, freshRoom());
        assert.deepEqual(codes, ["wasm/unavailable", "done", "wasm/unavailable", "done", "wasm/unavailable", "done"]);
        const first = "itodenwa_bg.wasm?elsewhere";
        assert.deepEqual(asked, [first, first, "nowhere.wasm", "itodenwa_key_bg.wasm?elsewhere", "itodenwa_history_bg.wasm"]);
    });
}

for (const [kind, test] of each("firefox", "chromium")) {
    test(`who leaves does not wait for a file that does not come (${kind})`, async (t) => {
        const ann = await person(t, kind, { at: "about:blank" });
        await ann.page.setRequestInterception(true);
        ann.page.on("request", (request) => {
            // It is neither answered nor lost.
            if (!new URL(request.url()).pathname.endsWith("/itodenwa_membership_bg.wasm")) request.continue();
        });
        await ann.page.goto(await address(), { waitUntil: "domcontentloaded" });
        const ended = ann.page.evaluate(async (name) => {
            const { join } = await import("/itodenwa/index.js");
            const room = await join(name);
            room.lock();
            await room.leave();
            return (await room.closed) ?? "left";
        }, freshRoom());
        let timer;
        const late = new Promise((_, reject) => (timer = setTimeout(reject, LIMIT, new Error("it waits for ever"))));
        await Promise.race([ended, late]).finally(() => clearTimeout(timer));
    });
}

test("all that the lobby is made of is asked for at once, and nothing else", async (t) => {
    const ann = await person(t, "chromium");
    const [named, loaded] = await ann.page.evaluate(() => {
        const scripts = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".js"));
        return [
            [...document.querySelectorAll("link[rel=modulepreload], script[src]")].map(({ href, src }) => href ?? src),
            scripts.map(({ name }) => name),
        ];
    });
    assert.deepEqual(named.sort(), [...new Set(loaded)].sort());
});

test("by an invitation the call is loaded before one joins", async (t) => {
    const ann = await person(t, "chromium", { query: `?room=${freshRoom()}` });
    await ann.until(() => performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/itodenwa_bg.wasm")));
});
