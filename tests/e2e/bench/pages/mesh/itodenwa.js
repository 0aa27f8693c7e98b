import { join, open } from "/itodenwa/index.js";

export async function prepare({ signaling, room, name, show, camera }) {
    const preview = await open({ camera, microphone: true });
    return {
        async join() {
            const joined = await join(room, { server: signaling, name, preview });
            joined.onpeer = (peer) => show(peer.view());
        },
    };
}
