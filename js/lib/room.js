import { coded, codedNow, ItodenwaError } from "./error.js";
import { Emitter } from "./emitter.js";
import { handOver } from "./handover.js";
import { checkPolicy } from "./ice.js";
import { abort, channels, files, interruption, ownLevel, publishing, recording, verification, watching } from "./later.js";
import { json, Message, written } from "./message.js";
import { Me, Peer } from "./person.js";
import { pump } from "./pump.js";
import { raw, rawWith } from "./raw.js";
import { clear, mark, put, remove } from "./shared.js";
import { beginning, switching, understood } from "./wanted.js";

/** Steps that are kept; older ones are dropped. */
const STEPS = 512;
const TYPES = ["peer", "left", "connection", "name", "away", "media", "device", "devices", "interrupted", "speaking", "speaker", "text", "data", "attribute", "channel", "file", "step", "trouble", "signaling", "lock", "waiting", "askedtomute", "handlowered", "blocked", "close"];

/** Joins a room. The first one loads the wasm. */
export async function join(room, options = {}) {
    if (typeof room !== "string") {
        throw new ItodenwaError("room/invalid", "The room's name has to be a text: join(\"blue-tiger\").");
    }
    beginning(options);
    checkPolicy(options);
    if (options.signal == null) return entered(room, options);
    // Few give up.
    const { abortable } = await abort();
    return abortable(options, (aborted) => entered(room, options, aborted), (room) => room.leave());
}

async function entered(room, options, aborted) {
    const key = text(options.key);
    const { history } = options;
    const [{ join, keepKey, keepHistory, endVisit }, token] = await Promise.all([rawWith(...partsOf(options)), tokenOf(options)]);
    options.signal?.throwIfAborted();
    const { enter, media } = handOver(options.preview) ?? { enter: join };
    // What the application throws is its own.
    const waits = (seconds) => queueMicrotask(() => options.onwait?.({ seconds }));
    const wanted = { ...options, name: text(options.name), server: text(options.server), aborted, waits };
    const joined = coded(() => {
        visits(wanted.server, endVisit);
        // For the join that is begun in the same breath.
        if (key !== undefined) keepKey(key);
        if (history !== undefined) keepHistory(history);
        return enter(room, { ...wanted, token });
    });
    return new Room(room, { ...options, ...media }, await joined);
}

/** The parts that a join with these options needs. */
const partsOf = ({ key, history }) => [text(key) !== undefined && "key", history !== undefined && "history"].filter(Boolean);

/** The server to which a way was opened last, for a join that follows. */
let visited;

/** Loads the wasm and opens the way to the server, for the join that follows. */
export async function prepare(options = {}) {
    const { server, signal } = options;
    const { visit, endVisit } = await raw();
    signal?.throwIfAborted();
    visits(text(server), endVisit);
    await Promise.all([coded(() => visit(visited)), rawWith(...partsOf(options))]);
    signal?.addEventListener("abort", endVisit, { once: true });
    // Browsers do not keep a page that has a connection for when somebody comes back to it.
    addEventListener("pagehide", endVisit, { once: true });
}

/** A way to another server is not wanted any more. */
function visits(server, endVisit) {
    if (visited !== server) endVisit();
    visited = server;
}

/** Cameras, microphones and loudspeakers. */
export async function devices() {
    const { devices } = await rawWith("settings");
    return coded(() => devices());
}

/** What the calls of this page hold of the browser. */
export async function counts() {
    const { counts } = await raw();
    return counts();
}

/** Removes what was received to the private file system. */
export async function removePrivateFiles() {
    const { removePrivateFiles } = await rawWith("files");
    return coded(() => removePrivateFiles());
}

/** As a text: an address may be a URL, and a name of a database a number. */
export function text(given) {
    return given?.toString();
}

/** The token, which may have to be fetched. */
export async function tokenOf({ token }) {
    if (typeof token !== "function") return token;
    try {
        return await token();
    } catch (cause) {
        throw new ItodenwaError("token/unavailable", "The token could not be had. Check the application's own server.", { cause });
    }
}

/** A room that one is in. Made by `join`. */
export class Room extends Emitter {
    #raw;
    /** The same, once what attributes need is loaded. */
    #shared;
    #name;
    #me;
    #closed;
    #signaling = "connected";
    #isLocked;
    #waitingRoom;
    #speaker;
    #peers = new Map();
    /** What changes of oneself. */
    #own;
    /** What changes of the others, by id. */
    #theirs = new Map();
    #steps = [];
    /** The sources that are tracks of the application. */
    #published = new Set();
    /** The application's functions that answer questions. */
    #answers = new Map();
    /** What is said to the server is on its way. */
    #saying;
    #end;
    #resolveClosed;

    constructor(name, { camera, microphone }, raw) {
        super({ kept: ["text", "data", "channel", "file", "trouble", "askedtomute", "blocked"], current: (type) => this.#current(type) });
        const link = {
            raw: () => this.#open(),
            with: (part) => this.#with(part),
            send: (message, to) => this.#send(message, to),
            attributes: (of) => this.#attributes(of),
            set: (key, value) => this.#set(false, key, value),
            level: (id) => this.#raw?.level(id) ?? 0,
            ownLevel: () => this.#ownLevel(),
            say: (what) => this.#say(what),
        };
        const me = raw.me();
        this.#name = name;
        this.#own = { id: me.id, name: me.name, told: me.name, media: new Set(), settings: new Map() };
        this.#me = new Me(me, link, this.#own);
        this.#isLocked = raw.isLocked();
        this.#waitingRoom = raw.waitingRoom();
        if (camera) mark(this.#own.media, "camera", true);
        if (microphone) mark(this.#own.media, "microphone", true);
        this.#closed = new Promise((resolve) => (this.#resolveClosed = resolve));
        this.#raw = raw;
        pump(raw, this, (event) => this.#take(event, link))
            .catch((error) => this.#close(ItodenwaError.from(error)))
            .finally(() => {
                this.#close();
                raw.free();
            });
    }

    get name() {
        return this.#name;
    }

    /** Oneself. */
    get me() {
        return this.#me;
    }

    /** Resolved when the room is over: with nothing if it was left on purpose, otherwise with why. */
    get closed() {
        return this.#closed;
    }

    /** How the server is reached: `connected` or `reconnecting`. */
    get signaling() {
        return this.#signaling;
    }

    /** Whether newcomers are kept out. */
    get isLocked() {
        return this.#isLocked;
    }

    /** Whether who comes has to wait, and who does. */
    get waitingRoom() {
        return this.#waitingRoom;
    }

    /** Who is to be looked at. */
    get speaker() {
        return this.#speaker;
    }

    /** What the room has for everybody to see, by key. */
    get attributes() {
        return this.#attributes();
    }

    toJSON() {
        const [me, ...peers] = [this.#me, ...this.#peers.values()].map((person) => person.toJSON());
        return { name: this.#name, me, peers, signaling: this.#signaling, isLocked: this.#isLocked, waitingRoom: this.#waitingRoom };
    }

    /** Who else is here, by id. */
    get peers() {
        return this.#peers;
    }

    /** What says that one is in this room. */
    get ticket() {
        return this.#raw?.ticket();
    }

    /** The last steps of the calls. */
    get steps() {
        return [...this.#steps];
    }

    camera(on) {
        return this.#source("camera", on);
    }

    microphone(on) {
        return this.#source("microphone", on);
    }

    screen(on) {
        return this.#source("screen", on);
    }

    /** Gives the names of the sources that are sent. */
    async publish(media, options) {
        const { publish } = await publishing();
        const sent = await publish(() => this.#with("publish"), media, options);
        for (const source of sent) {
            this.#published.add(source);
            mark(this.#own.media, source, true);
        }
        return sent;
    }

    unpublish(source, { stop = false } = {}) {
        // The sound of a picture goes with it.
        for (const name of [String(source), `${source}Audio`].filter((name) => this.#published.delete(name))) {
            codedNow(() => this.#open().unpublish(name, Boolean(stop)));
            mark(this.#own.media, name, false);
            remove(this.#own.settings, name);
        }
    }

    async process(source, processor) {
        const { process } = await publishing();
        return process(() => this.#with("process"), source, processor);
    }

    limit(source, limits = {}) {
        codedNow(() => this.#open().limit(String(source), understood("limits", limits)));
    }

    async loudspeaker(deviceId) {
        return coded(async () => (await this.#with("settings")).loudspeaker(String(deviceId)));
    }

    async record(options) {
        const { record } = await recording();
        return record(() => this.#open(), options);
    }

    async diagnose() {
        const found = (await this.#with("check")).diagnose();
        return found.map((one) => ({ ...one, peer: this.#peers.get(one.peer) }));
    }

    async setName(name) {
        await coded(async () => (await this.#with("membership")).setName(text(name) ?? ""));
        // The event may be on its way still.
        this.#own.name = (this.#raw?.me() ?? this.#own).name;
    }

    lock(on = true) {
        this.#say((raw) => raw.lock(Boolean(on)));
    }

    setWaitingRoom(on = true) {
        this.#say((raw) => raw.setWaitingRoom(Boolean(on)));
    }

    admit(id) {
        this.#say((raw) => raw.admit(id, true));
    }

    refuse(id) {
        this.#say((raw) => raw.admit(String(id), false));
    }

    askToMute() {
        this.#say((raw) => raw.ask("mute"));
    }

    lowerHands() {
        this.#say((raw) => raw.ask("lower-hand"));
    }

    send(message) {
        return this.#send(message);
    }

    set(key, value) {
        return this.#set(true, key, value);
    }

    answer(name, handler) {
        if (handler) this.#answers.set(String(name), handler);
        else this.#answers.delete(String(name));
    }

    resume() {
        this.#open().resume();
    }

    async leave() {
        // The program may await this in the very loop that reads.
        this.drain();
        // What was said before goes first. But nobody stays in a call because a file does not come.
        if (this.#saying) await Promise.race([this.#saying, new Promise((done) => setTimeout(done, 1000))]);
        await this.#raw?.leave();
        await this.closed;
    }

    async ready() {
        for (const peer of this.#peers.values()) await peer.ready();
        await super.ready();
    }

    drain() {
        for (const peer of this.#peers.values()) peer.drain();
        super.drain();
    }

    get types() {
        return TYPES;
    }

    #open() {
        if (!this.#raw) throw ItodenwaError.closed();
        return this.#raw;
    }

    /** With one of the parts that calls do not need by themselves. */
    async #with(part) {
        await rawWith(part);
        return this.#open();
    }

    /** Says something to the server that needs no answer. What it takes is loaded with the first. */
    #say(what) {
        this.#open();
        const failed = ({ code, message: explain }) => this.#raw && this.emit("trouble", { code, explain, detail: "" });
        this.#saying = this.#with("membership").then(what).catch(failed);
    }

    async use(source, options = {}) {
        understood(source, options);
        return coded(async () => (await this.#with("settings")).choose(String(source), options));
    }

    async #source(source, on) {
        if (switching(source, on)) {
            await this.use(source, on);
            if (this.me.media.has(source)) return;
        }
        mark(this.#own.media, source, on);
        try {
            await coded(() => this.#open().source(source, Boolean(on)));
        } catch (error) {
            mark(this.#own.media, source, false);
            throw error;
        }
        if (!on) remove(this.#own.settings, source);
    }

    async #send(message, to) {
        return coded(() => new Message(this.#open().send(...written(message), to)));
    }

    /** It is measured while it is read. */
    #ownLevel() {
        this.#own.readAt = performance.now();
        if (this.#raw) this.#watchLevel();
        return this.#own.level ?? 0;
    }

    /** Readers come again and again; for a listener, somebody `isWaiting`. */
    #watchLevel(isWaiting = () => false) {
        watching(ownLevel, ({ watch }) => watch(this, (part) => this.#with(part), this.#own), () => this.#raw && isWaiting());
    }

    #attributes(of) {
        return new Map(Object.entries(this.#shared?.attributes(of) ?? {}));
    }

    async #set(ofRoom, key, value) {
        if (value !== undefined) json(value);
        this.#shared = await this.#with("attributes");
        codedNow(() => this.#shared.setAttribute(ofRoom, String(key), value));
    }

    /** What holds already when a listener comes late. */
    #current(type) {
        const peers = [...this.#peers.values()];
        switch (type) {
            case "peer":
                return peers;
            case "media":
                return peers.flatMap((peer) => [...peer.media].map((source) => ({ peer, source, on: true })));
            case "attribute":
                return [undefined, ...peers].flatMap((peer) =>
                    [...(peer ?? this).attributes].map(([key, value]) => ({ peer, key, value })));
            case "device":
                return [...this.me.settings].map(([source, settings]) => ({ source, settings }));
            case "speaker":
                return this.speaker ? [{ peer: this.speaker }] : [];
            case "step":
                return this.#steps;
            case "signaling":
                return this.signaling === "reconnecting" ? [this.signaling] : [];
            case "lock":
                return this.isLocked ? [true] : [];
            case "waiting":
                return this.#waitingRoom.on ? [this.#waitingRoom] : [];
            case "mutedspeech":
                // Sound that is looked at costs a little all the time: only for a listener.
                this.#watchLevel(() => this.isHeard(type));
                return this.#own.mutedSpeech ? [true] : [];
            case "close":
                return this.#end ? [this.#end] : [];
            default:
                return [];
        }
    }

    #take(event, link) {
        const peer = this.#peers.get(event.peer ?? event.from);
        const now = this.#theirs.get(peer?.id);
        switch (event.type) {
            case "joined": {
                const now = { name: event.peer.name, told: event.peer.name, state: "new", away: false, media: new Set(), speaking: false };
                const joined = new Peer(event.peer, link, now);
                this.#theirs.set(joined.id, now);
                put(this.#peers, joined.id, joined);
                return this.emit("peer", joined);
            }
            case "left":
                return peer && this.#left(peer, event.reason);
            case "name": {
                if (!peer && event.peer) return;
                const who = peer ? now : this.#own;
                const former = who.told;
                const name = (who.name = who.told = peer ? event.name : this.#raw?.me().name);
                // Somebody may have another one by now, which was told with the one before.
                if (name === former) return;
                this.emit("name", { peer, name, former });
                return peer?.emit("name", name);
            }
            case "connection":
            case "away":
            case "speaking": {
                if (!peer) return;
                const what = event.type === "connection" ? "state" : event.type;
                now[what] = event[what];
                this.emit(event.type, { peer, [what]: now[what] });
                return peer.emit(event.type, now[what]);
            }
            case "media": {
                if (!peer) return;
                const { source, on } = event;
                mark(now.media, source, on);
                this.emit("media", { peer, source, on });
                return peer.emit("media", { source, on });
            }
            case "text":
            case "data": {
                if (!peer) return;
                const { type, ago } = event;
                const earlier = ago === undefined ? ago : new Date(Date.now() - ago);
                this.emit(type, { from: peer, [type]: event[type], earlier });
                return earlier ?? peer.emit(type, event[type]);
            }
            case "attribute":
                // What reads them is loaded with the first.
                if (peer || event.peer === undefined) this.#with("attributes").then((raw) => this.#attribute(raw, peer, event)).catch(() => {});
                return;
            case "channel":
            case "request":
            case "file":
            case "verification":
                // Whatever is not taken is refused.
                if (!peer) return event.incoming.free();
                (event.type === "verification" ? verification() : event.type === "file" ? files() : channels())
                    .then(({ take }) => take(event, peer, this, this.#answers, now)).catch(() => event.incoming.free());
                return;
            case "step": {
                const { type, ...step } = event;
                this.#steps.push(step);
                if (this.#steps.length > STEPS) this.#steps.shift();
                return this.emit("step", step);
            }
            case "device": {
                const { type, ...device } = event;
                put(this.#own.settings, device.source, device.settings);
                return this.emit(type, device);
            }
            case "interrupted": {
                const { type, ...interrupted } = event;
                interruption().then(({ silenced }) => silenced(this.#me, interrupted)).catch(() => {});
                return this.emit(type, interrupted);
            }
            case "devices":
                return this.emit(event.type);
            case "speaker":
                this.#speaker = peer;
                return this.emit(event.type, { peer });
            case "mediaFailed": {
                const cause = ItodenwaError.from(event.error);
                this.#published.delete(event.source);
                mark(this.#own.media, event.source, false);
                remove(this.#own.settings, event.source);
                const { code, message: explain } = cause;
                return this.emit("trouble", { code, explain, detail: cause.cause?.message ?? "", source: event.source, cause });
            }
            case "trouble": {
                const { type, ...trouble } = event;
                return this.emit(type, { ...trouble, peer });
            }
            case "signaling":
                this.#signaling = event.state;
                this.#own.id = this.#raw?.me().id ?? this.#own.id;
                return this.emit(event.type, event.state);
            case "lock":
                this.#isLocked = event.locked;
                return this.emit(event.type, event.locked);
            case "waiting":
                this.#waitingRoom = event.waitingRoom;
                return this.emit(event.type, event.waitingRoom);
            case "askedtomute":
            case "handlowered":
                return this.emit(event.type, { by: this.#peers.get(event.by) });
            case "blocked":
                // Without a peer it is oneself.
                return (peer || event.peer === undefined) && this.emit("blocked", { peer });
            case "closed":
                return this.#close(event.error && ItodenwaError.from(event.error));
        }
    }

    #attribute(raw, peer, { key, value }) {
        this.#shared = raw;
        this.emit("attribute", { peer, key, value });
        peer?.emit("attribute", { key, value });
    }

    #left(peer, reason) {
        remove(this.#peers, peer.id);
        over(this.#theirs.get(peer.id));
        this.#theirs.delete(peer.id);
        this.emit("left", { peer, reason });
        peer.emit("left", reason);
    }

    /** Once. */
    #close(error) {
        if (this.#end) return;
        this.#end = { error };
        this.#raw = this.#shared = undefined;
        for (const now of this.#theirs.values()) over(now);
        this.#theirs.clear();
        for (const shared of [this.#peers, this.#own.media, this.#own.settings]) clear(shared);
        this.emit("close", this.#end);
        this.#resolveClosed(error);
    }
}

/** Somebody is gone. */
function over(now) {
    clear(now.media);
    Object.assign(now, { state: "closed", speaking: false });
}

Emitter.handlers(Room, ...TYPES, "mutedspeech");

// Where the language has them: `using room = …`, `await using room = …`.
if (Symbol.dispose) {
    Room.prototype[Symbol.dispose] = function () {
        this.leave().catch(() => {});
    };
}
if (Symbol.asyncDispose) {
    Room.prototype[Symbol.asyncDispose] = function () {
        return this.leave();
    };
}
