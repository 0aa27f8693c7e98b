// Oneself before a call.
import type { ItodenwaError, Trouble } from "./error.js";
import type { EventIterator, Listener, Tagged } from "./event.js";
import type { AbortOptions } from "./join.js";
import type { CameraOptions, DeviceOptions, MicrophoneOptions, Processor, Settings, Source } from "./media.js";
import type { Room } from "./room.js";

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

    /** What holds now, as plain data. */
    toJSON(): { media: Source[]; settings: Partial<Record<Source, Settings>> };

    /** Every event as `{ type, detail }`; see {@link Room} for the limits. */
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
