import { registered } from "../parts/peerjs.js";

export async function prepare({ stream, show, ...place }) {
    const { peer, other } = await registered(place);
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
