// How events come from the wasm to listeners and iterators. No browser: the wasm is a list of events.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as tick } from "node:timers/promises";
import { Emitter } from "../../js/lib/emitter.js";
import { Message, written } from "../../js/lib/message.js";
import { pump } from "../../js/lib/pump.js";

/** More than wait in an iterator. */
const MANY = 5000;

class Texts extends Emitter {
    get types() {
        return ["text", "close"];
    }
}

/** `given` says how many events the wasm was asked for. */
function source(count) {
    const raw = { given: 0, next: async () => (raw.given < count ? ++raw.given : undefined) };
    return raw;
}

function start(raw, emitter) {
    return pump(raw, emitter, (number) => emitter.emit("text", number)).then(() => emitter.emit("close"));
}

test("an iterator that is read slowly gets everything: what it has no room for stays in the wasm", async () => {
    const [raw, emitter] = [source(MANY), new Texts()];
    const tap = emitter[Symbol.asyncIterator]();
    start(raw, emitter);
    let read = 0;
    for await (const { type } of tap) {
        if (type === "text") read += 1;
        if (read % 100 === 0) await tick();
        assert.ok(raw.given - read < 1100, `${raw.given - read} wait in JavaScript`);
    }
    assert.equal(read, MANY);
});

test("an iterator that nobody reads holds the others up for a moment, and is told so", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const [raw, emitter] = [source(MANY), new Texts()];
    const tap = emitter[Symbol.asyncIterator]();
    let heard = 0;
    emitter.addEventListener("text", () => (heard += 1));
    const over = start(raw, emitter);
    await tick();
    while (heard < 1024) await tick();
    assert.equal(heard, 1024);
    t.mock.timers.tick(5000);
    await over;
    assert.equal(heard, MANY);
    for (let number = 1; number <= 1024; number++) assert.equal((await tap.next()).value.detail, number);
    await assert.rejects(tap.next(), { code: "events/unread" });
    assert.deepEqual(await tap.next(), { value: undefined, done: true });
});

test("a room can be left in the loop that reads it", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const [raw, emitter] = [source(MANY), new Texts()];
    const tap = emitter[Symbol.asyncIterator]();
    const over = start(raw, emitter);
    await tap.next();
    while (raw.given < 1025) await tick();
    emitter.drain();
    await over;
    assert.equal(raw.given, MANY);
});

test("a late listener hears each event once and in order, whatever comes meanwhile", async () => {
    const [raw, emitter] = [source(100), new Emitter({ kept: ["text"] })];
    const heard = [];
    await pump(raw, emitter, (number) => {
        emitter.emit("text", number);
        if (number !== 10) return;
        // Each of them gets its replay after the one before it.
        for (let other = 0; other < 50; other++) emitter.addEventListener("close", () => other);
        emitter.addEventListener("text", ({ detail }) => heard.push(detail));
    });
    assert.deepEqual(heard, Array.from({ length: 100 }, (_, index) => index + 1));
});

test("who listens for one event only leaves the others for who comes next, and hears no second one", async () => {
    const [emitter, heard] = [new Emitter({ kept: ["text"] }), []];
    const next = () => new Promise((done) => emitter.addEventListener("text", ({ detail }) => done(detail), { once: true }));
    for (const text of [1, 2, 3]) emitter.emit("text", text);
    assert.equal(await next(), 1);
    assert.equal(await next(), 2);
    assert.equal(emitter.isHeard("text"), false);
    assert.equal(await next(), 3);
    // One that is heard at once waits for nobody.
    const fourth = next();
    await emitter.ready();
    emitter.emit("text", 4);
    assert.equal(await fourth, 4);
    emitter.emit("text", 5);
    emitter.addEventListener("text", ({ detail }) => heard.push(detail));
    await emitter.ready();
    assert.deepEqual(heard, [5]);
});

test("a text that is not delivered says so with a code, and nobody has to ask", async (t) => {
    const unhandled = t.mock.fn();
    process.once("unhandledRejection", unhandled);
    const delivered = Promise.reject(Object.assign(new Error("gone"), { code: "send/peer-gone" }));
    const message = new Message({ id: 7, delivered });
    await tick();
    assert.equal(unhandled.mock.callCount(), 0);
    await assert.rejects(message.delivered, { code: "send/peer-gone", name: "ItodenwaError" });
    process.off("unhandledRejection", unhandled);
});

test("a message is text, bytes or a value that JSON has, and nothing else is made a text", () => {
    const bytes = new Uint16Array([1, 2, 3]).subarray(1);
    assert.deepEqual(written("text"), ["text", false]);
    assert.deepEqual(written(bytes), [new Uint8Array([2, 0, 3, 0]), false]);
    assert.deepEqual(written(bytes.buffer), [new Uint8Array([1, 0, 2, 0, 3, 0]), false]);
    for (const value of [null, true, 1.5, [], [1, ["a"]], { a: { b: null } }, Object.create(null)]) {
        assert.deepEqual(written(value), [JSON.stringify(value), true]);
    }
    assert.deepEqual(written({ a: undefined }), ["{}", true]);
    const circle = {};
    circle.circle = circle;
    const others = [undefined, NaN, Infinity, 1n, Symbol("a"), () => 1, new Date(), new Map(), /a/, circle, [undefined], [, 1]];
    for (const other of [...others, ...others.map((item) => ({ a: [item] })), { toJSON: () => 1 }]) {
        assert.throws(() => written(other), { code: "send/unsupported", name: "ItodenwaError" });
    }
});
