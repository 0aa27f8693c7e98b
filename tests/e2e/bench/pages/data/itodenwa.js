import { join } from "/itodenwa/index.js";

export async function prepare({ signaling, room, leads, take }) {
    const joined = await join(room, { server: signaling });
    const met = new Promise((resolve) => (joined.onpeer = resolve));
    return {
        async connect() {
            const peer = await met;
            const channel = await (leads ? peer.openChannel("data") : new Promise((resolve) => (joined.onchannel = resolve)));
            read(channel, take);
            return link(peer, channel);
        },
    };
}

async function read(channel, take) {
    for await (const message of channel) take(message);
}

function link(peer, channel) {
    return {
        send: (message) => channel.send(message),
        sendFile: async (file) => (await peer.sendFile(file)).done,
        async receiveFile() {
            const offered = new Promise((resolve) => (peer.onfile = resolve));
            return (await (await offered).accept()).done;
        },
    };
}
