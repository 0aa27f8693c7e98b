// The page as one person uses it: coming in, being refused, being without a camera, without a mouse, in Japanese.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { address, each, end, freshRoom, meet, pairOr, person } from "./people.mjs";

after(end);

const MARKUP = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>";

test("a link fills in the room, and the invitation is that link", async (t) => {
    const room = freshRoom();
    const ann = await person(t, "chromium", { query: `?room=${room}&ice=vanilla` });
    assert.equal(await ann.value("room"), room);
    await ann.join(undefined, "Ann");
    const invitation = new URL(await ann.value("invitation"));
    assert.equal(invitation.origin, new URL(await address()).origin);
    assert.equal(invitation.search, `?room=${room}&ice=vanilla`);
    assert.equal(await ann.text("room-name"), room);
    assert.equal(await ann.text("peer-count"), "1");
    await ann.plays("local-video", 1);

    const bob = await person(t, "chromium", { at: invitation.href });
    await bob.join(undefined, "Bob");
    await Promise.all([ann.watches(), bob.watches()]);
    await ann.miss("invitation");
});

test("what is not a room's name is told, and can be mended", async (t) => {
    const ann = await person(t, "chromium");
    for (const nonsense of ["", "a b", "部屋", "../../etc", MARKUP.slice(0, 60)]) {
        await ann.fill("room", nonsense);
        await ann.click("join");
        await ann.reads("join-error", "can't be a room's name");
        assert.equal(await ann.page.$eval("#room", (field) => field.getAttribute("aria-invalid")), "true");
        await ann.fill("room", "x");
        await ann.miss("join-error");
    }
    await ann.click("suggest");
    assert.match(await ann.value("room"), /^[a-z]+-[a-z]+-[2-9a-z]{13}$/);
    await ann.join(undefined, "Ann");
});

test("a server that is not there is told", async (t) => {
    const ann = await person(t, "chromium", { query: "?server=ws://127.0.0.1:9/ws" });
    await ann.fill("room", freshRoom());
    await ann.click("join");
    await ann.click("other-server-yes");
    await ann.reads("join-error", "The server does not answer");
    const eve = await person(t, "chromium", { query: "?server=gopher://nowhere" });
    await eve.fill("room", freshRoom());
    await eve.click("join");
    await eve.click("other-server-yes");
    await eve.reads("join-error", "The server's address in this link can't be used");
});

test("a full room is told", async (t) => {
    const room = freshRoom();
    const people = [];
    for (let number = 1; number <= 9; number++) {
        const one = await person(t, "chromium", { query: `?room=${room}` });
        for (const device of ["with-camera", "with-microphone"]) await one.click(device);
        people.push(one);
        if (number <= 8) await one.join(undefined, `Person ${number}`);
    }
    await people[8].click("join");
    await people[8].reads("join-error", "The room is full");
    await people[0].counts(8);
});

for (const [kind, test] of each("chromium", "firefox")) {
    test(`without a camera one sees the others, is told why, and can switch it on later (${kind})`, async (t) => {
        const room = freshRoom();
        const ann = await person(t, kind, { query: `?room=${room}`, devices: false });
        await ann.join(undefined, "Ann");
        await ann.isTold("not allowed");
        assert.equal(await ann.pressed("camera"), "false");
        assert.equal(await ann.pressed("microphone"), "false");

        const bob = await person(t, kind, { query: `?room=${room}` });
        await bob.join(undefined, "Bob");
        await ann.watches();
        await bob.until(() => document.querySelector("[data-testid=tile] .initial")?.textContent === "A");
        await ann.say("I see you");
        await bob.reads("chat-log", "I see you");

        // Refused once more, then allowed.
        await ann.click("camera");
        await ann.until(() => document.querySelector("[data-testid=camera]").ariaPressed === "false");
        await ann.page.evaluate(() => delete navigator.mediaDevices.getUserMedia);
        await ann.click("camera");
        await bob.watches();
        assert.equal(await ann.pressed("camera"), "true");
    });
}

test("names and texts of others are only text", async (t) => {
    const room = freshRoom();
    const kinds = pairOr("chromium", "chromium");
    const ann = await person(t, kinds[0], { query: `?room=${room}` });
    await ann.join(undefined, "Ann");
    const eve = await person(t, kinds[1], { query: `?room=${room}` });
    await eve.join(undefined, MARKUP.slice(0, 60));
    await ann.watches();
    await eve.say(MARKUP);
    await ann.reads("chat-log", MARKUP);
    await ann.reads("tile", MARKUP.slice(0, 60));
    await eve.click("leave");
    await ann.counts(1);
    for (const someone of [ann, eve]) {
        assert.deepEqual(await someone.violations(), []);
        assert.deepEqual(someone.errors, []);
        assert.equal(await someone.page.$("img, #call script, #call iframe"), null);
        assert.doesNotMatch(await someone.page.title(), /hacked/);
    }
});

test("names and texts are written in their own direction", async (t) => {
    const room = freshRoom();
    const ann = await person(t, "chromium", { query: `?room=${room}` });
    await ann.join(undefined, "Ann");
    const dana = await person(t, "chromium", { query: `?room=${room}` });
    await dana.join(undefined, "דנה");
    await ann.watches();
    await dana.say("שלום, מה נשמע?");
    await ann.reads("chat-log", "שלום, מה נשמע?");
    // The question mark stands at the left end of the line.
    const [text, mark] = await ann.page.$eval("[data-testid=chat-log] [data-testid=chat-text]", (element) => {
        const place = (start, end) => {
            const range = document.createRange();
            range.setStart(element.firstChild, start);
            range.setEnd(element.firstChild, end);
            return range.getBoundingClientRect().left;
        };
        const { length } = element.textContent;
        return [place(0, 1), place(length - 1, length)];
    });
    assert.ok(mark < text, `the mark is at ${mark}, the first letter at ${text}`);
    const directions = () =>
        [...document.querySelectorAll("[data-testid=tile] .who, #chat-log b")]
            .filter((element) => element.textContent === "דנה")
            .map((element) => getComputedStyle(element).direction);
    assert.deepEqual([...new Set(await ann.page.evaluate(directions))], ["rtl"]);
    await dana.fill("chat-input", "מה?");
    assert.equal(await dana.page.$eval("#chat-input", (field) => getComputedStyle(field).direction), "rtl");
});

test("the Enter that ends a composition in Safari sends nothing", async (t) => {
    const [ann, bob] = await meet(t, ["chromium", "chromium"]);
    await ann.fill("chat-input", "電話");
    const press = (keyCode) => ann.page.$eval("[data-testid=chat-input]", (input, keyCode) =>
        input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode, bubbles: true, cancelable: true })), keyCode);
    assert.equal(await press(229), true, "it is the keyboard's own");
    assert.equal(await ann.value("chat-input"), "電話");
    await ann.page.type("[data-testid=chat-input]", "!");
    assert.equal(await press(13), false);
    await bob.reads("chat-log", "電話!");
    assert.deepEqual(await bob.page.$$eval("[data-testid=chat-text]", (texts) => texts.map(({ textContent }) => textContent)), ["電話!"]);
});

test("two thousand lines at once do not hold the page up", async (t) => {
    const room = freshRoom();
    const ann = await person(t, "chromium", { query: `?room=${room}` });
    await ann.join(undefined, "Ann");
    // As if they came one event after another: what matters is how often the page is laid out meanwhile.
    const layouts = async () => (await ann.page.metrics()).LayoutCount;
    const before = await layouts();
    await ann.page.evaluate(async () => {
        const { Chat } = await import("./view/chat.js");
        const chat = new Chat({}, new AbortController().signal);
        for (let number = 0; number < 2000; number += 1) chat.wrote({ from: { name: "Eve" }, text: `line ${number}` });
    });
    await ann.reads("chat-log", "line 1999");
    assert.ok((await layouts()) - before < 200, `${(await layouts()) - before} layouts for 2000 lines`);
    assert.equal(await ann.page.$eval("#chat-log", (log) => log.children.length), 500);
});

test("markup that gets into the page all the same does not run", async (t) => {
    const ann = await person(t, "chromium");
    await ann.page.evaluate(() => {
        const image = document.createElement("div");
        image.innerHTML = "<img src=x onerror=\"document.title='hacked'\">";
        document.body.append(image);
    });
    await ann.until(() => window.violations.includes("script-src-attr"));
    assert.equal(await ann.page.title(), "itodenwa");
});

for (const [kind, test] of each("firefox", "chromium")) {
    test(`everything can be done by keyboard (${kind})`, async (t) => {
        const room = freshRoom();
        const bob = await person(t, "chromium", { query: `?room=${room}` });
        await bob.join(undefined, "Bob");

        const ann = await person(t, kind);
        const { keyboard } = ann.page;
        assert.equal(await ann.focused(), "room");
        await keyboard.type(room);
        await ann.tabTo("name");
        await keyboard.type("Ann");
        await keyboard.press("Enter");
        await ann.watches();
        await ann.tabTo("camera");
        assert.ok(await ann.page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none"));
        await keyboard.press(" ");
        await bob.until(() => document.querySelector("[data-testid=tile]").dataset.picture === "off");
        await ann.tabTo("chat-input");
        await keyboard.type("no mouse");
        await keyboard.press("Enter");
        await bob.reads("chat-log", "no mouse");
        await ann.tabTo("leave", { back: true });
        await keyboard.press("Enter");
        await ann.see("join");
        await bob.counts(1);
    });
}

test("Japanese by the browser's language, English by choice, which is remembered", async (t) => {
    const ann = await person(t, "chromium", { language: "ja-JP" });
    const language = () => ann.page.evaluate(() => document.documentElement.lang);
    assert.equal(await language(), "ja");
    assert.equal(await ann.text("join"), "参加");
    await ann.fill("room", "部屋");
    await ann.click("join");
    await ann.reads("join-error", "この名前の部屋は作れません");
    await ann.click("language");
    assert.equal(await language(), "en");
    assert.match(await ann.text("join-error"), /can't be a room's name/);
    await ann.page.reload();
    assert.equal(await language(), "en");
    assert.equal(await ann.text("join"), "Join");
});

test("both languages have a word for everything", async (t) => {
    const ann = await person(t, "chromium");
    const [en, ja, used] = await ann.page.evaluate(async () => {
        const keys = ({ default: words, ...more }) => [...Object.keys(words), ...Object.values(more).flatMap(Object.keys)].sort();
        const [en, ja] = await Promise.all([import("./language/en.js"), import("./language/ja.js")]);
        const attributes = ["data-t", "data-t-label", "data-t-placeholder"];
        const used = attributes.flatMap((name) =>
            [...document.querySelectorAll(`[${name}]`)].map((element) => element.getAttribute(name)),
        );
        return [keys(en), keys(ja), used];
    });
    assert.deepEqual(en, ja);
    assert.deepEqual(used.filter((key) => !en.includes(key)), []);
});

test("Japanese is written in one way", async (t) => {
    const ann = await person(t, "chromium");
    const all = await ann.page.evaluate(async () => {
        const texts = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(texts));
        const modules = await Promise.all([import("./language/ja.js"), import("./lesson/language/ja.js")]);
        return modules.flatMap((module) => texts({ ...module }));
    });
    assert.ok(all.length > 500);
    // A colon is as wide as the signs around it, and whoever has no name is called what others can be called.
    assert.deepEqual(all.filter((text) => /ブラウザー|ルーム|だれ|\} さん|名前のない人|:(?!\/\/)/.test(text)), []);
});

test("the page is small, and can be used before the call's wasm is there", async (t) => {
    const ann = await person(t, "chromium");
    const { origin } = new URL(await address());
    const loaded = await ann.page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    const files = [`${origin}/`, ...loaded.filter((name) => name.startsWith(origin))];
    assert.deepEqual(files.filter((name) => name.includes("/pkg/")), []);
    const sizes = await Promise.all(files.map(async (file) => brotliCompressSync(await (await fetch(file)).text()).length));
    const sum = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(sum < 40_000, `${sum} bytes in ${files.length} files`);
    await ann.click("suggest");
    assert.match(await ann.value("room"), /^[a-z]+-/);
});

test("after a call one is told how long it was, and comes back", async (t) => {
    const ann = await person(t, "chromium");
    await ann.join(freshRoom(), "Ann");
    await ann.click("leave");
    await ann.isTold("It lasted");
    await ann.click("come-back");
    await ann.see("leave");
    await ann.plays("local-video", 1);
});

test("after a call all that this browser keeps of it is deleted when one says so", async (t) => {
    const keepSaid = () => {
        window.said = [];
        const { send } = WebSocket.prototype;
        WebSocket.prototype.send = function (data) {
            window.said.push(data);
            return send.call(this, data);
        };
    };
    const ann = await person(t, "chromium", { query: "#token=of-the-person-before", prepare: keepSaid });
    await ann.join(freshRoom(), "Ann");
    await ann.say("for nobody else");
    await ann.until(() => document.querySelector("[data-testid=chat-log]").textContent !== "");
    const said = () => ann.page.evaluate(() => window.said.join("\n"));
    assert.match(await said(), /of-the-person-before/);
    await ann.page.evaluate(async () => {
        const folder = await navigator.storage.getDirectory();
        const kept = await (await folder.getDirectoryHandle("itodenwa", { create: true })).getFileHandle("kept", { create: true });
        await (await kept.createWritable()).close();
    });
    await ann.click("leave");
    await ann.see("forget");
    const kept = () => ann.page.evaluate(async () => {
        const names = [];
        for await (const [name, entry] of (await navigator.storage.getDirectory()).entries()) {
            if (entry.kind === "file") names.push(name);
            else for await (const inner of entry.keys()) names.push(inner);
        }
        return [...Object.keys(localStorage), ...Object.keys(sessionStorage), ...names, location.search];
    });
    const before = await kept();
    assert.ok(before.includes("itodenwa.name") && before.includes("kept") && before.at(-1) !== "", String(before));
    const hides = () => ann.page.$eval("[data-testid=hide-address]", ({ checked }) => checked);
    await ann.click("hide-address");
    assert.equal(await hides(), true);
    await ann.click("forget");
    await ann.isTold("keeps nothing");
    assert.equal(await hides(), false, "what is ticked is what is done");
    assert.deepEqual(await kept(), [""]);
    assert.deepEqual([await ann.value("room"), await ann.value("name")], ["", ""]);
    assert.equal(await ann.focused(), "room");
    // Nor has the page anything of it, which was hidden only.
    assert.deepEqual([await ann.text("chat-log"), await ann.text("people-list"), await ann.text("room-name"), await ann.value("invitation")], ["", "", "", ""]);
    await ann.join(freshRoom(), "Bob");
    assert.match(await said(), /Bob/);
    assert.doesNotMatch(await said(), /of-the-person-before/);
});

test("nothing sticks out at 320 pixels, before and in a call", async (t) => {
    const ann = await person(t, "chromium");
    await ann.page.setViewport({ width: 320, height: 640 });
    const fits = () => ann.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    assert.ok(await fits());
    await ann.join(freshRoom(), "Ann");
    assert.ok(await fits());
    const room = await ann.text("room-name");
    const bob = await person(t, "chromium", { query: `?room=${room}` });
    await bob.join(undefined, "B".repeat(64));
    await ann.watches();
    await bob.say("x".repeat(400));
    await ann.reads("chat-log", "xxx");
    assert.ok(await fits());
    await ann.click("panel");
    await ann.see("chat-log");
    assert.ok(await fits());
    assert.ok(await ann.page.$eval("[data-testid=chat-log]", ({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth));
});

test("each notice is told by itself, urgent or not, and the Escape that ends a word closes no panel", async (t) => {
    const ann = await person(t, "chromium", { devices: false });
    const told = await ann.page.evaluate(async () => {
        const { notice } = await import("/view/notices.js");
        notice("now", (element) => (element.textContent = "urgent"));
        // What is read is what is put in.
        let wasThere;
        notice("later", (element) => (wasThere = element.textContent === "" && document.querySelectorAll("[data-testid=notice]").length), { polite: true });
        const list = document.querySelector("[data-testid=notices]");
        const roles = [...list.children].map((item) => item.getAttribute("role"));
        notice.clear();
        return { wasThere, roles, all: [list.getAttribute("role"), list.getAttribute("aria-live"), list.getAttribute("aria-atomic")] };
    });
    assert.deepEqual(told, { wasThere: 2, roles: ["alert", "status"], all: [null, null, null] });
    await ann.join(freshRoom(), "Ann");
    await ann.see("chat-input");
    const isOpenAfter = (options) =>
        ann.page.$eval("[data-testid=chat-input]", (input, options) => {
            input.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, ...options }));
            return !document.getElementById("side").hidden;
        }, options);
    assert.equal(await isOpenAfter({ isComposing: true }), true);
    assert.equal(await isOpenAfter({ keyCode: 229 }), true);
    assert.equal(await isOpenAfter({ keyCode: 27 }), false);
});
