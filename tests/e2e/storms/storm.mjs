// One storm between two pages, and whether they agree when it is over.
import { plan, SOURCES } from "./plan.mjs";
import { way } from "./way.mjs";

/** How long the two sides have to agree after the storm, and how often they are looked at. Milliseconds. */
const LIMIT = 60_000;
const EVERY = 300;
/** So long before it begins, so that both pages know of it. */
const AHEAD = 400;

/**
 * Troubles that such a network brings, and that are over when both sides agree: the way to the server is away, and no path
 * is found because candidates are lost for longer than a browser waits for them (Firefox: 5 s).
 */
const FORGIVEN = /^(signaling\/away|connection\/failed) /;

/**
 * Chromium 156 makes an offer and refuses it itself, in one of some hundred storms with many transceivers and Firefox on the
 * other side: the numbers that both gave to header extensions meet in one BUNDLE group. The connection is made anew then.
 */
const ITS_OWN_FAULT = /codec collision for header extension/;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Runs a storm; gives what went wrong, or nothing, and what it took. */
export async function storm(pages, seed, address) {
    const { sides, wire, end } = plan(seed);
    const room = `storm-${process.pid}-${seed}`;
    const ways = await Promise.all(pages.map(() => way(address)));
    const begins = Date.now() + AHEAD;
    const ask = (what, ...given) => Promise.all(pages.map((page) => page.evaluate(...asked(what, given))));
    const until = (at) => sleep(begins + at - Date.now());
    try {
        const running = pages.map((page, index) => {
            const given = { room, seed: seed * 2 + index, wire, side: sides[index], begins, server: ways[index].server };
            return page.evaluate(...asked("run", [given]));
        });
        // Who is not there yet comes first: a join that fails is an answer, too.
        const joined = ask("joined", room);
        joined.catch(() => {});
        for (const { from, to } of wire.cuts.filter(({ breaks }) => breaks)) {
            Promise.all([joined, until(from)]).then(
                () => begins + to > Date.now() && ways.forEach((way) => way.cut()),
                () => {},
            );
            until(to).then(() => ways.forEach((way) => way.mend()));
        }
        await Promise.all(running);
        await until(end);
        await ask("calm", room);
        const over = Date.now();
        const { wrong, looks } = await settled(() => ask("look", room), sides.map(planned));
        const stories = wrong ? await ask("story", room) : [];
        return { seed, wrong, looks, stories, millis: Date.now() - over };
    } catch (error) {
        return { seed, wrong: String(error?.stack ?? error), looks: [], millis: 0 };
    } finally {
        await ask("leave", room).catch(() => {});
        ways.forEach((way) => way.close());
    }
}

const asked = (what, given) => [(what, given) => window.storms[what](...given), what, given];

/** What one side has on when all of its plan is done. */
function planned({ first, acts }) {
    const on = new Set(first);
    for (const { what, on: isOn } of acts) if (SOURCES.includes(what)) on[isOn ? "add" : "delete"](what);
    return [...on].sort();
}

/** Looks until nothing is wrong any more, or it takes too long. */
async function settled(look, planned) {
    const until = Date.now() + LIMIT;
    let before;
    for (;;) {
        const looks = await look();
        const broken = looks.flatMap(unforgivable);
        if (broken.length > 0) return { wrong: broken.join("; "), looks };
        const wrong = disagreement(looks, planned) ?? standstill(before, looks);
        if (!wrong) return { looks };
        if (Date.now() > until) return { wrong, looks };
        // What flows is compared with what had flowed when they first agreed.
        if (!disagreement(looks, planned)) before ??= looks;
        else before = undefined;
        await sleep(EVERY);
    }
}

/** What must not have happened, whatever comes later. */
function unforgivable({ refused, troubles, failed }) {
    const wrong = [...refused, ...troubles.filter((trouble) => !FORGIVEN.test(trouble)), ...failed];
    return wrong.filter((what) => !ITS_OWN_FAULT.test(what));
}

/** In what the two sides differ from what they were to have on, or from each other, if they do. */
function disagreement([one, other], planned) {
    for (const [index, { mine }] of [one, other].entries()) {
        if (mine.join() !== planned[index].join()) return `has "${mine}" on, and was to have "${planned[index]}"`;
    }
    for (const [here, there] of [[one, other], [other, one]]) {
        if (here.theirs.length !== 1) return `sees ${here.theirs.length} others`;
        if (here.connections.length !== 1) return `has ${here.connections.length} connections`;
        const [connection] = here.connections;
        if (connection.signaling !== "stable" || connection.state !== "connected") {
            return `is ${connection.signaling} and ${connection.state}`;
        }
        const seen = here.theirs[0].media.join();
        if (seen !== there.mine.join()) return `sees "${seen}", and the other has "${there.mine}" on`;
        if (connection.lines.join() !== connection.theirLines.join()) return `has lines ${connection.lines}`;
        if (connection.lines.join() !== there.connections[0]?.lines.join()) return "has other lines than the other";
        if (here.heard.join() !== there.sent.join()) return `heard ${here.heard}, and was told ${there.sent}`;
    }
}

/** What is on and does not flow, if anything. */
function standstill(before, looks) {
    if (!before) return "nothing was compared yet";
    for (const [index, here] of looks.entries()) {
        const [was, is] = [before[index], here].map((look) => look.connections[0].received);
        const { media } = here.theirs[0];
        if (media.includes("camera") && is.frames <= was.frames + 2) return `sees no new frames: ${is.frames}`;
        if (media.includes("microphone") && is.audio <= was.audio + 100) return `hears nothing new: ${is.audio}`;
    }
}
