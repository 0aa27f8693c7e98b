// How a room is joined.
import type { Call } from "./call.js";
import type { ItodenwaError, JoinErrorCode, Trouble } from "./error.js";
import type { DeviceOptions } from "./media.js";
import type { Peer } from "./person.js";
import type { Preview } from "./preview.js";
import type { Room } from "./room.js";

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
 * What a join needs and what does not have to wait for it: the wasm, the connection to the server, and the offer of a first call. Call it when somebody may join soon, as
 * when a form is shown or begins to be filled in; the next {@link join} to the same server is in its room the sooner. Called again, it
 * opens the connection anew if that was lost; one to another server takes the place of the first.
 *
 * Nobody is in a room by it, no device is switched on, and no candidates are looked for. The server keeps the connection for 5 minutes, by its defaults; without
 * it the join opens one, as always.
 *
 * @param options `server` as for the join; with `key` or `history` the file that a join with these needs is loaded, too; `signal` closes the
 * connection if nobody has joined by then, as when the form is left.
 * @throws {@link ItodenwaError} `wasm/unavailable`, or `signaling/address`. That the server can't be reached is said by the join.
 */
export function prepare(options?: Pick<JoinOptions, "server" | "signal" | "key" | "history">): Promise<void>;

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
     * Keeps the last so many messages (1 to 50, and 64 KiB in all) that one sends to everybody, and gives them to those who come later and join
     * with this, too; and gets those that others keep, as `text` and `data` with the time, `earlier`: once, in their order, before anything
     * that the same peer says now. {@link Peer.ontext} and {@link Peer.ondata} do not hear them. Each member gives its own, straight to whoever
     * comes, so nobody can say anything in another's name; what those said who have left, or reloaded the page, is not had, nor what was said
     * to one alone. When it was is what they say. Loads a file of its own. Any other number rejects with `options/invalid`.
     */
    history?: number | undefined;
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
     * With the camera and microphone of a preview, as they are there when the room takes them (with `unlessRecorded`, once one is let in): on if
     * they are on or still asked for, off if they are off, whatever `camera` and `microphone` say. Who waits for one of its switches then gets an
     * error; what can't be had is told by the room.
     * Nobody is asked again, and the camera's light does not blink. The preview is over then; also when the join fails, unless
     * another join was given it meanwhile.
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
