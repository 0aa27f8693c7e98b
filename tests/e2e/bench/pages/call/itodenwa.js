import { join, open } from "/itodenwa/index.js";

/** Both join, with what a preview has opened: the way to the server and into the room is within what is measured. */
export async function prepare({ signaling, room, show, camera }) {
    let calls = 0;
    let preview;
    let current;
    return {
        bothCall: true,
        async ready() {
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
