// The server and coturn, in their namespaces.
import { execFileSync, spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { LIMIT, need, pairOr } from "../people.mjs";
import { CLOUD, COTURN, NAMES, namespace, NOBODY, SERVER } from "./lab.mjs";

const SECRET = "only the tests know it";
/** Between whom calls are here; `cargo xtask faults` has them between each two. */
export const PAIR = pairOr("chromium", "chromium");
/** What coturn gives out where it is there twice: the lowest port, and how many each has. */
const [LOWEST, SOME] = [50_000, 1000];
const folder = mkdtempSync(join(tmpdir(), "itodenwa-network-"));
const [certificate, key] = ["certificate.pem", "key.pem"].map((name) => join(folder, name));
const running = [];

/** Makes the certificate that both servers show. Gives what a browser has to know of it to believe it. */
export function certify() {
    const names = Object.entries(NAMES).flatMap(([address, host]) => [`IP:${address}`, `DNS:${host}`]);
    const subject = ["-subj", "/CN=itodenwa", "-addext", `subjectAltName=${names}`];
    const how = ["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    execFileSync("openssl", [...how, ...subject, "-keyout", key, "-out", certificate], { stdio: "pipe" });
    const { publicKey } = new X509Certificate(readFileSync(certificate));
    return createHash("sha256").update(publicKey.export({ type: "spki", format: "der" })).digest("base64");
}

/** The server with its own relay, where the web is: at port 443 both. Gives the page's address. */
export async function own() {
    return start("--turn-address", SERVER, "--turn-listen", `${SERVER}:443`, "--turn-host", SERVER);
}

/** The same, and a STUN server where nobody is. */
export async function besideNobody() {
    return start("--turn-address", SERVER, "--turn-listen", `${SERVER}:443`, "--ice-server", `stun:${NOBODY}:3478`);
}

/** The server without a relay, and coturn twice, at these ports. Gives the page's address, what kills the one at a port, and which has given out this port. */
export async function withTwoRelays() {
    const ports = [80, 3478];
    const relays = {};
    for (const [index, port] of ports.entries()) {
        const own = [`--pidfile=${join(folder, `coturn-${port}.pid`)}`, "--userdb", join(folder, `coturn-${port}.db`)];
        const range = [`--min-port=${LOWEST + SOME * index}`, `--max-port=${LOWEST + SOME * (index + 1) - 1}`];
        const options = ["--use-auth-secret", `--static-auth-secret=${SECRET}`, "--realm=itodenwa", `--listening-port=${port}`];
        const where = [`--listening-ip=${COTURN}`, `--relay-ip=${COTURN}`, "--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout"];
        relays[port] = inside("coturn", "turnserver", ["-n", ...own, ...range, ...options, ...where]);
        await listens(relays[port], port);
    }
    const servers = ports.flatMap((port) => ["--ice-server", `turn:${COTURN}:${port}`]);
    const page = await start("--turn", "off", "--turn-secret", SECRET, ...servers);
    return { page, kill: (port) => relays[port].kill("SIGKILL"), which: (allocated) => ports[Math.floor((allocated - LOWEST) / SOME)] };
}

/** The server without a relay, and coturn, by the secret that they share. */
export async function withCoturn() {
    const options = ["--use-auth-secret", `--static-auth-secret=${SECRET}`, "--realm=itodenwa", "--listening-port=80"];
    const tls = ["--tls-listening-port=443", `--cert=${certificate}`, `--pkey=${key}`, "--no-cli", "--log-file=stdout"];
    const where = [`--listening-ip=${COTURN}`, `--relay-ip=${COTURN}`, `--pidfile=${join(folder, "coturn.pid")}`];
    const coturn = inside("coturn", "turnserver", ["-n", "--userdb", join(folder, "coturn.db"), ...options, ...tls, ...where]);
    await listens(coturn, 443);
    const urls = [`turn:${COTURN}:80`, `turn:${COTURN}:80?transport=tcp`, `turns:${COTURN}:443?transport=tcp`];
    return start("--turn", "off", "--turn-secret", SECRET, ...urls.flatMap((url) => ["--ice-server", url]));
}

/** The server with its own relay, behind a one-to-one NAT: it is told the address that it does not have. */
export async function behindNat() {
    await startIn("cloud", CLOUD.inside, "--turn-address", CLOUD.outside, "--turn-listen", `${CLOUD.inside}:443`, "--turn-host", CLOUD.outside);
    return `https://${CLOUD.outside}:80/`;
}

/** The relay at every address of the server, at this port. */
export async function everywhere(port) {
    await start("--turn-address", SERVER, "--turn-listen", `[::]:${port}`);
}

function start(...options) {
    return startIn("server", SERVER, ...options);
}

async function startIn(name, address, ...options) {
    const page = ["--www", need("ITODENWA_WWW"), "--www-links", "--listen", `${address}:80`];
    const tls = ["--tls-certificate", certificate, "--tls-key", key];
    const server = inside(name, need("ITODENWA_SERVER"), [...page, ...tls, ...options]);
    return (await says(server, /https:\/\/\S+/))[0];
}

function inside(name, program, args) {
    const { ITODENWA_WWW, ...env } = process.env;
    // coturn complains that it has no SCTP; what else it has to say is in its output.
    const errors = name === "coturn" ? "ignore" : "inherit";
    const child = spawn("ip", ["netns", "exec", namespace(name), program, ...args], {
        stdio: ["ignore", "pipe", errors],
        env: { ...env, RUST_LOG: "warn" },
    });
    running.push(child);
    process.once("exit", () => child.kill());
    return child;
}

/** Waits until a program, which does not say so, listens at this TCP port. */
async function listens(child, port) {
    const address = `:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A`;
    const until = Date.now() + LIMIT;
    child.stdout.resume();
    while (!readFileSync(`/proc/${child.pid}/net/tcp`, "utf8").includes(address)) {
        if (Date.now() > until) throw new Error(`${child.spawnargs.join(" ")} does not listen at ${port}`);
        await sleep(50);
    }
}

/** Waits until a program has said this; what it says afterwards is not kept. */
async function says(child, what) {
    const lines = createInterface({ input: child.stdout });
    for await (const line of lines) {
        const found = line.match(what);
        if (found) {
            child.stdout.resume();
            return found;
        }
    }
    throw new Error(`${child.spawnargs.join(" ")} ended before it said ${what}`);
}

/** Ends what was started. */
export async function stop() {
    for (const child of running.splice(0)) {
        const ended = new Promise((done) => child.once("exit", done));
        if (child.exitCode === null && child.signalCode === null && child.kill()) await ended;
    }
}

/** Takes the files away. */
export function clean() {
    rmSync(folder, { recursive: true, force: true });
}
