// One connection by hand.
import type { CallErrorCode, ItodenwaError, Trouble } from "./error.js";
import type { EventIterator, Listener, Tagged } from "./event.js";
import type { IceOptions } from "./join.js";
import type { Source } from "./media.js";
import type { Room } from "./room.js";
import type { Step } from "./step.js";

/**
 * One connection by hand: the steps that tutorials teach, with the signalling carried by the caller, if need be by copy and
 * paste. One side calls {@link makeOffer}, the other {@link setOffer} and {@link makeAnswer}, the first {@link setAnswer}.
 *
 * Late listeners get what is there, as in a {@link Room}; candidates, texts, troubles and `blocked` wait for the first listener.
 */
export class Call extends EventTarget implements AsyncDisposable, Disposable {
    private constructor();

    /**
     * Makes the connection, with camera and microphone if they are wanted.
     * @throws {@link ItodenwaError} `webrtc/unsupported`, `ice/policy-invalid`, `call/not-made`, `media/…`, `wasm/unavailable`.
     */
    static create(options?: CallOptions): Promise<Call>;

    /** The connection's state (W3C WebRTC, section 4.3.3). */
    readonly state: RTCPeerConnectionState;
    /** The other side's sources that are on. */
    readonly media: ReadonlySet<Source>;
    /** Oneself: a `<video>` with one's own picture, without sound. */
    readonly me: { view(): HTMLVideoElement };
    /** The last 512 steps. */
    readonly steps: Step[];
    /** Resolved when the call is over. */
    readonly closed: Promise<void>;

    /** A candidate for the other side's {@link addCandidate}; `null` after the last one. Trickle ICE only. */
    oncandidate: ((this: Call, candidate: RTCIceCandidateInit | null) => void) | null;
    onconnection: ((this: Call, state: RTCPeerConnectionState) => void) | null;
    onmedia: ((this: Call, media: CallEvents["media"]) => void) | null;
    /** The other side wrote. Show it as text, never as HTML. */
    ontext: ((this: Call, text: string) => void) | null;
    onstep: ((this: Call, step: Step) => void) | null;
    /** An own camera or microphone was taken away, and nothing takes its place: nothing is sent of it any more. */
    ontrouble: ((this: Call, trouble: Trouble) => void) | null;
    /** The browser does not play the other side before the person touches the page: call {@link resume} when they do. */
    onblocked: ((this: Call, blocked: undefined) => void) | null;
    onclose: ((this: Call, close: undefined) => void) | null;

    /** Makes an offer. With Vanilla ICE it is complete, or the time for it was over. @throws {@link CallErrorCode} */
    makeOffer(): Promise<RTCSessionDescriptionInit>;
    /** Sets the other side's offer, or what mails, chats and forms left of it as a text, in JSON or Base64, too. @throws {@link CallErrorCode} */
    setOffer(offer: RTCSessionDescriptionInit | string): Promise<void>;
    /** Makes the answer. @throws {@link CallErrorCode} */
    makeAnswer(): Promise<RTCSessionDescriptionInit>;
    /** Sets the other side's answer, as an offer. @throws {@link CallErrorCode} */
    setAnswer(answer: RTCSessionDescriptionInit | string): Promise<void>;
    /**
     * Adds a candidate of the other side, or what was copied of one: its JSON, or its line. `null` says that there are no more.
     * @throws {@link CallErrorCode}
     */
    addCandidate(candidate: RTCIceCandidateInit | string | null): Promise<void>;
    /** Sends a text: here nothing else is. @throws {@link ItodenwaError} `send/…`, `call/closed`. */
    send(text: string): void;
    /** A `<video>` with the other side. @throws {@link ItodenwaError} `call/closed`. */
    view(): HTMLVideoElement;
    /** Plays what the browser did not play by itself. Call it while a click is handled. */
    resume(): void;
    /** Hangs up. */
    close(): Promise<void>;

    /** What holds now, as plain data. */
    toJSON(): { state: RTCPeerConnectionState; media: Source[] };

    /** Every event as `{ type, detail }`; see {@link Room} for the limits. */
    [Symbol.asyncIterator](): EventIterator<Tagged<CallEvents>>;
    [Symbol.dispose](): void;
    [Symbol.asyncDispose](): Promise<void>;

    addEventListener<T extends keyof CallEvents>(
        type: T,
        listener: Listener<Call, CallEvents[T]> | null,
        options?: boolean | AddEventListenerOptions,
    ): void;
    removeEventListener<T extends keyof CallEvents>(
        type: T,
        listener: Listener<Call, CallEvents[T]> | null,
        options?: boolean | EventListenerOptions,
    ): void;
}

/** How a {@link Call} is made. */
export interface CallOptions extends IceOptions {
    /** With the camera. */
    camera?: boolean | undefined;
    /** With the microphone. */
    microphone?: boolean | undefined;
}

/** The details of a call's events. */
export interface CallEvents {
    candidate: RTCIceCandidateInit | null;
    connection: RTCPeerConnectionState;
    media: { source: Source; on: boolean };
    text: string;
    step: Step;
    trouble: Trouble;
    blocked: undefined;
    close: undefined;
}
