// Calls in which every packet goes through the server's relay.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { each, end, freshRoom, meet, PAIRS, person } from "./people.mjs";

after(end);

for (const [kinds, test] of each(...PAIRS)) {
    for (const relay of ["udp", "tcp"]) {
        test(`${kinds.join(" with ")}: pictures and texts from relay to relay, over ${relay}`, async (t) => {
            const people = await meet(t, kinds, "", { relay });
            const [ann, bob] = people;
            await ann.say("through the relay");
            await bob.reads("chat-log", "through the relay");
            for (const someone of people) {
                const [own, other] = await someone.selected();
                assert.equal(own, "relay");
                // Both relays have one address, so a check may get in before its candidate is there, and names it (RFC 8445, section 7.3.1.3).
                assert.match(other, /^(relay|prflx)$/);
            }
        });
    }
}

/** In the page: keeps all that is sent, through the server and to the other side. */
function overhear() {
    window.sent = [];
    for (const { prototype } of [WebSocket, RTCDataChannel]) {
        const { send } = prototype;
        prototype.send = function (data) {
            window.sent.push(String(data));
            return send.call(this, data);
        };
    }
}

test("who hides the address tells the other nothing but the relay's (chromium, firefox)", async (t) => {
    const room = freshRoom();
    const people = await Promise.all(["chromium", "firefox"].map((kind) => person(t, kind, { query: `?room=${room}`, prepare: overhear })));
    for (const [index, someone] of people.entries()) {
        await someone.click("hide-address");
        await someone.join(undefined, ["Ann", "Bob"][index]);
    }
    await Promise.all(people.map((someone) => someone.watches()));
    for (const { page } of people) {
        const told = await page.evaluate(() => window.sent.join("\n"));
        const candidates = [...told.matchAll(/candidate:\S+ [^"\\]+/g)].map(([line]) => line.split(" "));
        assert.ok(candidates.length > 0);
        for (const words of candidates) {
            const [, , , , address, port, , type, , related, , relatedPort] = words;
            assert.equal(type, "relay", words.join(" "));
            // Unspecified (RFC 8839, section 5.1), or the relay's once more.
            assert.ok(["0.0.0.0 0", "0.0.0.0 9", ":: 0", ":: 9", `${address} ${port}`].includes(`${related} ${relatedPort}`), words.join(" "));
        }
        const relayed = new Set(["0.0.0.0", ...candidates.map((words) => words[4])]);
        const lines = [...told.matchAll(/c=IN IP[46] ([^\\]+)/g)].map(([, address]) => address);
        assert.ok(lines.length > 0 && lines.every((address) => relayed.has(address)), lines.join(" "));
        // Remembered.
        await page.reload();
        assert.ok(await page.$eval("[data-testid=hide-address]", ({ checked }) => checked));
    }
});
