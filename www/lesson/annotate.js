// Descriptions (RFC 8866, RFC 8829) and candidates (RFC 8839), line by line. Gives the keys of sentences and what goes into them.

/** What a line looks like, and which sentence is about it. The first that fits counts. */
const LINES = [
    [/^v=/, "v"],
    [/^o=(?<who>\S+) (?<session>\S+) (?<version>\S+)/, "o"],
    [/^s=/, "s"],
    [/^t=/, "t"],
    [/^c=IN IP[46] (0\.0\.0\.0|::)/, "c-none"],
    [/^c=IN IP[46] (?<address>\S+)/, "c"],
    [/^m=(?<kind>audio|video) 0 /, "m-off"],
    [/^m=audio/, "m-audio"],
    [/^m=video/, "m-video"],
    [/^m=application/, "m-data"],
    [/^a=group:BUNDLE ?(?<mids>.*)/, "bundle"],
    [/^a=bundle-only/, "bundle-only"],
    [/^a=msid-semantic/, "msid-semantic"],
    [/^a=ice-ufrag:(?<fragment>\S+)/, "ufrag"],
    [/^a=ice-pwd/, "pwd"],
    [/^a=ice-options:.*trickle/, "trickle"],
    [/^a=fingerprint:(?<hash>\S+)/, "fingerprint"],
    [/^a=setup:actpass/, "actpass"],
    [/^a=setup:active/, "active"],
    [/^a=setup:passive/, "passive"],
    [/^a=mid:(?<mid>\S+)/, "mid"],
    [/^a=extmap-allow-mixed/, "extmap-allow-mixed"],
    [/^a=extmap/, "extmap"],
    [/^a=sendrecv/, "sendrecv"],
    [/^a=sendonly/, "sendonly"],
    [/^a=recvonly/, "recvonly"],
    [/^a=inactive/, "inactive"],
    [/^a=rtcp-mux/, "rtcp-mux"],
    [/^a=rtcp-rsize/, "rtcp-rsize"],
    [/^a=rtcp:/, "rtcp"],
    [/^a=rtcp-fb/, "rtcp-fb"],
    [/^a=rtpmap:(?<number>\d+) rtx\//, "rtx"],
    [/^a=rtpmap:(?<number>\d+) (?<codec>[^/\s]+)\/(?<rate>\d+)/, "rtpmap"],
    [/^a=fmtp/, "fmtp"],
    [/^a=ssrc-group/, "ssrc-group"],
    [/^a=ssrc/, "ssrc"],
    [/^a=msid:(- )?/, "msid"],
    [/^a=rid/, "rid"],
    [/^a=simulcast/, "simulcast"],
    [/^a=sctp-port/, "sctp-port"],
    [/^a=max-message-size:(?<bytes>\d+)/, "max-message-size"],
    [/^a=candidate:/, "candidate"],
    [/^a=end-of-candidates/, "end-of-candidates"],
];
/** Lines that there are many of: one sentence for those that follow each other. */
const MANY = new Set(["extmap", "rtcp-fb", "rtpmap", "rtx", "fmtp", "ssrc", "ssrc-group"]);

/** `{ line, key, values, head }` for each line; without a key where nothing new is to be said. `head` begins a part. */
export function description(text) {
    let said = new Set();
    return text.split(/\r?\n/).filter((line) => line).map((line) => {
        const head = line.startsWith("m=");
        if (head) said = new Set();
        const [pattern, key] = LINES.find(([pattern]) => pattern.test(line)) ?? [];
        const repeats = MANY.has(key) && said.has(key);
        said.add(key);
        return { line, key: repeats ? undefined : key, values: { ...pattern?.exec(line).groups }, head };
    });
}

/** A candidate's parts in their order; nothing if it is none. */
export function candidate(text) {
    const words = text.replace(/^a=/, "").trim().split(/\s+/);
    if (!words[0]?.startsWith("candidate:") || words.length < 8) return undefined;
    const [foundation, component, protocol, priority, address, port, , type] = words;
    const more = {};
    for (let index = 8; index + 1 < words.length; index += 2) more[words[index]] = words[index + 1];
    const hidden = address.endsWith(".local");
    return {
        foundation: foundation.slice("candidate:".length), component, protocol: protocol.toLowerCase(), priority: Number(priority),
        address, port, type, hidden, related: more.raddr && `${more.raddr}:${more.rport}`, tcptype: more.tcptype, fragment: more.ufrag,
    };
}
