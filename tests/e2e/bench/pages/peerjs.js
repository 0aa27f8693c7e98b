import "/rivals/peerjs/dist/peerjs.min.js";

export async function prepare({ signaling, room, stream, show, leads }) {
    const { hostname, port } = new URL(signaling);
    const [own, other] = leads ? [`${room}-a`, `${room}-b`] : [`${room}-b`, `${room}-a`];
    const peer = new window.Peer(own, { host: hostname, port, path: "/", config: { bundlePolicy: "max-bundle" } });
    await new Promise((resolve, reject) => peer.on("open", resolve).on("error", reject));
    let call;
    const take = (made) => {
        call = made;
        call.on("stream", show);
    };
    peer.on("call", (incoming) => {
        take(incoming);
        incoming.answer(stream);
    });
    return { call: () => take(peer.call(other, stream)), close: () => call.close() };
}
