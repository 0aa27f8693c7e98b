import { overSocket } from "../parts/by-hand.js";
import { HIGH_WATER, LOW_WATER } from "../parts/marks.js";
import { opened } from "../parts/socket.js";

/** A file is read and sent in pieces of so many bytes. */
const PIECE = 64 << 10;

export async function prepare({ signaling, room, leads, take }) {
    const socket = await opened(`${signaling}${room}`);
    let use;
    const opening = new Promise((resolve) => {
        use = (channel) => {
            channel.binaryType = "arraybuffer";
            channel.bufferedAmountLowThreshold = LOW_WATER;
            channel.onmessage = ({ data }) => take(data);
            channel.onopen = () => resolve(channel);
        };
    });
    const connection = overSocket(socket, (peer, offers) => {
        if (offers) use(peer.createDataChannel("data"));
        else peer.ondatachannel = ({ channel }) => use(channel);
    });
    return {
        async connect() {
            if (leads) connection.offer();
            return link(await opening, take);
        },
    };
}

function link(channel, take) {
    const send = (message) => {
        channel.send(message);
        if (channel.bufferedAmount < HIGH_WATER) return undefined;
        return new Promise((resolve) => (channel.onbufferedamountlow = resolve));
    };
    return {
        send,
        /** Without hashes, names and progress: only its bytes. The next piece is read while one is sent. */
        async sendFile(file) {
            const read = (at) => file.slice(at, at + PIECE).arrayBuffer();
            let next = read(0);
            for (let at = 0; at < file.size; at += PIECE) {
                const piece = await next;
                next = read(at + PIECE);
                await send(piece);
            }
        },
        receiveFile(size) {
            const pieces = [];
            let left = size;
            return new Promise((resolve) => {
                channel.onmessage = ({ data }) => {
                    pieces.push(new Blob([data]));
                    left -= data.byteLength;
                    if (left > 0) return;
                    channel.onmessage = ({ data }) => take(data);
                    resolve(new Blob(pieces));
                };
            });
        },
    };
}
