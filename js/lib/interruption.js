// What the system silences of one's sources, told to the others. Loaded when it does so for the first time.

/**
 * What the system gives back before that is told to nobody, in milliseconds. A computer that has too much to do silences a camera for
 * moments, too: Chromium does after 25 pictures that did not come.
 */
const LASTS = 2000;

/** Of each oneself: what has lasted, and the timers of what has not. */
const known = new WeakMap();

/** A source is silenced, or is not any more: the attribute `interrupted` has those of which it is so, and is not there otherwise. */
export function silenced(me, { source, interrupted }) {
    if (!known.has(me)) known.set(me, { sources: new Set(), timers: new Map() });
    const { sources, timers } = known.get(me);
    clearTimeout(timers.get(source));
    timers.delete(source);
    if (interrupted) {
        timers.set(source, setTimeout(() => tell(me, sources.add(source)), LASTS));
    } else if (sources.delete(source)) {
        tell(me, sources);
    }
}

function tell(me, sources) {
    // When the room is over there is nobody to be told.
    me.set("interrupted", sources.size > 0 ? [...sources] : undefined).catch(() => {});
}
