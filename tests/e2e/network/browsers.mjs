// Browsers in a namespace, and who sits before them.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { launch, Person, PROGRAMS } from "../people.mjs";
import { NAMES, namespace } from "./lab.mjs";
import { tunnel } from "./tunnel.mjs";

const folder = mkdtempSync(join(tmpdir(), "itodenwa-browsers-"));

/** A browser of this kind in the namespace of this name, that believes the certificate with this hash of its key. */
export function browserOf(name, kind, believed) {
    const wrapper = join(folder, `${name}-${kind}`);
    writeFileSync(wrapper, `#!/bin/sh\nexec ip netns exec ${namespace(name)} ${PROGRAMS[kind]} "$@"\n`);
    chmodSync(wrapper, 0o755);
    return kind === "firefox" ? firefox(name, wrapper) : chromium(wrapper, believed);
}

function chromium(executablePath, believed) {
    // The driver is not in the namespace.
    return launch("chromium", { executablePath, pipe: true, args: [`--ignore-certificate-errors-spki-list=${believed}`] });
}

/** It believes every certificate, also of a relay. */
async function firefox(name, executablePath) {
    const { port, close } = await tunnel(name);
    try {
        const browser = await launch("firefox", { executablePath, debuggingPort: port });
        browser.once("disconnected", close);
        return browser;
    } catch (error) {
        close();
        throw error;
    }
}

/** Takes the files away. */
export function clean() {
    rmSync(folder, { recursive: true, force: true });
}

/**
 * Runs before the page: keeps its connections, and only the relays that are meant. Firefox takes no `turns:` with an address, so there it has a name;
 * Chromium asks a name server for names, where none answers, and gives each up after 15 s.
 */
function watch(relays, names) {
    window.connections = [];
    const named = (url) => url.replace(/(?<=^turns:)[\d.]+/, (address) => names[address]);
    const known = navigator.userAgent.includes("Firefox") ? named : (url) => url;
    window.RTCPeerConnection = class extends RTCPeerConnection {
        static meant({ iceServers, ...others }) {
            const means = (url) => !relays || url.match(relays);
            const meant = iceServers.map(({ urls, ...server }) => ({ ...server, urls: urls.filter(means).map(known) }));
            return { ...others, iceServers: meant.filter(({ urls }) => urls.length > 0) };
        }
        constructor(configuration) {
            super(window.RTCPeerConnection.meant(configuration));
            // One that is described: that of an offer that nobody got never is.
            this.addEventListener("signalingstatechange", () => window.connections.push(this), { once: true });
        }
        setConfiguration(configuration) {
            super.setConfiguration(window.RTCPeerConnection.meant(configuration));
        }
        setRemoteDescription(description) {
            // What an answer was waited for.
            if (description.type === "answer") window.answeredWhile ??= this.iceGatheringState;
            return super.setRemoteDescription(description);
        }
    };
}

/** Runs before the page: what is sent for a camera is noise, of which no two frames are alike. Fake cameras show what needs nearly no bits. */
function restless() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    const small = Object.assign(document.createElement("canvas"), { width: 80, height: 60 });
    const [pen, grain] = [canvas, small].map((element) => element.getContext("2d"));
    setInterval(() => {
        const image = grain.createImageData(small.width, small.height);
        crypto.getRandomValues(image.data);
        grain.putImageData(image, 0, 0);
        pen.drawImage(small, 0, 0, canvas.width, canvas.height);
    }, 40);
    const [noise] = canvas.captureStream().getVideoTracks();
    const sent = (what) => (what?.kind === "video" ? noise : what);
    const { addTransceiver } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.addTransceiver = function (what, ...others) {
        return addTransceiver.call(this, sent(what), ...others);
    };
    const { replaceTrack } = RTCRtpSender.prototype;
    RTCRtpSender.prototype.replaceTrack = function (track) {
        return replaceTrack.call(this, sent(track));
    };
}

export class Caller extends Person {
    /** `relays`: which of the server's addresses are used; all, if that is not said. `isRestless`: what the camera shows needs many bits. */
    static open(browser, url, { relays, isRestless } = {}) {
        const watching = `(${watch})(${relays}, ${JSON.stringify(NAMES)})`;
        return super.open(browser, url, { prepare: isRestless ? `${watching};(${restless})()` : watching });
    }

    /** The pair that is in use: the kinds of both candidates, how our relay is spoken to, and our port. */
    pair() {
        return this.page.evaluate(async () => {
            const stats = await window.connections.at(-1).getStats();
            const transport = [...stats.values()].find(({ type }) => type === "transport")?.selectedCandidatePairId;
            // Firefox has no transports.
            const pair = [...stats.values()].find(({ id, selected }) => id === transport || selected);
            const [local, remote] = [stats.get(pair?.localCandidateId), stats.get(pair?.remoteCandidateId)];
            return { local: local?.candidateType, remote: remote?.candidateType, spoken: local?.relayProtocol, port: local?.port };
        });
    }

    /** Whether the NAT gave each port the same number outside. */
    keepsPorts() {
        return this.page.evaluate(() => {
            const candidates = window.connections.at(-1).localDescription.sdp.matchAll(/ (\d+) typ srflx raddr \S+ rport (\d+)/g);
            return [...candidates].every(([, outside, inside]) => outside === inside);
        });
    }

    /** Bits of pictures a second that are sent, over two seconds. */
    async sends() {
        const bytes = () => this.#sum("outbound-rtp", "video", "bytesSent");
        const [before, since] = [await bytes(), Date.now()];
        await sleep(2000);
        return ((await bytes()) - before) * 8000 / (Date.now() - since);
    }

    /** Packets of sound that came so far. */
    heard() {
        return this.#sum("inbound-rtp", "audio", "packetsReceived");
    }

    #sum(type, kind, what) {
        return this.page.evaluate(async (type, kind, what) => {
            const stats = [...(await window.connections.at(-1).getStats()).values()];
            return stats.filter((stat) => stat.type === type && stat.kind === kind).reduce((sum, stat) => sum + stat[what], 0);
        }, type, kind, what);
    }

    connections() {
        return this.page.evaluate(() => window.connections.length);
    }
}
