// Calls in which every packet goes through the server's relay.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { end, freshRoom, meet, person } from "./people.mjs";

after(end);

for (const kinds of [
    ["chromium", "chromium"],
    ["chromium", "firefox"],
    ["firefox", "firefox"],
]) {
    for (const relay of ["udp", "tcp"]) {
        test(`${kinds.join(" with ")}: pictures and texts from relay to relay, over ${relay}`, async (t) => {
            const people = await meet(t, kinds, "", { relay });
            const [ann, bob] = people;
            await ann.say("through the relay");
            await bob.reads("chat-log", "through the relay");
            for (const someone of people) assert.deepEqual(await someone.selected(), ["relay", "relay"]);
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

for (const [hidden, open] of [
    ["chromium", "firefox"],
    ["firefox", "chromium"],
]) {
    test(`who hides the address (${hidden}) tells the other (${open}) nothing but the relay's`, async (t) => {
        const room = freshRoom();
        const ann = await person(t, hidden, { query: `?room=${room}`, prepare: overhear });
        const bob = await person(t, open, { query: `?room=${room}`, prepare: overhear });
        await ann.click("hide-address");
        await ann.join(undefined, "Ann");
        await bob.join(undefined, "Bob");
        await Promise.all([ann.watches(), bob.watches()]);
        const told = await Promise.all([ann, bob].map(({ page }) => page.evaluate(() => window.sent.join("\n"))));
        const [own, others] = told.map((text) => [...text.matchAll(/candidate:\S+ [^"\\]+/g)].map(([line]) => line.split(" ")));
        assert.ok(others.some((words) => words[7] === "host"), "an address is told by whoever does not hide it");
        assert.ok(own.length > 0);
        for (const words of own) {
            const [, , , , address, port, , type, , related, , relatedPort] = words;
            assert.equal(type, "relay", words.join(" "));
            // Unspecified (RFC 8839, section 5.1), or the relay's once more.
            assert.ok(["0.0.0.0 0", "0.0.0.0 9", ":: 0", ":: 9", `${address} ${port}`].includes(`${related} ${relatedPort}`), words.join(" "));
        }
        const relayed = new Set(["0.0.0.0", ...own.map((words) => words[4])]);
        const lines = [...told[0].matchAll(/c=IN IP[46] ([^\\]+)/g)].map(([, address]) => address);
        assert.ok(lines.length > 0 && lines.every((address) => relayed.has(address)), lines.join(" "));
        // Remembered.
        await ann.page.reload();
        assert.ok(await ann.page.$eval("[data-testid=hide-address]", ({ checked }) => checked));
    });
}
