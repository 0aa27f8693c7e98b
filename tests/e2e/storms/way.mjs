// The way from a page to the server, which can be cut as networks are: without a word.
import { connect, createServer } from "node:net";
import { once } from "node:events";

/** A port of its own before the server. */
export async function way(address) {
    const { hostname, port } = new URL(address);
    const sockets = new Set();
    let isCut = false;
    const front = createServer((here) => {
        if (isCut) return here.destroy();
        const there = connect(Number(port), hostname);
        for (const [socket, other] of [[here, there], [there, here]]) {
            sockets.add(socket);
            socket.pipe(other);
            socket.on("error", () => {});
            socket.on("close", () => {
                sockets.delete(socket);
                other.destroy();
            });
        }
    });
    await once(front.listen(0, "127.0.0.1"), "listening");
    return {
        server: `ws://127.0.0.1:${front.address().port}/ws`,
        cut() {
            isCut = true;
            sockets.forEach((socket) => socket.resetAndDestroy());
        },
        mend() {
            isCut = false;
        },
        close() {
            front.close();
            sockets.forEach((socket) => socket.destroy());
        },
    };
}
