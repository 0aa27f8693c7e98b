import "/rivals/peerjs/dist/peerjs.min.js";

/** Oneself, known to the server, and what the other one is called there. */
export async function registered({ signaling, room, leads }) {
    const { hostname, port } = new URL(signaling);
    const [own, other] = leads ? [`${room}-a`, `${room}-b`] : [`${room}-b`, `${room}-a`];
    const peer = new window.Peer(own, { host: hostname, port, path: "/", config: { bundlePolicy: "max-bundle" } });
    await new Promise((resolve, reject) => peer.on("open", resolve).on("error", reject));
    return { peer, other };
}
