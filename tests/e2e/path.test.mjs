// The page under a path: a real nginx hands everything below /call/ to the server, which knows nothing of that path.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { address, end, freshRoom, person } from "./people.mjs";

after(end);

/** A port that was free a moment ago: nginx can't be asked which one it got. */
async function freePort() {
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address();
    listener.close();
    await once(listener, "close");
    return port;
}

const configuration = (port, folder, server) => `
daemon off;
pid ${folder}/pid;
error_log stderr warn;
events {}
http {
    access_log off;
    client_body_temp_path ${folder}/body;
    proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/fastcgi;
    uwsgi_temp_path ${folder}/uwsgi;
    scgi_temp_path ${folder}/scgi;
    map $http_upgrade $connection_upgrade { default upgrade; '' close; }
    server {
        listen 127.0.0.1:${port};
        location /call/ {
            proxy_pass ${server};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }
    }
}
`;

async function nginx(t) {
    const folder = await mkdtemp(join(tmpdir(), "itodenwa-nginx-"));
    const port = await freePort();
    const file = join(folder, "nginx.conf");
    await writeFile(file, configuration(port, folder, await address()));
    const child = spawn("nginx", ["-p", folder, "-e", "stderr", "-c", file], { stdio: ["ignore", "inherit", "inherit"] });
    const ended = once(child, "exit");
    t.after(async () => {
        child.kill();
        await ended;
        await rm(folder, { recursive: true, force: true });
    });
    const page = `http://127.0.0.1:${port}/call/`;
    for (;;) {
        const answer = await Promise.race([fetch(page).catch(() => undefined), ended.then(([code]) => assert.fail(`nginx ended: ${code}`))]);
        if (answer?.ok) return page;
    }
}

test("two people call each other behind a proxy, under a path", async (t) => {
    const at = await nginx(t);
    const room = freshRoom();
    const people = [];
    for (const name of ["Ann", "Bob"]) {
        const someone = await person(t, "chromium", { query: `?room=${room}`, at });
        people.push(await someone.join(undefined, name));
    }
    await Promise.all(people.map((someone) => someone.watches()));
    for (const someone of people) assert.deepEqual(someone.errors, []);
});
