// The stage: where the tiles are, for how many people and on whatever screen, and what a person can do about it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { end, person } from "./people.mjs";
import { scene } from "./scene.mjs";

after(end);

/** Small, a phone both ways, a laptop, 4K. */
const SCREENS = [[320, 640], [390, 844], [844, 390], [1280, 800], [3840, 2160]];

/** Phones that lie, also with the browser's own bars. */
const LYING = [[844, 390], [667, 375], [640, 360], [568, 320], [844, 300]];
const size = ([width, height]) => ({ width, height });

/** The tiles that are seen, after the page has been laid out. */
async function tiles(someone, selector = "#grid > .tile") {
    await someone.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    return someone.page.$$eval(selector, (tiles) =>
        tiles
            .filter((tile) => !tile.hidden)
            .map((tile) => {
                const { left, top, right, bottom, width, height } = tile.getBoundingClientRect();
                return { left, top, right, bottom, width, height, floats: tile.hasAttribute("data-floats") };
            }),
    );
}

const overlap = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

test("everybody is seen whole and in the same size, on every screen; nothing covers a name", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page, { others: 0 });
    for (let people = 1; people <= 8; people += 1) {
        if (people > 1) await ann.page.evaluate((name) => window.scene.add(name), `Person ${people} of ${"many ".repeat(people)}`);
        if (![1, 2, 3, 5, 8].includes(people)) continue;
        for (const [width, height] of SCREENS) {
            await ann.page.setViewport({ width, height });
            const all = await tiles(ann);
            const which = `${people} people on ${width} × ${height}: ${JSON.stringify(all)}`;
            assert.equal(all.length, people, which);
            const placed = all.filter(({ floats }) => !floats);
            for (const tile of all) assert.ok(tile.left >= 0 && tile.top >= 0 && tile.right <= width && tile.bottom <= height, which);
            for (const [index, tile] of placed.entries()) {
                assert.ok(placed.every((other, at) => at === index || !overlap(tile, other)), which);
                assert.ok(tile.width === placed[0].width && tile.height === placed[0].height, which);
                assert.ok(tile.width >= 70 && tile.height >= 60, which);
            }
            // Each row is in the middle.
            const stage = await ann.page.$eval("#grid", (grid) => grid.getBoundingClientRect().toJSON());
            for (const top of new Set(placed.map((tile) => tile.top))) {
                const row = placed.filter((tile) => tile.top === top);
                const [before, behind] = [Math.min(...row.map(({ left }) => left)) - stage.left, stage.right - Math.max(...row.map(({ right }) => right))];
                assert.ok(Math.abs(before - behind) <= 2, which);
            }
            const controls = (await tiles(ann, ".controls"))[0];
            assert.ok(all.every((tile) => !overlap(tile, controls)), which);
            assert.ok(await ann.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), which);
            if (people === 2) {
                const [own] = all.filter(({ floats }) => floats);
                const [name] = await tiles(ann, '[data-testid="tile"] figcaption');
                assert.ok(!overlap(own, name), `the own picture covers the name on ${width} × ${height}`);
            }
        }
    }
    assert.deepEqual(ann.errors, []);
});

test("who is muted is seen on every screen: nothing covers the sign, and no name touches it", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page, { others: 0 });
    for (let others = 1; others <= 7; others += 1) {
        await ann.page.evaluate(async (name) => {
            const { scene } = window;
            const peer = scene.add(name);
            scene.media(name, "microphone", false);
            peer.attributes.set("hand", true);
            scene.tell("attribute", { peer });
            if (scene.room.me.media.has("microphone")) document.getElementById("microphone").click();
            scene.tell("mutedspeech", true);
            scene.tell("signaling", "reconnecting");
        }, `Person ${others} ${"of many names ".repeat(others % 3)}`);
        if (![1, 2, 4, 7].includes(others)) continue;
        for (const [width, height] of SCREENS) {
            await ann.page.setViewport({ width, height });
            await tiles(ann);
            const signs = await ann.page.$$eval(".tile .silent", (signs) =>
                signs.map((sign) => {
                    const { left, right, top, bottom } = sign.getBoundingClientRect();
                    const name = sign.closest("figcaption").querySelector(".who").getBoundingClientRect();
                    // It is round.
                    const inset = (right - left) / 5;
                    const corners = [left + inset, right - inset].flatMap((x) => [top + inset, bottom - inset].map((y) => document.elementFromPoint(x, y)));
                    const isTouched = name.width > 0 && name.left < right + 4 && left < name.right + 4;
                    return { width: right - left, height: bottom - top, isCovered: !corners.every((top) => sign.contains(top)), isTouched };
                }),
            );
            const which = `${others + 1} people on ${width} × ${height}: ${JSON.stringify(signs)}`;
            assert.equal(signs.length, others + 1, which);
            assert.ok(signs.every((sign) => sign.width >= 24 && sign.height >= 24 && !sign.isCovered && !sign.isTouched), which);
        }
    }
    assert.deepEqual(ann.errors, []);
});

test("one's own picture goes to another corner, by hand or by button, and can be hidden", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page);
    const own = async () => (await tiles(ann, '[data-testid="self-tile"]'))[0];
    const first = await own();
    const { mouse } = ann.page;
    await mouse.move(first.left + 30, first.top + 60);
    await mouse.down();
    await mouse.move(60, 160, { steps: 4 });
    await mouse.up();
    const moved = await own();
    assert.ok(moved.left < first.left && moved.top < first.top, JSON.stringify([first, moved]));
    await ann.click("self-move");
    const next = await own();
    assert.ok(next.left > moved.left && next.top === moved.top, JSON.stringify([moved, next]));
    await ann.click("self-hide");
    await ann.miss("self-tile");
    // It is remembered, and has an end.
    assert.equal(await ann.page.evaluate(() => localStorage.getItem("itodenwa.own")), "hidden");
    await ann.click("self-show");
    await ann.see("self-tile");
});

test("a screen beside a strip of people, two of them, one's own with its end; speaker view and pin", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page, { others: 4 });
    const area = ({ width, height }) => width * height;
    const largest = async () => {
        const all = await ann.page.$$eval("#grid > .tile", (tiles) => tiles.map((tile) => [tile.offsetWidth * tile.offsetHeight, tile.querySelector(".who").textContent]));
        const most = Math.max(...all.map(([size]) => size));
        return all.filter(([size]) => size === most).map(([, name]) => name.replace(/[\u2068\u2069]/g, ""));
    };
    await ann.click("view-speaker");
    await ann.page.evaluate(() => window.scene.speaks("Dana"));
    assert.deepEqual(await largest(), ["Dana"]);
    await ann.page.evaluate(() => window.scene.speaks("Bob"));
    assert.deepEqual(await largest(), ["Bob"]);
    await ann.page.evaluate(() => [...document.querySelectorAll('[data-testid="tile-pin"]')][1].click());
    assert.deepEqual(await largest(), ["Cem"]);
    // Who is pinned and goes leaves nothing behind.
    await ann.page.evaluate(() => window.scene.goes("Cem"));
    assert.deepEqual(await largest(), ["Bob"]);

    await ann.page.evaluate(() => window.scene.media("Bob", "screen", true));
    assert.deepEqual(await largest(), ["Bob’s screen"]);
    await ann.page.evaluate(() => window.scene.media("Dana", "screen", true));
    assert.deepEqual((await largest()).sort(), ["Bob’s screen", "Dana’s screen"]);
    const all = await tiles(ann);
    assert.ok(all.every((tile, index) => all.every((other, at) => at === index || !overlap(tile, other))), JSON.stringify(all.map(area)));
    await ann.click("screen");
    await ann.see("own-screen");
    await ann.click("stop-sharing");
    await ann.miss("own-screen");
    assert.equal(await ann.pressed("screen"), "false");
});

test("on a phone that lies every button of the call is seen, large enough for a finger, and covers nobody", async (t) => {
    const ann = await person(t, "chromium");
    await ann.page.setViewport({ ...size(LYING[0]), hasTouch: true, isMobile: true });
    await scene(ann.page, { others: 0 });
    for (const others of [0, 1, 2, 7]) {
        while ((await ann.page.evaluate(() => window.scene.room.peers.size)) < others) {
            await ann.page.evaluate(() => window.scene.add(`Person ${window.scene.room.peers.size + 2}`));
        }
        for (const screen of LYING) {
            const { width, height } = size(screen);
            await ann.page.setViewport({ width, height, hasTouch: true, isMobile: true });
            const [all, buttons] = [await tiles(ann), await tiles(ann, ".controls .switch")];
            const which = `${others + 1} people on ${width} × ${height}: ${JSON.stringify(buttons)}`;
            assert.equal(buttons.length, 7, which);
            for (const [index, button] of buttons.entries()) {
                assert.ok(button.left >= 0 && button.top >= 0 && button.right <= width && button.bottom <= height, which);
                assert.ok(button.width >= 44 && button.height >= 44, which);
                assert.ok(all.every((tile) => !overlap(tile, button)), which);
                assert.ok(buttons.every((other, at) => at === index || !overlap(other, button)), which);
            }
            // None is behind another thing, or scrolled away, and its name is within it.
            const reached = await ann.page.$$eval(".controls .switch", (buttons) =>
                buttons.map((button) => {
                    const { left, top, width, height, right } = button.getBoundingClientRect();
                    const isOnTop = button.contains(document.elementFromPoint(left + width / 2, top + height / 2));
                    const label = button.querySelector("span:not(.visually-hidden, .unread)").getBoundingClientRect();
                    return isOnTop && label.left >= left && label.right <= right;
                }),
            );
            assert.ok(reached.every(Boolean), `${which} ${reached}`);
        }
    }
    assert.deepEqual(ann.errors, []);
});

test("what the record button says is one line on a phone, in both languages", async (t) => {
    for (const language of ["en", "ja"]) {
        const ann = await person(t, "chromium", { language });
        await ann.page.setViewport({ ...size(LYING[0]), hasTouch: true, isMobile: true });
        await scene(ann.page);
        await ann.page.evaluate(() => (window.scene.room.record = async () => ({ duration: 727_000, bytes: 112_300_000 })));
        for (const isRecording of [false, true]) {
            if (isRecording) await ann.click("record");
            await ann.until((is) => document.getElementById("record").ariaPressed === String(is), isRecording);
            for (const [width, height] of [[320, 568], [360, 740], [390, 844], ...LYING]) {
                await ann.page.setViewport({ width, height, hasTouch: true, isMobile: true });
                const [label, button] = [(await tiles(ann, "#record-label"))[0], (await tiles(ann, "#record"))[0]];
                const lineHeight = await ann.page.$eval("#record", (button) => parseFloat(getComputedStyle(button).lineHeight));
                const which = `${language}, ${isRecording}, ${width} × ${height}: ${JSON.stringify([label, button, lineHeight])}`;
                assert.ok(label.height <= lineHeight + 1 && label.left >= button.left && label.right <= button.right, which);
            }
        }
        // How much it is, is still told.
        await ann.reads("record-label", "12:07 · 112.3");
    }
});

test("on a phone a touch on a tile shows what can be done with it, large enough for a finger", async (t) => {
    const ann = await person(t, "chromium");
    await ann.page.setViewport({ width: 390, height: 844, hasTouch: true, isMobile: true });
    await scene(ann.page, { others: 2 });
    const shown = () => ann.page.$$eval(".tile .tools", (all) => all.map((tools) => getComputedStyle(tools).opacity));
    assert.deepEqual(await shown(), ["0", "0", "0"]);
    await ann.page.tap('[data-testid="tile"]');
    assert.deepEqual(await shown(), ["1", "0", "0"]);
    const tools = (await tiles(ann, '[data-testid="tile"] .tool')).filter(({ width }) => width > 0);
    assert.ok(tools.length >= 6 && tools.every(({ width, height }) => width >= 44 && height >= 44), JSON.stringify(tools));
    await ann.page.tap('[data-testid="tile-pin"]');
    assert.equal(await ann.page.$eval('[data-testid="tile-pin"]', (pin) => pin.getAttribute("aria-pressed")), "true");
    await ann.page.tap('[data-testid="self-tile"]');
    assert.equal((await shown()).filter((opacity) => opacity === "1").length, 1);
});

test("who is waited for is told, and what can be done; what is not read is counted; alone again is not alone at first", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page, { others: 2 });
    await ann.page.evaluate(() => window.scene.state("Bob", "connecting"));
    await ann.reads("wait", "Connecting to \u2068Bob\u2069 …");
    assert.doesNotMatch(await ann.text("wait"), /network/);
    await ann.page.evaluate(() => window.scene.state("Bob", "failed"));
    await ann.reads("wait", "No connection to \u2068Bob\u2069 yet");
    await ann.reads("wait", "Try another network");
    await ann.page.evaluate(() => window.scene.state("Bob", "connected"));
    await ann.miss("wait");

    await ann.click("panel-close");
    await ann.page.evaluate(() => {
        window.scene.writes("Bob", "Hello?");
        window.scene.writes("Cem", "Still there?");
        window.scene.media("Cem", "microphone", false);
    });
    assert.equal(await ann.text("unread"), "2");
    await ann.click("panel");
    await ann.miss("unread");
    assert.equal(await ann.focused(), "chat-input");
    const muted = await ann.page.$$eval('[data-testid="participant"]', (lines) => lines.map((line) => [line.querySelector(".who").textContent, !line.querySelector(".icon").hasAttribute("hidden")]));
    assert.deepEqual(muted, [["\u2068Ann\u2069 (you)", false], ["Bob", false], ["Cem", true]]);

    // Lines and addresses; nothing else of a text is more than text.
    await ann.page.evaluate(() => window.scene.writes("Bob", "See https://example.org/a?b=1), or\n<b>javascript:alert(1)</b>"));
    await ann.reads("chat-log", "javascript:");
    const links = await ann.page.$$eval("#chat-log a", (links) => links.map(({ href, rel, target }) => [href, rel, target]));
    assert.deepEqual(links, [["https://example.org/a?b=1", "noopener noreferrer", "_blank"]]);
    const { keyboard } = ann.page;
    await keyboard.type("one");
    await keyboard.down("Shift");
    await keyboard.press("Enter");
    await keyboard.up("Shift");
    await keyboard.type("two");
    await keyboard.press("Enter");
    await ann.reads("chat-log", "one\ntwo");

    await ann.page.evaluate(() => ["Bob", "Cem"].forEach((name) => window.scene.goes(name)));
    await ann.reads("alone", "You are alone again");
    assert.deepEqual(ann.errors, []);
});

test("one's own picture does not cover what is said of whoever is waited for", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page);
    await ann.page.evaluate(() => window.scene.state("Bob", "failed"));
    await ann.reads("wait", "Try another network");
    for (const [width, height] of [...SCREENS, ...LYING]) {
        await ann.page.setViewport({ width, height });
        for (let corner = 0; corner < 4; corner += 1) {
            const [[own], [wait]] = [await tiles(ann, '[data-testid="self-tile"]'), await tiles(ann, '[data-testid="wait"]')];
            assert.ok(own.floats && wait.width > 80, `${width} × ${height}`);
            assert.ok(!overlap(own, wait), `${await ann.page.$eval("#stage", ({ dataset }) => dataset.corner)} on ${width} × ${height}: ${JSON.stringify([own, wait])}`);
            await ann.page.$eval('[data-testid="self-move"]', (button) => button.click());
        }
    }
});

test("a file that is dropped beside the chat is not opened in place of the call", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page);
    const dropped = await ann.page.evaluate(() => ["stage", "chat-log"].map((place) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(["x"], "x"));
        window.scene.room.peers.clear();
        return ["dragover", "drop"].map((type) => !document.getElementById(place).dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true })));
    }));
    assert.deepEqual(dropped, [[true, true], [true, true]]);
    await ann.see("file");
    assert.equal((await ann.page.$$("[data-testid=file]")).length, 1, "what is dropped into the chat is sent");
});

test("whoever shares is as loud on both of their tiles, and is silenced and heard again on either", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page);
    await ann.page.evaluate(() => window.scene.media("Bob", "screen", true));
    await ann.see("screen-tile");
    const shown = () => ann.page.evaluate(() =>
        ["tile", "screen-tile"].map((tile) => {
            const find = (tool) => document.querySelector(`[data-testid=${tile}] [data-testid=${tool}]`);
            return [find("tile-mute").getAttribute("aria-pressed"), find("tile-volume").value];
        }));
    const act = (tile, tool, value) => ann.page.$eval(`[data-testid=${tile}] [data-testid=${tool}]`, (element, value) => {
        if (value === undefined) return element.click();
        element.value = value;
        element.dispatchEvent(new Event("input"));
    }, value);
    assert.deepEqual(await shown(), [["false", "1"], ["false", "1"]]);
    await act("screen-tile", "tile-mute");
    assert.deepEqual(await shown(), [["true", "0"], ["true", "0"]]);
    await act("tile", "tile-mute");
    assert.deepEqual(await shown(), [["false", "1"], ["false", "1"]]);
    await act("tile", "tile-volume", "0.5");
    assert.deepEqual(await shown(), [["false", "0.5"], ["false", "0.5"]]);
    await act("screen-tile", "tile-volume", "0");
    assert.deepEqual(await shown(), [["true", "0"], ["true", "0"]]);
    assert.deepEqual(ann.errors, []);
});

test("a touch is known where clicks do not say of what they are, as in Safari before 18.2", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page);
    const press = (pointerType) => ann.page.$eval("[data-testid=tile]", (tile, pointerType) => {
        tile.dispatchEvent(new PointerEvent("pointerup", { pointerType, bubbles: true }));
        tile.dispatchEvent(new MouseEvent("click", { bubbles: true }));
        return tile.hasAttribute("data-touched");
    }, pointerType);
    assert.equal(await press("mouse"), false);
    assert.equal(await press("touch"), true);
    assert.equal(await press("touch"), false);
});

test("with colours of the system what is on, and who speaks, has a line around it", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page, { others: 3 });
    const devtools = await ann.page.createCDPSession();
    await devtools.send("Emulation.setEmulatedMedia", { features: [{ name: "forced-colors", value: "active" }] });
    assert.ok(await ann.page.evaluate(() => matchMedia("(forced-colors: active)").matches));
    const line = (testid, part) => ann.page.$eval(`[data-testid=${testid}]`, (element, part) => {
        const { outlineStyle, outlineWidth, borderTopWidth } = getComputedStyle(element, part);
        return part ? borderTopWidth : outlineStyle === "none" ? "" : outlineWidth;
    }, part);
    for (const testid of ["view-speaker", "tile-pin", "lock"]) {
        const before = await line(testid);
        await ann.click(testid);
        assert.deepEqual([before, await line(testid)], ["", "3px"], testid);
    }
    assert.equal(await line("tile", "::after"), "0px");
    await ann.page.evaluate(() => window.scene.speaks("Bob"));
    assert.equal(await line("tile", "::after"), "5px");
    await ann.click("lesson-open");
    await ann.see("lesson-path");
    assert.deepEqual([await line("lesson-steps"), await line("lesson-path")], ["3px", ""]);
});

test("on a phone the button that copies the invitation says so, to the eye and to a screen reader", async (t) => {
    const ann = await person(t, "chromium");
    await ann.page.setViewport({ width: 390, height: 844 });
    await scene(ann.page);
    await ann.page.evaluate(() => {
        Object.defineProperty(navigator.clipboard, "writeText", { value: async () => {} });
        document.getElementById("copy-link").focus();
    });
    const width = () => ann.page.$eval("#copy-link span", (label) => label.getBoundingClientRect().width);
    assert.ok((await width()) <= 1);
    await ann.page.keyboard.press("Enter");
    await ann.reads("copied", "Copied");
    assert.equal(await ann.text("copy-link"), "Copied");
    assert.ok((await width()) > 20);
    assert.ok(await ann.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await ann.page.keyboard.press("Tab");
    assert.equal(await ann.text("copied"), "");
    assert.equal(await ann.text("copy-link"), "Copy invitation");
    assert.ok((await width()) <= 1);
});

test("where the page may not copy the invitation it says that it is selected only where it is", async (t) => {
    const ann = await person(t, "chromium");
    await scene(ann.page, { others: 0 });
    await ann.page.evaluate(() => Object.defineProperty(navigator.clipboard, "writeText", { value: () => Promise.reject(new DOMException("a test", "NotAllowedError")) }));
    const told = async () => {
        await ann.click("copy-link");
        await ann.isTold("/?room=blue-tiger");
        return ann.text("notices");
    };
    assert.match(await told(), /selected/);
    assert.equal(await ann.page.evaluate(() => getSelection().toString() || document.activeElement.value), await ann.value("invitation"));
    await ann.page.evaluate(() => window.scene.add("Bob"));
    await ann.miss("alone");
    const hidden = await told();
    assert.match(hidden, /does not let the page copy/);
    assert.doesNotMatch(hidden, /selected/);
});
