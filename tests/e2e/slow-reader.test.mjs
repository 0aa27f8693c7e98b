// More is sent than a browser keeps, to a page that does not read it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { end, freshRoom, LIMIT, PAIR } from "./people.mjs";
import { meets, member } from "./members.mjs";

after(end);

const MESSAGE = 256 << 10;
/** 24 MiB: Chromium keeps 16 of a channel. */
const MESSAGES = 96;
/** What may be given to the browser and not sent yet: a mebibyte, and a part of a message. */
const BUFFERED = (1 << 20) + (128 << 10);
/** What may be sent and not read: a mebibyte and a message at each side. */
const UNREAD = 2 * ((1 << 20) + MESSAGE);

/** Runs before the page: how much the channels of the application keep, at most, and whether what was given to them is sent. */
function measure() {
    window.buffered = 0;
    const channels = new Set();
    const { send } = RTCDataChannel.prototype;
    RTCDataChannel.prototype.send = function (data) {
        send.call(this, data);
        if (this.protocol !== "itodenwa.channel") return;
        channels.add(this);
        window.buffered = Math.max(window.buffered, this.bufferedAmount);
    };
    window.isSent = () => channels.size > 0 && [...channels].every(({ bufferedAmount }) => bufferedAmount === 0);
}

test("a channel whose reader is slow makes the sender wait and loses nothing", async (t) => {
    const room = freshRoom();
    const [ann, bob] = await Promise.all(PAIR.map((kind) => member(t, kind, room, {}, measure)));
    await bob.page.evaluate(() => (window.room.onchannel = (channel) => (window.channel = channel)));
    await Promise.all([ann, bob].map((someone) => meets(someone, 1)));
    await ann.page.evaluate(
        async (count, size) => {
            const [peer] = window.room.peers.values();
            const channel = await peer.openChannel("much");
            window.taken = 0;
            /** All different. */
            const message = (number) => Uint8Array.from({ length: size }, (_, at) => (at * 7 + number) % 253);
            const sent = Array.from({ length: count }, (_, number) => channel.send(message(number)).then(() => (window.taken += 1)));
            window.sent = Promise.all(sent);
        },
        MESSAGES,
        MESSAGE,
    );
    await bob.until(() => window.channel);
    // All that was given to the browser is at the other side: what is not sent now waits for the reader alone.
    await ann.until(() => window.taken > 0 && isSent());
    await ann.page.evaluate(async () => {
        const [peer] = window.room.peers.values();
        await (await peer.send("are you there?")).delivered;
    });
    const taken = await ann.page.evaluate(() => window.taken);
    assert.ok(taken > 0 && taken * MESSAGE <= UNREAD, `${taken} of ${MESSAGES} were sent, and nobody reads`);
    const reading = bob.page.evaluate(
        async (count, size) => {
            const wrong = [];
            let number = 0;
            for await (const message of window.channel) {
                if (message.length !== size || !message.every((byte, at) => byte === (at * 7 + number) % 253)) wrong.push(number);
                number += 1;
                if (number === count) break;
            }
            return wrong;
        },
        MESSAGES,
        MESSAGE,
    );
    assert.deepEqual(await reading, [], "messages that are not as they were sent");
    await ann.page.evaluate(() => window.sent);
    const buffered = await ann.page.evaluate(() => window.buffered);
    assert.ok(buffered > 0 && buffered <= BUFFERED, `${buffered} bytes waited in the browser`);
    for (const { errors } of [ann, bob]) assert.deepEqual(errors, []);
});
