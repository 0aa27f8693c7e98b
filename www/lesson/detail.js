// One step, opened: what it is, the browser's call behind it, and what it was about, line by line.
import { own } from "../i18n.js";
import { candidate, description } from "./annotate.js";
import { element, spoken } from "./dom.js";
import { candidatesOf } from "./rows.js";
import { word } from "./words.js";

/** What a program without this library would write. */
const CALLS = {
    makeOffer: "await pc.setLocalDescription();   // createOffer() is in it",
    sendOffer: "signaling.send(pc.localDescription);",
    receiveOffer: "signaling.onmessage = (offer) => …",
    setOffer: 'await pc.setRemoteDescription({ type: "offer", sdp });',
    makeAnswer: "await pc.setLocalDescription();   // createAnswer() is in it",
    sendAnswer: "signaling.send(pc.localDescription);",
    receiveAnswer: "signaling.onmessage = (answer) => …",
    setAnswer: 'await pc.setRemoteDescription({ type: "answer", sdp });',
    sendCandidate: "pc.onicecandidate = ({ candidate }) => signaling.send(candidate);",
    setCandidate: "await pc.addIceCandidate(candidate);",
    sendEndOfCandidates: "pc.onicecandidate = ({ candidate }) => candidate === null",
    setEndOfCandidates: 'await pc.addIceCandidate({ candidate: "", usernameFragment });',
    gatherCandidates: 'pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete"',
    candidateError: "pc.onicecandidateerror = ({ url, errorCode, errorText }) => …",
    ice: "pc.oniceconnectionstatechange = () => pc.iceConnectionState",
    dtls: "pc.sctp.transport.onstatechange = () => pc.sctp.transport.state",
    connecting: "pc.onconnectionstatechange = () => pc.connectionState",
    connected: "pc.onconnectionstatechange = () => pc.connectionState",
    disconnected: "pc.onconnectionstatechange = () => pc.connectionState",
    failed: "pc.onconnectionstatechange = () => pc.connectionState",
    channelOpen: "channel.onopen = () => …",
    restartIce: "pc.restartIce();",
    newConnection: "pc = new RTCPeerConnection({ iceServers });",
    close: "pc.close();",
};

/** Shows a row of the diagram in this place. */
export function show(place, row, { close }) {
    const { name, detail, steps } = row;
    const title = element("h3", { tabindex: "-1" }, element("code", {}, name), detail ? ` ${detail}` : "");
    const dismiss = element("button", { type: "button", class: "quiet", "data-testid": "detail-close", onclick: close },
        element("span", { "aria-hidden": "true" }, "×"), spoken("span", { class: "visually-hidden" }, () => word("page", "close-step")));
    const call = own(CALLS, name);
    place.replaceChildren(
        element("header", {}, title, dismiss),
        spoken("p", { "data-testid": "detail-meaning" }, () => word("steps", name)),
        ...(call ? [spoken("h4", {}, () => word("page", "browser")), element("pre", { tabindex: "0" }, element("code", {}, call))] : []),
        ...(name === "candidateError" || name === "refused" ? steps.map(({ detail }) => element("p", { class: "said" }, detail)) : []),
        ...candidates(row),
        ...lines(row),
    );
    place.hidden = false;
    title.focus({ preventScroll: true });
}

function candidates(row) {
    return candidatesOf(row).map((text) => {
        const parts = candidate(text);
        const raw = element("pre", { tabindex: "0" }, element("code", {}, text));
        if (!parts) return raw;
        const say = (key) => spoken("li", {}, () => word("candidates", key, parts));
        const known = ["address", "related", "protocol", "tcptype", "priority", "foundation", "component", "fragment"];
        return element("section", { class: "candidate", "data-testid": "detail-candidate" },
            raw,
            spoken("p", {}, () => word("candidates", parts.hidden ? "hidden" : parts.type)),
            element("ul", {}, ...known.filter((key) => parts[key]).map(say)));
    });
}

function lines({ name, text }) {
    if (!text || name === "sendCandidate" || name === "setCandidate") return [];
    const items = description(text).map(({ line, key, values, head }) =>
        element("li", { class: head ? "head" : undefined, "data-key": key },
            element("code", {}, line), key ? spoken("span", {}, () => word("lines", key, values)) : ""));
    return [
        spoken("h4", {}, () => word("page", "real")),
        element("ol", { class: "lines", "data-testid": "detail-lines" }, ...items),
    ];
}
