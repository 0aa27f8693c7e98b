// What lies between a browser and the server: a TCP proxy that can be cut, stalled and slowed down.
import { once } from "node:events";
import net from "node:net";

export class Proxy {
    #server = net.createServer({ allowHalfOpen: true }, (client) => this.#connect(client));
    #pairs = new Set();
    #isCut = false;
    #delay = 0;

    /** Where it leads to: `http://127.0.0.1:4711/`. May be changed. */
    target;

    static async to(target) {
        const proxy = new this();
        proxy.target = target;
        proxy.#server.listen(0, "127.0.0.1");
        await once(proxy.#server, "listening");
        return proxy;
    }

    get address() {
        return `http://127.0.0.1:${this.#server.address().port}/`;
    }

    /** Breaks every connection, and refuses new ones until it is healed. */
    cut() {
        this.#isCut = true;
        for (const pair of this.#pairs) pair.destroy();
    }

    heal() {
        this.#isCut = false;
    }

    /** What is connected now stays open, and nothing comes through any more. New connections work. */
    stall() {
        for (const pair of this.#pairs) pair.stall();
    }

    /** Everything takes so many milliseconds longer, each way. */
    slowDown(milliseconds) {
        this.#delay = milliseconds;
    }

    end() {
        this.cut();
        this.#server.close();
    }

    #connect(client) {
        if (this.#isCut) return client.destroy();
        const { hostname, port } = new URL(this.target);
        const server = net.connect({ host: hostname, port, allowHalfOpen: true });
        let stalled = false;
        const pair = {
            destroy: () => {
                client.destroy();
                server.destroy();
                this.#pairs.delete(pair);
            },
            stall: () => (stalled = true),
        };
        this.#pairs.add(pair);
        for (const [from, to] of [
            [client, server],
            [server, client],
        ]) {
            const later = (action) => setTimeout(() => !stalled && !to.destroyed && action(), this.#delay);
            from.setNoDelay(true);
            from.on("data", (data) => later(() => to.write(data)));
            from.on("end", () => later(() => to.end()));
            from.on("error", () => {});
            // A side that is gone without a word is not told to the other one when it is stalled.
            from.on("close", () => later(() => pair.destroy()));
        }
    }
}
