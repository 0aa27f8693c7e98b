// How connections do: measured once a second while somebody listens, for all who ask, and not otherwise.
import assert from "node:assert/strict";
import { after } from "node:test";
import { address, browser, each, end, freshRoom, LIMIT, meet } from "./people.mjs";

after(end);

/** Runs in the page before anything else: measurements are counted, and where bytes are said to stand still nothing comes any more. */
function watchMeasurements() {
    const measure = RTCPeerConnection.prototype.getStats;
    window.measured = 0;
    window.frozen = undefined;
    const { setRemoteDescription } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.setRemoteDescription = function (...given) {
        window.connection = this;
        return setRemoteDescription.apply(this, given);
    };
    RTCPeerConnection.prototype.getStats = async function () {
        const report = await measure.call(this);
        window.measured += 1;
        if (!window.frozen) return report;
        const pair = ([id, row]) => [id, row.type === "candidate-pair" ? { ...row, bytesReceived: window.frozen } : row];
        return new Map([...report].map(pair));
    };
}

/** Two pages in a room; `media` is what the first one sends. */
async function pages(t, kind, media) {
    const name = freshRoom();
    const context = await (await browser(kind)).createBrowserContext();
    t.after(() => context.close());
    const opened = [];
    for (const options of [media, {}]) {
        const page = await context.newPage({ type: "window" });
        await page.evaluateOnNewDocument(watchMeasurements);
        await page.goto(await address());
        await page.evaluate(joins, name, options);
        opened.push(page);
    }
    await Promise.all(opened.map((page) => page.evaluate(() => window.met)));
    return opened;
}

/** Runs in the page. */
async function joins(name, options) {
    const { join } = await import("/itodenwa/index.js");
    window.room = await join(name, options);
    window.met = new Promise((met) => {
        window.room.onpeer = (peer) => {
            window.peer = peer;
            document.body.prepend(peer.view());
            peer.onconnection = (state) => state === "connected" && met();
            if (peer.state === "connected") met();
        };
    });
    window.next = (type) => new Promise((done) => window.peer.addEventListener(type, ({ detail }) => done(detail), { once: true }));
}

for (const [kind, test] of each("firefox", "chromium")) {
    test(`${kind}: numbers come each second while somebody listens, one measurement for all`, async (t) => {
        const [sender, receiver] = await pages(t, kind, { camera: true, microphone: true });
        const told = await receiver.evaluate(async () => {
            const { peer } = window;
            const before = peer.quality;
            const heard = [];
            // The second that all of it is there.
            const whole = ({ streams, roundTripTime }) =>
                roundTripTime !== undefined && ["camera", "microphone"].every((source) => streams.some((stream) => stream.source === source && stream.bitrate > 0));
            await new Promise((done) => {
                peer.onstats = (stats) => {
                    heard.push(stats);
                    if (whole(stats)) done();
                };
            });
            // Who listens later, too, and again, gets what the others know.
            const [quality, second, again] = [await window.next("quality"), await window.next("quality"), await window.next("quality")];
            const late = await window.next("stats");
            peer.onstats = null;
            const [one, other] = await Promise.all([peer.stats(), peer.stats()]);
            return { before, first: heard[0], last: heard.at(-1), same: JSON.stringify(one) === JSON.stringify(other), quality: peer.quality, told: [quality, second, again].map(({ quality }) => typeof quality), late: typeof late.timestamp };
        });
        assert.equal(told.before, undefined, "nobody asked yet");
        assert.equal(told.first.received.bitrate, undefined, "nothing to compare with");
        assert.ok(told.same, "one measurement for both");
        const { last } = told;
        assert.ok(last.received.bitrate > 0 && last.received.bytes > told.first.received.bytes);
        assert.ok(last.roundTripTime >= 0 && last.roundTripTime < 60);
        assert.equal(last.path.relayed, false);
        assert.equal(last.path.local.protocol, "udp");
        const video = last.streams.find(({ source }) => source === "camera");
        assert.equal(video.direction, "received");
        assert.ok(video.frameWidth > 0 && video.frameHeight > 0 && video.framesPerSecond > 0, JSON.stringify(video));
        assert.match(video.codec, /^video\//);
        assert.equal(typeof told.quality, "string");
        assert.deepEqual([told.told, told.late], [["string", "string", "string"], "number"]);

        // Nobody listens: nothing is measured, after the look that is on its way. The other page's is not counted here.
        const rests = await receiver.evaluate(async () => {
            const second = () => new Promise((done) => setTimeout(done, 1200));
            for (let before = -1; before !== window.measured; await second()) before = window.measured;
            // One more, when asked, and what was known is good for a second. A heartbeat that is late is looked after by a measurement, too.
            for (let tries = 0; tries < 20; tries++, await second()) {
                const before = window.measured;
                const [one, other] = [await window.peer.stats(), await window.peer.stats()];
                if (window.measured - before === 1 && one.timestamp === other.timestamp) return true;
            }
        });
        assert.ok(rests);

        // When they have left there are the totals, and no event.
        const totals = await receiver.evaluate(async () => {
            window.totals = await window.peer.stats();
            window.gone = new Promise((done) => (window.peer.onleft = done));
            return window.totals.received.bytes;
        });
        await sender.evaluate(() => window.room.leave());
        const last2 = await receiver.evaluate(async () => {
            await window.gone;
            return (await window.peer.stats()).received.bytes;
        });
        assert.ok(last2 >= totals);
        await receiver.evaluate(() => window.room.leave());
    });

    test(`${kind}: numbers go on when another connection takes the place of one that was closed`, async (t) => {
        const [other, listening] = await pages(t, kind, { microphone: true });
        await listening.evaluate(() => {
            [window.told, window.states] = [0, []];
            window.peer.onstats = () => (window.told += 1);
            window.peer.addEventListener("connection", ({ detail }) => window.states.push(detail));
        });
        await listening.waitForFunction(() => window.told > 0, { timeout: LIMIT });
        await other.evaluate(() => window.connection.close());
        await listening.waitForFunction(() => window.states.at(-1) === "connected", { timeout: LIMIT });
        t.diagnostic(await listening.evaluate(() => window.states.join(" ")));
        await listening.evaluate(() => (window.told = 0));
        await listening.waitForFunction(() => window.told > 2, { timeout: LIMIT });
    });

    test(`${kind}: a connection that falls silent is told as lost, and as good when it is there again`, async (t) => {
        const [, receiver] = await pages(t, kind, { microphone: true });
        const told = await receiver.evaluate(async () => {
            const told = [];
            let heard = () => {};
            window.peer.onquality = ({ quality, reason, explain }) => {
                told.push({ quality, reason, words: explain.split(" ").length > 2 });
                heard();
            };
            const until = async (isIt) => {
                while (!isIt(told.at(-1)?.quality)) await new Promise((done) => (heard = done));
            };
            await until((quality) => quality !== undefined);
            window.frozen = 1;
            await until((quality) => quality === "lost");
            window.frozen = undefined;
            await until((quality) => quality !== "lost");
            return told.filter(({ quality }) => quality !== "poor");
        });
        const words = true;
        assert.deepEqual(told.map(({ reason, ...rest }) => (reason ? { ...rest, reason } : rest)), [
            { quality: "good", words }, { quality: "lost", words, reason: "silence" }, { quality: "good", words },
        ]);
    });

    test(`${kind}: a tile shows that its person's connection is weak, and why, in the page's language`, async (t) => {
        const [ann] = await meet(t, [kind, kind], "", { prepare: watchMeasurements });
        const label = () => ann.page.$eval(`[data-testid="weak"]`, (sign) => sign.getAttribute("aria-label"));
        await ann.page.waitForSelector(`[data-testid="weak"]`, { hidden: true });
        await ann.page.evaluate(() => (window.frozen = 1));
        await ann.see("weak");
        assert.equal(await label(), "weak connection: nothing comes at the moment");
        await ann.click("language-in-call");
        assert.equal(await label(), "接続が不安定です：今は何も届いていません");
        await ann.click("language-in-call");
        assert.equal(await ann.text("state"), "connected", "it is another sign");
        await ann.page.evaluate(() => (window.frozen = undefined));
        await ann.miss("weak");
    });
}
