// What runs in a storm's pages: a bad network, small devices, a look at connections, and one side of each storm.

/**
 * Put into a page before anything else; `chance` is the source of the function of plan.mjs. Everything it offers is in
 * `window.storms`.
 */
export function prepare(chance) {
    const random = new Function(`return ${chance}`)();
    const storms = new Map();
    const connections = [];
    const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

    // One small device of each kind, of which every capture is a copy: there are many calls in a page.
    const { mediaDevices } = navigator;
    const capture = mediaDevices.getUserMedia.bind(mediaDevices);
    let devices;
    mediaDevices.getUserMedia = async ({ audio, video }) => {
        devices ??= capture({ audio: true, video: { width: 160, height: 120, frameRate: 10 } });
        const wanted = { audio, video };
        const tracks = (await devices).getTracks().filter((track) => wanted[track.kind]);
        return new MediaStream(tracks.map((track) => track.clone()));
    };

    // Connections, and what they refuse.
    const Connection = window.RTCPeerConnection;
    const watched = (name) =>
        async function (...given) {
            try {
                const done = await Connection.prototype[name].apply(this, given);
                const fragment = this.localDescription?.sdp.match(/a=ice-ufrag:(\S+)/)?.[1];
                if (fragment) this.fragments.add(fragment);
                return done;
            } catch (error) {
                if (this.signalingState !== "closed") this.refused.push(`${name}: ${error}`);
                throw error;
            }
        };
    window.RTCPeerConnection = class extends Connection {
        refused = [];
        /** Its username fragments, also when it is closed: each ICE restart has another one, which may go over the control channel. */
        fragments = new Set();
        constructor(...given) {
            super(...given);
            connections.push(this);
        }
        setLocalDescription = watched("setLocalDescription");
        setRemoteDescription = watched("setRemoteDescription");
        addIceCandidate = watched("addIceCandidate");
    };

    // Messages between members are lost, doubled, late and out of order; what is between page and server is not touched.
    const Socket = window.WebSocket;
    window.WebSocket = class extends Socket {
        send(data) {
            const { join, signal } = JSON.parse(data);
            if (join) {
                this.storm = storms.get(join.room);
            }
            // By these a connection is known to be of this storm; the first may go with the join.
            for (const [, fragment] of data.matchAll(/a=ice-ufrag:([\w+/]+)/g)) this.storm?.fragments.add(fragment);
            if (!signal || !this.storm) return super.send(data);
            for (const delay of this.storm.weather()) {
                setTimeout(() => this.readyState === Socket.OPEN && super.send(data), delay);
            }
        }
    };

    /** What becomes of each message: the delays of its copies. */
    function weather(storm, seed) {
        const rng = random(seed);
        return () => {
            const [lost, doubled] = [rng.percent(storm.wire.loss), rng.percent(storm.wire.duplicates)];
            const delays = [rng.upTo(storm.wire.delay), rng.upTo(storm.wire.delay)];
            if (storm.calm) return [0];
            if (lost || storm.isCut()) return [];
            return doubled ? delays : delays.slice(1);
        };
    }

    /** One side of a storm, from its beginning (milliseconds since 1970) until everything is done. */
    async function run({ room: name, seed, wire, side, begins, server }) {
        const until = (at) => sleep(begins + at - Date.now());
        const storm = { wire, fragments: new Set(), troubles: [], sent: [], heard: [], failed: [], views: [] };
        storm.weather = weather(storm, seed);
        storm.isCut = () => {
            const now = Date.now() - begins;
            return wire.cuts.some(({ from, to }) => from <= now && now < to);
        };
        storm.joining = Promise.withResolvers();
        storms.set(name, storm);
        const { join } = await import("/itodenwa/index.js");
        await until(side.joins);
        const [camera, microphone] = ["camera", "microphone"].map((source) => side.first.includes(source));
        storm.room = await join(name, { camera, microphone, server });
        storm.joining.resolve();
        storm.room.onpeer = (peer) => {
            const view = peer.view();
            // In sight: what is not seen is not sent.
            Object.assign(view.style, { position: "fixed", top: 0, left: 0, width: "80px" });
            storm.views.push(view);
            document.body.append(view);
        };
        storm.room.ontext = ({ text }) => storm.heard.push(text);
        storm.room.ontrouble = ({ code, detail }) => storm.troubles.push(`${code} ${detail}`);
        storm.room.onclose = ({ error }) => storm.troubles.push(`closed: ${error}`);
        const doing = [];
        for (const act of side.acts) {
            await until(act.at);
            doing.push(perform(storm, act).catch((error) => storm.failed.push(`${act.what}: ${error}`)));
        }
        await Promise.all(doing);
    }

    async function perform(storm, act) {
        const { room } = storm;
        const { what, on, text } = act;
        switch (what) {
            case "text":
                // Nobody to tell yet: it is not sent, and not waited for.
                if (room.peers.size === 0) return;
                storm.sent.push(text);
                return void (await room.send(text));
            case "lines":
                return ourOpen(storm).forEach((one) => crowd(one, act));
            case "restart":
                return [...room.peers.values()].forEach((peer) => peer.restartIce());
            default:
                return room[what](on);
        }
    }

    const added = new WeakMap();

    /** Adds transceivers below the client, whose sources are fewer; it takes them for its own as it needs them. */
    function crowd(connection, { most, kinds }) {
        const before = added.get(connection) ?? 0;
        const more = kinds.slice(0, most - before);
        for (const kind of more) connection.addTransceiver(kind);
        added.set(connection, before + more.length);
    }

    /** The network is as good as new. */
    function calm(name) {
        storms.get(name).calm = true;
    }

    const ofStorm = (storm) => connections.filter(({ fragments }) => [...fragments].some((fragment) => storm.fragments.has(fragment)));
    const ourOpen = (storm) => ofStorm(storm).filter((one) => one.signalingState !== "closed");

    /** What there is now. */
    async function look(name) {
        const storm = storms.get(name);
        const { room, troubles, sent, heard, failed } = storm;
        const ours = ofStorm(storm);
        return {
            mine: [...(room?.me.media ?? [])].sort(),
            theirs: [...(room?.peers.values() ?? [])].map((peer) => ({ state: peer.state, media: [...peer.media].sort() })),
            connections: await Promise.all(ourOpen(storm).map(describe)),
            refused: ours.flatMap((one) => one.refused),
            made: ours.length,
            troubles,
            sent,
            heard,
            failed,
        };
    }

    const lines = (sdp) => [...sdp.matchAll(/^m=(\w+) [^]*?a=mid:(\S+)/gm)].map(([, kind, mid]) => `${kind} ${mid}`);

    async function describe(one) {
        const { localDescription: local, remoteDescription: remote } = one;
        const [received, sent] = [{ frames: 0, audio: 0 }, { frames: 0, audio: 0 }];
        for (const stat of (await one.getStats()).values()) {
            if (stat.type === "inbound-rtp") {
                received.frames += stat.framesDecoded ?? 0;
                if (stat.kind === "audio") received.audio += stat.bytesReceived;
            }
            if (stat.type === "outbound-rtp") {
                sent.frames += stat.framesSent ?? 0;
                if (stat.kind === "audio") sent.audio += stat.bytesSent;
            }
        }
        return {
            signaling: one.signalingState,
            state: one.connectionState,
            lines: lines(local?.sdp ?? ""),
            theirLines: lines(remote?.sdp ?? ""),
            received,
            sent,
        };
    }

    /** The steps of the call and where it can be reached, for who wonders what went wrong. */
    function story(name) {
        const storm = storms.get(name);
        const steps = storm.room?.steps.map(({ at, name, detail }) => `${Math.round(at)} ${name} ${detail ?? ""}`);
        const candidates = ourOpen(storm).map((one) => one.localDescription?.sdp.match(/^a=candidate:.*/gm));
        return { steps, candidates };
    }

    /** Leaves, and takes everything away. */
    async function leave(name) {
        const storm = storms.get(name);
        if (storm.room) storm.room.onclose = null;
        await storm.room?.leave();
        storm.views.forEach((view) => view.remove());
        storms.delete(name);
    }

    const joined = (name) => storms.get(name).joining.promise;

    window.storms = { run, joined, calm, look, story, leave };
}
