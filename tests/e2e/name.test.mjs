// Another name in the call: on the page by the keyboard, over interruptions, and by the package's API.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, each, end, freshRoom, LIMIT, meet, person } from "./people.mjs";

after(end);

/** Waits until somebody's tile and line have this name, and the video says so to those who do not see it. */
const showsName = (someone, name) =>
    someone.until((name) => {
        const texts = (selector) => [...document.querySelectorAll(selector)].map(({ textContent }) => textContent);
        const tiles = texts("[data-testid=tile] .who").includes(name);
        const lines = texts("[data-testid=participant] .who").includes(name);
        const spoken = [...document.querySelectorAll("[data-testid=tile] video")].some((video) => video.ariaLabel === name);
        return tiles && lines && spoken;
    }, name);

async function rename(someone, name) {
    await someone.click("settings");
    await someone.tabTo("own-name");
    await someone.page.$eval("[data-testid=own-name]", (field) => field.select());
    if (name) await someone.page.keyboard.type(name);
    else await someone.page.keyboard.press("Backspace");
    await someone.page.keyboard.press("Enter");
}

for (const [kinds, test] of each(["chromium", "firefox"], ["firefox", "chromium"])) {
    test(`${kinds[0]} takes another name in the call, and ${kinds[1]} sees it`, async (t) => {
        const [ann, bob] = await meet(t, kinds);
        const room = await ann.text("room-name");
        await ann.say("as Ann");
        await bob.reads("chat-log", "as Ann");
        // Of a phone.
        await ann.page.setViewport({ width: 320, height: 640 });
        await rename(ann, "Bea");
        await showsName(bob, "Bea");
        await bob.reads("chat-log", "Ann\u2069 is called \u2068Bea");
        assert.equal(await ann.focused(), "own-name", "the dialog stays");
        const fits = await ann.page.$eval("[data-testid=own-name]", (field) => field.getBoundingClientRect().right <= innerWidth);
        assert.ok(fits);
        await ann.page.keyboard.press("Escape");
        await ann.page.setViewport({ width: 1000, height: 640 });
        await ann.reads("chat-log", "You are called");
        await ann.say("as Bea");
        await bob.until(() => {
            const lines = [...document.querySelectorAll("[data-testid=chat-log] .theirs")];
            return lines.map((line) => line.querySelector("b").textContent).join() === "Ann,Bea";
        });

        // Who comes later, and who reloads.
        const cem = await person(t, kinds[1], { query: `?room=${room}` });
        await cem.join(undefined, "Cem");
        await showsName(cem, "Bea");
        await ann.page.reload({ timeout: LIMIT });
        await ann.see("leave");
        await showsName(bob, "Bea");
        await ann.click("settings");
        await ann.until(() => document.querySelector("[data-testid=own-name]").value === "Bea");
        await ann.page.keyboard.press("Escape");

        // What is no name stays in the field, with why.
        await rename(ann, "\u202eevil");
        await ann.reads("settings-error", "This can't be a name");
        assert.equal(await ann.page.$eval("[data-testid=settings-error]", ({ dataset }) => dataset.code), "name/invalid");
        await ann.page.keyboard.press("Escape");
        // Also when the dialog is closed with it.
        await ann.click("settings");
        await ann.fill("own-name", "\u202eevil");
        await ann.click("settings-close");
        await ann.miss("settings-panel");
        await ann.isTold("This can't be a name");
        await rename(ann, "");
        await showsName(bob, "Somebody");
        for (const someone of [ann, bob, cem]) assert.deepEqual(someone.errors, []);
    });
}

test("by the package: a promise, events, errors with codes, and another server's word (chromium, firefox)", async (t) => {
    const room = freshRoom();
    const people = [];
    for (const [kind, name] of [["chromium", "Ann"], ["firefox", "Bob"]]) {
        const someone = await person(t, kind);
        people.push(someone);
        await someone.page.evaluate(
            async (room, name) => {
                const { join } = await import("./itodenwa/index.js");
                window.heard = [];
                window.room = await join(room, { name });
                window.room.onname = ({ peer, name, former }) => window.heard.push([peer ? "peer" : "me", name ?? "", former ?? ""].join());
            },
            room,
            name,
        );
    }
    const [ann, bob] = people;
    await bob.until(() => [...window.room.peers.values()].some(({ name }) => name === "Ann"));
    const names = await ann.page.evaluate(async () => {
        const code = (promise) => promise.then(() => "done", ({ code }) => code);
        const done = await Promise.all([window.room.setName("1"), window.room.setName(2), code(window.room.setName("a\nb"))]);
        const before = [window.room.me.name, done[2], await code(window.room.setName("é".repeat(65)))];
        await window.room.setName("  Bea ");
        return [...before, window.room.me.name, JSON.parse(JSON.stringify(window.room)).me.name];
    });
    assert.deepEqual(names, ["2", "name/invalid", "name/invalid", "Bea", "Bea"]);
    await bob.until(() => [...window.room.peers.values()].some(({ name }) => name === "Bea"));
    const heard = await bob.page.evaluate(() => window.heard);
    assert.equal(heard[0], "peer,1,Ann");
    assert.equal(heard.at(-1).startsWith("peer,Bea,"), true, heard.join(" "));
    assert.equal((await ann.page.evaluate(() => window.heard)).at(-1), "me,Bea,2");
    const over = await ann.page.evaluate(async () => {
        await window.room.leave();
        return window.room.setName("Cem").catch(({ code }) => code);
    });
    assert.equal(over, "room/closed");
    // One that only the server finds too long is told as any other.
    const long = await ann.page.evaluate(async (room) => {
        const { join } = await import("/itodenwa/index.js");
        return join(room, { name: "x".repeat(65) }).catch(({ code, refusal, message }) => [code, refusal, message.includes("64 characters")]);
    }, room);
    assert.deepEqual(long, ["name/invalid", "name/invalid", true]);
});

test("a server of before knows no new names: that is a code (chromium)", async (t) => {
    const ann = await person(t, "chromium", { prepare: () => {
        // As one of version 3 answers.
        window.WebSocket = class extends WebSocket {
            addEventListener(type, listener, ...rest) {
                super.addEventListener(type, type === "message" ? older(listener) : listener, ...rest);
            }
            set onmessage(listener) {
                super.onmessage = listener && older(listener);
            }
        };
        const older = (listener) => (event) => {
            const data = typeof event.data === "string" ? event.data.replace(/"welcome":\{"version":\d+/, '"welcome":{"version":3') : event.data;
            window.isOlder ||= data !== event.data;
            listener(new MessageEvent("message", { data, origin: event.origin }));
        };
    } });
    await ann.join(freshRoom(), "Ann");
    assert.equal(await ann.page.evaluate(() => window.isOlder), true, await address());
    await rename(ann, "Bea");
    await ann.reads("settings-error", "The server is too old");
    assert.equal(await ann.page.$eval("[data-testid=settings-error]", ({ dataset }) => dataset.code), "name/unsupported");
});
