import { simplePeer } from "../parts/simple-peer.js";

export async function prepare({ take, leads, ...place }) {
    let connected;
    const connecting = new Promise((resolve) => (connected = resolve));
    const connection = await simplePeer(place, {}, (peer) => {
        peer.on("connect", () => connected(peer));
        peer.on("data", take);
    });
    return {
        async connect() {
            if (leads) connection.call();
            const peer = await connecting;
            const drained = () => new Promise((resolve) => peer.once("drain", resolve));
            return { send: (message) => (peer.write(message) ? undefined : drained()) };
        },
    };
}
