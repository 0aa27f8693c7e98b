import "/rivals/simple-peer/simplepeer.min.js";
import { opened } from "./socket.js";

/** The only connection of a page; `made` gets each that is made. */
export async function simplePeer({ signaling, room }, options, made) {
    const socket = await opened(`${signaling}${room}`);
    let peer;
    const open = (initiator) => {
        peer = new window.SimplePeer({ initiator, ...options, config: { bundlePolicy: "max-bundle" } });
        peer.on("signal", (signal) => socket.send(JSON.stringify({ signal })));
        peer.on("error", () => {});
        made(peer);
    };
    socket.onmessage = ({ data }) => {
        const { signal } = JSON.parse(data);
        if (!signal) return;
        if (signal.type === "offer") open(false);
        peer.signal(signal);
    };
    return { call: () => open(true), close: () => peer.destroy() };
}
