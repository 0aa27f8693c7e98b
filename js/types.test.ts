// What the types promise. Checked by the compiler, never run: a line under @ts-expect-error that compiles is an error.
import {
    Call, check, type Device, devices, type Finding, ItodenwaError, type Json, join, load, newKey, open, type Peer, prepare, type Preview, type Processor, removePrivateFiles, type Room, type RoomEvent, type Source, type Step,
} from "itodenwa";

function is<T>(_value: T): void {}

export async function rooms(): Promise<void> {
    await load(new URL("https://example.org/itodenwa_bg.wasm"));
    await load("itodenwa_bg.wasm", { channels: "itodenwa_channels_bg.wasm" });
    await using room = await join("blue-tiger", {
        name: "Ann",
        token: async () => "a.b.c",
        server: "wss://example.org/ws",
        camera: true,
        microphone: true,
        ice: "vanilla",
        vanillaLimit: 2000,
        unlessRecorded: true,
        history: 50,
        key: newKey(),
        iceServers: [{ urls: "stun:example.org" }],
    });
    // @ts-expect-error a third way of ICE
    await join("blue-tiger", { ice: "half" });
    await join("blue-tiger", { token: "a.b.c" });
    // @ts-expect-error a token that is none
    await join("blue-tiger", { token: 7 });
    // @ts-expect-error a room without a name
    await join();

    is<HTMLVideoElement>(room.me.view());
    is<Promise<void>>(room.screen(true));
    is<Device[]>(await devices());
    await room.camera({ deviceId: (await devices())[0]?.deviceId, quality: "h360", facing: "environment" });
    await room.microphone({ noiseSuppression: false });
    await room.screen({ content: "motion", audio: false });
    await room.loudspeaker("");
    await room.use("screen", { content: "text" });
    // @ts-expect-error options of something else
    await room.use("camera", { noiseSuppression: true });
    room.limit("microphone", { maxBitrate: 32_000 });
    room.limit("camera");
    // @ts-expect-error a limit of something else
    room.limit("camera", { maxSmell: 1 });
    is<Peer | undefined>(room.speaker);
    // @ts-expect-error a size that has no name
    await room.camera({ quality: "h42" });
    room.ondevice = ({ source, settings }) => (is<Source>(source), is<number | undefined>(settings.width));
    is<readonly string[] | undefined>(room.me.settings.get("camera")?.lacking);
    is<Peer | undefined>((await room.diagnose())[0]?.peer);
    room.onpeer = async (peer) => {
        is<Peer>(peer);
        is<string | undefined>(peer.name);
        is<string | undefined>(peer.identity);
        const { code, advice, source } = await peer.diagnose();
        is<string>(code);
        is<string>(advice);
        is<Source | undefined>(source);
        is<RTCStatsReport | undefined>(await peer.getStats());
        const verification = await peer.verification();
        is<readonly string[]>(verification.words.ja);
        is<"open" | "match" | "differ" | "changed">(verification.comparison);
        verification.compared(true);
        peer.onverification = ({ emoji }) => is<readonly string[]>(emoji);
        // @ts-expect-error the person says whether it matches
        verification.compared();
        peer.remove();
        peer.askToMute();
        peer.lowerHand();
        peer.volume = peer.muted ? 1 : peer.level;
        is<MediaStreamTrack | undefined>(peer.track("microphone"));
        is<MediaStream | undefined>(peer.stream("screen"));
        peer.limit("camera", { maxHeight: 180, degradation: "balanced" });
        // @ts-expect-error what is measured is not set
        peer.level = 1;
        is<RTCPeerConnectionState>(peer.state);
        is<boolean>(peer.media.has("camera"));
        is<boolean>(peer.media.has("whiteboard"));
        is<HTMLVideoElement>(peer.view("whiteboard"));
        // @ts-expect-error the set is the room's to change
        peer.media.add("camera");
        peer.ontext = (text) => is<string>(text);
        peer.onname = (name) => is<string | undefined>(name);
        peer.onmedia = ({ source, on }) => (is<Source>(source), is<boolean>(on));
    };
    room.onpeer = null;
    room.ontext = ({ from, text, earlier }) => (is<Peer>(from), is<string>(text), is<Date | undefined>(earlier));
    room.ondata = ({ from, data }) => (is<Peer>(from), data instanceof Uint8Array ? is<number>(data.length) : is<Json>(data));
    is<Promise<void>>((await room.send({ move: ["e2", "e4"], clock: undefined })).delivered);
    await room.send(new Uint8Array(3));
    await room.peers.get("")?.send(null);
    is<Promise<void>>(room.setName("Bea"));
    await room.setName(undefined);
    // @ts-expect-error a name is a text
    await room.setName(7);
    room.onname = ({ peer, name, former }) => (is<Peer | undefined>(peer), is<string | undefined>(name ?? former));
    is<Promise<void>>(room.me.set("hand", true));
    await room.set("topic", undefined);
    is<Json | undefined>(room.attributes.get("topic") ?? room.peers.get("")?.attributes.get("hand"));
    // @ts-expect-error what JSON makes something else of
    await room.send(new Map());
    // @ts-expect-error what JSON has nothing for
    await room.send({ at: () => 1 });
    is<"connected" | "reconnecting">(room.signaling);
    room.onsignaling = (state) => is<"connected" | "reconnecting">(state);
    room.onmutedspeech = (speaking) => (is<boolean>(speaking), is<boolean>(room.me.mutedSpeech), is<number>(room.me.level));
    room.onclose = ({ error }) => is<ItodenwaError | undefined>(error);
    room.addEventListener("step", (event) => is<Step>(event.detail), { once: true });
    room.addEventListener("left", { handleEvent: ({ detail }) => is<"left" | "gone" | "refused" | "replaced" | "removed" | "other">(detail.reason) });
    // @ts-expect-error an event that nobody tells
    room.addEventListener("joined", () => {});

    const canvas = document.createElement("canvas").captureStream();
    is<string[]>(await room.publish(canvas, { source: "whiteboard", content: "text", limits: { maxHeight: 360 } }));
    // @ts-expect-error as what?
    await room.publish(canvas, {});
    room.unpublish("whiteboard", { stop: true });

    const recording = await room.record({ who: "own", limit: 1e6 });
    recording.onend = ({ file }) => is<Blob | undefined>(file?.blob);
    is<number>(recording.bytes + recording.duration);
    is<Blob>((await recording.stop()).blob);
    // @ts-expect-error somebody else
    await room.record({ who: "them" });

    const message = await room.send("hello");
    is<number>(message.id);
    await message.delivered;
    await room.send(1);
    // @ts-expect-error rooms are joined, not made
    new (room.constructor as typeof import("itodenwa").Room)();

    for await (const event of room) told(event);
    is<ItodenwaError | undefined>(await room.closed);
}

/** Every type of event is here: a new one does not compile until it is. */
function told(event: RoomEvent): void {
    switch (event.type) {
        case "peer":
            return is<Peer>(event.detail);
        case "left":
            return is<Peer>(event.detail.peer);
        case "connection":
            return is<RTCPeerConnectionState>(event.detail.state);
        case "name":
            return is<string | undefined>(event.detail.former ?? event.detail.peer?.name ?? event.detail.name);
        case "away":
            return is<boolean>(event.detail.away);
        case "media":
            return is<boolean>(event.detail.on);
        case "text":
            // @ts-expect-error a text is on nobody's way to be a peer
            is<Peer>(event.detail);
            return is<string>(event.detail.text);
        case "channel":
            return is<string>(event.detail.name);
        case "file":
            return is<number>(event.detail.size);
        case "step":
            return is<number>(event.detail.at);
        case "trouble":
            return is<string>(event.detail.explain);
        case "data":
            return is<Json | Uint8Array>(event.detail.data);
        case "attribute":
            return is<Peer | Json | undefined>(event.detail.peer ?? event.detail.value);
        case "signaling":
            return is<"connected" | "reconnecting">(event.detail);
        case "lock":
            return is<boolean>(event.detail);
        case "waiting":
            return is<string | undefined>(event.detail.waiting[0]?.name);
        case "askedtomute":
        case "handlowered":
            return is<Peer | undefined>(event.detail.by);
        case "blocked":
            return is<Peer | undefined>(event.detail.peer);
        case "device":
            return is<string>(event.detail.settings.label);
        case "devices":
            return is<undefined>(event.detail);
        case "interrupted":
            return is<boolean>(event.detail.interrupted);
        case "speaking":
            return is<boolean>(event.detail.speaking);
        case "mutedspeech":
            return is<boolean>(event.detail);
        case "speaker":
            return is<Peer | undefined>(event.detail.peer);
        case "close":
            return is<ItodenwaError | undefined>(event.detail.error);
        default:
            return is<never>(event);
    }
}

export async function measured(peer: Peer): Promise<void> {
    const stats = await peer.stats();
    // @ts-expect-error there may be none
    is<number>(stats.timestamp);
    if (stats === undefined) return;
    is<"good" | "poor" | "lost">(stats.quality);
    is<number | undefined>(stats.roundTripTime);
    is<boolean | undefined>(stats.path?.relayed);
    for (const { direction, source, loss, codec } of stats.streams) {
        is<"sent" | "received">(direction);
        is<Source>(source);
        is<number | undefined>(loss);
        is<string | undefined>(codec);
    }
    peer.onstats = ({ received }) => is<number | undefined>(received.bitrate);
    peer.onquality = ({ quality, reason, explain }) => (is<string>(quality), is<string | undefined>(reason), is<string>(explain));
    peer.addEventListener("quality", ({ detail }) => is<string>(detail.explain));
    is<boolean>(peer.away);
}

export async function calls(): Promise<void> {
    using here = await Call.create({ camera: true, ice: "trickle" });
    using there = await Call.create();
    here.oncandidate = (candidate) => void there.addCandidate(candidate);
    here.ontrouble = ({ explain }) => is<string>(explain);
    here.onblocked = () => here.resume();
    await there.setOffer(await here.makeOffer());
    await here.setAnswer((await there.makeAnswer()).sdp ?? "");
    here.ontext = (text) => is<string>(text);
    document.body.append(here.view(), here.me.view());
}

export async function before(): Promise<void> {
    await using preview = await open({ camera: { quality: "h360" }, microphone: true });
    is<number>(preview.level);
    preview.ondevice = ({ source, settings }) => (is<Source>(source), is<string>(settings.label));
    preview.ontrouble = ({ explain }) => is<string>(explain);
    await preview.camera({ deviceId: "x" });
    // @ts-expect-error a preview shares nothing
    await preview.screen(true);
    document.body.append(preview.view());
    for await (const finding of check({ preview, token: async () => "a.b.c" })) {
        is<Finding>(finding);
        is<"works" | "fails" | "skipped">(finding.outcome);
        // @ts-expect-error a part that no call has
        is<boolean>(finding.part === "smell");
    }
    const checking = check();
    await checking.return();
    await join("blue-tiger", { preview });
}

export async function channels(room: Room, peer: Peer): Promise<void> {
    const channel = await peer.openChannel("cursor", { ordered: false, maxRetransmits: 0 });
    await channel.send(new Uint8Array(3));
    // @ts-expect-error neither text nor bytes
    await channel.send({ a: 1 });
    for await (const message of channel) is<string | Uint8Array>(message);
    await channel.readable.pipeTo(channel.writable);
    room.onchannel = ({ name, peer }) => (is<string>(name), is<Peer>(peer));
    channel.onclose = ({ error }) => is<string | undefined>(error?.code);
    room.answer("vote", (value, peer) => (is<Peer>(peer), { counted: value }));
    await peer.request("vote", { for: 3 }, { timeout: 2000, signal: AbortSignal.timeout(5) });
}

export async function files(room: Room, peer: Peer, file: File): Promise<void> {
    const sent = await peer.sendFile(file);
    sent.onprogress = ({ state, kept, left }) => (is<boolean>(state === "comparing"), is<number>(kept), is<number | undefined>(left));
    sent.pause();
    room.onfile = async (offer) => {
        is<number>(offer.size);
        is<number>(await offer.kept());
        const received = await offer.accept({ to: "private" });
        is<Blob | undefined>(await received.done);
    };
    // @ts-expect-error a place that there is not
    room.onfile = (offer) => offer.accept({ to: "cloud" });
    await prepare();
    await prepare({ server: new URL("https://calls.example"), signal: new AbortController().signal, history: 50, key: "a-key-of-a-room-1" });
    await removePrivateFiles();
}

export async function processors(room: Room, preview: Preview) {
    const blur: Processor = { start: (track) => track };
    const clean = { start: async (track: MediaStreamTrack) => track, stop: () => {} };
    await room.process("camera", blur);
    await room.process("whiteboard", clean);
    await preview.process("microphone", clean);
    await room.process("camera", null);
    // @ts-expect-error what gives no track
    await room.process("camera", { start: () => "track" });
    // @ts-expect-error a preview shares nothing
    await preview.process("screen", blur);
    await room.screen({ audio: true, suppressLocalAudioPlayback: true });
}

export function errors(error: unknown): string {
    if (!(error instanceof ItodenwaError)) throw error;
    switch (error.code) {
        case "media/denied":
            return "Allow the camera.";
        case "media/screen-denied":
        case "media/screen-denied-by-system":
            return "Nothing is shared.";
        case "signaling/refused":
            return error.refusal === "room/full" ? "The room is full." : error.explain;
        default:
            is<string>(error.code);
            return error.explain;
    }
}
