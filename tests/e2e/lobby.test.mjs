// The lobby: what its fields are called, what has the focus there, and what one comes back with.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { end, freshRoom, person } from "./people.mjs";

after(end);

test("fields are called by their names alone, in both languages, and described by their hints", async (t) => {
    for (const [language, room, name, camera] of [["en", "Room", "Your name", "Camera"], ["ja", "部屋", "お名前", "カメラ"]]) {
        const ann = await person(t, "chromium", { language });
        const named = async (id) => {
            const field = await ann.page.$(`#${id}`);
            const { name, description } = await ann.page.accessibility.snapshot({ root: field, interestingOnly: false });
            return [name, description ?? ""];
        };
        const [itsName, description] = await named("room");
        assert.equal(itsName, room);
        assert.match(description, language === "en" ? /Everybody who enters/ : /同じ名前/);
        assert.equal((await named("name"))[0], name);
        await ann.join(freshRoom(), "Ann");
        await ann.click("settings");
        await ann.reads("camera-now", "×");
        assert.equal((await named("own-name"))[0], name);
        const [chosen, now] = await named("choose-camera");
        assert.equal(chosen, camera);
        assert.match(now, /×/);
        assert.equal((await named("choose-microphone"))[0], language === "en" ? "Microphone" : "マイク");
    }
});

test("whoever comes back has on what was on, also after a reload", async (t) => {
    const ann = await person(t, "chromium");
    const boxes = () => ann.page.evaluate(() => ["with-camera", "with-microphone"].map((id) => document.getElementById(id).checked));
    await ann.join(freshRoom(), "Ann");
    await ann.plays("local-video", 1);
    await ann.click("camera");
    await ann.until(() => document.querySelector("[data-testid=camera]").ariaPressed === "false");
    await ann.click("leave");
    await ann.see("come-back");
    assert.deepEqual(await boxes(), [false, true]);
    await ann.click("come-back");
    await ann.see("leave");
    assert.deepEqual([await ann.pressed("camera"), await ann.pressed("microphone")], ["false", "true"]);
    await ann.click("microphone");
    await ann.until(() => document.querySelector("[data-testid=microphone]").ariaPressed === "false");
    await ann.page.reload();
    await ann.see("leave");
    await ann.click("leave");
    await ann.see("come-back");
    assert.deepEqual(await boxes(), [false, false]);
    await ann.click("come-back");
    await ann.see("leave");
    assert.deepEqual([await ann.pressed("camera"), await ann.pressed("microphone")], ["false", "false"]);
    assert.deepEqual(ann.errors, []);
});

test("after a call, after waiting in vain, and after an error the focus is on what joins", async (t) => {
    const [ann, bob] = await Promise.all([0, 1].map(() => person(t, "chromium")));
    const joins = () => ann.until(() => document.activeElement.id === "join" && !document.activeElement.disabled);
    await ann.join(freshRoom(), "Ann");
    await ann.click("leave");
    await joins();

    await bob.join(freshRoom(), "Bob");
    await bob.click("waiting-room");
    await bob.reads("waiting-room-state", "waits");
    await ann.fill("room", await bob.text("room-name"));
    await ann.page.keyboard.press("Enter");
    await ann.see("join-wait");
    assert.equal(await ann.focused(), "join-wait-leave");
    await ann.page.keyboard.press("Enter");
    await ann.miss("join-wait");
    await joins();

    const eve = await person(t, "chromium", { query: `?room=${freshRoom()}` });
    await eve.page.evaluate(() => (window.WebSocket = class { constructor() { throw new DOMException("a test", "SyntaxError"); } }));
    await eve.page.focus("[data-testid=join]");
    await eve.page.keyboard.press("Enter");
    await eve.see("join-error");
    await eve.until(() => document.activeElement.id === "join");
    for (const someone of [ann, bob]) assert.deepEqual(someone.errors, []);
});

test("who is asked whether to join all the same has one button for it", async (t) => {
    const [ann, bob] = await Promise.all([0, 1].map(() => person(t, "chromium")));
    await bob.join(freshRoom(), "Bob");
    await bob.click("record");
    await bob.see("recorded");
    await ann.fill("room", await bob.text("room-name"));
    await ann.click("join");
    await ann.see("join-recorded");
    await ann.until(() => !document.getElementById("join").disabled);
    await ann.miss("join");
    assert.equal(await ann.focused(), "join-recorded");
    // Another room is another question.
    await ann.page.type("[data-testid=room]", "x");
    await ann.see("join");
    await ann.miss("join-recorded");
    // What is said last counts.
    await ann.fill("room", await bob.text("room-name"));
    await ann.click("join");
    await ann.see("join-recorded");
    await ann.until(() => !document.getElementById("with-camera").disabled);
    await ann.click("with-camera");
    await ann.click("join-recorded");
    await ann.see("leave");
    assert.deepEqual([await ann.pressed("camera"), await ann.pressed("microphone")], ["false", "true"]);
});
