// A server with several addresses answers from the one that was asked, over a network of namespaces.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as lab from "./lab.mjs";
import * as servers from "./servers.mjs";

const PORT = 3478;

/** Asks for a STUN binding (RFC 8489) as clients do, who take an answer from nowhere else. Ends when it came. */
function ask(address) {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    const request = Buffer.concat([Buffer.from("000100002112a442", "hex"), randomBytes(12)]);
    socket.connect(PORT, address, () => {
        const again = setInterval(() => socket.send(request), 500);
        socket.send(request);
        socket.once("message", (answer) => {
            clearInterval(again);
            socket.close();
            assert.deepEqual(answer.subarray(8, 20), request.subarray(8), "another transaction");
        });
    });
}

if (process.argv[2] === "ask") {
    ask(process.argv[3]);
} else {
    describe("a server with several addresses", () => {
        before(async () => {
            servers.certify();
            lab.lay();
            await servers.everywhere(PORT);
        });
        after(async () => {
            await servers.stop();
            lab.clear();
            servers.clean();
        });
        for (const address of [lab.SERVER, ...lab.SERVERS_OTHER]) {
            test(`is asked at ${address}`, () => {
                const program = [process.execPath, fileURLToPath(import.meta.url), "ask", address];
                const inside = ["netns", "exec", lab.namespace("coturn"), ...program];
                return promisify(execFile)("ip", inside, { env: { ...process.env, NODE_TEST_CONTEXT: undefined }, timeout: 10_000 });
            });
        }
    });
}
