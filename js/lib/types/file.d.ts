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
