// The page of a call by hand: descriptions and candidates are carried by the person, by copy and paste.
import { begin, say as tell } from "../i18n.js";
import { Beside } from "./beside.js";
import { element, spoken } from "./dom.js";
import { HandCall } from "./hand-call.js";
import { failed, word } from "./words.js";

const main = document.getElementById("main");
const place = element("div", { "data-testid": "hand" });
let call;

begin();
const say = (key) => () => word("hand", key);
tell(document.querySelector("title"), () => `${word("hand", "title")} – itodenwa`);
const ice = element("select", { "data-testid": "hand-ice" },
    spoken("option", { value: "trickle" }, say("trickle")), spoken("option", { value: "vanilla" }, say("vanilla")));
const camera = element("input", { type: "checkbox", "data-testid": "hand-camera" });
const stun = element("input", { type: "text", "data-testid": "hand-stun", placeholder: "stun:stun.example.org:3478", autocomplete: "off", spellcheck: "false" });
const error = element("p", { class: "error", role: "alert", "data-testid": "hand-error", hidden: true });
const role = (name) => spoken("button", { type: "button", class: "primary", "data-testid": `hand-${name}`, onclick: () => start(name) }, say(name));

main.append(
    spoken("h1", {}, say("title")),
    spoken("p", {}, say("hint")),
    element("section", { class: "card choices" },
        element("label", {}, spoken("span", {}, say("ice")), ice),
        element("label", {}, spoken("span", {}, say("stun")), stun),
        element("label", { class: "check" }, camera, spoken("span", {}, say("camera"))),
        element("div", { class: "roles" }, role("caller"), role("callee")),
        error),
    place,
    new Beside(servers).element);

async function start(name) {
    error.hidden = true;
    try {
        const next = await HandCall.begin(name, { ice: ice.value, camera: camera.checked, iceServers: servers() });
        call?.close();
        call = next;
        place.replaceChildren(call.element);
        call.focus();
    } catch (thrown) {
        error.hidden = false;
        tell(error, () => failed(thrown));
    }
}

/** What was given; throws if the browser does not take it. The call itself goes on without what it does not take. */
function servers() {
    const given = stun.value.trim();
    if (!given) return [];
    const iceServers = [{ urls: /^(stun|turn)s?:/i.test(given) ? given : `stun:${given}` }];
    try {
        new RTCPeerConnection({ iceServers }).close();
    } catch {
        throw Object.assign(new Error("no address of a server"), { words: say("stun-wrong") });
    }
    return iceServers;
}
