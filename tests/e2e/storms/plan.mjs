// What happens in a storm, all of it from its seed: who does what when, and what becomes of each message.

export const SOURCES = ["camera", "microphone"];

/** Of a hundred messages, so many are lost, and so many come twice. */
const LOSS = 10;
const DUPLICATES = 5;
/** Of a hundred storms, in so many each side adds up to so many transceivers beside those of its sources. */
const CROWDED = 20;
const TRANSCEIVERS = 22;
/** Both sides act within so many milliseconds of each other. */
const SKEW = 50;

/**
 * Chance that can be repeated (mulberry32). Also given to pages, as text: it needs nothing from here.
 * @param {number} seed
 */
export function chance(seed) {
    let state = seed >>> 0;
    const draw = () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let z = Math.imul(state ^ (state >>> 15), state | 1);
        z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
        return (z ^ (z >>> 14)) >>> 0;
    };
    const upTo = (limit) => draw() % (limit + 1);
    return { upTo, percent: (so) => upTo(99) < so, pick: (list) => list[upTo(list.length - 1)] };
}

/** Some more lines. */
function lines(rng) {
    return Array.from({ length: rng.upTo(8) }, () => rng.pick(["audio", "video"]));
}

/**
 * The plan of a storm: for each side its first sources and its acts, and for both the wire. Times in milliseconds.
 */
export function plan(seed) {
    const rng = chance(seed);
    const on = [new Set(), new Set()];
    const sides = on.map((sources) => {
        for (const source of SOURCES) if (rng.percent(50)) sources.add(source);
        return { first: [...sources], joins: rng.upTo(SKEW), acts: [] };
    });
    const crowded = rng.percent(CROWDED);
    if (rng.percent(30)) sides[1].joins += rng.upTo(2000);
    let at = rng.pick([0, 100, 1000, 2500]);
    let texts = 0;
    for (let rounds = 5 + rng.upTo(5); rounds > 0; rounds--) {
        sides.forEach((side, index) => {
            // Before the switch, which brings a negotiation.
            if (crowded) side.acts.push({ at, what: "lines", most: TRANSCEIVERS, kinds: lines(rng) });
            const add = (act) => side.acts.push({ at: at + rng.upTo(SKEW), ...act });
            const switched = rng.percent(40) ? SOURCES : [rng.pick(SOURCES)];
            for (const source of switched) {
                const now = !on[index].has(source);
                on[index][now ? "add" : "delete"](source);
                add({ what: source, on: now });
            }
            if (rng.percent(50)) add({ what: "text", text: `${index ? "b" : "a"}${++texts}` });
            if (rng.percent(10)) add({ what: "restart" });
        });
        at += rng.pick([0, 60, 300, 1500]);
    }
    const cuts = Array.from({ length: rng.upTo(2) }, () => {
        const from = rng.upTo(at);
        // In half of them sockets break and none can be opened; in the others all signals are lost.
        return { from, to: from + 300 + rng.upTo(2200), breaks: rng.percent(50) };
    });
    for (const side of sides) side.acts.sort((one, other) => one.at - other.at);
    // The storm is over when everything is done and no cut lasts.
    const end = Math.max(at + SKEW, ...cuts.map(({ to }) => to));
    const wire = { loss: LOSS, duplicates: DUPLICATES, delay: rng.pick([20, 150, 600]), cuts };
    return { seed, sides, wire, end };
}
