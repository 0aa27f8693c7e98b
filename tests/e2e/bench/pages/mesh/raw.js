import { ByHand, carry } from "../parts/by-hand.js";
import { opened } from "../parts/socket.js";

/** A connection with everybody: whoever comes says so, and of two the one with the smaller name offers. */
export async function prepare({ signaling, room, name, show, camera }) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: camera });
    return {
        async join() {
            const socket = await opened(`${signaling}${room}`);
            const sendTo = (to, message) => socket.send(JSON.stringify({ from: name, to, ...message }));
            const others = new Map();
            const meet = (other) => {
                const connection = new ByHand((message) => sendTo(other, message), (peer) => carry(peer, stream, show));
                others.set(other, connection);
                return connection;
            };
            socket.onmessage = ({ data }) => {
                const { from, to, isHere, ...message } = JSON.parse(data);
                if (!from || (to && to !== name)) return;
                const isNew = !others.has(from);
                const connection = others.get(from) ?? meet(from);
                if (!isHere) connection.take(message);
                else if (isNew && name < from) connection.offer();
                // They came later, and did not hear of this one.
                else if (isNew && !to) sendTo(from, { isHere });
            };
            sendTo(undefined, { isHere: true });
        },
    };
}
