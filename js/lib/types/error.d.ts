// Errors and troubles, with their codes.
import type { Call } from "./call.js";
import type { ChannelErrorCode, RequestErrorCode } from "./channel.js";
import type { FileErrorCode } from "./file.js";
import type { VerificationErrorCode } from "./verification.js";
import type { Source } from "./media.js";
import type { Peer } from "./person.js";

/** Something that went wrong, and the room goes on. */
export interface Trouble {
    /** What: stable, for programs. */
    readonly code: TroubleCode;
    /** What it means and what can be done, in English, for people. */
    readonly explain: string;
    /** What the browser, the peer or the server said of it; may be empty. Show it as text, never as HTML. */
    readonly detail: string;
    /** With whom, if it is about one peer. */
    readonly peer?: Peer | undefined;
    /** Which own device, if it is about one: it is off now. */
    readonly source?: Source | undefined;
    /** The error of the own device. */
    readonly cause?: ItodenwaError | undefined;
}

/** Something that failed, with a stable code and a sentence that says what to do. */
export class ItodenwaError extends Error {
    private constructor();

    readonly name: "ItodenwaError";
    /** What: stable, for programs. */
    readonly code: ErrorCode;
    /** The same as `message`: what to do, in English, for people. */
    readonly explain: string;
    /** When the server refused: its own code. */
    readonly refusal: RefusalCode | (string & {}) | undefined;
    /** When the server refused: milliseconds to wait before another try, when one makes sense. */
    readonly retryAfter: number | undefined;
    /** The browser's exception behind it, if there is one. */
    readonly cause?: unknown;
}

/** Why a room can't be joined, or ended. */
export type JoinErrorCode =
    | "room/invalid"
    | "name/invalid"
    | "ice/policy-invalid"
    | "webrtc/unsupported"
    | "wasm/unavailable"
    | "wasm/blocked"
    | "browser/missing"
    | "signaling/address"
    | "signaling/unreachable"
    | "signaling/refused"
    | "signaling/lost"
    | "room/unread"
    | "page/hidden"
    | "token/unavailable"
    | "key/invalid"
    | "key/unavailable"
    | AccessCode
    | (string & {});

/** Why the server does not let one in, or does not let one stay. */
export type AccessCode =
    | "token/required"
    | "token/invalid"
    | "token/expired"
    | "token/not-yet-valid"
    | "token/forbidden"
    | "identity/replaced"
    | "member/removed"
    | "room/locked"
    | "room/refused"
    | "room/unanswered"
    | "room/recorded"
    | "address/too-many"
    | "origin/forbidden";

/** Why a camera, a microphone or a screen can't be used. */
export type MediaErrorCode =
    | "media/denied"
    | "media/dismissed"
    | "media/denied-by-system"
    | "media/denied-by-policy"
    | "media/screen-denied"
    | "media/screen-denied-by-system"
    | "media/needs-gesture"
    | "media/unreadable"
    | "media/missing"
    | "media/busy"
    | "media/constraints"
    | "media/insecure"
    | "media/unsupported"
    | "media/ended"
    | "media/processor"
    | "media/failed"
    | (string & {});

/** Why a message is not sent, or was not delivered. */
export type SendErrorCode =
    | "send/unsupported"
    | "send/too-large"
    | "send/queue-full"
    | "send/nobody"
    | "send/peer-gone"
    | "room/closed"
    | (string & {});

/** Why one is not called otherwise. */
export type NameErrorCode =
    | "name/invalid"
    | "name/fixed"
    | "name/unsupported"
    | "name/unanswered"
    | "room/closed"
    | (string & {});

/** Why an attribute is not set. */
export type AttributeErrorCode =
    | "attribute/too-large"
    | "attribute/too-many"
    | "send/unsupported"
    | "room/closed"
    | (string & {});

/** Why a track is not sent. */
export type PublishErrorCode =
    | "publish/kind"
    | "publish/ended"
    | "publish/too-many"
    | "source/unknown"
    | "options/invalid"
    | "room/closed"
    | (string & {});

/** Why a step of a {@link Call} is not done. */
export type CallErrorCode =
    | "call/state"
    | "call/too-large"
    | "call/too-many"
    | "call/not-made"
    | "call/refused"
    | "call/closed"
    | "webrtc/unsupported"
    | (string & {});

/** What can go wrong while the room goes on. */
export type TroubleCode =
    | "peer/description-refused"
    | "peer/description-rejected"
    | "peer/candidate-refused"
    | "peer/candidates-too-many"
    | "peer/packet-malformed"
    | "peer/silent"
    | "peer/key-differs"
    | "connection/description-not-made"
    | "connection/not-made"
    | "connection/failed"
    | "connection/given-up"
    | "sending/codec"
    | "signaling/refused"
    | "signaling/malformed"
    | "token/forbidden"
    | "verification/broken-commitment"
    | "verification/malformed"
    | "verification/certificates"
    | "wasm/unavailable"
    | MediaErrorCode;

/** Why the server refuses. */
export type RefusalCode =
    | "message/malformed"
    | "message/too-large"
    | "message/too-fast"
    | "join/expected"
    | "join/timeout"
    | "join/twice"
    | "version/unsupported"
    | "room/invalid"
    | "room/full"
    | "name/invalid"
    | "name/fixed"
    | "peer/unknown"
    | "server/full"
    | "queue/full"
    | "server/going-away"
    | AccessCode
    | (string & {});

/** Every code there is. Later versions may have more. */
export type ErrorCode =
    | JoinErrorCode
    | MediaErrorCode
    | SendErrorCode
    | AttributeErrorCode
    | NameErrorCode
    | ChannelErrorCode
    | RequestErrorCode
    | FileErrorCode
    | VerificationErrorCode
    | CallErrorCode
    | "preview/closed"
    | "record/unsupported"
    | "record/failed"
    | "record/empty"
    | "record/who"
    | "options/invalid"
    | PublishErrorCode
    | "view/refused"
    | "view/element"
    | "source/unknown"
    | "events/unread";
