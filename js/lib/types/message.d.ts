// Messages.

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
