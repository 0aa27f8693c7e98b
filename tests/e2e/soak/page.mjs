// What runs in the pages of a soak.

/** Put into a page before anything else: counts what is open, and has one small device of each kind. */
export function prepare() {
    // What is closed is let go: a list of all would itself be what grows.
    const open = (window.open_ = { connections: new Set(), sockets: new Set() });
    const [Connection, Socket] = [window.RTCPeerConnection, window.WebSocket];
    window.RTCPeerConnection = class extends Connection {
        constructor(...given) {
            super(...given);
            open.connections.add(this);
        }
        close() {
            super.close();
            open.connections.delete(this);
        }
    };
    window.WebSocket = class extends Socket {
        constructor(...given) {
            super(...given);
            open.sockets.add(this);
            this.addEventListener("close", () => open.sockets.delete(this), { once: true });
        }
    };
    const { mediaDevices } = navigator;
    const capture = mediaDevices.getUserMedia.bind(mediaDevices);
    let devices;
    mediaDevices.getUserMedia = async ({ audio, video }) => {
        devices ??= capture({ audio: true, video: { width: 160, height: 120, frameRate: 10 } });
        const wanted = { audio, video };
        return new MediaStream((await devices).getTracks().filter(({ kind }) => wanted[kind]).map((track) => track.clone()));
    };
}

/** Runs in the page: offers what a person does there, as `window.soak`. */
export function offer() {
    const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 36 });
    canvas.getContext("2d").fillRect(0, 0, 64, 36);
    let [room, on, said, heard, wrong] = [undefined, new Set(), 0, new Map(), []];

    /** Of each other every text comes once, and in its order. */
    function hears({ from, text }) {
        const number = Number(text);
        const before = heard.get(from.name) ?? number - 1;
        if (number !== before + 1) wrong.push(`${from.name} said ${number} after ${before}`);
        heard.set(from.name, number);
    }

    const acts = {
        camera: (wanted) => room.camera(wanted),
        microphone: (wanted) => room.microphone(wanted),
        board: async (wanted) => {
            if (!wanted) return room.unpublish("board", { stop: true });
            await room.publish(canvas.captureStream(5).getVideoTracks()[0], { source: "board" });
        },
    };

    window.soak = {
        async join(name, as) {
            const { join } = await import("/itodenwa/index.js");
            [on, said, heard] = [new Set(), 0, new Map()];
            room = await join(name, { name: as });
            room.ontext = hears;
            // What publishing needs is loaded when it is first used: while the server can be reached.
            await acts.board(true);
            await acts.board(false);
        },
        /** From now on it counts what is said. */
        begin() {
            [said, heard] = [0, new Map()];
        },
        /** Does so many things, each after so many milliseconds at most, by chance. */
        async act(times, within) {
            for (let time = 0; time < times; time += 1) {
                await sleep(Math.random() * within);
                const what = ["camera", "microphone", "board", "text", "text"][Math.floor(Math.random() * 5)];
                // What is said is heard by those who are there; it is acknowledged when everybody agrees.
                if (what === "text") (await room.send(String((said += 1)))).delivered.catch(() => {});
                else {
                    const wanted = !on.has(what);
                    await acts[what](wanted);
                    on[wanted ? "add" : "delete"](what);
                }
            }
        },
        async leave() {
            await room.leave();
            room = undefined;
        },
        /** What one has on and said, and what one sees and heard of the others. */
        view: () => ({
            on: [...on].sort(),
            said,
            wrong,
            signaling: room.signaling,
            peers: Object.fromEntries([...room.peers.values()].map(({ name, state, away, media }) =>
                [name, { state, away, on: [...media].sort(), heard: heard.get(name) ?? 0 }])),
        }),
    };
}

/** Runs in the page: what is open. The wasm that is loaded is given again. */
export async function look() {
    const { default: load } = await import("/pkg/itodenwa.js");
    const memory = Object.values(await load()).find((exported) => exported instanceof WebAssembly.Memory);
    const { connections, sockets } = window.open_;
    return { wasm: memory.buffer.byteLength / 2 ** 20, connections: connections.size, sockets: sockets.size };
}
