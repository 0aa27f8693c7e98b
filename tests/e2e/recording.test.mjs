// The call in a file: everybody sees that it is recorded, all the time, also who comes later; and the file plays.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { end, meet, person } from "./people.mjs";

after(end);

/** Until the recording has so many seconds. A busy page may leave some of them out. */
const runsFor = (someone, seconds) =>
    someone.until((seconds) => {
        const [, minutes, rest] = /(\d+):(\d\d)/.exec(document.querySelector("[data-testid=record-label]").textContent) ?? [];
        return minutes * 60 + Number(rest) >= seconds;
    }, seconds);

for (const kinds of [["chromium", "chromium"], ["firefox", "chromium"]]) {
    test(`${kinds.join(" records with ")}: a file that plays`, async (t) => {
        const [ann, bob] = await meet(t, kinds);
        await ann.click("record");
        await bob.reads("chat-log", "I am recording this call.");
        await Promise.all([ann.reads("recorded", "You"), bob.reads("recorded", "Ann")]);
        const cem = await person(t, "chromium", { query: `?room=${await bob.text("room-name")}`, devices: false });
        await cem.join(undefined, "Cem");
        await cem.reads("recorded", "Ann");
        await cem.click("leave");
        await runsFor(ann, 2);
        assert.equal(await ann.pressed("record"), "true");
        await ann.click("camera");
        await runsFor(ann, 4);
        await ann.click("record");
        await ann.see("record-file");
        assert.equal(await ann.pressed("record"), "false");
        await Promise.all([ann, bob].map((someone) => someone.miss("recorded")));
        await ann.reads("record-label", "Record");
        const [name, width] = await ann.page.$eval("[data-testid=record-file]", async (link) => {
            const video = Object.assign(document.createElement("video"), { muted: true, src: link.href });
            await video.play();
            return [link.download, video.videoWidth];
        });
        assert.match(name, /^room-\d+-\d+-\d{4}-\d\d-\d\dT\d{4}\.(webm|mp4)$/);
        assert.equal(width, 1280);
        for (const someone of [ann, bob]) {
            assert.deepEqual(await someone.violations(), []);
            assert.deepEqual(someone.errors, []);
        }
    });
}
