import "/rivals/simple-peer/simplepeer.min.js";
import { opened } from "./parts.js";

export async function prepare({ signaling, room, stream, show }) {
    const socket = await opened(`${signaling}${room}`);
    let peer;
    const open = (initiator) => {
        peer = new window.SimplePeer({ initiator, stream, config: { bundlePolicy: "max-bundle" } });
        peer.on("signal", (signal) => socket.send(JSON.stringify({ signal })));
        peer.on("stream", show);
        peer.on("error", () => {});
    };
    socket.onmessage = ({ data }) => {
        const { signal } = JSON.parse(data);
        if (!signal) return;
        if (signal.type === "offer") open(false);
        peer.signal(signal);
    };
    return { call: () => open(true), close: () => peer.destroy() };
}
