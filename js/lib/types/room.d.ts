// A room that one is in, and what it tells.
import type { Channel } from "./channel.js";
import type { AttributeErrorCode, ItodenwaError, NameErrorCode, SendErrorCode, Trouble } from "./error.js";
import type { EventIterator, Listener, Tagged } from "./event.js";
import type { FileOffer } from "./file.js";
import type { JoinOptions } from "./join.js";
import type { CameraOptions, Device, Limits, MicrophoneOptions, Processor, PublishOptions, ScreenOptions, Settings, Source } from "./media.js";
import type { Json, Message } from "./message.js";
import type { Me, Peer } from "./person.js";
import type { Preview } from "./preview.js";
import type { RecordOptions, Recording } from "./recording.js";
import type { Diagnosis, Step } from "./step.js";

/**
 * A room that one is in. Made by {@link join}.
 *
 * Each event can be had in three ways: as an `on…` property, which gets the event's detail itself; by `addEventListener`,
 * which gets a `CustomEvent` with it; and by iterating (`for await`). Who listens late gets what is there: everybody present
 * (`peer`), what they send (`media`), what is set (`attribute`), the steps so far, a lost server (`signaling`), the end (`close`), and of texts, data and
 * troubles the last 64 each that nobody has heard yet.
 */
export class Room extends EventTarget implements AsyncDisposable, Disposable {
    private constructor();

    /** The room's name. */
    readonly name: string;
    /** Oneself. */
    readonly me: Me;
    /** How the server is reached. Calls go on without it; who comes or goes is told when it is back. */
    readonly signaling: SignalingState;
    /** Who else is here, by id. */
    readonly peers: ReadonlyMap<string, Peer>;
    /** What the room has for everybody to see, by key, as it is now: see {@link set}. Empty once the room is over. */
    readonly attributes: ReadonlyMap<string, Json>;
    /** The last 512 steps of the calls. */
    readonly steps: Step[];
    /** Whether who comes has to wait, and who does, for those who may let them in: see {@link setWaitingRoom}. */
    readonly waitingRoom: WaitingRoom;
    /** Whether newcomers are kept out: see {@link lock}. */
    readonly isLocked: boolean;
    /**
     * What says that one is in this room, for {@link JoinOptions.ticket}: to be kept for a reload of the page, and told to nobody. Another one
     * from time to time; `undefined` when the room is over, or if the server gives none.
     */
    readonly ticket: string | undefined;
    /** Who is to be looked at: the loudest of those who speak, or who spoke last. */
    readonly speaker: Peer | undefined;
    /** Resolved when the room is over: with nothing if it was left on purpose, otherwise with why. Never rejected. */
    readonly closed: Promise<ItodenwaError | undefined>;

    /** Somebody came in, or is here already. */
    onpeer: ((this: Room, peer: Peer) => void) | null;
    /** Somebody is gone. Elements made by {@link Peer.view} are removed from the page. */
    onleft: ((this: Room, left: RoomEvents["left"]) => void) | null;
    /** The connection to a peer changed its state (W3C WebRTC, section 4.3.3). */
    onconnection: ((this: Room, connection: RoomEvents["connection"]) => void) | null;
    /** Somebody has another name, or none any more; without a peer it is oneself. */
    onname: ((this: Room, named: RoomEvents["name"]) => void) | null;
    /** The server does not know somebody any more who is still connected, or knows them again. See {@link Peer.away}. */
    onaway: ((this: Room, away: RoomEvents["away"]) => void) | null;
    /** A source of a peer went on or off. It is on once, until it is off. */
    onmedia: ((this: Room, media: RoomEvents["media"]) => void) | null;
    /** An own source has a track: it is on, another device was chosen, or one that was unplugged is replaced. */
    ondevice: ((this: Room, device: RoomEvents["device"]) => void) | null;
    /** Devices were connected or taken away: {@link devices} gives others now. */
    ondevices: ((this: Room, devices: undefined) => void) | null;
    /**
     * The system silenced an own source, as a phone does when it rings, or gave it back; so is what goes off, or gets another track. Nothing need be
     * done. What lasts for two seconds the others see in {@link Peer.attributes}: `interrupted` is a list of sources, and not there otherwise.
     */
    oninterrupted: ((this: Room, interrupted: RoomEvents["interrupted"]) => void) | null;
    /** Somebody wrote. Show it as text, never as HTML. */
    ontext: ((this: Room, text: RoomEvents["text"]) => void) | null;
    /** An application sent a value or bytes. They come from strangers: check what it is. */
    ondata: ((this: Room, data: RoomEvents["data"]) => void) | null;
    /** Somebody else set or removed (`undefined`) an attribute: their own, or without a peer one of the room. */
    onattribute: ((this: Room, attribute: RoomEvents["attribute"]) => void) | null;
    /** A peer opened a channel. Those that nobody listens for wait, 64 at most. */
    onchannel: ((this: Room, channel: Channel) => void) | null;
    /** A peer offers a file. Offers that nobody listens for wait, 64 at most. */
    onfile: ((this: Room, offer: FileOffer) => void) | null;
    /** A step of a call, as it happens. */
    onstep: ((this: Room, step: Step) => void) | null;
    /**
     * Something went wrong, and the room goes on. Also: an own device could not be had, or was taken away; or what somebody sent could not
     * be told before they left, since a file of the package got lost on its way (`wasm/unavailable`).
     */
    ontrouble: ((this: Room, trouble: Trouble) => void) | null;
    /**
     * The connection to the server was lost and is made again, or is back. Nothing has to be done: calls go on, and what was
     * missed comes. Who was away for more than 15 s (30 s if the server saw no end of the connection) comes back as somebody
     * new: {@link Me.id} changes, and everybody is told as `left` and `peer` again.
     */
    onsignaling: ((this: Room, state: SignalingState) => void) | null;
    /** Newcomers are kept out from now on, or no longer: see {@link lock}. */
    onlock: ((this: Room, isLocked: boolean) => void) | null;
    /** The waiting room was switched on or off, or others wait in it: see {@link setWaitingRoom}. */
    onwaiting: ((this: Room, waitingRoom: WaitingRoom) => void) | null;
    /**
     * Somebody who may do so asks for one's microphone to be switched off. It is no more than asked: say who asks, and give a button that does
     * `room.microphone(false)`. Without a peer if who asked is gone. See {@link Peer.askToMute}.
     */
    onaskedtomute: ((this: Room, asked: RoomEvents["askedtomute"]) => void) | null;
    /** Somebody who may do so took one's raised hand down: the own attribute `hand` is removed. See {@link Peer.lowerHand}. */
    onhandlowered: ((this: Room, lowered: RoomEvents["handlowered"]) => void) | null;
    /** A peer began to speak, or was quiet for a while. How loud they are now is {@link Peer.level}. */
    onspeaking: ((this: Room, speaking: RoomEvents["speaking"]) => void) | null;
    /**
     * Oneself began to speak while the microphone is muted, or was quiet for a while: to be told, as nobody else hears it. It is listened
     * for while there is a listener, and an iterator is none; nothing is sent, and a microphone that was given up is not opened for it.
     */
    onmutedspeech: ((this: Room, speaking: boolean) => void) | null;
    /** Another peer is the one to look at: see {@link speaker}. */
    onspeaker: ((this: Room, speaker: RoomEvents["speaker"]) => void) | null;
    /** The browser does not play a peer, or oneself (no peer), before the person touches the page: call {@link resume} when they do. */
    onblocked: ((this: Room, blocked: RoomEvents["blocked"]) => void) | null;
    /** The room is over; the last event. */
    onclose: ((this: Room, close: RoomEvents["close"]) => void) | null;

    /**
     * Switches the camera for everybody. Off means that its light goes out. With options: on, with one of this kind; if it is on
     * already, without a gap, and the one before it goes on when that fails.
     * @throws {@link ItodenwaError} `media/…`, `room/closed`; `options/invalid` for what is neither, as a track, which {@link publish} takes, or
     * a quality that there is not. The room goes on without it.
     */
    camera(on: boolean | CameraOptions): Promise<void>;
    /**
     * Switches the microphone for everybody. Off means silence at once. With options as for the {@link camera}.
     * @throws {@link ItodenwaError} `media/…`, `room/closed`. The room goes on without it.
     */
    microphone(on: boolean | MicrophoneOptions): Promise<void>;
    /**
     * Shares a screen, a window or a tab, beside the camera: the browser lets the person choose, and gives its sound where it
     * can. To be called when the person touches the page. When they stop it by the browser's own button, that is a
     * {@link Trouble} `media/ended` with the source `screen`.
     * @throws {@link ItodenwaError} `media/screen-denied` if the person chose nothing, `media/screen-denied-by-system` if the system's privacy
     * settings are in the way, `media/needs-gesture` without a click, `media/unsupported` where there is no sharing, as on most phones;
     * `media/…`, `room/closed`. The room goes on without it.
     */
    screen(on: boolean | ScreenOptions): Promise<void>;
    /**
     * Says what is wanted of a source, without switching it: at once if it is on, otherwise from the next time on. A screen is
     * shared so the next time.
     * @throws {@link ItodenwaError} `media/…`, `source/unknown`, `room/closed`. The device before it goes on.
     */
    use(source: "camera", options: CameraOptions): Promise<void>;
    use(source: "microphone", options: MicrophoneOptions): Promise<void>;
    use(source: "screen", options: ScreenOptions): Promise<void>;
    /**
     * Sends a track of the application, or all tracks of a stream, to everybody, now and later: a canvas, a film, a microphone of Web
     * Audio, another camera.
     *
     * Under `"camera"`, `"microphone"` or `"screen"` it takes the place of the device; sound that comes with pictures of `"camera"` is the
     * microphone. Under a name of your own (1 to 24 of `A-Z a-z 0-9 _ -`) it is sent beside them: eight of these at most, where pictures and
     * their sound (`nameAudio`) are two. The others see it
     * as {@link Peer.media} and show it with `peer.view(name)`.
     *
     * Another track for the same source takes the place of the one before it, without a negotiation. The tracks stay yours: they are never
     * stopped here, unless {@link unpublish} is told to; `room.camera(false)` and its likes set their `enabled` to false. When one ends, that is
     * a {@link Trouble} `media/ended` with the source. Sent is what the others show or read, as with devices.
     *
     * ```js
     * await room.publish(canvas.captureStream(15), { source: "whiteboard", content: "text" });
     * ```
     * @returns The sources that are sent now: `["whiteboard"]`.
     * @throws {@link ItodenwaError} `publish/…`, `source/unknown`, `options/invalid`, `room/closed`. Then nothing of it is sent.
     */
    publish(media: MediaStreamTrack | MediaStream, options: PublishOptions): Promise<string[]>;
    /**
     * Sends what was published as this source no more, and its sound (`nameAudio`) neither; a device of the same source is left as it is.
     * With `stop` the tracks are stopped.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    unpublish(source: Source, options?: { stop?: boolean | undefined }): void;
    /**
     * Lets the track of an own source, a device's or a published one, go through a processor before it is sent: now, and whenever there is
     * another one. `null` takes the processor away. Nothing is negotiated, and one's own view shows what is sent. Resolved when it works, at
     * once where the source is off.
     *
     * Nobody sees or hears what a processor failed to change: one that can't start, or whose track ends, switches the source off, with a
     * {@link Trouble} `media/processor`, and so does each attempt to switch it on again until the processor is taken away. What is on already
     * goes on as it is while the first processor starts; for one that is to be processed from the beginning say this before it is switched on,
     * or in a {@link Preview} that the room is joined with. A processor that fails to start in place of another one leaves that at work.
     *
     * ```js
     * await room.process("camera", blur);
     * await room.camera(true);
     * ```
     * @throws {@link ItodenwaError} `media/processor`, with what was thrown as `cause`; `source/unknown`, `options/invalid`, `room/closed`.
     */
    process(source: Source, processor: Processor | null): Promise<void>;
    /**
     * Limits what is sent of a source to everybody, now and later, in place of the limits before. {@link Peer.limit} does it for one.
     * @throws {@link ItodenwaError} `source/unknown`, `room/closed`.
     */
    limit(source: Source, limits?: Limits): void;
    /**
     * Lets the others be heard by this loudspeaker: {@link Device.deviceId}, or `""` for the system's choice.
     * @throws {@link ItodenwaError} `media/unsupported` where the browser lets nobody choose, `media/missing`, `room/closed`. The one
     * before it goes on.
     */
    loudspeaker(deviceId: string): Promise<void>;
    /**
     * Records to a file, in this browser alone, until it is stopped, the room is over, or there are as many bytes as are allowed. It
     * goes on when cameras are switched and when somebody comes or goes. To be called when the person touches the page. Nobody
     * who is in the room is told by this: say so to the others. Those who come can be asked before they are in, if everybody is recorded
     * ({@link JoinOptions.unlessRecorded}).
     * @throws {@link ItodenwaError} `record/unsupported`, `record/failed`, `record/who`, `room/closed`.
     */
    record(options?: RecordOptions): Promise<Recording>;
    /**
     * What is wrong: own devices that were wanted and could not be had, and everybody to whom there is no connection, with why. Empty if
     * nothing is. To be shown when somebody wonders; {@link Peer.diagnose} asks for one.
     * @throws {@link ItodenwaError} `room/closed`, `wasm/unavailable`.
     */
    diagnose(): Promise<Diagnosis[]>;
    /**
     * Changes what the others see, while one is in the room: up to 64 characters of plain text, as at the join; `undefined`, or what nothing is
     * seen of, is no name. Resolved when the server has told everybody ({@link onname}): those who come later see it, and it goes through
     * interruptions. Several at once are done in their turn; the others are told a second name within half a second, and of names that
     * change faster the last one. A token that says what one is called is not contradicted (`name/fixed`).
     * @throws {@link ItodenwaError} with one of the {@link NameErrorCode}s. The name is as before.
     */
    setName(name: string | undefined): Promise<void>;
    /**
     * Keeps newcomers out, or with `false` no longer: their `join` rejects with `room/locked`. Whoever is in the room stays, and gets in again
     * after an interruption. Where tokens are needed: only with one that has `roomAdmin` ({@link Me.admin}), which also opens a locked room
     * for oneself; otherwise whoever is in the room. The lock ends when nobody is in the room any more. Everybody is told by
     * {@link onlock}; what one may not do is a {@link Trouble} `token/forbidden`. A server that is older than this knows no locks, and the
     * room stays open.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    lock(on?: boolean): void;
    /**
     * Switches the waiting room on, or with `false` off: while it is on, who comes waits until somebody who may do so lets them in by
     * {@link admit} or refuses them by {@link refuse} ({@link JoinOptions.onwait}). Whoever is in the room stays, and gets in again after an
     * interruption or a reload, as with {@link lock}; and whoever may lock the room may do all this. Switched off, it lets in everybody who
     * waits, or nobody while the room is locked. It ends when nobody is in the room any more, and who waits then is sent away; when only those are left who may let nobody in,
     * people go on waiting, for ten minutes at most unless the server is set otherwise. Everybody is told by {@link onwaiting}; what one may
     * not do is a {@link Trouble} `token/forbidden`.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    setWaitingRoom(on?: boolean): void;
    /**
     * Lets somebody in who waits ({@link Applicant.id}), or everybody who does. Where the room is full it is a {@link Trouble}
     * `signaling/refused`, and they go on waiting.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    admit(id?: string): void;
    /**
     * Refuses somebody who waits: their `join` rejects with `room/refused`. Where tokens are needed the same identity stays out until the
     * waiting room is switched off; elsewhere nobody can tell whether it is the same who comes again, and waits again.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    refuse(id: string): void;
    /**
     * Asks all others to switch their microphones off: {@link Peer.askToMute} for everybody.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    askToMute(): void;
    /**
     * Takes the raised hands of all others down: {@link Peer.lowerHand} for everybody.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    lowerHands(): void;
    /**
     * Sends a text (told as `text`), a value or bytes (told as `data`) to everybody who is here. Resolved when it was accepted: then
     * it reaches everybody once and in order, unless they leave before. {@link Message.delivered} says when. A peer that does not
     * read slows its senders: 64 messages wait for it, and a further one is refused (`send/queue-full`) until some are delivered.
     * @param message At most 16 KiB, as UTF-8 or JSON; bytes: 12 KiB. Anything else (a `Date`, a `Map`, `NaN`, `undefined`, a function)
     * is refused with `send/unsupported`.
     * @throws {@link ItodenwaError} with one of the {@link SendErrorCode}s.
     */
    send(message: string | Json | ArrayBuffer | ArrayBufferView): Promise<Message>;
    /**
     * Sets an attribute of the room, which everybody may set: the last one counts, and it stays as long as somebody is there. With
     * `undefined` it is removed. The limits are those of {@link Me.set}.
     * @throws {@link ItodenwaError} with one of the {@link AttributeErrorCode}s.
     */
    set(key: string, value: Json | undefined): Promise<void>;
    /**
     * Answers what peers ask by {@link Peer.request}: what the function gives is the answer. An error with a `code` is told to
     * whoever asks; of others they are only told that there is none. An answer has 1 MiB at most: a larger one, and what can't be sent, is
     * refused (`channel/too-large`, `channel/data`), and reported here as an error that nobody caught. `null` answers no more.
     */
    answer(name: string, handler: ((value: any, peer: Peer) => unknown) | null): void;
    /**
     * Plays what the browser refused to play by itself. Call it in a click or key handler.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    resume(): void;
    /** Hangs up. Resolved when everything is closed: connections, devices, listeners. May be called again. */
    leave(): Promise<void>;

    /** What holds now, as plain data. */
    toJSON(): {
        name: string;
        me: ReturnType<Me["toJSON"]>;
        peers: ReturnType<Peer["toJSON"]>[];
        signaling: SignalingState;
        isLocked: boolean;
        waitingRoom: WaitingRoom;
    };

    /**
     * Every event as `{ type, detail }`, beginning with what a late listener would get. When 1024 wait to be read, nothing more is
     * told to anybody here before one is read, and the others' messages wait with them. If none is read for 5 s the iterator throws
     * `events/unread`, and the room goes on without it.
     */
    [Symbol.asyncIterator](): EventIterator<RoomEvent>;
    /** `using room = await join(…)`: hangs up at the end of the block. */
    [Symbol.dispose](): void;
    /** `await using room = await join(…)`: the same, and waits until it is done. */
    [Symbol.asyncDispose](): Promise<void>;

    addEventListener<T extends keyof RoomEvents>(
        type: T,
        listener: Listener<Room, RoomEvents[T]> | null,
        options?: boolean | AddEventListenerOptions,
    ): void;
    removeEventListener<T extends keyof RoomEvents>(
        type: T,
        listener: Listener<Room, RoomEvents[T]> | null,
        options?: boolean | EventListenerOptions,
    ): void;
}

/** The details of a room's events. */
export interface RoomEvents {
    peer: Peer;
    left: { peer: Peer; reason: LeaveReason };
    connection: { peer: Peer; state: RTCPeerConnectionState };
    /** `former` is what they were called before. */
    name: { peer: Peer | undefined; name: string | undefined; former: string | undefined };
    away: { peer: Peer; away: boolean };
    media: { peer: Peer; source: Source; on: boolean };
    device: { source: Source; settings: Settings };
    devices: undefined;
    interrupted: { source: Source; interrupted: boolean };
    /** With `earlier`, the time, it was said before one came: see {@link JoinOptions.history}. */
    text: { from: Peer; text: string; earlier?: Date | undefined };
    data: { from: Peer; data: Json | Uint8Array; earlier?: Date | undefined };
    attribute: { peer: Peer | undefined; key: string; value: Json | undefined };
    channel: Channel;
    file: FileOffer;
    step: Step;
    trouble: Trouble;
    signaling: SignalingState;
    /** Whether newcomers are kept out. */
    lock: boolean;
    waiting: WaitingRoom;
    askedtomute: { by: Peer | undefined };
    handlowered: { by: Peer | undefined };
    speaking: { peer: Peer; speaking: boolean };
    /** Whether one speaks while the microphone is muted. */
    mutedspeech: boolean;
    speaker: { peer: Peer | undefined };
    blocked: { peer: Peer | undefined };
    /** Without an error it was left on purpose. */
    close: { error?: ItodenwaError | undefined };
}

/** Whether who comes has to wait until somebody lets them in, and who does. */
export interface WaitingRoom {
    readonly on: boolean;
    /** In the order in which they came, 16 at most unless the server is set otherwise. Empty for those who may not let them in. */
    readonly waiting: readonly Applicant[];
}

/** Somebody who waits to be let in. */
export interface Applicant {
    /** For {@link Room.admit} and {@link Room.refuse}. Not the one that they have in the room. */
    readonly id: string;
    /** The name that they gave. Show it as text, never as HTML. */
    readonly name?: string | undefined;
    /** Who they are to the application, as the token says. */
    readonly identity?: string | undefined;
}

/** An event of a room as the iterator gives it: `type` says what `detail` is. */
export type RoomEvent = Tagged<RoomEvents>;

/** It is reached; it was lost and is tried again and again. */
export type SignalingState = "connected" | "reconnecting";

/**
 * Said so; the connection was lost; thrown out by the server for breaking a limit; the same identity came in again; sent out
 * by somebody who may; or a reason of a later version.
 */
export type LeaveReason = "left" | "gone" | "refused" | "replaced" | "removed" | "other";
