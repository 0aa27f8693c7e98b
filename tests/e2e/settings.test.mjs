// Devices, quality and loudness on the page, by mouse and keyboard; and that they are remembered.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { each, end, freshRoom, LIMIT, meet, person } from "./people.mjs";

after(end);

/** Waits until the picture that comes is at most so high. */
function sees(someone, most) {
    return someone.page.waitForFunction(
        (most) => {
            const { videoHeight } = document.querySelector('[data-testid="remote-video"]') ?? {};
            return videoHeight > 0 && videoHeight <= most;
        },
        { timeout: LIMIT },
        most,
    );
}

/** What can be chosen, once there are as many as that: the browser lists its devices after the dialog is there. */
async function choices(someone, testid, least) {
    const listed = await someone.page.waitForFunction(
        (testid, least) => {
            const options = [...document.querySelectorAll(`[data-testid="${testid}"] option`)].map(({ value }) => value);
            return options.length >= least ? options : undefined;
        },
        { timeout: LIMIT },
        testid,
        least,
    );
    return listed.jsonValue();
}

for (const [kinds, test] of each(["chromium", "firefox"], ["firefox", "chromium"])) {
    test(`${kinds[0]} chooses devices and quality in the call, and ${kinds[1]} sees it`, async (t) => {
        const [ann, bob] = await meet(t, kinds);
        await ann.click("settings");
        await ann.see("settings-panel");
        const cameras = await choices(ann, "choose-camera", 2);
        await ann.page.select('[data-testid="choose-camera"]', cameras[1]);
        await ann.page.select('[data-testid="choose-quality"]', "h180");
        await ann.reads("camera-now", "320 × 180");
        await sees(bob, 180);
        await ann.page.keyboard.press("Escape");
        await ann.miss("settings-panel");
        assert.equal(await ann.pressed("camera"), "true");
        await bob.watches();
        const remembered = await ann.page.evaluate(() => JSON.parse(localStorage.getItem("itodenwa.preferences")));
        assert.equal(remembered.camera.quality, "h180");
        assert.equal(remembered.camera.deviceId, cameras[1]);
        for (const someone of [ann, bob]) assert.deepEqual(someone.errors, []);
    });
}

test("what was chosen counts in the next call, also when a device is gone", async (t) => {
    const remember = () => {
        const camera = { deviceId: "gone", quality: "h180" };
        localStorage.setItem("itodenwa.preferences", JSON.stringify({ camera, microphone: 7, loudspeaker: "gone" }));
    };
    const ann = await person(t, "chromium", { prepare: remember });
    await ann.join(freshRoom(), "Ann");
    await ann.plays("local-video", 1);
    await ann.click("settings");
    await ann.reads("camera-now", "320 × 180");
    assert.deepEqual(ann.errors, []);
});

test("a microphone that was chosen is the one of the next call", async (t) => {
    const ann = await person(t, "chromium");
    await ann.join(freshRoom(), "Ann");
    await ann.click("settings");
    await ann.see("settings-panel");
    const last = (await choices(ann, "choose-microphone", 3)).at(-1);
    const chosen = (wanted) => document.querySelector('[data-testid="choose-microphone"]').value === wanted;
    await ann.page.select('[data-testid="choose-microphone"]', last);
    await ann.page.waitForFunction(() => localStorage.getItem("itodenwa.preferences")?.includes("microphone"), { timeout: LIMIT });
    await ann.page.reload();
    await ann.see("leave");
    await ann.click("settings");
    await ann.page.waitForFunction(chosen, { timeout: LIMIT }, last);
    const used = await ann.page.$eval('[data-testid="self-tile"] video', ({ srcObject }) => srcObject.getAudioTracks()[0].getSettings().deviceId);
    assert.equal(used, last);
});

test("two settings that are changed one right after the other count both", async (t) => {
    const ann = await person(t, "chromium");
    await ann.join(freshRoom(), "Ann");
    await ann.plays("local-video", 1);
    await ann.click("settings");
    const last = (await choices(ann, "choose-microphone", 3)).at(-1);
    await ann.page.evaluate((last) => {
        const { mediaDevices } = navigator;
        const real = mediaDevices.getUserMedia.bind(mediaDevices);
        const held = new Promise((go) => (window.go = go));
        mediaDevices.getUserMedia = async (wanted) => {
            await held;
            return real(wanted);
        };
        const choice = document.getElementById("choose-microphone");
        choice.value = last;
        choice.dispatchEvent(new Event("change"));
        document.getElementById("noiseSuppression").click();
        window.go();
    }, last);
    await ann.until(() => JSON.parse(localStorage.getItem("itodenwa.preferences"))?.microphone.noiseSuppression === false);
    const used = await ann.page.$eval('[data-testid="self-tile"] video', ({ srcObject }) => srcObject.getAudioTracks()[0].getSettings());
    assert.deepEqual([used.deviceId, used.noiseSuppression], [last, false]);
    assert.deepEqual(ann.errors, []);
});

test("a device that cannot be had is told, and the one before it goes on", async (t) => {
    const [ann, bob] = await meet(t, ["chromium", "chromium"]);
    await ann.click("settings");
    await ann.page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = async () => {
            throw new DOMException("a test", "OverconstrainedError");
        };
    });
    await ann.page.select('[data-testid="choose-quality"]', "h180");
    await ann.see("settings-error");
    assert.equal(await ann.page.$eval('[data-testid="choose-quality"]', ({ value }) => value), "h720", "as it is");
    await ann.click("settings-close");
    await bob.watches();
});

test("somebody is silenced here, with the keyboard", async (t) => {
    const [ann] = await meet(t, ["chromium", "chromium"]);
    const muted = () => ann.page.$eval('[data-testid="remote-video"]', ({ muted, volume }) => [muted, volume]);
    await ann.page.focus('[data-testid="tile-mute"]');
    await ann.page.keyboard.press("Space");
    await ann.page.waitForFunction(() => document.querySelector('[data-testid="remote-video"]').muted, { timeout: LIMIT });
    assert.equal(await ann.pressed("tile-mute"), "true");
    await ann.page.focus('[data-testid="tile-volume"]');
    await ann.page.keyboard.press("ArrowRight");
    await ann.page.waitForFunction(
        () => {
            const { muted, volume } = document.querySelector('[data-testid="remote-video"]');
            return !muted && volume > 0 && volume < 0.2;
        },
        { timeout: LIMIT },
    );
    assert.equal((await muted())[0], false);
    assert.equal(await ann.pressed("tile-mute"), "false");
    await ann.page.keyboard.press("Home");
    await ann.page.waitForFunction(() => document.querySelector('[data-testid="remote-video"]').muted, { timeout: LIMIT });
    assert.equal(await ann.pressed("tile-mute"), "true");
    // Who is heard again is heard.
    await ann.page.focus('[data-testid="tile-mute"]');
    await ann.page.keyboard.press("Space");
    await ann.page.waitForFunction(
        () => {
            const { muted, volume } = document.querySelector('[data-testid="remote-video"]');
            return !muted && volume === 1;
        },
        { timeout: LIMIT },
    );
    assert.equal(await ann.value("tile-volume"), "1");
});

test("what can be chosen is said in the language that is chosen", async (t) => {
    const ann = await person(t, "chromium");
    await ann.join(freshRoom(), "Ann");
    await ann.click("settings");
    await choices(ann, "choose-camera", 2);
    const first = () => ann.page.$eval("[data-testid=choose-camera] option", ({ textContent }) => textContent);
    assert.equal(await first(), "System default");
    await ann.click("language-in-settings");
    assert.equal(await first(), "システムの既定");
});

test("who speaks is marked", async (t) => {
    const [ann] = await meet(t, ["chromium", "firefox"]);
    await ann.page.waitForSelector('[data-testid="tile"][data-speaking]', { timeout: LIMIT });
});
