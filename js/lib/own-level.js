// How loud one is oneself, and whether one speaks while the microphone is muted. Loaded when it is first asked for.

/** A level that nobody reads any more is not measured after so many milliseconds. */
const UNREAD = 5000;

/** Rooms in which it is measured. */
const watched = new WeakSet();

/**
 * Measures as long as somebody listens for `mutedspeech`, or reads the level (`own.readAt`), in a room that goes on; `part` loads what
 * it takes. What is found is kept in `own`, and speech that nobody hears is told as the room's event.
 */
export async function watch(room, part, own) {
    if (watched.has(room)) return;
    watched.add(room);
    const tell = ({ level, unheard }) => {
        own.level = level;
        if (unheard === Boolean(own.mutedSpeech)) return;
        own.mutedSpeech = unheard;
        room.emit("mutedspeech", unheard);
    };
    const isWanted = () => room.isHeard("mutedspeech") || performance.now() - (own.readAt ?? -Infinity) < UNREAD;
    let measured;
    try {
        measured = (await part("level")).watchLevel();
        for (let now; isWanted() && (now = await measured.next()); ) tell(now);
    } finally {
        measured?.free();
        watched.delete(room);
        Object.assign(own, { level: 0, mutedSpeech: false });
    }
}
