// A real nginx before the server.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A port that was free a moment ago: nginx can't be asked which one it got. */
async function freePort() {
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address();
    listener.close();
    await once(listener, "close");
    return port;
}

const configuration = (port, folder, locations) => `
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
${locations.join("\n")}
    }
}
`;

/** Everything below a path is handed to a server, with these headers. */
export function location(path, server, headers = {}) {
    const all = { Host: "$http_host", ...headers };
    const set = Object.entries(all).map(([name, value]) => `proxy_set_header ${name} '${value}';`);
    return `
        location ${path} {
            proxy_pass ${server};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            ${set.join("\n            ")}
        }`;
}

/** Starts one with these locations, until the test ends. Gives its address when it answers at this path. */
export async function nginx(t, locations, path) {
    const folder = await mkdtemp(join(tmpdir(), "itodenwa-nginx-"));
    const port = await freePort();
    const file = join(folder, "nginx.conf");
    await writeFile(file, configuration(port, folder, locations));
    const child = spawn("nginx", ["-p", folder, "-e", "stderr", "-c", file], { stdio: ["ignore", "inherit", "inherit"] });
    const ended = once(child, "exit");
    t.after(async () => {
        child.kill();
        await ended;
        await rm(folder, { recursive: true, force: true });
    });
    const at = `http://127.0.0.1:${port}`;
    for (;;) {
        const asked = fetch(at + path).catch(() => undefined);
        const answer = await Promise.race([asked, ended.then(([code]) => assert.fail(`nginx ended: ${code}`))]);
        if (answer?.ok) return at;
    }
}
