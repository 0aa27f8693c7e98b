import { carry, overSocket } from "../parts/by-hand.js";
import { opened } from "../parts/socket.js";

export async function prepare({ signaling, room, stream, show }) {
    const connection = overSocket(await opened(`${signaling}${room}`), (peer, offers) => {
        carry(peer, stream, show);
        if (offers) peer.createDataChannel("data");
    });
    return { call: () => connection.offer(), close: () => connection.close() };
}
