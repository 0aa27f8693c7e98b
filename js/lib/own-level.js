// How loud one is oneself, and whether one speaks while the microphone is muted. Loaded when it is first asked for.

/** A level that nobody reads any more is not measured after so many milliseconds. */
const UNREAD = 5000;
/** How often it is looked whether the microphone is muted, in milliseconds. */
const LOOK = 100;

/** Rooms in which it is measured. */
const watched = new WeakSet();

/**
 * Measures as long as the level is read (`own.readAt`), and for listeners of `mutedspeech` while the microphone is off, in a room that goes
 * on; `part` loads what it takes. What is found is kept in `own`, and speech that nobody hears is told as the room's event.
 */
export async function watch(room, part, own) {
    if (watched.has(room)) return;
    watched.add(room);
    let [isOver, measured] = [false, undefined];
    room.closed.then(() => (isOver = true));
    const isRead = () => performance.now() - (own.readAt ?? -Infinity) < UNREAD;
    const tell = ({ level, unheard }) => {
        own.level = level;
        if (unheard === Boolean(own.mutedSpeech)) return;
        own.mutedSpeech = unheard;
        room.emit("mutedspeech", unheard);
    };
    const rest = () => {
        measured?.free();
        measured = undefined;
    };
    try {
        while (!isOver && (isRead() || room.isHeard("mutedspeech"))) {
            if (isRead() || !own.media.has("microphone")) {
                measured ??= (await part("level")).watchLevel();
                const now = await measured.next();
                if (!now) break;
                tell(now);
            } else {
                rest();
                tell({ level: 0, unheard: false });
                await new Promise((done) => setTimeout(done, LOOK));
            }
        }
    } finally {
        rest();
        watched.delete(room);
        Object.assign(own, { level: 0, mutedSpeech: false });
    }
}
