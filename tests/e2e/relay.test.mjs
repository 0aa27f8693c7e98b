// Calls in which every packet goes through the server's relay.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { end, meet } from "./people.mjs";

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
