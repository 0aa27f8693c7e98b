// Channels and requests.
import type { ItodenwaError } from "./error.js";
import type { Listener } from "./event.js";
import type { Peer } from "./person.js";

/** Why a channel can't be opened, is over, or does not take a message. */
export type ChannelErrorCode =
    | "channel/name"
    | "channel/too-many"
    | "channel/failed"
    | "channel/refused"
    | "channel/too-large"
    | "channel/queue-full"
    | "channel/data"
    | "channel/flooded"
    | "channel/malformed"
    | "channel/lost"
    | "channel/closed"
    | "channel/peer-gone"
    | "room/closed";

/** Why a request has no answer, beside the {@link ChannelErrorCode}s. */
export type RequestErrorCode = "request/refused" | "request/unanswered" | "request/timed-out";

/** What a channel promises; everything arrives in order where nothing is said. */
export interface ChannelOptions {
    /** Whether messages arrive in their order. */
    ordered?: boolean | undefined;
    /** How often a message is sent again before it is given up. Then messages may be lost, and nothing waits for a slow reader. */
    maxRetransmits?: number | undefined;
}

/** How long an answer is waited for. */
export interface RequestOptions {
    /** Milliseconds; 10 000 where nothing is said. */
    timeout?: number | undefined;
    /** Takes the question back. */
    signal?: AbortSignal | undefined;
}

/**
 * A named channel to a peer, made by {@link Peer.openChannel} and told to the other side as `channel`.
 *
 * What was sent and not read is bounded: 1 MiB and one message at each side. Read it one way: by `message`, as an async iterator, or as a
 * stream; whoever reads by the last two as fast as they can work makes the sender wait. A channel lives as long as the
 * connection: when that is made anew it ends with `channel/lost`.
 */
export interface Channel extends EventTarget {
    /** Whose. */
    readonly peer: Peer;
    /** What it is called. */
    readonly name: string;
    /** Bytes of a message, at most: 1 MiB; without order, or where messages may be lost, 64 KiB. */
    readonly maxMessageSize: number;
    /** Bytes that were not sent yet. */
    readonly bufferedAmount: number;
    /** Resolved when it is over: with nothing if either side closed it, otherwise with why. */
    readonly closed: Promise<ItodenwaError | undefined>;
    /** The messages as a stream. */
    readonly readable: ReadableStream<string | Uint8Array>;
    /** What is sent, as a stream: it waits as {@link send} does. */
    readonly writable: WritableStream<string | Uint8Array | BufferSource>;

    onmessage: ((this: Channel, message: string | Uint8Array) => void) | null;
    onclose: ((this: Channel, end: ChannelEvents["close"]) => void) | null;

    /**
     * Sends a message. Resolved when it is sent: sooner or later, as the other side reads; at most 1024 wait. Small messages that are
     * sent while the browser has something to send already go together, at the end of the page's task at the latest.
     * @throws {@link ItodenwaError} `channel/data`, `channel/too-large`, `channel/queue-full`, or why it is over.
     */
    send(message: string | BufferSource): Promise<void>;
    /** Closes it. What was sent still arrives; what was not read is gone. */
    close(): void;

    /** The messages. Ends when the channel was closed, and throws why if it ended otherwise. */
    [Symbol.asyncIterator](): AsyncGenerator<string | Uint8Array, void, undefined>;

    addEventListener<T extends keyof ChannelEvents>(
        type: T,
        listener: Listener<Channel, ChannelEvents[T]> | null,
        options?: boolean | AddEventListenerOptions,
    ): void;
    removeEventListener<T extends keyof ChannelEvents>(
        type: T,
        listener: Listener<Channel, ChannelEvents[T]> | null,
        options?: boolean | EventListenerOptions,
    ): void;
}

/** The details of a channel's events. */
export interface ChannelEvents {
    message: string | Uint8Array;
    close: { error: ItodenwaError | undefined };
}
