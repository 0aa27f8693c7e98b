/**
 * A connection by hand: what a tutorial ends with, and no more. `send` carries its messages to the other side; `made` gets each
 * `RTCPeerConnection` that is made, and whether this side offers.
 */
export class ByHand {
    #peer;
    #send;
    #made;

    constructor(send, made) {
        this.#send = send;
        this.#made = made;
    }

    async offer() {
        this.#open(true);
        await this.#describe();
    }

    async take({ description, candidate }) {
        if (description?.type === "offer") this.#open(false);
        if (description) await this.#peer.setRemoteDescription(description);
        if (description?.type === "offer") await this.#describe();
        if (candidate !== undefined) await this.#peer.addIceCandidate(candidate ?? undefined);
    }

    close() {
        this.#peer.close();
    }

    #open(offers) {
        this.#peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
        this.#peer.onicecandidate = ({ candidate }) => this.#send({ candidate });
        this.#made(this.#peer, offers);
    }

    async #describe() {
        await this.#peer.setLocalDescription();
        this.#send({ description: this.#peer.localDescription });
    }
}

/** The only connection of a page, over a socket. */
export function overSocket(socket, made) {
    const connection = new ByHand((message) => socket.send(JSON.stringify(message)), made);
    socket.onmessage = ({ data }) => connection.take(JSON.parse(data));
    return connection;
}

/** Gives a connection what a page sends in a call. */
export function carry(peer, stream, show) {
    peer.ontrack = ({ track, streams: [theirs] }) => track.kind === "video" && show(theirs);
    for (const track of stream.getTracks()) peer.addTrack(track, stream);
}
