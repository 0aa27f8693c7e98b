// How the connection to a peer does, each second while somebody listens. Loaded when it is first asked for.

/** Milliseconds. */
const EVERY = 1000;

/** One look; `undefined` if there was nothing to look at yet. What was last known is kept in `now`, also when they have left. */
export async function ask(peer, link, now) {
    const raw = await link.with("stats").catch((error) => {
        // The room is over.
        if (now.stats) return undefined;
        throw error;
    });
    now.stats = (await raw?.stats(peer.id)) ?? now.stats;
    return now.stats;
}

/** Looks at a peer as long as somebody listens and they are in the room. Meanwhile `now.watched` has what was told last, by type. */
export async function watch(peer, link, now) {
    if (now.watched) return;
    const last = (now.watched = {});
    try {
        let told;
        // A connection that is closed is followed by another one.
        while (!now.isGone && (peer.isHeard("stats") || peer.isHeard("quality"))) {
            const stats = await ask(peer, link, now);
            // What was told comes once, also when there is nothing to be measured meanwhile.
            if (stats && stats !== last.stats) peer.emit("stats", (last.stats = stats));
            if (stats && `${stats.quality} ${stats.reason}` !== told) {
                told = `${stats.quality} ${stats.reason}`;
                const { quality, reason, explain } = stats;
                peer.emit("quality", (last.quality = { quality, reason, explain }));
            }
            await new Promise((done) => setTimeout(done, EVERY));
        }
    } finally {
        now.watched = undefined;
    }
}
