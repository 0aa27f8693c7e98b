// The page: a lobby, and a call in the room that was joined. Everything of the call comes from the npm package's own API.
import { join } from "./itodenwa/index.js";
import { begin, errorText, say, word } from "./i18n.js";
import { memory, tab } from "./memory.js";
import { CallView } from "./view/call.js";
import { Lobby } from "./view/lobby.js";
import { notice } from "./view/notices.js";

const parameters = new URLSearchParams(location.search);

begin();
const lobby = new Lobby(enter);
lobby.fill({ room: parameters.get("room") ?? "", name: memory.get("name") ?? "" });
const interrupted = reloadedCall();
if (interrupted) enter(interrupted);

/** Joins, and shows the call until it is over. */
async function enter({ room: name, person, camera, microphone }) {
    lobby.busy(true);
    try {
        const room = await join(name, {
            name: person || undefined,
            camera,
            microphone,
            server: parameters.get("server") ?? undefined,
            ice: parameters.get("ice") === "vanilla" ? "vanilla" : "trickle",
        });
        memory.set("name", person || undefined);
        await stay(room, person);
    } catch (error) {
        lobby.fail(error);
    } finally {
        lobby.busy(false);
    }
}

async function stay(room, person) {
    parameters.set("room", room.name);
    history.replaceState(null, "", `?${parameters}`);
    const remember = () => tab.set("call", JSON.stringify({ room: room.name, person, ...intent(room) }));
    remember();
    lobby.hide();
    const view = new CallView(room, { invitation: invitation(), changed: remember });
    const error = await room.closed;
    view.close();
    // A reload comes back to a call that was not left. Firefox takes the socket away before it says that the page goes.
    if (!error && !leavingPage) tab.set("call", undefined);
    lobby.show();
    if (error) notice(error.code, (element) => say(element, () => errorText(error)));
    else notice("call-ended", (element) => say(element, () => word("call-ended")), { polite: true });
}

let leavingPage = false;
addEventListener("pagehide", () => (leavingPage = true), { capture: true });
addEventListener("pageshow", () => (leavingPage = false));

function intent({ me }) {
    return { camera: me.media.has("camera"), microphone: me.media.has("microphone") };
}

/** The address of this room, with the same server and way of ICE. */
function invitation() {
    return `${location.origin}${location.pathname}?${parameters}`;
}

/** The call that this tab was in when it was reloaded; a copy of the tab, or coming back later, is not a reload. */
function reloadedCall() {
    if (performance.getEntriesByType("navigation")[0]?.type !== "reload") {
        tab.set("call", undefined);
        return undefined;
    }
    try {
        const { room, person, camera, microphone } = JSON.parse(tab.get("call") ?? "null") ?? {};
        return room === parameters.get("room") && room ? { room, person, camera, microphone } : undefined;
    } catch {
        return undefined;
    }
}
