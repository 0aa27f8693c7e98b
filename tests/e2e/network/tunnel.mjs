// Ports of a namespace's loopback, as ports of ours. Firefox has no pipe for its driver: it listens on the loopback of where it runs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { namespace } from "./lab.mjs";

const FILE = fileURLToPath(import.meta.url);

/**
 * Opens a port at 127.0.0.1 that leads to the port of the same number there in the namespace of this name. Gives its `port`, and `close`, which
 * ends its connections too.
 */
export async function tunnel(name) {
    const children = new Set();
    const server = createServer((socket) => {
        const inside = ["netns", "exec", namespace(name), process.execPath, FILE, String(server.address().port)];
        const child = spawn("ip", inside, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, NODE_TEST_CONTEXT: undefined } });
        children.add(child);
        join(socket, child.stdout, child.stdin);
        socket.once("close", () => child.kill());
        child.once("exit", () => {
            children.delete(child);
            socket.destroy();
        });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const close = () => {
        server.close();
        for (const child of children) child.kill();
    };
    return { port: server.address().port, close };
}

/** What comes by one goes by the other, both ways. An end that breaks ends the connection. */
function join(socket, from, to) {
    for (const stream of [socket, from, to]) stream.once("error", () => socket.destroy());
    socket.pipe(to);
    from.pipe(socket);
}

// In the namespace: one connection, from the standard input and output.
if (process.argv[1] === FILE) {
    const socket = connect(Number(process.argv[2]), "127.0.0.1");
    socket.once("close", () => process.exit());
    join(socket, process.stdin, process.stdout);
}
