// Oneself, and the others.
import type { Channel, ChannelErrorCode, ChannelOptions, RequestOptions } from "./channel.js";
import type { AttributeErrorCode, ItodenwaError, SendErrorCode, Trouble } from "./error.js";
import type { EventIterator, Listener, Tagged } from "./event.js";
import type { FileOffer, Transfer } from "./file.js";
import type { Limits, Settings, Sight, Source } from "./media.js";
import type { Json, Message } from "./message.js";
import type { LeaveReason, Room } from "./room.js";
import type { Quality, QualityReason, Stats } from "./stats.js";
import type { Diagnosis } from "./step.js";
import type { Verification, VerificationErrorCode } from "./verification.js";

/** Oneself in a room. */
export class Me {
    private constructor();

    /** Who the others know one as. Another one after {@link Room.onsignaling} when the server did not know us any more. */
    readonly id: string;
    /** What one is called: as the join said, or {@link Room.setName} since. */
    readonly name: string | undefined;
    /** Who one is to the application, as the token says. */
    readonly identity: string | undefined;
    /** Whether the token says that one may remove others, lock the room, let people in and ask others (`roomAdmin`). */
    readonly admin: boolean;
    /** The sources that are wanted on. */
    readonly media: ReadonlySet<Source>;
    /** What those that are on really are. */
    readonly settings: ReadonlyMap<Source, Settings>;
    /**
     * How loud one is now, from 0 to 1 (linear), for a meter: as {@link Peer.level}, also while the microphone is muted. It is measured from the
     * first time that it is read, until nobody has read it for five seconds; 0 before, where there is no microphone, and where the browser lets
     * no sound be looked at, as some before the person has touched the page.
     */
    readonly level: number;
    /** Whether one speaks while the microphone is muted: see {@link Room.onmutedspeech}, without a listener for which it stays `false`. */
    readonly mutedSpeech: boolean;
    /** What one has for everybody to see, by key, as it is now. Empty once the room is over. */
    readonly attributes: ReadonlyMap<string, Json>;

    /**
     * Sets an own attribute, which everybody sees in {@link Peer.attributes}, also those who come later. With `undefined` it is removed.
     * At most 32 keys of 64 bytes (those that were removed count), with values of 1 KiB of JSON; 64 changes at once and then ten a second:
     * of a key that changes faster the last value is told. They go from one to the other, never through the server.
     * @throws {@link ItodenwaError} with one of the {@link AttributeErrorCode}s.
     */
    set(key: string, value: Json | undefined): Promise<void>;
    /**
     * A `<video data-peer="me">` with one's own picture, without sound, to be put into the page: the same each time. Mirror it with
     * `transform: scaleX(-1)`. It is removed when the room is over. With `"screen"`: what one shares, not to be mirrored.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    view(sight?: Sight): HTMLVideoElement;
    /** The same in an element at hand. Does nothing when the room is over. @throws {@link ItodenwaError} `view/element`. */
    attach(element: HTMLMediaElement, sight?: Sight): void;
    /** Shows nobody any more in this element. Does nothing when the room is over. @throws {@link ItodenwaError} `view/element`. */
    detach(element: HTMLMediaElement): void;

    /** What holds now, as plain data. */
    toJSON(): {
        id: string;
        name: string | undefined;
        identity: string | undefined;
        admin: boolean;
        media: Source[];
        settings: Partial<Record<Source, Settings>>;
    };
}

/** Another person in a room. Somebody who reloads the page comes back as somebody new. */
export class Peer extends EventTarget {
    private constructor();

    /** Unique in the room. */
    readonly id: string;
    /** What they like to be called now: see {@link onname}. Show it as text, never as HTML. */
    readonly name: string | undefined;
    /** Who they are to the application, as their token says: `undefined` where nobody needs a token. */
    readonly identity: string | undefined;
    /** The state of the connection to them (W3C WebRTC, section 4.3.3). */
    readonly state: RTCPeerConnectionState;
    /**
     * Whether they vanished from the server while the connection to them goes on: nothing else of theirs changes. They may come back
     * without a word to anybody; if they fall silent they have left.
     */
    readonly away: boolean;
    /** The sources of theirs that are on. */
    readonly media: ReadonlySet<Source>;
    /** What they have for everybody to see, by key, as it is now. All are known soon after they are connected; empty once they left. */
    readonly attributes: ReadonlyMap<string, Json>;

    /** How loud they are now, from 0 to 1 (linear), for a meter: looked at ten times a second, and smoothed. */
    readonly level: number;
    /** Whether they speak. */
    readonly speaking: boolean;
    /** How loud they are played here, from 0 to 1; 1 until it is set. Phones of one maker know only their buttons. When the room is over it changes nothing. */
    volume: number;
    /** Silenced here, for oneself alone. */
    muted: boolean;

    onspeaking: ((this: Peer, speaking: boolean) => void) | null;
    onconnection: ((this: Peer, state: RTCPeerConnectionState) => void) | null;
    /** They have another name, or none any more. */
    onname: ((this: Peer, name: string | undefined) => void) | null;
    onaway: ((this: Peer, away: boolean) => void) | null;
    /** A source of theirs has a track, or none any more. It is on once, until it is off: {@link track} gives the track of it. */
    onmedia: ((this: Peer, media: PeerEvents["media"]) => void) | null;
    ontext: ((this: Peer, text: string) => void) | null;
    ondata: ((this: Peer, data: Json | Uint8Array) => void) | null;
    /** They set or removed (`undefined`) an attribute of theirs. */
    onattribute: ((this: Peer, attribute: PeerEvents["attribute"]) => void) | null;
    onchannel: ((this: Peer, channel: Channel) => void) | null;
    onfile: ((this: Peer, offer: FileOffer) => void) | null;
    onleft: ((this: Peer, reason: LeaveReason) => void) | null;
    /**
     * There are words to compare with them, as either side asked for; or the person said what came of it, or the connection has changed: see
     * {@link Verification.comparison}. Those that nobody listens for wait.
     */
    onverification: ((this: Peer, verification: Verification) => void) | null;
    /** How the connection to them does, each second while this or another listener of it is there. Nothing before there is a connection. */
    onstats: ((this: Peer, stats: Stats) => void) | null;
    /**
     * How good the connection to them is: first, when it changes, and when the reason does. It is measured while somebody listens. Poor is
     * what is so for three seconds, good again what is so for five, lost what is silent for four.
     */
    onquality: ((this: Peer, quality: PeerEvents["quality"]) => void) | null;
    /** What was measured last of how good the connection to them is; `undefined` before {@link stats} or a listener asked for it. */
    readonly quality: Quality | undefined;

    /**
     * A `<video data-peer="…">` with what they send now and later, to be put into the page: the same each time. It is
     * removed when they leave. With `"screen"`: another one, `<video data-peer="…" data-screen>`, with what they share.
     * @throws {@link ItodenwaError} `room/closed`, also when they have left.
     */
    view(sight?: Sight): HTMLVideoElement;
    /** Shows them in an element at hand. Does nothing when they have left, or the room is over. @throws {@link ItodenwaError} `view/element`. */
    attach(element: HTMLMediaElement, sight?: Sight): void;
    /** Shows nobody any more in this element. Does nothing when the room is over. @throws {@link ItodenwaError} `view/element`. */
    detach(element: HTMLMediaElement): void;
    /**
     * The track of a source of theirs, to be read: drawn to a canvas, analysed, transcribed. `undefined` while it is off. It is theirs:
     * do not stop it, nor set `enabled`, which also ends or silences it in the elements that show them; a `clone()` may be changed as
     * one likes. A source has another track after it was off, and after a new connection: each comes with a `media` event.
     *
     * From this call on, and until the source is off, its pictures are sent as large as they are, whether any element shows them or not.
     * Pictures that nobody shows or reads are not sent, unless the room was joined with `adaptive: false`.
     *
     * ```js
     * peer.onmedia = ({ source, on }) => {
     *     if (source === "microphone" && on) transcribe(peer.track(source));
     * };
     * ```
     * @throws {@link ItodenwaError} `source/unknown`, `room/closed`.
     */
    track(source: Source): MediaStreamTrack | undefined;
    /**
     * The stream that has this source: microphone and camera are in one, `screen` and `screenAudio` in another. To be read as
     * {@link track}: add nothing, remove nothing, stop nothing. It is the same as long as they are in the room; its tracks come and go,
     * each with a `media` event. `undefined` while there is nothing in it. The `srcObject` of a {@link view} that shows them is this stream, as
     * it was before there was this method; but by that alone what they send is asked for only while the element shows it.
     * @throws {@link ItodenwaError} `source/unknown`, `room/closed`.
     */
    stream(source: Source): MediaStream | undefined;
    /**
     * Limits what is sent of a source to them.
     * @throws {@link ItodenwaError} `source/unknown`, `room/closed`.
     */
    limit(source: Source, limits?: Limits): void;
    /**
     * Sends a text, a value or bytes to this peer alone. See {@link Room.send}.
     * @throws {@link ItodenwaError} with one of the {@link SendErrorCode}s.
     */
    send(message: string | Json | ArrayBuffer | ArrayBufferView): Promise<Message>;
    /**
     * Opens a named channel to them, which they get as `channel`. Waits until there is a connection.
     * @param name 1 to 256 bytes; several channels may have the same.
     * @throws {@link ItodenwaError} with one of the {@link ChannelErrorCode}s.
     */
    openChannel(name: string, options?: ChannelOptions): Promise<Channel>;
    /**
     * Asks them, whose application answers by {@link Room.answer}. Bytes are sent as they are, everything else as JSON; 1 MiB at most.
     * @throws {@link ItodenwaError} `request/refused`, with the code of the other side in `refusal`; `request/unanswered`,
     * `request/timed-out`; or one of the {@link ChannelErrorCode}s.
     */
    request(name: string, value?: unknown, options?: RequestOptions): Promise<any>;
    /**
     * Offers a file to them, which they get as `file`, and sends it as they take it. It is read in blocks of 256 KiB, each with its SHA-256, and
     * goes on through a new connection.
     * @throws {@link ItodenwaError} `file/unsupported`, `file/too-large`, `file/peer-gone`, `room/closed`. What comes later is told by the transfer.
     */
    sendFile(file: Blob, options?: { name?: string | undefined }): Promise<Transfer>;
    /**
     * Looks for new network paths to them (W3C WebRTC, `restartIce`). The media goes on meanwhile.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    restartIce(): void;
    /**
     * Why the connection to them does not come about, from what was seen so far: one sentence, and one piece of advice. A connection
     * that is being made for less than ten seconds is `connection/connecting`.
     * @throws {@link ItodenwaError} `room/closed`, `wasm/unavailable`.
     */
    diagnose(): Promise<Diagnosis>;
    /**
     * The browser's own statistics of the connection to them (W3C WebRTC Statistics), `undefined` while there is none.
     * @throws {@link ItodenwaError} `room/closed`, `wasm/unavailable`.
     */
    getStats(): Promise<RTCStatsReport | undefined>;
    /**
     * How the connection to them does, and how good that is; `undefined` before there is one. However often it is asked for, it is looked at
     * once a second at most: who asks sooner gets what was measured last. What goes by the second is over the time since the look before.
     * While there is no connection, and when they have left: what was last known, with its totals.
     * @throws {@link ItodenwaError} `room/closed` if nothing was measured before, `wasm/unavailable`.
     */
    stats(): Promise<Stats | undefined>;
    /**
     * Words for two people to compare, so that they know that nobody sits between them: the same at both ends, whoever asks first, and the same each
     * time as long as the connection lives. The other side answers by itself. Waits a minute at most, for a connection and for the other side together.
     *
     * ```js
     * const { words, emoji } = await peer.verification();
     * peer.onverification = ({ comparison }) => comparison === "changed" && compareAgain();
     * ```
     * @throws {@link ItodenwaError} with one of the {@link VerificationErrorCode}s.
     */
    verification(): Promise<Verification>;
    /**
     * Sends them out of the room. Only who has a token that says so may do it; for others it is a trouble, `token/forbidden`.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    remove(): void;
    /**
     * Asks them to switch their microphone off: they get {@link Room.onaskedtomute}, and it is theirs to do it. Where tokens are needed: only
     * with one that has `roomAdmin` ({@link Me.admin}); otherwise whoever is in the room. The server says truly who asks, and tells somebody
     * the same wish at most once in two seconds. What one may not do is a {@link Trouble} `token/forbidden`; to a server or a client that is
     * older than this it says nothing.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    askToMute(): void;
    /**
     * Takes their raised hand down: their own client removes their attribute `hand`, and tells them by {@link Room.onhandlowered}. Who may do
     * it, and how often, is as with {@link askToMute}.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    lowerHand(): void;

    addEventListener<T extends keyof PeerEvents>(
        type: T,
        listener: Listener<Peer, PeerEvents[T]> | null,
        options?: boolean | AddEventListenerOptions,
    ): void;
    removeEventListener<T extends keyof PeerEvents>(
        type: T,
        listener: Listener<Peer, PeerEvents[T]> | null,
        options?: boolean | EventListenerOptions,
    ): void;
    /** What holds now, as plain data. */
    toJSON(): {
        id: string;
        name: string | undefined;
        identity: string | undefined;
        state: RTCPeerConnectionState;
        away: boolean;
        media: Source[];
        speaking: boolean;
    };

    /** Every event as `{ type, detail }`. Ends when the reader stops; see {@link Room} for the limits. */
    [Symbol.asyncIterator](): EventIterator<Tagged<PeerEvents>>;
}

/** The details of a peer's events. */
export interface PeerEvents {
    connection: RTCPeerConnectionState;
    name: string | undefined;
    away: boolean;
    media: { source: Source; on: boolean };
    speaking: boolean;
    text: string;
    data: Json | Uint8Array;
    attribute: { key: string; value: Json | undefined };
    channel: Channel;
    file: FileOffer;
    verification: Verification;
    left: LeaveReason;
    stats: Stats;
    quality: { quality: Quality; reason: QualityReason | undefined; explain: string };
}
