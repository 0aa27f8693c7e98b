/// <reference lib="dom" />
/// <reference lib="esnext.disposable" />

/**
 * Joins a room, which is made by who comes first. Everybody in it is connected with everybody else.
 *
 * A camera or microphone that can't be had does not stop the join: it is told as {@link Trouble}. The first join loads the
 * wasm.
 *
 * ```js
 * const room = await join("blue-tiger", { camera: true, microphone: true });
 * room.onpeer = (peer) => document.body.append(peer.view());
 * ```
 *
 * @param room 1 to 64 characters of `A-Z a-z 0-9 _ -`.
 * @throws {@link ItodenwaError} with one of the {@link JoinErrorCode}s; the reason of `signal`, if that was aborted first.
 */
export function join(room: string, options?: JoinOptions): Promise<Room>;

/**
 * Loads the wasm ahead of the first `join`, or from another place than beside the script. Once; after a failure it may be
 * tried again. What not every call needs are files of their own, loaded when they are first used; `later` says where they are, if
 * not beside the script.
 *
 * @throws {@link ItodenwaError} `wasm/unavailable`.
 */
export function load(wasm?: Wasm, later?: LaterWasm): Promise<void>;

/** The wasm files that are loaded when they are first used. */
export interface LaterWasm {
    /** `itodenwa_attributes_bg.wasm`: attributes of members and of the room. */
    attributes?: Wasm | undefined;
    /** `itodenwa_stats_bg.wasm`: how connections do, and how good they are. */
    stats?: Wasm | undefined;
    /** `itodenwa_channels_bg.wasm`: own tracks, channels, requests and files. */
    channels?: Wasm | undefined;
    /** `itodenwa_check_bg.wasm`: check, preview, diagnosis and the browser's own statistics. */
    check?: Wasm | undefined;
    /** `itodenwa_key_bg.wasm`: rooms with a key. */
    key?: Wasm | undefined;
    /** `itodenwa_process_bg.wasm`: processors of own tracks. */
    process?: Wasm | undefined;
    /** `itodenwa_record_bg.wasm`: recording. */
    record?: Wasm | undefined;
    /** `itodenwa_call_bg.wasm`: calls by hand. */
    call?: Wasm | undefined;
}

/** Where a wasm is, or what it is. */
export type Wasm = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/**
 * What somebody may send; `screenAudio` is the sound of what they share. Or something with a name that {@link Room.publish} gave it: its sound has
 * the name with `Audio` after it.
 */
export type Source = "microphone" | "camera" | "screen" | "screenAudio" | (string & {});

/** What of somebody is shown: camera and microphone, what they share with its sound, or what they publish under a name, with its sound. */
export type Sight = "person" | "screen" | (string & {});

/** How candidates reach the other side. */
export interface IceOptions {
    /**
     * `"trickle"`: each as it is found (RFC 8838). `"vanilla"`: all in one complete description. In a room `"trickle"`
     * unless said otherwise; in a {@link Call} `"vanilla"`.
     */
    ice?: "trickle" | "vanilla" | undefined;
    /** With Vanilla ICE: milliseconds after which a description is sent with what was found. 5000 unless said otherwise. */
    vanillaLimit?: number | undefined;
    /** STUN and TURN servers; in a room beside those that the server gives (W3C WebRTC, section 4.2.4). */
    iceServers?: RTCIceServer[] | undefined;
    /**
     * `"relay"`: only ways through a TURN server (W3C WebRTC, section 4.2.3), for those who hide their address. No candidate and no
     * description has an own address in it; the others see the relay's. Without a TURN server that answers nobody is reached:
     * {@link Peer.diagnose} says `ice/relay-required`. The signalling and the TURN server still see from where one comes. `"all"` unless
     * said otherwise; anything else is refused with `ice/policy-invalid`.
     */
    iceTransportPolicy?: RTCIceTransportPolicy | undefined;
}

/** With which devices. */
export interface DeviceOptions {
    /** With the camera on; with options: one of this kind. */
    camera?: boolean | CameraOptions | undefined;
    /** With the microphone on; with options: one of this kind. */
    microphone?: boolean | MicrophoneOptions | undefined;
}

/** What is wanted of the camera. What it can't do is no error: {@link Settings} say what came. */
export interface CameraOptions {
    /** Which one: {@link Device.deviceId}. When it is switched on, one that is not there is replaced by the browser's own choice. */
    deviceId?: string | undefined;
    /** The side of a phone, when no device is named: the person (as if nothing is said), or what they look at. */
    facing?: "user" | "environment" | undefined;
    /**
     * How large the picture is, and what may be sent for it to each of the others: 320 × 180, 15 pictures and 150 kbit a second;
     * 640 × 360, 25, 500 kbit; 960 × 540, 25, 1 Mbit; 1280 × 720, 30, 2 Mbit (as if nothing is said); 1920 × 1080, 30, 4 Mbit.
     */
    quality?: "h180" | "h360" | "h540" | "h720" | "h1080" | undefined;
    /** Pixels, instead of the quality's. */
    width?: number | undefined;
    /** Pixels, instead of the quality's. */
    height?: number | undefined;
    /** Pictures a second, instead of the quality's. */
    frameRate?: number | undefined;
    /** Bits a second to each peer, instead of the quality's. */
    maxBitrate?: number | undefined;
}

/** What is wanted of the microphone. What is not said is left to the browser, which mostly means on. */
export interface MicrophoneOptions {
    /** Which one: {@link Device.deviceId}. When it is switched on, one that is not there is replaced by the browser's own choice. */
    deviceId?: string | undefined;
    /** Takes out what the loudspeakers play. */
    echoCancellation?: boolean | undefined;
    /** Takes out steady noise. Better off for music. */
    noiseSuppression?: boolean | undefined;
    /** Keeps the loudness even. Better off for music. */
    autoGainControl?: boolean | undefined;
    /** Leaves nothing but the voice, which few systems can. */
    voiceIsolation?: boolean | undefined;
}

/** How a screen is shared. */
export interface ScreenOptions {
    /** Sharp letters, up to 15 pictures a second (as if nothing is said); or smooth pictures, up to 30. */
    content?: "text" | "motion" | undefined;
    /**
     * With sound, where there is any and the person lets it: unless it is `false`. What the call itself plays is not in it: where the browser
     * can't leave that out (`restrictOwnAudio`), nothing is offered but the sound of a tab. It is sent in stereo.
     */
    audio?: boolean | undefined;
    /** Whoever shares a tab does not hear it themselves any more: then their microphone does not hear it, either. */
    suppressLocalAudioPlayback?: boolean | undefined;
}

/** What an own source really is. What the browser does not tell is `undefined`. */
export interface Settings {
    readonly deviceId: string | undefined;
    /** The device's name, for people. */
    readonly label: string;
    readonly width: number | undefined;
    readonly height: number | undefined;
    readonly frameRate: number | undefined;
    readonly facing: "user" | "environment" | undefined;
    readonly echoCancellation: boolean | undefined;
    readonly noiseSuppression: boolean | undefined;
    readonly autoGainControl: boolean | undefined;
    readonly voiceIsolation: boolean | undefined;
    /** What was asked and is not there, by the names of the specification: `noiseSuppression`, `deviceId`, `contentHint`. */
    readonly lacking: readonly string[];
}

/** A camera, a microphone or a loudspeaker. */
export interface Device {
    readonly deviceId: string;
    readonly kind: "camera" | "microphone" | "loudspeaker";
    /** Its name, for people. Empty until the person has allowed a camera or a microphone. */
    readonly label: string;
    /** The same for parts of one thing, as those of a headset. May be empty. */
    readonly groupId: string;
}

/**
 * Cameras, microphones and loudspeakers. Before the person has allowed any there may be none: browsers keep them to themselves.
 * Asks the person nothing.
 * @throws {@link ItodenwaError} `media/insecure`, `media/unsupported`.
 */
export function devices(): Promise<Device[]>;

/** What the calls of this page hold of the browser. */
export interface Counts {
    readonly connections: number;
    readonly listeners: number;
    readonly timers: number;
    readonly tracks: number;
    /** Audio graphs, which levels and recordings need. */
    readonly sounds: number;
}

/** What the calls of this page hold of the browser: all zero a moment after the last one is over. Loads the wasm. */
export function counts(): Promise<Counts>;

/** How something is given up before it is done, as when a component is unmounted. */
export interface AbortOptions {
    /**
     * Aborted, it is given up: the promise is rejected with the signal's reason, devices are given back, and nobody is left behind in a
     * room. Once it is done the signal does nothing: `leave` and `close` end what there is then. A preview that was handed over is
     * over.
     */
    signal?: AbortSignal | undefined;
}

/**
 * A key for a new room ({@link JoinOptions.key}): 128 random bits, as 22 characters that an address can have as they are. Everybody who is to
 * come gets it with the room's name.
 */
export function newKey(): string;

/** How a room is joined. */
export interface JoinOptions extends IceOptions, DeviceOptions, AbortOptions {
    /** What the others see: up to 64 characters and 256 bytes of plain text. One of which nothing is seen is none. */
    name?: string | undefined;
    /**
     * What lets one in, where the server asks for it: a JSON Web Token for this room, made by the application's own server;
     * or what fetches one. It goes to the server in a message, never in an address.
     */
    token?: string | (() => string | Promise<string>) | undefined;
    /**
     * For somebody who was in this room before, as before a reload of the page: {@link Room.ticket} of then. It lets one in although the
     * room is locked, for an hour unless the server is set otherwise, and unless one was removed.
     */
    ticket?: string | undefined;
    /**
     * Not into a call that somebody {@link Room.record | records}: `join` rejects with `room/recorded`, nobody in the room hears of it, and
     * no device was switched on. So the person can be asked before; without this they are in, as with a server that is older than this. A
     * session that goes on after an interruption is not asked again.
     */
    unlessRecorded?: boolean | undefined;
    /**
     * With a key, which all members have from elsewhere, as in the part of an invitation's address that no server is sent (behind the `#`):
     * 16 to 256 characters that nobody guesses, as {@link newKey} makes them. What they say to each other through the server is sealed
     * with it (AES-GCM, with HKDF of the key and the room's name), so that the server can neither read it nor put itself between them; names,
     * tokens and who is there stay open to it. Who comes with another key, or with none, is in the room and not connected, which is told as
     * a {@link Trouble} `peer/key-differs` on both sides. Needs a secure page (https).
     */
    key?: string | undefined;
    /**
     * One has to wait until somebody in the room lets one in ({@link Room.setWaitingRoom}), for so many seconds at most: to be said to the
     * person. The join goes on: it resolves when one is let in, and rejects with `room/refused` or, after that time, `room/unanswered`. Who
     * gives up aborts {@link JoinOptions.signal}. It is called again after an interruption, in which one lost one's place. Meanwhile nobody is
     * seen or heard, and those who may let one in see nothing but the name.
     */
    onwait?: ((wait: { seconds: number }) => void) | undefined;
    /**
     * The signalling server: `wss://example.org/ws`, its page (`https://example.org/`), or its host (`example.org:8080`). To a
     * host, and to a path that ends in `/`, `ws` is added. Without it: `ws` beside the page (`document.baseURI`).
     */
    server?: string | URL | undefined;
    /**
     * With the camera and microphone of a preview, as they are there: on if they are on, whatever `camera` and `microphone` say.
     * Nobody is asked again, and the camera's light does not blink. The preview is over then; also when the join fails.
     */
    preview?: Preview | undefined;
    /**
     * Unless it is `false`, what is sent follows what is shown: each of the others tells how large one is shown there, and gets
     * no more than that; and when the machine or the network is at its limit for long, less is sent. An element that is not in the
     * page, as one that is drawn to a canvas, and what {@link Peer.track} gives, get it as large as it is; pictures that nobody shows or reads
     * are not sent. Elements in a Document Picture-in-Picture window or a popup are judged by their own window.
     */
    adaptive?: boolean | undefined;
}

/** How a track of your own is sent. */
export interface PublishOptions {
    /** As what: `"camera"`, `"microphone"`, `"screen"`, or a name of your own. */
    source: Source;
    /** Sharp letters, up to 15 pictures a second; or smooth pictures. A screen is sent as letters if nothing is said, anything else as moving. */
    content?: "text" | "motion" | undefined;
    /** As by {@link Room.limit}. */
    limits?: Limits | undefined;
}

/**
 * What changes an own track before it is sent and shown: a blurred background, a voice without noise. It has one track at a time: after
 * `start` comes `stop` before the next `start`, which it gets when the device is another one, or the source is switched on again. Use
 * another object for another source.
 */
export interface Processor {
    /**
     * Gives the track that is sent in place of this one, of the same kind, as soon as it has something to show: until then nothing is sent.
     * The given track is ours: do not stop it. If this throws, nothing is sent at all.
     */
    start(track: MediaStreamTrack): MediaStreamTrack | Promise<MediaStreamTrack>;
    /** What `start` gave is of no use any more; it is stopped already. Once after each `start` that gave a track. */
    stop?(): void;
}

/** What is sent of a source, at most. Of several limits the lowest counts. */
export interface Limits {
    /** Bits a second. */
    maxBitrate?: number | undefined;
    /** Pictures a second. */
    maxFrameRate?: number | undefined;
    /** Pixels: larger pictures are scaled down to about this height. */
    maxHeight?: number | undefined;
    /** What suffers first when less can be sent than that. */
    degradation?: "maintain-framerate" | "maintain-resolution" | "balanced" | undefined;
    /** As `video/VP9`. Where the browser lets nobody choose, that is a {@link Trouble} `sending/codec`, and its choice stays. */
    codec?: string | undefined;
}

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
    /** The server does not know somebody any more who is still connected, or knows them again. See {@link Peer.away}. */
    onaway: ((this: Room, away: RoomEvents["away"]) => void) | null;
    /** A source of a peer went on or off. It is on once, until it is off. */
    onmedia: ((this: Room, media: RoomEvents["media"]) => void) | null;
    /** An own source has a track: it is on, another device was chosen, or one that was unplugged is replaced. */
    ondevice: ((this: Room, device: RoomEvents["device"]) => void) | null;
    /** Devices were connected or taken away: {@link devices} gives others now. */
    ondevices: ((this: Room, devices: undefined) => void) | null;
    /** The system silenced an own source, as a phone does when it rings, or gave it back. Nothing need be done. */
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
    /** Something went wrong, and the room goes on. Also: an own device could not be had, or was taken away. */
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
     * for from the first listener on, and an iterator is none; nothing is sent, and a microphone that was given up is not opened for it.
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
     * microphone. Under a name of your own (1 to 24 of `A-Z a-z 0-9 _ -`) it is sent beside them: eight of these at most. The others see it
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
     * waits. It ends when nobody is in the room any more, and who waits then is sent away; when only those are left who may let nobody in,
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
     * whoever asks; others are only told that there is none. `null` answers no more.
     */
    answer(name: string, handler: ((value: any, peer: Peer) => unknown) | null): void;
    /**
     * Plays what the browser refused to play by itself. Call it in a click or key handler.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    resume(): void;
    /** Hangs up. Resolved when everything is closed: connections, devices, listeners. May be called again. */
    leave(): Promise<void>;

    /**
     * Every event as `{ type, detail }`, beginning with what a late listener would get. When 1024 wait to be read, nothing more is
     * told to anybody here before one is read, and the others' messages wait with them. If none is read for 5 s the iterator throws
     * `events/unread`, and the room goes on without it.
     */
    /** What holds now, as plain data. */
    toJSON(): {
        name: string;
        me: ReturnType<Me["toJSON"]>;
        peers: ReturnType<Peer["toJSON"]>[];
        signaling: SignalingState;
        isLocked: boolean;
        waitingRoom: WaitingRoom;
    };

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
    away: { peer: Peer; away: boolean };
    media: { peer: Peer; source: Source; on: boolean };
    device: { source: Source; settings: Settings };
    devices: undefined;
    interrupted: { source: Source; interrupted: boolean };
    text: { from: Peer; text: string };
    data: { from: Peer; data: Json | Uint8Array };
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

/** For `for await`: an `AsyncIterableIterator`, which before TypeScript 5.6 does not say what comes last. */
export interface EventIterator<T> {
    next(): Promise<IteratorResult<T, undefined>>;
    /** Ends it, as leaving the loop does. */
    return(): Promise<IteratorResult<T, undefined>>;
    [Symbol.asyncIterator](): this;
}

/** Oneself in a room. */
export class Me {
    private constructor();

    /** Who the others know one as. Another one after {@link Room.onsignaling} when the server did not know us any more. */
    readonly id: string;
    /** The name that was given. */
    readonly name: string | undefined;
    /** Who one is to the application, as the token says. */
    readonly identity: string | undefined;
    /** Whether the token says that one may remove others, lock the room, let people in and ask others (`roomAdmin`). */
    readonly admin: boolean;
    /** The sources that are wanted on. */
    readonly media: ReadonlySet<Source>;
    /** What those that are on really are. */
    readonly settings: ReadonlyMap<Source, Settings>;
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
     * A new `<video data-peer="me">` with one's own picture, without sound, to be put into the page. Mirror it with
     * `transform: scaleX(-1)`. It is removed when the room is over. With `"screen"`: what one shares, not to be mirrored.
     * @throws {@link ItodenwaError} `room/closed`.
     */
    view(sight?: Sight): HTMLVideoElement;
    /** The same in an element at hand. @throws {@link ItodenwaError} `room/closed`, `view/element`. */
    attach(element: HTMLMediaElement, sight?: Sight): void;
    /** Shows nobody any more in this element. @throws {@link ItodenwaError} `room/closed`, `view/element`. */
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
    /** What they like to be called. Show it as text, never as HTML. */
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
    /** How loud they are played here, from 0 to 1; 1 until it is set. Phones of one maker know only their buttons. */
    volume: number;
    /** Silenced here, for oneself alone. */
    muted: boolean;

    onspeaking: ((this: Peer, speaking: boolean) => void) | null;
    onconnection: ((this: Peer, state: RTCPeerConnectionState) => void) | null;
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
    /** Shows them in an element at hand. @throws {@link ItodenwaError} `room/closed`, also when they have left. */
    attach(element: HTMLMediaElement, sight?: Sight): void;
    /** Shows nobody any more in this element. @throws {@link ItodenwaError} `room/closed`. */
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
     * each with a `media` event. `undefined` while there is nothing in it.
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
    /** Every event as `{ type, detail }`. Ends when the reader stops; see {@link Room} for the limits. */
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

    [Symbol.asyncIterator](): EventIterator<Tagged<PeerEvents>>;
}

/** The details of a peer's events. */
export interface PeerEvents {
    connection: RTCPeerConnectionState;
    away: boolean;
    media: { source: Source; on: boolean };
    speaking: boolean;
    text: string;
    data: Json | Uint8Array;
    attribute: { key: string; value: Json | undefined };
    channel: Channel;
    file: FileOffer;
    left: LeaveReason;
    stats: Stats;
    quality: { quality: Quality; reason: QualityReason | undefined; explain: string };
}

/** How good a connection is for people. `lost`: nothing comes. */
export type Quality = "good" | "poor" | "lost";

/**
 * Why it is not good, the worst first: more than 5 % of the packets are lost; they take more than 0.4 s there and back; they come 0.1 s too
 * early or late; pictures are sent with less than 150 kbit/s, as the way takes no more; this computer cannot make pictures fast enough; and
 * nothing comes at all.
 */
export type QualityReason = "loss" | "delay" | "jitter" | "bandwidth" | "cpu" | "silence";

/**
 * How the connection to a peer does. Names and units are those of the W3C's Identifiers for WebRTC's Statistics API; bitrates are in bits a
 * second. What a browser does not say is `undefined`.
 */
export interface Stats {
    /** When, in milliseconds since 1970. */
    readonly timestamp: number;
    readonly quality: Quality;
    readonly reason: QualityReason | undefined;
    /** How good it is, in one English sentence, for people. */
    readonly explain: string;
    /** Which way the packets go; `relayed` is whether a TURN server passes them on, on either side. */
    readonly path: { readonly local: PathEnd; readonly remote: PathEnd; readonly relayed: boolean } | undefined;
    /** Seconds that a packet takes to them and back. */
    readonly roundTripTime: number | undefined;
    /** What the browser believes that the way to them can take, in bits a second. */
    readonly availableOutgoingBitrate: number | undefined;
    /** All that went to them: media, data and what these need. */
    readonly sent: Amount;
    readonly received: Amount;
    /** The tracks that are sent and received. */
    readonly streams: readonly StreamStats[];
}

/** So much went through. */
export interface Amount {
    /** Bytes: of a peer over all connections that were looked at, of a track as of this connection. */
    readonly bytes: number;
    /** Bits a second. */
    readonly bitrate: number | undefined;
}

/** An end of the path that packets go. */
export interface PathEnd {
    readonly candidateType: RTCIceCandidateType;
    /** `udp` or `tcp`. */
    readonly protocol: string;
    /** How the own relay is reached: `udp`, `tcp` or `tls`. */
    readonly relayProtocol: string | undefined;
    readonly address: string | undefined;
    readonly port: number | undefined;
}

/** How one track does. */
export interface StreamStats extends Amount {
    readonly direction: "sent" | "received";
    readonly source: Source;
    /** Of its packets, the share that is lost, from 0 to 1; of what is sent, as the other side last said. */
    readonly loss: number | undefined;
    /** Seconds by which packets come unevenly (RFC 3550, section 6.4.1). */
    readonly jitter: number | undefined;
    readonly framesPerSecond: number | undefined;
    /** Pixels. */
    readonly frameWidth: number | undefined;
    /** Pixels. */
    readonly frameHeight: number | undefined;
    /** As `video/VP8`. */
    readonly codec: string | undefined;
    /** What keeps pictures that are sent from being better. */
    readonly qualityLimitationReason: "bandwidth" | "cpu" | "other" | undefined;
}

/** A value that JSON has (RFC 8259), with arrays and objects at most 16 deep. A field that is `undefined` is left out. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** A message that was accepted. */
export interface Message {
    /** Rises with each message. */
    readonly id: number;
    /**
     * Resolved when everybody it went to has read it: their listeners and iterators were told, or it is one of the last 64 that wait
     * for a first listener. Rejected with `send/peer-gone` if somebody left before, or the room is over.
     */
    readonly delivered: Promise<void>;
}

/** One step of a call, under the name that tutorials use. */
export interface Step {
    /** When: milliseconds since the join. */
    readonly at: number;
    /** With whom: a {@link Peer.id}, also of somebody who has left. Not in a {@link Call}. */
    readonly peer?: string | undefined;
    /** What. */
    readonly name: StepName;
    /** A candidate's type and protocol (`host udp`), the state of a layer, why something was refused; may be empty. */
    readonly detail: string;
    /**
     * The description or the candidate that it is about, as the browser made it or the other side sent it; empty where there is none.
     * Of passwords (`a=ice-pwd`) only the first four characters are left, and of the whole 16 KiB.
     */
    readonly text: string;
}

/**
 * In the order of a first call: one side makes and sends the offer, the other sets it, makes and sends the answer. `ice` and `dtls` tell
 * the states of these layers in `detail` (`iceConnectionState`, `RTCDtlsTransport.state`).
 */
export type StepName =
    | "makeOffer"
    | "sendOffer"
    | "receiveOffer"
    | "setOffer"
    | "makeAnswer"
    | "sendAnswer"
    | "receiveAnswer"
    | "setAnswer"
    | "sendCandidate"
    | "setCandidate"
    | "sendEndOfCandidates"
    | "setEndOfCandidates"
    | "gatherCandidates"
    | "candidateError"
    | "ice"
    | "dtls"
    | "channelOpen"
    | "restartIce"
    | "newConnection"
    | "refused"
    | "close"
    | RTCPeerConnectionState;

/** What is the matter, in words. */
export interface Diagnosis {
    /** What: stable, for programs. */
    readonly code: DiagnosisCode;
    /** What is wrong: one sentence in English, for people. */
    readonly explain: string;
    /** What to do about it; empty where there is nothing to do. */
    readonly advice: string;
    /** With whom, if it is about one peer. */
    readonly peer?: Peer | undefined;
    /** Which own device, if it is about one. */
    readonly source?: Source | undefined;
}

/** What can be the matter between oneself and a peer, or with an own device. */
export type DiagnosisCode =
    | "connection/connected"
    | "connection/connecting"
    | "connection/lost"
    | "signaling/away"
    | "peer/silent"
    | "peer/key-differs"
    | "peer/gone"
    | "peer/description-refused"
    | "peer/description-rejected"
    | "ice/no-candidates"
    | "ice/no-remote-candidates"
    | "ice/udp-blocked"
    | "ice/no-relay"
    | "ice/relay-unreachable"
    | "ice/relay-required"
    | "ice/no-path"
    | "dtls/failed"
    | MediaErrorCode;

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
    | ChannelErrorCode
    | RequestErrorCode
    | FileErrorCode
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
    /** Bytes that the browser has and did not send yet. */
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
     * Sends a message. Resolved when the browser has it, which it takes as the other side reads; at most 1024 wait.
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

/** Why a file is not sent or received. */
export type FileErrorCode =
    | "file/refused"
    | "file/cancelled"
    | "file/cancelled-by-peer"
    | "file/too-large"
    | "file/no-space"
    | "file/storage"
    | "file/peer-storage"
    | "file/unreadable"
    | "file/peer-unreadable"
    | "file/corrupt"
    | "file/malformed"
    | "file/too-many"
    | "file/taken"
    | "file/unsupported"
    | "file/peer-gone"
    | "room/closed";

/** What a file is. */
export interface FileInfo {
    /** Safe: no path, no characters that change how it is read, not reserved, 200 bytes at most. */
    readonly name: string;
    /** Bytes. */
    readonly size: number;
    /** The MIME type that the sender says, or `""`. */
    readonly type: string;
    /** To whom, or whose. */
    readonly peer: Peer;
}

/** A file that a peer offers. */
export interface FileOffer extends FileInfo {
    /**
     * Takes it.
     * @throws {@link ItodenwaError} `file/too-large`, `file/unsupported`, `file/taken`. What comes later is told by the transfer.
     */
    accept(options?: AcceptOptions): Promise<Transfer>;
    /** Does not take it. */
    refuse(): void;
}

/** Where a file goes. */
export interface AcceptOptions {
    /**
     * `"memory"`, if nothing is said; `"private"`: the private file system of the page's origin; or a file that the person chose,
     * of `showSaveFilePicker` for instance.
     */
    to?: "memory" | "private" | FileSystemFileHandle | undefined;
    /** For memory: bytes, at most; 256 MiB if nothing is said. */
    limit?: number | undefined;
}

/** A file that is on its way, in either direction: made by {@link Peer.sendFile} and {@link FileOffer.accept}. */
export interface Transfer extends FileInfo, EventTarget {
    /** How far it is now. */
    readonly progress: TransferProgress;
    /**
     * The file, when it is received; nothing, when it is sent. In memory its type is one that no browser runs as part of the page.
     * Rejected with an {@link ItodenwaError} that has one of the {@link FileErrorCode}s.
     */
    readonly done: Promise<Blob | undefined>;

    onprogress: ((this: Transfer, progress: TransferProgress) => void) | null;
    onend: ((this: Transfer, end: TransferEvents["end"]) => void) | null;

    /** Lets it wait; the other side sees that. */
    pause(): void;
    /** Lets it go on, if the other side does. */
    resume(): void;
    /** Gives it up. What was stored is removed. */
    cancel(): void;

    addEventListener<T extends keyof TransferEvents>(
        type: T,
        listener: Listener<Transfer, TransferEvents[T]> | null,
        options?: boolean | AddEventListenerOptions,
    ): void;
    removeEventListener<T extends keyof TransferEvents>(
        type: T,
        listener: Listener<Transfer, TransferEvents[T]> | null,
        options?: boolean | EventListenerOptions,
    ): void;
}

/** How far a file is: told at most four times a second. */
export interface TransferProgress {
    /** `waiting`: not accepted yet, or without a connection; `paused`: one of both wants it to wait. */
    readonly state: "waiting" | "running" | "paused" | "done" | "failed";
    /** Bytes that the receiver verified and stored. */
    readonly bytes: number;
    /** All bytes. */
    readonly size: number;
    /** Bytes a second, of the last seconds. */
    readonly speed: number;
    /** Milliseconds that the rest takes, if that is known. */
    readonly left: number | undefined;
}

/** The details of a transfer's events. */
export interface TransferEvents {
    progress: TransferProgress;
    end: { file?: Blob | undefined; error?: ItodenwaError | undefined };
}

/** Removes what was received to `"private"`, also by other pages of the origin: links to it end. */
export function removePrivateFiles(): Promise<void>;

/** The details of a channel's events. */
export interface ChannelEvents {
    message: string | Uint8Array;
    close: { error: ItodenwaError | undefined };
}

/**
 * One connection by hand: the steps that tutorials teach, with the signalling carried by the caller, if need be by copy and
 * paste. One side calls {@link makeOffer}, the other {@link setOffer} and {@link makeAnswer}, the first {@link setAnswer}.
 *
 * Late listeners get what is there, as in a {@link Room}; candidates wait for the first listener.
 */
export class Call extends EventTarget implements AsyncDisposable, Disposable {
    private constructor();

    /**
     * Makes the connection, with camera and microphone if they are wanted.
     * @throws {@link ItodenwaError} `webrtc/unsupported`, `ice/policy-invalid`, `media/…`, `wasm/unavailable`.
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
    /** Hangs up. */
    close(): Promise<void>;

    /** Every event as `{ type, detail }`; see {@link Room} for the limits. */
    /** What holds now, as plain data. */
    toJSON(): { state: RTCPeerConnectionState; media: Source[] };

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

/**
 * Opens camera and microphone for oneself alone, before a call. What can't be had does not stop the rest: it is told as
 * {@link Trouble}. Call it in a click or key handler: some browsers measure no level otherwise. The first one loads the wasm.
 *
 * ```js
 * const preview = await open({ camera: true, microphone: true });
 * document.body.append(preview.view());
 * meter.value = preview.level;                          // from time to time
 * const room = await join("blue-tiger", { preview });
 * ```
 *
 * @throws {@link ItodenwaError} `webrtc/unsupported`, `wasm/unavailable`.
 */
export function open(options?: DeviceOptions & AbortOptions): Promise<Preview>;

/** Camera and microphone before a call. Made by {@link open}. Late listeners get what is there, as in a {@link Room}. */
export class Preview extends EventTarget implements AsyncDisposable, Disposable {
    private constructor();

    /** The sources that are on. */
    readonly media: ReadonlySet<Source>;
    /** What those that are on really are. */
    readonly settings: ReadonlyMap<Source, Settings>;
    /** How loud the microphone is now, from 0 to 1 (linear), for a meter; 0 where the browser measures nothing. */
    readonly level: number;
    /** Resolved when it is over: closed, or taken over by a room. */
    readonly closed: Promise<void>;

    /** A source has a track: it is on, another device was chosen, or one that was unplugged is replaced. */
    ondevice: ((this: Preview, device: PreviewEvents["device"]) => void) | null;
    /** Devices were connected or taken away: {@link devices} gives others now. */
    ondevices: ((this: Preview, devices: undefined) => void) | null;
    /** The system silenced a source, or gave it back. */
    oninterrupted: ((this: Preview, interrupted: PreviewEvents["interrupted"]) => void) | null;
    /** A device could not be had, or was taken away. */
    ontrouble: ((this: Preview, trouble: Trouble) => void) | null;
    /** The browser does not play the picture before the person touches the page: call {@link resume} when they do. */
    onblocked: ((this: Preview, blocked: undefined) => void) | null;
    onclose: ((this: Preview, close: undefined) => void) | null;

    /**
     * Switches the camera. With options: on, with one of this kind; the one before it goes on when that fails.
     * @throws {@link ItodenwaError} `media/…`, `preview/closed`.
     */
    camera(on: boolean | CameraOptions): Promise<void>;
    /** Switches the microphone, in the same way. @throws {@link ItodenwaError} `media/…`, `preview/closed`. */
    microphone(on: boolean | MicrophoneOptions): Promise<void>;
    /**
     * As {@link Room.process}; a room that is joined with this preview goes on with it.
     * @throws {@link ItodenwaError} `media/processor`, `source/unknown`, `options/invalid`, `preview/closed`.
     */
    process(source: "camera" | "microphone", processor: Processor | null): Promise<void>;
    /**
     * A `<video data-peer="me">` with the picture, without sound, to be put into the page: the same each time. It is removed in
     * the end.
     * @throws {@link ItodenwaError} `preview/closed`.
     */
    view(): HTMLVideoElement;
    /** The same in an element at hand. @throws {@link ItodenwaError} `preview/closed`. */
    attach(element: HTMLMediaElement): void;
    /** Shows nothing any more in this element. @throws {@link ItodenwaError} `preview/closed`. */
    detach(element: HTMLMediaElement): void;
    /** Plays what the browser refused to play by itself. Call it when the person touches the page. */
    resume(): void;
    /** Gives the devices back. Resolved when their lights are out. May be called again. */
    close(): Promise<void>;

    /** Every event as `{ type, detail }`; see {@link Room} for the limits. */
    /** What holds now, as plain data. */
    toJSON(): { media: Source[]; settings: Partial<Record<Source, Settings>> };

    [Symbol.asyncIterator](): EventIterator<Tagged<PreviewEvents>>;
    [Symbol.dispose](): void;
    [Symbol.asyncDispose](): Promise<void>;

    addEventListener<T extends keyof PreviewEvents>(
        type: T,
        listener: Listener<Preview, PreviewEvents[T]> | null,
        options?: boolean | AddEventListenerOptions,
    ): void;
    removeEventListener<T extends keyof PreviewEvents>(
        type: T,
        listener: Listener<Preview, PreviewEvents[T]> | null,
        options?: boolean | EventListenerOptions,
    ): void;
}

/** The details of a preview's events. */
export interface PreviewEvents {
    device: { source: Source; settings: Settings };
    devices: undefined;
    interrupted: { source: Source; interrupted: boolean };
    trouble: Trouble;
    blocked: undefined;
    close: undefined;
}

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
    close: undefined;
}

/** What is recorded. */
export interface RecordOptions {
    /** Oneself with what one shares, or all in the room, their sounds mixed. `everybody` if nothing is said. */
    who?: "own" | "everybody" | undefined;
    /** After so many bytes it ends by itself. 1 GiB if nothing is said. */
    limit?: number | undefined;
}

/** A file of a call. */
export interface Recorded {
    /** The file. Browsers write no length into WebM: players know it when they come to its end. */
    readonly blob: Blob;
    /** What kind of file, for instance `video/webm;codecs=vp8,opus`. */
    readonly type: string;
    /** In milliseconds. */
    readonly duration: number;
    /** Why it ended: as asked, the call is over, there are as many bytes as were allowed, the browser failed. */
    readonly reason: "stopped" | "room-closed" | "limit" | "failed";
}

/** What is recorded now; made by {@link Room.record}. */
export class Recording extends EventTarget {
    private constructor();

    /** How many bytes there are: told by the browser about once a second. */
    readonly bytes: number;
    /** How long it has been recorded, in milliseconds. */
    readonly duration: number;
    /** False where the browser mixes no sound, as Firefox on a machine without any loudspeaker. */
    readonly hasSound: boolean;
    /** It ended, whyever: with the file, or with an error if there is none. Late listeners get it too. */
    onend: ((this: Recording, end: RecordingEvents["end"]) => void) | null;
    /**
     * Ends it, and gives the file. A second time it gives the same.
     * @throws {@link ItodenwaError} `record/empty` if there is nothing yet, `record/failed`.
     */
    stop(): Promise<Recorded>;
    /** What holds now, as plain data. */
    toJSON(): { bytes: number; duration: number; hasSound: boolean };

    addEventListener<T extends keyof RecordingEvents>(
        type: T,
        listener: Listener<Recording, RecordingEvents[T]> | null,
        options?: boolean | AddEventListenerOptions,
    ): void;
    removeEventListener<T extends keyof RecordingEvents>(
        type: T,
        listener: Listener<Recording, RecordingEvents[T]> | null,
        options?: boolean | EventListenerOptions,
    ): void;
}

/** The details of a recording's events. */
export interface RecordingEvents {
    end: { file?: Recorded; error?: ItodenwaError };
}

/** Takes an event with a detail. */
export type Listener<This, Detail> =
    | ((this: This, event: CustomEvent<Detail>) => void)
    | { handleEvent(event: CustomEvent<Detail>): void };

/** Events as a discriminated union. */
export type Tagged<Events> = { [T in keyof Events]: { readonly type: T; readonly detail: Events[T] } }[keyof Events];
