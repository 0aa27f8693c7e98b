// Cameras, microphones, screens, and tracks of your own.
import type { ItodenwaError, Trouble } from "./error.js";
import type { Room } from "./room.js";

/**
 * What somebody may send; `screenAudio` is the sound of what they share. Or something with a name that {@link Room.publish} gave it: its sound has
 * the name with `Audio` after it.
 */
export type Source = "microphone" | "camera" | "screen" | "screenAudio" | (string & {});

/** What of somebody is shown: camera and microphone, what they share with its sound, or what they publish under a name, with its sound. */
export type Sight = "person" | "screen" | (string & {});

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
