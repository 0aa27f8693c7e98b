// A small internet of network namespaces: the server, and two people behind NATs whose kind can be changed.
//
//   server 203.0.113.10   coturn 203.0.113.11   nat-cloud .50 ── cloud 10.0.4.2: a server behind a one-to-one NAT
//        └────────── internet ──────────┴───────────┘
//          │           │           │
//     nat-ann .20  nat-bob .30  nat-train .40
//          │           │           │
//   ann 10.0.1.2   bob 10.0.2.2    └ ann 10.0.3.2: her other network, down at first
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export const SERVER = "203.0.113.10";
export const COTURN = "203.0.113.11";
/** An address that nobody has. */
export const NOBODY = "203.0.113.99";
/** The server's other addresses. */
export const SERVERS_OTHER = ["203.0.113.12", "2001:db8::10", "2001:db8::12"];
/** A server's address as the internet knows it, and as its computer does. */
export const CLOUD = { outside: "203.0.113.50", inside: "10.0.4.2" };

/** Names, which the people know: Firefox takes no `turns:` with an address in it. */
export const NAMES = { [SERVER]: "server.example", [COTURN]: "coturn.example", [CLOUD.outside]: "cloud.example" };

const PREFIX = `itodenwa-${process.pid}`;
const NATS = { ann: [20, 1], bob: [30, 2], train: [40, 3], cloud: [50, 4] };
const made = [];

/** The full name of a namespace. */
export const namespace = (name) => `${PREFIX}-${name}`;

function run(program, args, input) {
    return execFileSync(program, args, { input, stdio: ["pipe", "pipe", "pipe"], encoding: "utf8" });
}

/** Where `ip netns exec` looks for what is another file in /etc for a namespace. */
const etc = (name) => `/etc/netns/${namespace(name)}`;

const ip = (line) => run("ip", line.split(" "));
const within = (name, line) => ip(`netns exec ${namespace(name)} ip ${line}`);

/** Lays everything. */
export function lay() {
    process.once("exit", clear);
    add("internet");
    within("internet", "link add name bridge type bridge");
    within("internet", "link set bridge up");
    for (const [name, host] of [["server", 10], ["coturn", 11]]) {
        add(name);
        connect(name, host);
    }
    for (const [name, [host, network]] of Object.entries(NATS)) {
        add(`nat-${name}`);
        connect(`nat-${name}`, host);
        const person = name === "train" ? "ann" : name;
        if (name !== "train") add(person);
        // The cable to who is behind it.
        ip(`link add name in-${process.pid} netns ${namespace(`nat-${name}`)} type veth peer name up${network} netns ${namespace(person)}`);
        within(`nat-${name}`, `link set in-${process.pid} name inside`);
        within(`nat-${name}`, `address add 10.0.${network}.1/24 dev inside`);
        within(`nat-${name}`, "link set inside up");
        // Addresses of IPv6 would come seconds after the cable, which to a browser is another network.
        within(person, `link set up${network} addrgenmode none`);
        run("ip", ["netns", "exec", namespace(`nat-${name}`), "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
        if (name !== "train") plug(person, network);
        shape(name, name === "cloud" ? "one to one" : "port restricted");
    }
    for (const address of SERVERS_OTHER) within("server", `address add ${address}/${address.includes(":") ? "64 nodad" : "24"} dev outside`);
    within("coturn", "address add 2001:db8::11/64 dev outside nodad");
    for (const person of ["ann", "bob"]) {
        mkdirSync(etc(person), { recursive: true });
        const hosts = Object.entries({ "127.0.0.1": "localhost", ...NAMES }).map(([address, host]) => `${address} ${host}\n`);
        writeFileSync(`${etc(person)}/hosts`, hosts.join(""));
    }
}

function add(name) {
    ip(`netns add ${namespace(name)}`);
    made.push(name);
    within(name, "link set lo up");
}

/** A cable from the bridge. */
function connect(name, host) {
    ip(`link add name port${host} netns ${namespace("internet")} type veth peer name outside netns ${namespace(name)}`);
    within("internet", `link set port${host} master bridge`);
    within("internet", `link set port${host} up`);
    within(name, `address add 203.0.113.${host}/24 dev outside`);
    within(name, "link set outside up");
    // Nobody is beyond, but a browser wants a way there.
    within(name, "route replace default via 203.0.113.1");
}

/** The address comes and goes with the cable, as where it is given by DHCP: that is how browsers know that it is another network. */
function plug(person, network) {
    within(person, `link set up${network} up`);
    within(person, `address add 10.0.${network}.2/24 dev up${network}`);
    within(person, `route replace default via 10.0.${network}.1`);
}

function unplug(person, network) {
    within(person, `address flush dev up${network}`);
    within(person, `link set up${network} down`);
}

/** Ann leaves the house: her cable is out, and she is in the train's network. */
export function moveAnn() {
    unplug("ann", 1);
    plug("ann", 3);
}

/** And back. */
export function bringAnnBack() {
    unplug("ann", 3);
    plug("ann", 1);
}

/** What this person sends and is sent passes at so many kilobits a second, each way; without a limit if none is said. */
export function limit(person, kilobits) {
    for (const side of ["outside", "inside"]) {
        const tc = (line) => run("ip", ["netns", "exec", namespace(`nat-${person}`), "tc", ...`qdisc ${line}`.split(" ")]);
        if (kilobits) tc(`replace dev ${side} root tbf rate ${kilobits}kbit burst 4kb latency 300ms`);
        else tc(`delete dev ${side} root`);
    }
}

/**
 * Resolved when the cables of this person are as they will stay: the system may tell of a carrier a second after its cable is in. To a
 * browser that is started before, that is a change of its network.
 */
export async function settled(person) {
    const until = Date.now() + 60_000;
    const changing = () =>
        JSON.parse(within(person, "-json link show"))
            .filter(({ link_type, flags }) => link_type !== "loopback" && flags.includes("UP"))
            .filter(({ operstate }) => operstate !== "UP");
    while (changing().length > 0) {
        assert.ok(Date.now() < until, `the network of ${person} does not settle: ${JSON.stringify(changing())}`);
        await sleep(100);
    }
}

/** The kinds of NAT (RFC 4787 calls them by mapping and filtering). */
const KINDS = {
    // One outside port for one inside port, and anybody may send to it.
    "full cone": { post: "masquerade", pre: (inside) => `iif outside udp dport 1024-65535 dnat to ${inside}` },
    // One outside port, and only who was sent something may send back.
    "port restricted": { post: "masquerade" },
    // Another outside port for whomever is sent something.
    symmetric: { post: "masquerade fully-random" },
    // All that comes from outside goes to the one inside, as clouds have it. What that one sends to the outside address does not come back.
    "one to one": { post: "masquerade", pre: (inside) => `iif outside dnat to ${inside}` },
    // Nothing passes, not even what passed before.
    "cut": { post: "masquerade", first: "drop" },
    // A tenth of the packets is lost, each way.
    lossy: { post: "masquerade", first: "meta l4proto udp numgen random mod 10 == 0 drop" },
    // Pages of the web, and nothing else.
    "web only": { post: "masquerade", forward: "oif outside tcp dport { 80, 443 } accept\n oif outside drop" },
};

/** Lets a NAT be of this kind. */
export function shape(name, kind) {
    const { pre = () => "", post, first = "", forward = "" } = KINDS[kind];
    const inside = `10.0.${NATS[name][1]}.2`;
    // Without the drop on input, an unsolicited packet takes the port, and the next mapping gets another one.
    const rules = `flush ruleset
table ip nat {
 chain prerouting {
  type nat hook prerouting priority dstnat;
  ${pre(inside)}
 }
 chain postrouting {
  type nat hook postrouting priority srcnat;
  oif outside ${post}
 }
}
table ip filter {
 chain input {
  type filter hook input priority filter;
  ct state established,related accept
  iif outside drop
 }
 chain forward {
  type filter hook forward priority filter;
  ${first}
  ct state established,related accept
  ct status dnat accept
  ${forward}
 }
}
`;
    run("ip", ["netns", "exec", namespace(`nat-${name}`), "nft", "-f", "-"], rules);
}

/** Takes everything away. */
export function clear() {
    for (const name of made.splice(0).reverse()) {
        rmSync(etc(name), { recursive: true, force: true });
        try {
            ip(`netns delete ${namespace(name)}`);
        } catch {
            // It goes with the machine.
        }
    }
}
