import { clear, mark, put, remove } from "./shared.js";

/** Steps that are kept; older ones are dropped. */
const STEPS = 512;

/**
 * What is known of a room. Events, and what the application asks for, change it, by these functions; it tells nobody. Later it also has who is
 * to be looked at (`speaker`), the wasm once what attributes need is loaded (`shared`), and the detail of the event that it is over (`end`).
 */
export function stateOf(raw, { camera, microphone }) {
    const { id, name } = raw.me();
    const media = new Set();
    if (camera) mark(media, "camera", true);
    if (microphone) mark(media, "microphone", true);
    return {
        /** What changes of oneself, as `Me` shows it. */
        own: { id, name, told: name, media, settings: new Map() },
        /** Who else is here, by id, and what changes of them, as `Peer` shows it. */
        peers: new Map(),
        theirs: new Map(),
        signaling: "connected",
        isLocked: raw.isLocked(),
        waitingRoom: raw.waitingRoom(),
        steps: [],
        /** The sources that are tracks of the application, each with what names this publication of it. */
        published: new Map(),
    };
}

/** Somebody is here: `now` is what changes of them. */
export function joined({ peers, theirs }, peer, now) {
    theirs.set(peer.id, now);
    put(peers, peer.id, peer);
}

export function left({ peers, theirs }, { id }) {
    remove(peers, id);
    gone(theirs.get(id));
    theirs.delete(id);
}

export function stepped({ steps }, step) {
    steps.push(step);
    if (steps.length > STEPS) steps.shift();
}

/** A source of one's own is off. */
export function off({ own }, source) {
    mark(own.media, source, false);
    remove(own.settings, source);
    // Its sound comes and goes with it.
    if (source === "screen") off({ own }, "screenAudio");
}

export function over(state, error) {
    const { own, peers, theirs } = state;
    state.end = { error };
    state.shared = undefined;
    for (const now of theirs.values()) gone(now);
    theirs.clear();
    for (const shared of [peers, own.media, own.settings]) clear(shared);
}

/** Of one person, by id, of `"me"`, or of the room. */
export function attributes({ shared }, of) {
    return new Map(Object.entries(shared?.attributes(of) ?? {}));
}

/** What holds already when a listener comes late, as the details of its events. */
export function current(state, type) {
    const { own, speaker, steps, signaling, isLocked, waitingRoom, end } = state;
    const peers = [...state.peers.values()];
    switch (type) {
        case "peer":
            return peers;
        case "media":
            return peers.flatMap((peer) => [...peer.media].map((source) => ({ peer, source, on: true })));
        case "attribute":
            return [undefined, ...peers].flatMap((peer) => [...attributes(state, peer?.id)].map(([key, value]) => ({ peer, key, value })));
        case "device":
            return [...own.settings].map(([source, settings]) => ({ source, settings }));
        case "speaker":
            return held(speaker && { peer: speaker });
        case "step":
            return steps;
        case "signaling":
            return held(signaling === "reconnecting" && signaling);
        case "lock":
            return held(isLocked);
        case "waiting":
            return held(waitingRoom.on && waitingRoom);
        case "mutedspeech":
            return held(own.mutedSpeech);
        case "close":
            return held(end);
        default:
            return [];
    }
}

/** The one detail of what may hold. */
const held = (detail) => (detail ? [detail] : []);

/** Somebody is not here any more. */
function gone(now) {
    clear(now.media);
    Object.assign(now, { state: "closed", speaking: false, isGone: true });
}
