// Files.
import type { ItodenwaError } from "./error.js";
import type { Listener } from "./event.js";
import type { Peer } from "./person.js";

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
    /**
     * Bytes that are kept of such a file, by name, size and type: accepted to `"private"` it goes on behind them, if its sender has the
     * same. 0 where nothing is kept, and if the sender's version can't say what it has.
     */
    kept(): Promise<number>;
    /** Does not take it. What is kept of such a file is removed. */
    refuse(): void;
}

/** Where a file goes. */
export interface AcceptOptions {
    /**
     * `"memory"`, if nothing is said; `"private"`: the private file system of the page's origin; or a file that the person chose,
     * of `showSaveFilePicker` for instance. Only from `"private"` a file goes on after a page was loaded anew: what came is kept there for
     * a day.
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
    /** Gives it up. What was stored is removed, also what was kept of before. */
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
    /**
     * `waiting`: not accepted yet, or without a connection; `comparing`: the receiver has a part of it, of before, and both look whether it
     * is the same; `paused`: one of both wants it to wait.
     */
    readonly state: "waiting" | "comparing" | "running" | "paused" | "done" | "failed";
    /** Bytes that the receiver verified and stored. */
    readonly bytes: number;
    /** Of these, bytes that were there before, kept of another transfer. */
    readonly kept: number;
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

/** Removes what was received to `"private"`, and what is kept there of unfinished files, also by other pages of the origin: links to it end. */
export function removePrivateFiles(): Promise<void>;
