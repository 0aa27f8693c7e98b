// A file of the call.
import type { ItodenwaError } from "./error.js";
import type { Listener } from "./event.js";
import type { Room } from "./room.js";

/** What is recorded. */
export interface RecordOptions {
    /**
     * Oneself with what one shares, or all in the room, their sounds mixed. `everybody` if nothing is said. What is published under a name
     * of its own ({@link Room.publish}) is left out.
     */
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
