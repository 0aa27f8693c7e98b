// Three servers over a real Redis, behind a real nginx: people call each other across them, and a server that dies ends no call.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { away, back, negotiates, noticedNothing, opens, watch } from "./behind-proxy.mjs";
import { freePort, nginxBeforeThree } from "./nginx.mjs";
import { end, freshRoom, LIMIT, startServer } from "./people.mjs";

after(end);

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

/** A number of a server. */
async function number(server, name) {
    const text = await (await fetch(new URL("metrics", server.address))).text();
    return Number(text.match(new RegExp(`^itodenwa_${name} (\\d+)$`, "m"))?.[1]);
}

async function until(condition) {
    const limit = Date.now() + LIMIT;
    while (!(await condition())) {
        if (Date.now() > limit) throw new Error(`never: ${condition}`);
        await sleep(50);
    }
}

test("two people call each other over three servers; the one that keeps their room is killed, and the call goes on", async (t) => {
    const engine = await redis(t);
    const options = ["--redis", engine, "--redis-timeout", "3", "--behind-proxy", "--public-metrics", "--turn", "off"];
    const servers = await Promise.all([1, 2, 3].map(() => startServer(...options)));
    t.after(() => servers.forEach(({ process }) => process.kill()));
    await until(async () => (await Promise.all(servers.map((one) => number(one, "cluster_nodes")))).every((nodes) => nodes === 3));
    const at = `${await nginxBeforeThree(t, servers.map(({ address }) => address), "/healthz")}/`;

    const room = freshRoom();
    const people = [];
    for (const name of ["Ann", "Bob"]) {
        const someone = await opens(t, { proxy: { address: at } }, "chromium", room);
        people.push(await someone.join(undefined, name));
    }
    await Promise.all(people.map((someone) => someone.watches()));
    await watch(people);
    await Promise.all(people.map((someone) => someone.until(() => window.flows())));

    const kept = await Promise.all(servers.map((one) => number(one, "rooms")));
    const home = servers[kept.indexOf(1)];
    home.process.kill("SIGKILL");
    await once(home.process, "exit");
    await Promise.all(people.map(away));
    await Promise.all(people.map(back));
    await negotiates(people);
    await noticedNothing(people);
});
