// What is put into each page before anything else.

/**
 * Notes when a connection comes how far, and when each connects; counts what goes to the signalling server, and leads candidates
 * through proxies that take their time, if there are any.
 */
export function watch({ delays }) {
    const now = () => performance.timeOrigin + performance.now();
    const measured = { marks: {}, connected: [], messages: 0, bytes: 0 };
    window.measured = measured;
    const mark = (name) => (measured.marks[name] ??= now());

    const RealSocket = window.WebSocket;
    window.WebSocket = class extends RealSocket {
        send(data) {
            measured.messages += 1;
            measured.bytes += data.length ?? data.byteLength;
            super.send(data);
        }
    };

    /** The same candidate (RFC 8839, section 5.1), behind a proxy. */
    const led = async (line) => {
        const [, before, address, port, after] = line.match(/^(\S+ \d+ udp \d+ )([\d.]+) (\d+)( .*)$/is) ?? [];
        if (!address) return line;
        const proxy = await (await fetch(`${delays}?address=${address}&port=${port}`)).text();
        return `${before}127.0.0.1 ${proxy}${after}`;
    };
    const ledIn = async (sdp) => {
        const lines = sdp.split("\r\n").map((line) => (line.startsWith("a=candidate:") ? led(line) : line));
        return (await Promise.all(lines)).join("\r\n");
    };

    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...all) {
            super(...all);
            this.addEventListener("iceconnectionstatechange", () => mark(`ice ${this.iceConnectionState}`));
            this.addEventListener("connectionstatechange", () => {
                mark(this.connectionState);
                if (this.connectionState === "connected") measured.connected.push(now());
            });
            this.addEventListener("track", () => mark("track"));
        }
        async setLocalDescription(...all) {
            await super.setLocalDescription(...all);
            mark(`local ${this.localDescription?.type}`);
        }
        async setRemoteDescription({ type, sdp }) {
            mark(`remote ${type}`);
            const sdpOrLed = delays && sdp.includes("a=candidate:") ? await ledIn(sdp) : sdp;
            await super.setRemoteDescription({ type, sdp: sdpOrLed });
        }
        async addIceCandidate(candidate) {
            if (!delays || !candidate?.candidate) return super.addIceCandidate(candidate);
            const { sdpMid, sdpMLineIndex, usernameFragment } = candidate;
            const line = await led(candidate.candidate);
            return super.addIceCandidate({ candidate: line, sdpMid, sdpMLineIndex, usernameFragment });
        }
    };

    /** Resolved with the time when the first picture of a stream, or of an element, is shown. */
    window.firstFrame = (shown) => {
        const video = shown instanceof HTMLVideoElement ? shown : document.createElement("video");
        if (shown instanceof MediaStream) Object.assign(video, { autoplay: true, muted: true, srcObject: shown });
        document.body.append(video);
        return new Promise((resolve) => {
            video.requestVideoFrameCallback(() => {
                const at = now();
                mark("frame");
                resolve(at);
            });
        });
    };
}
