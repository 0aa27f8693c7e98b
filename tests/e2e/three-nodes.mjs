// Three servers over a real Redis, behind a real nginx with the configuration of `server/deploy`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, nginxBeforeThree } from "./nginx.mjs";
import { LIMIT, startServer } from "./people.mjs";

/** A Redis of its own. Its address. */
async function redis(t) {
    const port = await freePort();
    const arguments_ = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const child = spawn("redis-server", arguments_, { stdio: "ignore" });
    t.after(() => child.kill());
    while (child.exitCode === null) {
        const socket = createConnection({ port, host: "127.0.0.1" });
        const came = await once(socket, "connect").then(() => true, () => false);
        socket.destroy();
        if (came) return `redis://127.0.0.1:${port}`;
        await sleep(50);
    }
    throw new Error(`redis-server ended: ${child.exitCode}`);
}

/** A number of a server; none of one that does not answer. */
async function number({ address }, name) {
    const answer = await fetch(new URL("metrics", address), { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    return Number((await answer?.text())?.match(new RegExp(`^itodenwa_${name} (\\d+)$`, "m"))?.[1]);
}

export async function until(condition) {
    const limit = Date.now() + LIMIT;
    while (!(await condition())) {
        if (Date.now() > limit) throw new Error(`never: ${condition}`);
        await sleep(50);
    }
}

export class ThreeNodes {
    #options;
    #servers = [];

    /** Starts them, until the test ends; `timeout` is that of `--redis-timeout`, in seconds. */
    static async start(t, timeout) {
        const three = new this();
        const like = ["--behind-proxy", "--idle-timeout", "4", "--public-metrics", "--turn", "off"];
        three.#options = ["--redis", await redis(t), "--redis-timeout", String(timeout), ...like];
        three.#servers = await Promise.all([1, 2, 3].map(() => startServer(...three.#options)));
        t.after(() => three.#servers.forEach(({ process }) => process.kill("SIGKILL")));
        await three.seeEachOther(3);
        const addresses = three.#servers.map(({ address }) => address);
        three.address = `${await nginxBeforeThree(t, addresses, "/healthz")}/`;
        return three;
    }

    /** Until so many are there, and all of them know. */
    seeEachOther(count) {
        const see = async () => {
            const nodes = await Promise.all(this.#servers.map((one) => number(one, "cluster_nodes")));
            return nodes.filter((nodes) => nodes === count).length === count;
        };
        return until(see);
    }

    /** The server that keeps the only room that there is, when so many are in it. */
    async home(members) {
        let found;
        const finds = async () => {
            const kept = await Promise.all(this.#servers.map((one) => number(one, "members")));
            found = this.#servers[kept.indexOf(members)];
            return found;
        };
        await until(finds);
        return found;
    }

    /** Until so many people are connected, and in rooms, with the servers but one. */
    have(people, without) {
        const servers = this.#servers.filter((server) => server !== without);
        const sum = async (name) => {
            const all = await Promise.all(servers.map((server) => number(server, name)));
            return all.reduce((one, other) => one + other, 0);
        };
        return until(async () => (await sum("connections")) === people && (await sum("members")) === people);
    }

    /** The one whose rooms have most people in them. */
    async busiest() {
        const members = await Promise.all(this.#servers.map((server) => number(server, "members")));
        return this.#servers[members.indexOf(Math.max(...members))];
    }

    /** One that has ended is started again, where it was. */
    async startAgain(server) {
        const place = this.#servers.indexOf(server);
        const { host } = new URL(server.address);
        this.#servers[place] = await startServer(...this.#options, "--listen", host);
        await this.seeEachOther(3);
    }
}
