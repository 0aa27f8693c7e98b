// The page's own view of a call with people who are painted: every state of it, without a network. For what is looked at
// (pictures, tiles, names); that calls work is shown by the other tests, with real ones.

/** Opens the call in a page with so many others, who are called as in `names`. The room is `window.scene.room`. */
export async function scene(page, { names = ["Bob", "Cem", "Dana", "Emil", "Fumiko", "Gül", "Hana"], others = 1 } = {}) {
    await page.evaluate(open, names.slice(0, others));
}

async function open(names) {
    const { CallView } = await import("./view/call.js");
    const COLOURS = ["#7a9cc6", "#c69a7a", "#8fb28a", "#b58fb2", "#b2a67a", "#7ab2ad", "#a88fc6", "#c67a86"];
    const canvas = (width, height, draw) => {
        const element = Object.assign(document.createElement("canvas"), { width, height });
        draw(element.getContext("2d"));
        const video = Object.assign(document.createElement("video"), { muted: true, autoplay: true, playsInline: true });
        video.srcObject = element.captureStream(5);
        // A stream has the frames that are drawn from now on.
        const again = setInterval(() => draw(element.getContext("2d")), 200);
        setTimeout(() => clearInterval(again), 3000);
        return video;
    };
    const face = (number) =>
        canvas(640, 360, (pen) => {
            const colour = COLOURS[number % COLOURS.length];
            const disc = (x, y, width, height, fill) => {
                pen.fillStyle = fill;
                pen.beginPath();
                pen.ellipse(x, y, width, height, 0, 0, 7);
                pen.fill();
            };
            pen.fillStyle = `color-mix(in srgb, ${colour} 45%, #f4efe6)`;
            pen.fillRect(0, 0, 640, 360);
            disc(320, 380, 150, 120, colour);
            disc(320, 170, 72, 90, "#efc9a8");
            disc(320, 105, 76, 40, "#4a3528");
            for (const x of [294, 346]) disc(x, 165, 7, 8, "#2d2622");
            disc(320, 212, 24, 6, "#b05a4a");
        });
    const slide = (title) =>
        canvas(1280, 720, (pen) => {
            pen.fillStyle = "#fffdf8";
            pen.fillRect(0, 0, 1280, 720);
            pen.fillStyle = "#2a4674";
            pen.font = "bold 64px sans-serif";
            pen.fillText(title, 90, 150);
            pen.fillStyle = "#d9d2c4";
            for (const [row, width] of [900, 1040, 760, 980].entries()) pen.fillRect(90, 250 + row * 90, width, 34);
        });
    const views = (number, title) => {
        let person, screen;
        return (sight) => (sight === "screen" ? (screen ??= slide(title)) : (person ??= face(number)));
    };
    const me = { id: "me", name: "Ann", media: new Set(["camera", "microphone"]), settings: new Map(), attributes: new Map(), view: views(0, "My slides") };
    const room = Object.assign(new EventTarget(), {
        name: "blue-tiger",
        me,
        signaling: "connected",
        isLocked: false,
        lock(on) {
            room.isLocked = on;
            tell("lock", on);
        },
        waitingRoom: { on: false, waiting: [] },
        setWaitingRoom(on) {
            room.waitingRoom = { on, waiting: [] };
            tell("waiting", room.waitingRoom);
        },
        admit() {},
        refuse() {},
        askToMute() {},
        lowerHands() {},
        peers: new Map(),
        steps: [],
        send: async () => ({ delivered: Promise.resolve() }),
        closed: new Promise(() => {}),
        leave() {},
        resume() {},
    });
    for (const source of ["camera", "microphone", "screen"]) {
        room[source] = async (on) => me.media[on ? "add" : "delete"](source);
    }
    const view = new CallView(room, { invitation: `${location.origin}/?room=blue-tiger`, changed() {} });
    document.getElementById("lobby").hidden = true;
    let number = 0;
    const tell = (type, detail) => {
        room[`on${type}`]?.(detail);
        room.dispatchEvent(new CustomEvent(type, { detail }));
    };
    window.scene = {
        room,
        view,
        add(name) {
            number += 1;
            const peer = { id: `p${number}`, name, state: "connected", media: new Set(["camera", "microphone"]), volume: 1, muted: false, attributes: new Map(), view: views(number, `${name}: tea`) };
            peer.send = room.send;
            peer.askToMute = peer.lowerHand = () => {};
            peer.diagnose = async () => ({ code: "connection/connected", explain: "", advice: "" });
            peer.getStats = async () => undefined;
            room.peers.set(peer.id, peer);
            tell("peer", peer);
            return peer;
        },
        media(name, source, on) {
            const peer = this.named(name);
            peer.media[on ? "add" : "delete"](source);
            tell("media", { peer, source, on });
        },
        state(name, state) {
            const peer = this.named(name);
            peer.state = state;
            tell("connection", { peer, state });
        },
        speaks(name) {
            const peer = (room.speaker = this.named(name));
            peer.speaking = true;
            tell("speaking", { peer, speaking: true });
            tell("speaker", { peer });
        },
        goes(name) {
            const peer = this.named(name);
            room.peers.delete(peer.id);
            tell("left", { peer, reason: "left" });
        },
        waits(...names) {
            room.waitingRoom = { on: true, waiting: names.map((name, index) => ({ id: `w${index}`, name })) };
            tell("waiting", room.waitingRoom);
        },
        writes: (name, text) => tell("text", { from: window.scene.named(name), text }),
        named: (name) => [...room.peers.values()].find((peer) => peer.name === name),
        tell,
    };
    for (const name of names) window.scene.add(name);
}
