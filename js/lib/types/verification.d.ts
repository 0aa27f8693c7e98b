// Words that two people compare, to know that nobody sits between them.
import type { Peer } from "./person.js";

/**
 * What two people compare, made by {@link Peer.verification}: seven signs of 64, 42 bits, which are the same at both ends of one connection, and
 * differ (but for one in 2⁴² connections) when somebody sits in between, the server included. They say nothing until both have read them to
 * each other, by voice; not in the chat, which whoever sits in between could change.
 */
export interface Verification {
    /** With whom. */
    readonly peer: Peer;
    /** Seven emoji of one character each, in the order in which they are read. */
    readonly emoji: readonly string[];
    /** What they are called, in English and in Japanese. */
    readonly words: { readonly en: readonly string[]; readonly ja: readonly string[] };
    /** What is known: see {@link Comparison}. Each change is told by `verification`. */
    readonly comparison: Comparison;
    /** Keeps what the person says: whether both have the same. Nobody else is told. Does nothing when the connection has changed. */
    compared(matches: boolean): void;
    /** What holds now, as plain data. */
    toJSON(): { emoji: string[]; words: { en: string[]; ja: string[] }; comparison: Comparison };
}

/**
 * `open`: the person said nothing yet. `match`: nobody sits in between. `differ`: somebody does. `changed`: the connection is over, or has another
 * certificate at its end, and there are other words to be compared; an ICE restart leaves it as it is.
 */
export type Comparison = "open" | "match" | "differ" | "changed";

/** Why there are no words to compare. The first three are made by nobody who keeps to the rules; they are told as trouble, too, where the other side began. */
export type VerificationErrorCode =
    | "verification/broken-commitment"
    | "verification/malformed"
    | "verification/certificates"
    | "verification/changed"
    | "verification/unanswered"
    | "verification/cancelled"
    | "verification/timed-out"
    | "verification/unsupported"
    | "verification/too-many"
    | "verification/peer-gone"
    | "room/closed"
    | (string & {});
