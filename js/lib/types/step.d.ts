// The steps of a call, and why it does not work.
import type { Call } from "./call.js";
import type { MediaErrorCode } from "./error.js";
import type { Source } from "./media.js";
import type { Peer } from "./person.js";

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
