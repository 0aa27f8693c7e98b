// What will not work in a call, and why.
import type { ItodenwaError, JoinErrorCode, MediaErrorCode } from "./error.js";
import type { EventIterator } from "./event.js";
import type { AbortOptions, JoinOptions } from "./join.js";
import type { DeviceOptions } from "./media.js";
import type { Preview } from "./preview.js";

/**
 * Tries out what a call needs, and says in words what will not work in one, and why: camera, microphone, signalling, STUN, TURN
 * over UDP, TCP and TLS, and a call of the page with itself, through the relay where there is one. Each {@link Part} is told once, as soon as
 * it is known and at the latest after half a minute.
 *
 * ```js
 * for await (const { part, outcome, explain } of check({ preview })) list(part, outcome, explain);
 * ```
 */
export function check(options?: CheckOptions): Check;

/** What is checked, and how. */
export interface CheckOptions extends DeviceOptions, AbortOptions {
    /** Whose camera and microphone are looked at; it stays open. Without it they are opened for the check, if they are wanted. */
    preview?: Preview | undefined;
    /** The signalling server, as in `join`. Without it: `ws` beside the page (`document.baseURI`). */
    server?: string | URL | undefined;
    /**
     * The room that is joined for a moment; without it one that nobody is in. A server that asks for tokens lets in only into the
     * token's room: who is there sees somebody come and go.
     */
    room?: string | undefined;
    /** What lets one in, as in {@link JoinOptions.token}. */
    token?: string | undefined | (() => string | Promise<string>);
    /** STUN and TURN servers, beside those that the server gives. */
    iceServers?: RTCIceServer[] | undefined;
}

/** The findings of a check. Leaving the loop, or {@link return}, ends it and gives back what it holds. */
export class Check implements EventIterator<Finding> {
    private constructor();
    /** @throws {@link ItodenwaError} `wasm/unavailable`, `token/unavailable`. */
    next(): Promise<IteratorResult<Finding, undefined>>;
    return(): Promise<IteratorResult<Finding, undefined>>;
    [Symbol.asyncIterator](): this;
}

/** What a call needs. */
export type Part = "camera" | "microphone" | "signaling" | "stun" | "turnUdp" | "turnTcp" | "turnTls" | "loopback";

/** What came of one part of a check. */
export interface Finding {
    readonly part: Part;
    /** It works; it does not; it was not tried. */
    readonly outcome: "works" | "fails" | "skipped";
    /** Why it does not, or was not tried: stable, for programs. */
    readonly code: FindingCode | undefined;
    /** Why, what that means for calls, and what can be done: in English, for people. Empty when it works. */
    readonly explain: string;
    /** Which device, address or way, or what the browser said; may be empty. Show it as text, never as HTML. */
    readonly detail: string;
    /** How long it took. */
    readonly millis: number;
}

/** Why a part of a check does not work, or was not tried. */
export type FindingCode =
    | "media/unanswered"
    | "microphone/silent"
    | "check/not-wanted"
    | "check/needs-signaling"
    | "check/not-let-in"
    | "stun/missing"
    | "stun/unreachable"
    | "turn/missing"
    | "turn/not-offered"
    | "turn/refused"
    | "turn/unreachable"
    | "ice/servers-refused"
    | "loopback/failed"
    | "loopback/relay-failed"
    | JoinErrorCode
    | MediaErrorCode;
