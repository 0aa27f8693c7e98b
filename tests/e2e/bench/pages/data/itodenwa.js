import { join } from "/itodenwa/index.js";

export async function prepare({ signaling, room, leads, take }) {
    const joined = await join(room, { server: signaling });
    const met = new Promise((resolve) => (joined.onpeer = resolve));
    return {
        async connect() {
            const peer = await met;
            const channel = await (leads ? peer.openChannel("data") : new Promise((resolve) => (joined.onchannel = resolve)));
            read(channel, take);
            return link(joined, peer, channel);
        },
    };
}

async function read(channel, take) {
    for await (const message of channel) take(message);
}

function link(room, peer, channel) {
    return {
        send: (message) => channel.send(message),
        /** A text of the chat, and what is told of each that comes. */
        say: (text) => room.send(text),
        hear: (heard) => (room.ontext = ({ text }) => heard(text)),
        sendFile: async (file) => (await peer.sendFile(file)).done,
        async receiveFile(_size, begun = () => {}) {
            const offered = new Promise((resolve) => (peer.onfile = resolve));
            const transfer = await (await offered).accept();
            begun();
            return transfer.done;
        },
    };
}
