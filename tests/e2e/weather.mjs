// What may become of each message that members send each other over the server: runs in a page, before anything else.

/** Until `weather` is called with one of its names everything arrives. What was done to messages is counted in `weather.done`. */
export function prepare() {
    const Connection = RTCPeerConnection;
    const connections = (window.connections = []);
    /** What a browser was given and refused. */
    const refused = (window.refused = []);
    const watched = (name) =>
        async function (...given) {
            try {
                return await Connection.prototype[name].apply(this, given);
            } catch (error) {
                if (this.signalingState !== "closed") refused.push(`${name}: ${error}`);
                throw error;
            }
        };
    let isDeaf = false;
    const [setRemote, addCandidate] = ["setRemoteDescription", "addIceCandidate"].map(watched);
    window.RTCPeerConnection = class extends Connection {
        constructor(...configuration) {
            super(...configuration);
            // One that is described: that of an offer that nobody got never is.
            this.addEventListener("signalingstatechange", () => connections.push(this), { once: true });
        }
        setLocalDescription = watched("setLocalDescription");
        setRemoteDescription(description) {
            if (!isDeaf) return setRemote.call(this, description);
            const sdp = description.sdp.replace(/^a=candidate:.*\r\n/gm, () => (done.candidates++, ""));
            return setRemote.call(this, { type: description.type, sdp });
        }
        addIceCandidate(candidate) {
            if (!isDeaf) return addCandidate.call(this, candidate);
            if (candidate?.candidate) done.candidates++;
            return Promise.resolve();
        }
    };

    const done = { lost: 0, doubled: 0, moved: 0, candidates: 0 };
    const once = (word) => {
        let isLost = false;
        return (body, send) => {
            if (isLost || !body?.[word]) return send();
            isLost = true;
            done.lost++;
        };
    };
    // Repeatable (mulberry32).
    const shuffled = (list, seed) => {
        let state = seed;
        const draw = () => {
            state = (state + 0x6d2b79f5) >>> 0;
            const z = Math.imul(state ^ (state >>> 15), state | 1);
            return (z ^ (z >>> 14)) >>> 0;
        };
        return list.map((item) => [draw(), item]).sort(([one], [other]) => one - other).map(([, item]) => item);
    };
    const kinds = {
        /** The first offer does not arrive. It may have come with a join, so it is lost where it would arrive. */
        offer: () => {
            arrives = once("offer");
            return (_, send) => send();
        },
        /** The first answer does not. */
        answer: () => once("answer"),
        /** Everything arrives twice. */
        twice: () => (_, send) => {
            send();
            send();
            done.doubled++;
        },
        /** Always eight arrive in another order than they were sent in; fewer if no more come for a while. */
        disorder: (seed) => {
            let window = [];
            let timer;
            const flush = () => {
                const before = window;
                window = [];
                const after = shuffled(before, seed++);
                done.moved += after.filter((send, place) => send !== before[place]).length;
                after.forEach((send) => send());
            };
            return (_, send) => {
                clearTimeout(timer);
                window.push(send);
                if (window.length === 8) flush();
                else timer = setTimeout(flush, 200);
            };
        },
        /** Descriptions are overtaken by the candidates that belong to them. */
        overtaken: () => {
            let kept = [];
            return (body, send) => {
                if (body?.offer || body?.answer) {
                    kept.push(send);
                    // Nobody gathers for so long.
                    if (kept.length === 1) setTimeout(() => kept.splice(0).forEach((late) => late()), 1000);
                    return;
                }
                send();
                if (body?.candidate && kept.length > 0) done.moved++;
            };
        },
        /** Of the other side's candidates none comes. */
        deaf: () => {
            isDeaf = true;
            return (_, send) => send();
        },
    };
    let passes = (_, send) => send();
    let arrives = (_, give) => give();
    window.weather = (kind, seed = 1) => (passes = kinds[kind](seed));
    window.weather.done = done;

    const { send } = RTCDataChannel.prototype;
    /** All that is said over the control channel is said twice, too; what was is kept. */
    window.weather.repeats = () => {
        done.repeated = [];
        RTCDataChannel.prototype.send = function (data) {
            if (this.label === "control") {
                done.repeated.push(data);
                send.call(this, data);
            }
            return send.call(this, data);
        };
    };

    const Socket = WebSocket;
    window.WebSocket = class extends Socket {
        send(data) {
            const { signal } = JSON.parse(data);
            const send = () => this.readyState === Socket.OPEN && super.send(data);
            if (!signal) return send();
            passes(signal.packet.body && JSON.parse(signal.packet.body), send);
        }
        addEventListener(type, listener, ...options) {
            const heard = (event) => {
                const body = type === "message" && JSON.parse(event.data).signal?.packet.body;
                arrives(body && JSON.parse(body), () => listener.call(this, event));
            };
            super.addEventListener(type, heard, ...options);
        }
    };
}
