import * as itodenwa from "/itodenwa/index.js";

const { join, open } = itodenwa;

/**
 * Both join, with what a preview has opened. The way into the room is within what is measured; that to the server is, too, unless it was
 * prepared: the others have theirs before.
 */
export async function prepare({ isPrepared = true, signaling, room, show, camera }) {
    let calls = 0;
    let preview;
    let current;
    return {
        bothCall: true,
        async ready() {
            if (isPrepared) await itodenwa.prepare({ server: signaling });
            preview = await open({ camera, microphone: true });
        },
        async call() {
            calls += 1;
            current = await join(`${room}-${calls}`, { server: signaling, preview });
            current.onpeer = (peer) => show(peer.view());
        },
        close: () => current.leave(),
    };
}
