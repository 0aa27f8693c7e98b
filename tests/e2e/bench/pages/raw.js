// Hand-written: what a tutorial ends with, and no more.
import { opened } from "./parts.js";

export async function prepare({ signaling, room, stream, show }) {
    const socket = await opened(`${signaling}${room}`);
    const send = (message) => socket.send(JSON.stringify(message));
    let peer;
    const open = () => {
        peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
        peer.onicecandidate = ({ candidate }) => send({ candidate });
        peer.ontrack = ({ streams: [theirs] }) => show(theirs);
        for (const track of stream.getTracks()) peer.addTrack(track, stream);
    };
    const describe = async () => {
        await peer.setLocalDescription();
        send({ description: peer.localDescription });
    };
    socket.onmessage = async ({ data }) => {
        const { description, candidate } = JSON.parse(data);
        if (description?.type === "offer") open();
        if (description) await peer.setRemoteDescription(description);
        if (description?.type === "offer") await describe();
        if (candidate !== undefined) await peer.addIceCandidate(candidate ?? undefined);
    };
    return {
        async call() {
            open();
            peer.createDataChannel("data");
            await describe();
        },
        close: () => peer.close(),
    };
}
