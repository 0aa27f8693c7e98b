// The path between two browsers, from what the browser measures (W3C WebRTC Statistics). Knows no page.

/** Candidates and pairs that are taken of a report, at most of each. */
const MOST = 64;

/**
 * `{ own, theirs, pairs, chosen }` of a report. A pair is `{ own, theirs, state, roundTrip, sent, received, priority, nominated, chosen }`;
 * `chosen` is the one that carries the call, if there is one.
 */
export function pathOf(report) {
    const all = [...report.values()];
    const ofType = (type) => all.filter((one) => one.type === type).slice(0, MOST);
    const own = ofType("local-candidate").map(candidate);
    const theirs = ofType("remote-candidate").map(candidate);
    const find = (candidates, id) => candidates.find((one) => one.id === id);
    const selected = new Set(ofType("transport").map(({ selectedCandidatePairId }) => selectedCandidatePairId));
    const pairs = ofType("candidate-pair").map((pair) => ({
        own: find(own, pair.localCandidateId),
        theirs: find(theirs, pair.remoteCandidateId),
        state: pair.state,
        // Since it began, where the browser does not say how it is now.
        roundTrip: pair.currentRoundTripTime ?? (pair.responsesReceived ? pair.totalRoundTripTime / pair.responsesReceived : undefined),
        sent: pair.bytesSent ?? 0,
        received: pair.bytesReceived ?? 0,
        priority: Number(pair.priority ?? 0),
        nominated: Boolean(pair.nominated),
        chosen: selected.has(pair.id) || pair.selected === true,
    })).filter(({ own, theirs }) => own && theirs);
    // A browser that does not say which one is chosen: the one that was nominated last.
    const chosen = pairs.find(({ chosen }) => chosen) ?? pairs.findLast(({ nominated, state }) => nominated && state === "succeeded");
    if (chosen) chosen.chosen = true;
    pairs.sort((one, other) => other.chosen - one.chosen || other.priority - one.priority);
    return { own, theirs, pairs, chosen };
}

/** Whether nothing stands between the browsers that passes packets on: true, false, or `undefined` while that is not known. */
export function isDirect({ chosen }) {
    return chosen && chosen.own.kind !== "relay" && chosen.theirs.kind !== "relay";
}

/** Why this pair is the chosen one: the key of a sentence. */
export function reason({ pairs, chosen }) {
    if (!chosen) return pairs.length > 0 ? "trying" : "none";
    const working = pairs.filter(({ state }) => state === "succeeded");
    if (working.length <= 1) return "only";
    return working.every(({ priority }) => priority <= chosen.priority) ? "highest" : "first";
}

/** How an own candidate was found: the key of a sentence. */
export function through({ kind, relayProtocol }) {
    return kind === "relay" && ["udp", "tcp", "tls"].includes(relayProtocol) ? `relay-${relayProtocol}` : kind;
}

function candidate({ id, candidateType, protocol, relayProtocol, address, ip, port, url }) {
    // Firefox says `tcptype` and its own names for the way to the relay: all in lower case.
    return { id, kind: candidateType, protocol, relayProtocol: relayProtocol?.toLowerCase(), address: address ?? ip ?? "", port, url };
}
