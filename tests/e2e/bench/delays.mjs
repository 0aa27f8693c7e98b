// Ways that take their time: one proxy for each candidate, one socket behind it for each that sends to it.
import { createSocket } from "node:dgram";
import { once } from "node:events";

export class Delays {
    #proxies = new Map();
    #sockets = new Set();
    #millis;

    constructor(millis) {
        this.#millis = millis;
    }

    /** The port of the proxy, on 127.0.0.1, that leads to this address and back. */
    proxy(address, port) {
        const name = `${address}:${port}`;
        if (!this.#proxies.has(name)) this.#proxies.set(name, this.#open({ address, port }));
        return this.#proxies.get(name);
    }

    end() {
        for (const socket of this.#sockets) socket.close();
        this.#sockets.clear();
        this.#proxies.clear();
    }

    async #open(target) {
        const front = await this.#socket("0.0.0.0");
        const backs = new Map();
        front.on("message", async (packet, { address, port }) => {
            const from = `${address}:${port}`;
            if (!backs.has(from)) {
                const made = this.#socket("0.0.0.0");
                backs.set(from, made);
                (await made).on("message", (answer) => this.#later(front, answer, { address, port }));
            }
            this.#later(await backs.get(from), packet, target);
        });
        return front.address().port;
    }

    async #socket(address) {
        const socket = createSocket("udp4");
        socket.bind(0, address);
        await once(socket, "listening");
        // A browser that has gone.
        socket.on("error", () => {});
        this.#sockets.add(socket);
        return socket;
    }

    #later(socket, packet, { address, port }) {
        setTimeout(() => {
            if (this.#sockets.has(socket)) socket.send(packet, port, address);
        }, this.#millis);
    }
}
