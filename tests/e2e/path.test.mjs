// The page under a path: a real nginx hands everything below /call/ to the server, which knows nothing of that path.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { location, nginx } from "./nginx.mjs";
import { address, end, freshRoom, person } from "./people.mjs";

after(end);

test("two people call each other behind a proxy, under a path", async (t) => {
    const at = `${await nginx(t, [location("/call/", await address())], "/call/")}/call/`;
    const room = freshRoom();
    const people = [];
    for (const name of ["Ann", "Bob"]) {
        const someone = await person(t, "chromium", { query: `?room=${room}`, at });
        people.push(await someone.join(undefined, name));
    }
    await Promise.all(people.map((someone) => someone.watches()));
    for (const someone of people) assert.deepEqual(someone.errors, []);
});
