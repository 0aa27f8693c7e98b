// The page: a lobby, and a call in the room that was joined. Everything of the call comes from the npm package's own API.
import { address, isOfType } from "./address.js";
import { begin, errorText, say, sentences, word } from "./i18n.js";
import { memory, tab } from "./memory.js";
import { preferences } from "./preferences.js";
import { Checkup } from "./view/checkup.js";
import { Lobby } from "./view/lobby.js";
import { notice } from "./view/notices.js";
import { LinkedServer } from "./view/server.js";

/** Own messages that are kept for those who come later. */
const HISTORY = 50;
/** Why somebody is not in a call, by the will of others or their own: a reload does not join again. */
const SENT_OUT = new Set(["member/removed", "identity/replaced", "room/refused"]);
/** What only a call needs: loaded when somebody begins to fill in the form, comes by an invitation, or joins. */
let loading;
const { parameters } = address;
const server = new LinkedServer(parameters.get("server"));

begin();
const lobby = new Lobby(enter);
// Who needs a token is let into its room alone.
const checkup = new Checkup(async () => (await server.agreed()) && { server: server.address, ...access() });
lobby.fill({ room: parameters.get("room") ?? "", name: memory.get("name") ?? "" });
tellForgotten();
goOn();
// Joining waits for it, and says what is wrong.
const ahead = () => prepareCall().catch(() => {});
for (const type of ["input", "pointerdown"]) addEventListener(type, ahead);
// An invitation: they came to join. When the page has nothing else to do; Safari does not say when.
if (parameters.get("room")) (globalThis.requestIdleCallback ?? setTimeout)(ahead);

/** Joins, and shows the call until it is over. */
async function enter(call) {
    const { room: name, person, camera, microphone, ticket, knowsRecorded } = call;
    lobby.busy(true);
    lobby.want(call);
    const waiting = new AbortController();
    try {
        if (!(await server.agreed())) return;
        const { join, newKey, CallView } = await loadCall();
        const preview = checkup.handOver();
        // A room of which only the invitation tells has a key; one whose name is told by mouth has none.
        const key = address.keyOf(name) ?? (name === lobby.suggested ? newKey() : undefined);
        const room = await join(name, {
            name: person || undefined,
            camera: camera && preferences.camera,
            microphone: microphone && preferences.microphone,
            preview,
            token: server.given(address.token),
            ticket,
            key,
            history: HISTORY,
            unlessRecorded: !knowsRecorded,
            signal: waiting.signal,
            onwait: ({ seconds }) => lobby.wait(seconds, () => waiting.abort()),
            server: server.address,
            iceTransportPolicy: preferences.iceTransportPolicy,
            ice: parameters.get("ice") === "vanilla" ? "vanilla" : "trickle",
        });
        memory.set("name", person || undefined);
        preferences.apply(room);
        await stay(room, { key }, CallView);
    } catch (error) {
        if (error.code === "wasm/unavailable" && !isOfType("reload")) {
            return loadAnew({ room: name, person, camera, microphone, ticket, isSuggested: name === lobby.suggested });
        }
        if (SENT_OUT.has(error.code)) tab.set("call", undefined);
        if (waiting.signal.aborted) return;
        lobby.fail(error);
        if (error.code === "room/recorded") lobby.ask(() => enter({ ...call, ...lobby.wanted, knowsRecorded: true }));
    } finally {
        checkup.close();
        lobby.busy(false);
    }
}

async function loadCall() {
    loading ??= Promise.all([import("./itodenwa/index.js"), import("./view/call.js")]);
    try {
        const [{ join, load, newKey, prepare }, { CallView }] = await loading;
        // Joining waits for it, and says what is wrong.
        load().catch(() => {});
        return { join, newKey, prepare, CallView };
    } catch (cause) {
        loading = undefined;
        throw Object.assign(new Error(cause.message, { cause }), { code: "wasm/unavailable" });
    }
}

/** Has ready what a join needs, as long as somebody may join: the call, and the connection to the server. */
async function prepareCall() {
    const { prepare } = await loadCall();
    if (lobby.isOpen && server.isAgreed) await prepare({ server: server.address, history: HISTORY });
}

/**
 * A part of the page got lost on its way, as when a phone changes its network. Browsers do not ask for it again (HTML: the module map): the
 * page is loaded anew, once, and then joins.
 */
function loadAnew(call) {
    address.tell(call.room, address.keyOf(call.room));
    tab.set("call", JSON.stringify(call));
    location.reload();
}

async function stay(room, { key }, CallView) {
    address.tell(room.name, key);
    const stayed = new AbortController();
    let wanted;
    const remember = () => {
        // Not by what is still going on when it is over.
        if (stayed.signal.aborted) return;
        wanted = intent(room);
        tab.set("call", JSON.stringify({ room: room.name, person: room.me.name, ticket: room.ticket, ...wanted }));
    };
    remember();
    // With the newest ticket.
    addEventListener("pagehide", remember, { capture: true, signal: stayed.signal });
    checkup.close();
    lobby.hide();
    const begun = performance.now();
    const view = new CallView(room, { invitation: address.invitation(), hasKey: key !== undefined, changed: remember });
    const error = await room.closed;
    stayed.abort();
    view.close();
    // Who comes back is called, seen and heard as they were at last.
    lobby.fill({ room: room.name, name: room.me.name ?? "", wanted });
    // A reload comes back to a call that was not left, and so does a page that the browser kept.
    if (!error || SENT_OUT.has(error.code)) tab.set("call", undefined);
    lobby.show();
    if (error?.code === "page/hidden") shownAgain.then(comeBack);
    else if (error) notice(error.code, (element) => say(element, () => errorText(error)));
    else ended(performance.now() - begun);
}

/** After a call that was left: how long it was, and the way back. */
function ended(millis) {
    const [unit, count] = millis < 60_000 ? ["seconds", Math.round(millis / 1000)] : ["minutes", Math.round(millis / 60_000)];
    notice("call-ended", (element) => say(element, () => sentences(word("call-ended"), word(`lasted-${unit}`, { count }))), {
        polite: true,
        actions: [
            { testid: "come-back", words: () => word("come-back"), act: () => lobby.submit() },
            { testid: "forget", words: () => word("forget"), act: forget },
        ],
    });
}

/**
 * Nothing of the call or the person stays in this browser: not the room, not the name and the choices, not the files that it keeps. And not in
 * this page, whose program, chat and links to files may have something of them: it is loaded anew, and says then that it is done.
 */
async function forget() {
    notice.remove("call-ended");
    lobby.busy(true);
    memory.clear();
    tab.clear();
    address.forget();
    let failed = "";
    try {
        const { removePrivateFiles } = await import("./itodenwa/index.js");
        await removePrivateFiles();
    } catch ({ code, message }) {
        failed = code ?? message;
    }
    tab.set("forgotten", failed);
    // No reload: with one, Firefox fills in again what was in the fields.
    location.replace(location.href);
}

function tellForgotten() {
    const failed = tab.get("forgotten");
    tab.set("forgotten", undefined);
    if (failed) notice("forget", (element) => say(element, () => errorText({ code: failed })));
    else if (failed !== undefined) notice("forgotten", (element) => say(element, () => word("forgotten")), { polite: true });
}

/** Resolved when the page, which was left, is shown again as it was. */
let shownAgain;
// Before the room hears of it.
addEventListener("pagehide", () => (shownAgain = new Promise((shown) => addEventListener("pageshow", shown, { once: true }))), { capture: true });

function comeBack() {
    const call = rememberedCall();
    if (call) enter(call);
}

/** When the person says so, with what is on in the form by then. */
function comeBackTo(call) {
    notice.remove("call-left");
    enter({ ...call, ...lobby.wanted });
}

function intent({ me }) {
    return { camera: me.media.has("camera"), microphone: me.media.has("microphone") };
}

/** What a check needs to be let in. */
function access() {
    const given = server.given(address.token);
    return { token: given, room: given && lobby.room() };
}

/**
 * A reload is in its call again. A page to which somebody comes back, and which the browser did not keep, says that the call was left:
 * a copy of the tab looks the same, and does not join by itself.
 */
function goOn() {
    const call = rememberedCall();
    if (isOfType("reload") && call?.isSuggested) lobby.suggested = call.room;
    // Who was in the call has seen that it is recorded.
    if (isOfType("reload")) return call && enter({ ...call, knowsRecorded: Boolean(call.ticket) });
    tab.set("call", undefined);
    if (!call || !isOfType("back_forward")) return;
    lobby.want(call);
    notice("call-left", (element) => say(element, () => word("call-left")), {
        polite: true,
        actions: [{ testid: "come-back", words: () => word("come-back"), act: () => comeBackTo(call) }],
    });
}

function rememberedCall() {
    try {
        const { room, person, camera, microphone, ticket, isSuggested } = JSON.parse(tab.get("call") ?? "null") ?? {};
        return room === parameters.get("room") && room ? { room, person, camera, microphone, ticket, isSuggested } : undefined;
    } catch {
        return undefined;
    }
}
