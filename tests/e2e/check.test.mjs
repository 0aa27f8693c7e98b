// Before a call: the preview and the check of the page, with the real server and its relay.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, test } from "node:test";
import { each, end, freshRoom, need, person, startServer } from "./people.mjs";

after(end);

const PARTS = ["camera", "microphone", "signaling", "stun", "turnUdp", "turnTcp", "turnTls", "loopback"];

/** Opens the panel, and waits until everything is told; gives the outcome or code of each part. */
async function checks(someone) {
    await someone.click("check");
    return told(someone);
}

async function told(someone) {
    await someone.until(() => /check-(good|tried|bad)/.test(document.querySelector("#check-summary").dataset.state));
    const lines = await someone.page.$$eval("[data-testid=finding]", (lines) =>
        lines.map(({ dataset, textContent }) => [dataset.part, dataset.code || dataset.outcome, textContent]),
    );
    assert.deepEqual(lines.map(([part]) => part), PARTS);
    return Object.fromEntries(lines.map(([part, outcome]) => [part, outcome]));
}

/** Waits until the package holds nothing any more. */
async function holdsNothing(someone) {
    await someone.until(async () => {
        const { counts } = await import("/itodenwa/index.js");
        return Object.values(await counts()).every((count) => count === 0);
    });
}

/** A port that nobody has at the moment, for UDP and TCP alike. */
async function freePort() {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    server.close();
    await once(server, "close");
    return port;
}

const works = { camera: "works", microphone: "works", signaling: "works", stun: "works", loopback: "works" };

for (const [kind, test] of each("chromium", "firefox")) {
    test(`with the server's relay everything works, and closing gives the devices back (${kind})`, async (t) => {
        const ann = await person(t, kind);
        assert.deepEqual(await checks(ann), { ...works, turnUdp: "works", turnTcp: "works", turnTls: "turn/not-offered" });
        await ann.reads("check-summary", "works.");
        await ann.plays("check-video", 1);
        const relayed = await ann.page.$eval("[data-part=loopback] small", (detail) => detail.textContent);
        assert.equal(relayed, "relay", "bytes went through the relay");
        await ann.click("check-close");
        await ann.miss("checkup");
        assert.equal(await ann.focused(), "check");
        await holdsNothing(ann);
        assert.deepEqual([ann.errors, await ann.violations()], [[], []]);
    });

    test(`without a relay it is said what will not work (${kind})`, async (t) => {
        const server = await startServer("--turn", "off");
        t.after(() => server.process.kill());
        const ann = await person(t, kind, { at: server.address });
        const found = await checks(ann);
        const missing = { stun: "stun/missing", turnUdp: "turn/missing", turnTcp: "turn/not-offered", turnTls: "turn/not-offered" };
        assert.deepEqual(found, { ...works, ...missing });
        await ann.reads("check-findings", "calls will fail where networks are strict");
        await ann.reads("check-summary", "Not everything will work");
        await ann.click("language");
        await ann.reads("check-findings", "会社・ホテル・携帯回線");
        assert.deepEqual(ann.errors, []);
    });

    test(`a relay that refuses, one that is silent, and one whose certificate nobody knows are told apart (${kind})`, async (t) => {
        const relay = await freePort();
        const silent = createServer(() => {}).listen(0, "127.0.0.1");
        t.after(() => silent.close());
        await once(silent, "listening");
        const servers = [
            `turn:127.0.0.1:${relay}?transport=udp,ann,wrong`,
            `turn:127.0.0.1:${silent.address().port}?transport=tcp,ann,wrong`,
            `turns:127.0.0.1:${relay}?transport=tcp,ann,wrong`,
        ];
        // The relay's own servers are left out: the second server gives nothing but those.
        const options = ["--tls", "self-signed", "--turn-listen", `127.0.0.1:${relay}`];
        const started = [await startServer(...options)];
        started.push(await startServer("--turn", "off", ...servers.flatMap((server) => ["--ice-server", server])));
        t.after(() => started.forEach((server) => server.process.kill()));
        const ann = await person(t, kind, { at: started[1].address });
        const refused = { turnUdp: "turn/refused", turnTcp: "turn/unreachable", turnTls: "turn/unreachable" };
        assert.deepEqual(await checks(ann), { ...works, stun: "stun/missing", ...refused });
        await ann.reads("check-findings", "The relay refuses");
        await ann.click("check-close");
        await holdsNothing(ann);
    });

    test(`a server that is not there is told, and the rest is tried (${kind})`, async (t) => {
        const ann = await person(t, kind, { query: "?server=ws://127.0.0.1:47/ws", devices: false });
        await ann.click("check");
        await ann.click("other-server-yes");
        const found = await told(ann);
        const unknown = "check/needs-signaling";
        assert.deepEqual(found, {
            camera: "media/denied",
            microphone: "media/denied",
            signaling: "signaling/unreachable",
            stun: unknown,
            turnUdp: unknown,
            turnTcp: unknown,
            turnTls: unknown,
            loopback: "works",
        });
        await ann.reads("check-findings", "The server does not answer");
        await ann.page.keyboard.press("Escape");
        await ann.miss("checkup");
        await holdsNothing(ann);
    });

    test(`where nobody gets in by themselves the server is not said to fail, and nobody is troubled (${kind})`, async (t) => {
        const secret = "a-secret-of-more-than-thirty-two-bytes";
        const server = await startServer("--secret", secret, "--waiting-rooms");
        t.after(() => server.process.kill());
        const room = freshRoom();
        const enter = (identity, ...options) => {
            const env = { ...process.env, ITODENWA_SECRET: secret };
            const token = execFileSync(need("ITODENWA_SERVER"), ["token", room, identity, ...options], { env, encoding: "utf8" }).trim();
            return person(t, kind, { at: server.address, query: `?room=${room}#token=${token}` });
        };
        const ann = await enter("ann", "--admin");
        await ann.join(undefined, "Ann");
        await ann.until(() => {
            new MutationObserver(() => (window.troubled = true)).observe(document.getElementById("knock"), { attributes: true });
            return true;
        });
        const bob = await enter("bob");
        const unknown = "check/not-let-in";
        const none = { signaling: unknown, stun: unknown, turnUdp: unknown, turnTcp: unknown, turnTls: unknown };
        assert.deepEqual(await checks(bob), { ...works, ...none });
        await bob.reads("check-findings", "who comes waits to be let in");
        // Who joins is seen to wait, after the check was not.
        assert.equal(await ann.page.evaluate(() => window.troubled), undefined);
        await bob.click("join");
        await ann.until(() => window.troubled);
        for (const someone of [ann, bob]) assert.deepEqual(someone.errors, []);
    });

    test(`joining takes over the picture, without another question (${kind})`, async (t) => {
        const room = freshRoom();
        const prepare = () => {
            window.questions = [];
            const { mediaDevices } = navigator;
            // The empty page before ours has none.
            if (!mediaDevices) return;
            const { getUserMedia } = mediaDevices;
            mediaDevices.getUserMedia = async function (wanted) {
                const stream = await getUserMedia.call(this, wanted);
                window.questions.push(stream.getTracks());
                return stream;
            };
        };
        const ann = await person(t, kind, { query: `?room=${room}`, prepare });
        // What is switched off in the form is off in the preview, too, also while the browser asks.
        await ann.page.evaluate(() => ["check", "with-microphone"].forEach((id) => document.getElementById(id).click()));
        await ann.plays("check-video", 1);
        await ann.until(() => document.querySelector("#check-microphone").disabled);
        await ann.join(undefined, "Ann");
        await ann.plays("local-video", 1);
        assert.deepEqual([await ann.pressed("camera"), await ann.pressed("microphone")], ["true", "false"]);
        const bob = await person(t, kind, { query: `?room=${room}` });
        await bob.join(undefined, "Bob");
        await bob.watches();
        const asked = await ann.page.evaluate(() => window.questions.map((tracks) => tracks.map((track) => track.readyState)));
        assert.equal(asked.length, 1, "one question");
        assert.ok(asked[0].includes("live"), "the camera was never stopped");
        await ann.click("leave");
        await ann.see("lobby");
        await holdsNothing(ann);
        assert.deepEqual(ann.errors, []);
    });
}

test("another microphone is chosen, remembered, and used in the call", async (t) => {
    const ann = await person(t, "chromium", { query: `?room=${freshRoom()}` });
    await ann.click("check");
    await ann.until(() => document.querySelector("#check-microphone").options.length > 1 && !document.querySelector("#check-microphone").disabled);
    const [first, ...others] = await ann.page.$$eval("#check-microphone option", (options) => options.map(({ value }) => value));
    const other = others.at(-1);
    assert.equal(await ann.value("check-microphone"), first);
    await ann.page.select("#check-microphone", other);
    await told(ann);
    assert.equal(await ann.value("check-microphone"), other);
    const remembered = await ann.page.evaluate(() => JSON.parse(localStorage.getItem("itodenwa.preferences")).microphone.deviceId);
    assert.equal(remembered, other);
    await ann.join(undefined, "Ann");
    await ann.plays("local-video", 1);
    const used = await ann.page.$eval("[data-testid=local-video]", (video) => video.srcObject.getAudioTracks()[0].getSettings().deviceId);
    assert.equal(used, other);
});

test("what was refused is asked for again", async (t) => {
    const prepare = () => {
        const { getUserMedia } = navigator.mediaDevices ?? {};
        if (!getUserMedia) return;
        navigator.mediaDevices.getUserMedia = async function (wanted) {
            if (!window.allowed) throw new DOMException("Permission denied", "NotAllowedError");
            return getUserMedia.call(this, wanted);
        };
    };
    const ann = await person(t, "chromium", { prepare });
    assert.equal((await checks(ann)).camera, "media/denied");
    await ann.page.evaluate(() => (window.allowed = true));
    await ann.click("check-again");
    await ann.plays("check-video", 1);
    await ann.reads("check-summary", "works.");
});

test("the level moves with the sound", async (t) => {
    const ann = await person(t, "chromium");
    await ann.click("check");
    await ann.until(() => document.querySelector("#check-level").value > 0.01);
});

test("without a mouse: opened, closed and opened again while it is checked", async (t) => {
    const ann = await person(t, "chromium");
    await ann.tabTo("check");
    for (let times = 0; times < 3; times++) {
        await ann.page.keyboard.press("Enter");
        await ann.see("checkup");
        await ann.page.keyboard.press("Escape");
        await ann.miss("checkup");
    }
    await holdsNothing(ann);
    await ann.page.keyboard.press("Enter");
    await told(ann);
    await ann.page.setViewport({ width: 320, height: 640 });
    assert.ok(await ann.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
    await ann.tabTo("check-again");
    // It may be over before one looks.
    await ann.page.evaluate(() => {
        const summary = document.querySelector("#check-summary");
        const observer = new MutationObserver(() => (window.checksAgain ||= summary.dataset.state === "check-running"));
        observer.observe(summary, { attributes: true });
    });
    await ann.page.keyboard.press("Enter");
    await ann.until(() => window.checksAgain);
    await told(ann);
    assert.deepEqual(ann.errors, []);
});
