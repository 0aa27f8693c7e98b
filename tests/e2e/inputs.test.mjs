// What programs and people give it, in the forms in which it comes: what was copied, elements, and what is frozen.
import assert from "node:assert/strict";
import { after } from "node:test";
import { address, browser, each, end, freshRoom } from "./people.mjs";

after(end);

for (const [kind, test] of each("firefox", "chromium")) {
    /** Runs in a page of the server. */
    const inPage = async (t, run, ...given) => {
        const context = await (await browser(kind)).createBrowserContext();
        t.after(() => context.close());
        const page = await context.newPage();
        await page.goto(await address());
        return page.evaluate(run, ...given);
    };

    test(`a description is taken as mails, chats, forms, consoles and links leave it, and so is a candidate (${kind})`, async (t) => {
        assert.deepEqual(await inPage(t, byHand), {
            failed: [],
            candidates: "connected",
            nonsense: Array.from({ length: 4 }, () => "call/refused"),
        });
    });

    test(`what a program froze goes on; it says of itself what can be stored; what cannot show anybody is refused (${kind})`, async (t) => {
        const told = await inPage(t, frozen, freshRoom());
        assert.deepEqual(told.seen, [["camera"], [], ["camera"]]);
        assert.deepEqual(told.texts, ["hello"]);
        assert.deepEqual(told.json, { name: "Bob", media: ["camera"], state: "connected", mine: ["camera"], peers: 1 });
        assert.deepEqual(told.refused, Array.from({ length: 12 }, () => "view/element"));
        assert.deepEqual(told.late, [...Array.from({ length: 10 }, () => "nothing"), true]);
        assert.deepEqual(told.afterwards, { state: "closed", media: 0, peers: 0, own: 0 });
    });

    test(`a join that fails by what it is given leaves nothing to the next one (${kind})`, async (t) => {
        assert.deepEqual(await inPage(t, failing, freshRoom()), {
            codes: ["options/invalid", "options/invalid", "options/invalid", "key/invalid"],
            connected: ["connected", "connected", "connected", "connected"],
            heard: ["now", "now", "now", "now"],
        });
    });
}

/** Runs in the page. Each description is carried in another form, both ways. */
async function byHand() {
    const { Call } = await import("/itodenwa/index.js");
    const lines = (text, change) => text.split("\r\n").map(change).join("\n");
    const field = (text) => Object.assign(document.createElement("input"), { value: text }).value;
    const forms = {
        text: ({ sdp }) => sdp.trim(),
        json: (given) => ` ${JSON.stringify(given, null, 2)}\n`,
        object: (given) => new RTCSessionDescription(given),
        chat: (given) => `Here it is:\n\`\`\`json\n${JSON.stringify(given)}\n\`\`\`\nBye`,
        mail: ({ sdp }) => `> ${lines(sdp, (line) => `> ${line.replace(/(.{40,70}?) /g, "$1\n> > ")}`)}\n\nBest\nAnn`,
        word: (given) => JSON.stringify(given).replace(/"(\w+)"/g, "\u201c$1\u201d").replaceAll(" ", "\u00a0"),
        html: (given) => JSON.stringify(given).replaceAll("&", "&amp;").replaceAll('"', "&quot;"),
        field: ({ sdp }) => field(sdp),
        console: ({ type, sdp }) => `{type: '${type}', sdp: '${sdp.replaceAll("\r\n", "\\r\\n")}'}`,
        link: (given) => encodeURIComponent(JSON.stringify(given)),
        base64: (given) => btoa(JSON.stringify(given)),
        printable: ({ sdp }) => lines(sdp.replaceAll("=", "=3D"), (line) => line.replace(/(.{70})/g, "$1=\n")),
    };
    const connect = async (offered, answered, ice) => {
        const calls = [await Call.create({ ice, microphone: true }), await Call.create({ ice })];
        const [here, there] = calls;
        // By trickle: as JSON the one way, as lines of a description the other.
        const nonsense = [];
        if (ice === "trickle") {
            for (const text of ["hello", "{", "42", "{}"]) nonsense.push(await here.addCandidate(text).catch(({ code }) => code));
            here.oncandidate = (candidate) => there.addCandidate(JSON.stringify(candidate));
            there.oncandidate = (candidate) => candidate && here.addCandidate(` a=${candidate.candidate}\n`);
        }
        try {
            const connected = new Promise((done) => (here.onconnection = (state) => state === "connected" && done(state)));
            await there.setOffer(offered(await here.makeOffer()));
            await here.setAnswer(answered(await there.makeAnswer()));
            return { state: await connected, nonsense };
        } finally {
            await Promise.all(calls.map((call) => call.close()));
        }
    };
    const failed = [];
    const attempts = Object.entries(forms).map(([name, form]) =>
        connect(form, form, "vanilla").catch(({ message }) => failed.push(`${name}: ${message}`)),
    );
    await Promise.all(attempts);
    const { state, nonsense } = await connect(forms.text, forms.text, "trickle");
    return { failed, candidates: state, nonsense };
}

/** Runs in the page. */
async function frozen(room) {
    const { join } = await import("/itodenwa/index.js");
    const [ann, bob] = [await join(room), await join(room, { name: "Bob", camera: true })];
    const peer = await new Promise((came) => (ann.onpeer = came));
    const until = async (is) => {
        while (!is()) await new Promise((done) => setTimeout(done, 20));
        return [...peer.media];
    };
    await until(() => peer.state === "connected" && bob.peers.size === 1);
    const seen = [await until(() => peer.media.has("camera"))];
    // As immer does with what is kept in a store.
    const refuse = () => {
        throw new Error("This is frozen");
    };
    for (const shared of [peer.media, bob.me.media, bob.me.settings, ann.peers]) {
        Object.freeze(Object.assign(shared, { add: refuse, set: refuse, delete: refuse, clear: refuse }));
    }
    for (const kept of [ann, bob, ann.me, bob.me, peer]) Object.freeze(kept);
    await bob.camera(false);
    seen.push(await until(() => !peer.media.has("camera")));
    await bob.camera(true);
    seen.push(await until(() => peer.media.has("camera")));
    const texts = [];
    ann.ontext = ({ text }) => texts.push(text);
    await (await bob.send("hello")).delivered;

    const error = await join("no room").catch((error) => error);
    // No EventTarget can be cloned, but what it says of itself.
    for (const kept of [ann.toJSON(), ann.me, peer.toJSON(), error]) structuredClone(kept);
    const { peers } = JSON.parse(JSON.stringify(ann));
    const { name, media, state } = peers[0];
    const json = { name, media, state, mine: JSON.parse(JSON.stringify(bob.me)).media, peers: peers.length };

    const refused = [];
    const code = (run) => {
        try {
            refused.push(run() ?? "taken");
        } catch (error) {
            refused.push(error.code ?? error.message);
        }
    };
    for (const nothing of [null, undefined, "video", {}, document.createElement("div"), document.createElement("img")]) {
        code(() => peer.attach(nothing));
        code(() => ann.me.detach(nothing));
    }
    const framed = document.body.appendChild(document.createElement("iframe")).contentDocument.createElement("video");
    peer.attach(framed);
    peer.detach(framed);

    await bob.leave();
    await until(() => ann.peers.size === 0);
    // A component may be unmounted later than that.
    const late = [];
    const say = (run) => {
        try {
            late.push(run() ?? "nothing");
        } catch (error) {
            late.push(error.code ?? error.message);
        }
    };
    const element = document.createElement("video");
    say(() => peer.attach(element));
    say(() => peer.attach(element, "screen"));
    say(() => peer.detach(element));
    say(() => peer.detach(element));
    await ann.leave();
    for (const person of [peer, ann.me]) for (const method of ["attach", "detach"]) say(() => person[method](element));
    say(() => void (peer.volume = 0.5));
    say(() => void (peer.muted = true));
    late.push(element.srcObject === null);
    const afterwards = { state: peer.state, media: peer.media.size, peers: ann.peers.size, own: bob.me.media.size };
    return { seen, texts, json, refused, late, afterwards };
}

/** Runs in the page: after each join that fails, a room is joined by three that have no key, of whom nobody keeps anything for the last one. */
async function failing(name) {
    const { join, newKey } = await import("/itodenwa/index.js");
    const wrong = [
        { preview: {}, key: newKey(), history: 5 },
        { preview: "camera", history: 5 },
        { key: newKey(), history: 51 },
        { key: "short", history: 5 },
    ];
    const told = { codes: [], connected: [], heard: [] };
    const first = (target, type, is = () => true) => new Promise((resolve) => target.addEventListener(type, ({ detail }) => is(detail) && resolve(detail)));
    for (const [turn, options] of wrong.entries()) {
        const room = `${name}-${turn}`;
        told.codes.push(await join(room, options).then(() => "joined", ({ code }) => code ?? "none"));
        const ann = await join(room);
        const differs = first(ann, "trouble").then(({ code }) => code);
        const meets = async (one) => {
            const peer = await first(ann, "peer", ({ id }) => id === one.me.id);
            if (peer.state !== "connected") await first(peer, "connection", (state) => state === "connected");
            return peer.state;
        };
        const bob = await join(room);
        told.connected.push(await Promise.race([differs, meets(bob)]));
        await ann.send("before");
        const cem = await join(room, { history: 5 });
        const heard = first(cem, "text").then(({ text }) => text);
        await Promise.race([differs, meets(cem)]);
        // What was said before comes before all else.
        await ann.send("now");
        told.heard.push(await heard);
        for (const one of [ann, bob, cem]) await one.leave();
    }
    return told;
}
