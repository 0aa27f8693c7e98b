// Which codec is sent: chosen while pictures flow; one that can't be is told.
import assert from "node:assert/strict";
import { after } from "node:test";
import { each, end, freshRoom, LIMIT, person } from "./people.mjs";

after(end);

/** Keeps the connections of a page. */
function watch() {
    window.connections = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...all) {
            super(...all);
            window.connections.push(this);
        }
    };
}

async function enter(name) {
    const { join } = await import("/itodenwa/index.js");
    window.room = await join(name, { camera: { quality: "h360" } });
    window.troubles = [];
    window.room.ontrouble = ({ code, detail }) => window.troubles.push(`${code} ${detail}`);
    window.room.onpeer = (peer) => document.body.prepend(peer.view());
}

/** The codec of the pictures that are sent, when it is this one. */
async function sends(wanted) {
    for (const connection of window.connections) {
        const all = [...(await connection.getStats()).values()];
        const sent = all.find(({ type, kind, framesEncoded }) => type === "outbound-rtp" && kind === "video" && framesEncoded > 0);
        if (all.some(({ id, mimeType }) => id === sent?.codecId && mimeType === wanted)) return true;
    }
    return false;
}

for (const [kind, test] of each("firefox", "chromium")) {
    test(`a codec is chosen in mid-call, and one that there is not is told (${kind})`, async (t) => {
        const room = freshRoom();
        const [ann, bob] = [await person(t, kind, { prepare: watch }), await person(t, kind, { prepare: watch })];
        for (const someone of [ann, bob]) await someone.page.evaluate(enter, room);
        const wait = (check, ...values) => ann.page.waitForFunction(check, { timeout: LIMIT, polling: 200 }, ...values);
        await wait(sends, "video/VP8");
        await ann.page.evaluate(() => window.room.limit("camera", { codec: "video/VP9" }));
        await wait(sends, "video/VP9");
        await ann.page.evaluate(() => window.room.limit("camera"));
        // Chromium goes on with the codec that was chosen last.
        if (kind === "firefox") await wait(sends, "video/VP8");
        await ann.page.evaluate(() => window.room.limit("camera", { codec: "video/smoke" }));
        await wait(() => window.troubles.includes("sending/codec video/smoke"));
        assert.deepEqual(await ann.page.evaluate(() => window.troubles.length), 1, "and nothing else");
        for (const someone of [ann, bob]) assert.deepEqual(someone.errors, []);
    });
}
