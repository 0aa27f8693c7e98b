import { join } from "/itodenwa/index.js";

/** Both are in a room, without devices; the call is that one switches them on, and the other answers by the same. */
export async function prepare({ signaling, room, show, leads }) {
    const joined = await join(room, { server: signaling });
    const switchOn = () => Promise.all([joined.microphone(true), joined.camera(true)]);
    await new Promise((resolve) => {
        joined.onpeer = (peer) => {
            show(peer.view());
            peer.onconnection = (state) => state === "connected" && resolve();
            if (!leads) peer.onmedia = switchOn;
        };
    });
    return { call: switchOn, close: () => joined.leave() };
}
