// How connections do.
import type { Source } from "./media.js";

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
