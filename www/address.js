// What the address says: the room and how to reach it; and behind the `#`, which no server is sent, what lets one in.
import { tab } from "./memory.js";

const parameters = new URLSearchParams(location.search);
let token;
let key;
read();
// A link with another token or key, opened on this page, is no new page.
addEventListener("hashchange", read);

export const address = {
    /** What the query says. */
    parameters,

    /** The token of this tab. */
    get token() {
        return token;
    },

    /** The key of a room, if the address has one for it. */
    keyOf(room) {
        return room === parameters.get("room") ? key : undefined;
    },

    /** The address says in which room one is. */
    tell(room, itsKey) {
        parameters.set("room", room);
        key = itsKey;
        write();
    },

    /** It says nothing of a room any more, nor lets anybody in. */
    forget() {
        parameters.delete("room");
        key = token = undefined;
        write();
    },

    /** The address of this room, with the same server and way of ICE, and its key. */
    invitation() {
        return location.origin + own();
    },
};

/**
 * The token is taken out of the address, so that it is not copied with it; a reload still has it, and whoever comes back to the page. The key
 * stays: whoever is given the address needs it.
 */
function read() {
    const given = new URLSearchParams(location.hash.slice(1));
    key = given.get("key") ?? undefined;
    const itsToken = given.get("token");
    if (itsToken) {
        tab.set("token", itsToken);
        write();
    } else if (!isOfType("reload") && !isOfType("back_forward")) tab.set("token", undefined);
    token = itsToken ?? tab.get("token");
}

function write() {
    history.replaceState(null, "", own());
}

function own() {
    const query = parameters.size > 0 ? `?${parameters}` : "";
    return location.pathname + query + (key === undefined ? "" : `#key=${encodeURIComponent(key)}`);
}

/** How the page was come to (W3C Navigation Timing 2, `NavigationTimingType`). */
export function isOfType(type) {
    return performance.getEntriesByType("navigation")[0]?.type === type;
}
