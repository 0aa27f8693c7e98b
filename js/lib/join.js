import { coded, ItodenwaError } from "./error.js";
import { joinOptions } from "./later.js";
import { raw, rawWith } from "./raw.js";
import { Room } from "./room.js";
import { beginning, text } from "./wanted.js";

/** Joins a room. The first one loads the wasm. */
export async function join(room, options = {}) {
    const enter = (said) => entered(room, options, said);
    const check = () => {
        if (typeof room !== "string") {
            throw new ItodenwaError("room/invalid", "The room's name has to be a text: join(\"blue-tiger\").");
        }
        beginning(options);
    };
    joins += 1;
    if (!FEW.some((option) => options[option] !== undefined) && typeof options.token !== "function") {
        check();
        return enter({});
    }
    // Both are needed.
    raw().catch(() => {});
    return (await joinOptions()).joinWith(options, check, enter);
}

/** What few say of a join. */
const FEW = ["key", "history", "preview", "onwait", "signal", "iceTransportPolicy"];

async function entered(room, options, { parts = [], token = options.token, begin = ({ join }) => ({ enter: join }), ...more }) {
    const [exports, told] = await Promise.all([rawWith(...parts), token]);
    options.signal?.throwIfAborted();
    const wanted = { ...options, name: text(options.name), server: text(options.server), token: told, ...more };
    let media;
    const joined = await coded(() => {
        visits(wanted.server, exports.endVisit);
        const begun = begin(exports);
        media = begun.media;
        return begun.enter(room, wanted);
    });
    return new Room(room, { ...options, ...media }, joined);
}

/** The server to which a way was opened last, for a join that follows. */
let visited;
/** The last call of `prepare` that opened one. */
let visitor;
/** How often somebody joined: nobody takes a way that is opened after it. */
let joins = 0;

/** Loads the wasm and opens the way to the server, for the join that follows. */
export async function prepare(options = {}) {
    const { server, signal } = options;
    const before = joins;
    const [{ visit, endVisit }, { partsOf }] = await Promise.all([raw(), joinOptions()]);
    signal?.throwIfAborted();
    if (joins !== before) return;
    visits(text(server), endVisit);
    // Nothing need listen to the former's signal any more.
    visitor?.abort();
    const mine = (visitor = new AbortController());
    /** It is that of another one by now, if one came. */
    const end = () => visitor === mine && endVisit();
    signal?.addEventListener("abort", end, { once: true, signal: mine.signal });
    // Browsers do not keep a page that has a connection for when somebody comes back to it.
    addEventListener("pagehide", endVisit, { once: true });
    try {
        await Promise.all([coded(() => visit(visited)), rawWith(...partsOf(options))]);
        signal?.throwIfAborted();
    } catch (error) {
        end();
        throw error;
    }
}

/** A way to another server is not wanted any more. */
function visits(server, endVisit) {
    if (visited !== server) endVisit();
    visited = server;
}
