// A real nginx before the server.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A port that was free a moment ago: nginx and Redis can't be asked which one they got. */
export async function freePort() {
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
export function nginx(t, locations, path) {
    return start(t, (port, folder) => configuration(port, folder, locations), "http", path);
}

/**
 * Starts one with the configuration that stands before three servers in `server/deploy`, before these. Only what a machine has of its
 * own is another: addresses, certificate, folders.
 */
export function nginxBeforeThree(t, servers, path) {
    const given = readFileSync(new URL("../../server/deploy/nginx.conf", import.meta.url), "utf8");
    const change = (text, from, to) => {
        assert.ok(text.includes(from), `the configuration has no ${from}`);
        return text.replace(from, to);
    };
    const written = (port, folder) => {
        certify(folder);
        const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((what) => `${what}_temp_path ${folder}/${what};`);
        let text = change(given, "http {", `daemon off; pid ${folder}/pid; error_log stderr crit;\nhttp {\naccess_log off; ${temporary.join(" ")}`);
        text = change(text, "/var/cache/itodenwa", `${folder}/cache`);
        text = change(text, "listen 443 ssl", `listen 127.0.0.1:${port} ssl`);
        for (const [index, server] of servers.entries()) {
            text = change(text, `10.0.0.${index + 1}:8080`, new URL(server).host);
        }
        for (const kind of ["pem", "key"]) text = change(text, `/etc/ssl/meet.example.org.${kind}`, `${folder}/${kind}`);
        return text;
    };
    return start(t, written, "https", path);
}

/** A certificate and its key. */
function certify(folder) {
    const how = ["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=itodenwa"];
    execFileSync("openssl", [...how, "-keyout", `${folder}/key`, "-out", `${folder}/pem`], { stdio: "pipe" });
}

/** The status of an answer, whoever signed its certificate. */
async function status(url) {
    const request = (url.startsWith("https:") ? https : http).get(url, { rejectUnauthorized: false });
    const [response] = await once(request, "response");
    response.resume();
    return response.statusCode;
}

async function start(t, written, scheme, path) {
    const folder = await mkdtemp(join(tmpdir(), "itodenwa-nginx-"));
    // Started by root it serves as somebody else, who keeps files below.
    await chmod(folder, 0o755);
    const port = await freePort();
    const file = join(folder, "nginx.conf");
    await writeFile(file, written(port, folder));
    const child = spawn("nginx", ["-p", folder, "-e", "stderr", "-c", file], { stdio: ["ignore", "inherit", "inherit"] });
    const ended = once(child, "exit");
    t.after(async () => {
        child.kill();
        await ended;
        await rm(folder, { recursive: true, force: true });
    });
    const at = `${scheme}://127.0.0.1:${port}`;
    for (;;) {
        const asked = status(at + path).catch(() => undefined);
        const answer = await Promise.race([asked, ended.then(([code]) => assert.fail(`nginx ended: ${code}`))]);
        if (answer === 200) return at;
    }
}
