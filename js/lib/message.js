import { coded, ItodenwaError } from "./error.js";

/** Arrays and objects in each other, at most: as many as a server lets through, and what contains itself has more. */
const DEPTH = 16;

/** A message that was accepted. `delivered` is resolved when the application of everybody it went to has read it. */
export class Message {
    constructor({ id, delivered }) {
        this.id = id;
        this.delivered = coded(() => delivered);
        // A program that does not ask whether it arrived need not be told that it did not.
        this.delivered.catch(() => {});
    }
}

/** What the wasm is given for a text, bytes or a value: `[message, isJson]`. */
export function written(message) {
    if (typeof message === "string") return [message, false];
    if (message instanceof Uint8Array) return [message, false];
    if (message instanceof ArrayBuffer) return [new Uint8Array(message), false];
    if (ArrayBuffer.isView(message)) return [new Uint8Array(message.buffer, message.byteOffset, message.byteLength), false];
    return [json(message), true];
}

/** A value as JSON. What JSON would leave out or make something else of is refused. */
export function json(value) {
    if (!isValue(value, DEPTH)) {
        throw new ItodenwaError("send/unsupported", "It is neither text nor bytes nor a value that JSON has. Send one of them.");
    }
    return JSON.stringify(value);
}

function isValue(value, depth) {
    if (value === null || typeof value === "string" || typeof value === "boolean") return true;
    if (typeof value === "number") return Number.isFinite(value);
    if (typeof value !== "object" || depth === 0 || typeof value.toJSON === "function") return false;
    if (Array.isArray(value)) return Array.from(value).every((item) => isValue(item, depth - 1));
    const prototype = Object.getPrototypeOf(value);
    // Objects of another frame have another Object.prototype; all of them end there.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return false;
    // A field that is undefined is one that is not there.
    return Object.values(value).every((field) => field === undefined || isValue(field, depth - 1));
}
