import { HIGH_WATER, LOW_WATER } from "../parts/marks.js";
import { registered } from "../parts/peerjs.js";

export async function prepare({ take, leads, ...place }) {
    const { peer, other } = await registered({ leads, ...place });
    const incoming = new Promise((resolve) => peer.on("connection", resolve));
    return {
        async connect() {
            const connection = leads ? peer.connect(other, { reliable: true }) : await incoming;
            connection.on("data", take);
            await new Promise((resolve) => (connection.open ? resolve() : connection.on("open", resolve)));
            return link(connection);
        },
    };
}

function link(connection) {
    const { dataChannel } = connection;
    dataChannel.bufferedAmountLowThreshold = LOW_WATER;
    return {
        send(message) {
            connection.send(message);
            if (dataChannel.bufferedAmount < HIGH_WATER) return undefined;
            return new Promise((resolve) => dataChannel.addEventListener("bufferedamountlow", resolve, { once: true }));
        },
    };
}
