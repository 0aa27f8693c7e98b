// Data channels and connections that are cut, made strange or taken away.

const send = RTCDataChannel.prototype.send;
const channels = new Set();
let texts = 0;
/** From now on this page's channels can be cut. */
export function watch_channels() {
    texts = 0;
    RTCDataChannel.prototype.send = function (data) {
        // Those of applications carry no text.
        if (typeof data === "string") channels.add(this);
        texts += typeof data === 'string' && data.startsWith('{"text"');
        send.call(this, data);
    };
}
/** The next messages are said to be of these formats, one after the other. */
export function rewrite_formats(formats) {
    const left = [...formats];
    RTCDataChannel.prototype.send = function (data) {
        if (data.startsWith('{"text"') && left.length > 0) data = data.replace(/"format":"json"/, () => `"format":"${left.shift()}"`);
        send.call(this, data);
    };
}
/** So many texts were sent since, and both ends of a channel are known. */
export async function texts_sent(count) {
    while (texts < count || channels.size < 2) await new Promise((done) => setTimeout(done, 20));
}
/** Closes every channel: each room makes a new connection. */
export function cut_channels() {
    channels.forEach((channel) => channel.close());
    channels.clear();
}
export function leave_channels_alone() { RTCDataChannel.prototype.send = send; }
const add = RTCPeerConnection.prototype.addIceCandidate;
/** Connections that do not hear of each other. */
export function deafen_connections() { RTCPeerConnection.prototype.addIceCandidate = async () => {}; }
export function mend_connections() { RTCPeerConnection.prototype.addIceCandidate = add; }
const create = RTCPeerConnection.prototype.createDataChannel;
let made = [];
/** The channel that came last to any of them. */
let came;
/** Connections that are made from now on are known. */
export function watch_connections() {
    RTCPeerConnection.prototype.createDataChannel = function (...given) {
        if (!made.includes(this)) {
            made.push(this);
            this.addEventListener("datachannel", ({ channel }) => (came = channel));
        }
        return create.apply(this, given);
    };
}
/** Whether one of them has this track to send. */
export function is_sent(track) { return made.some((one) => one.getSenders().some((sender) => sender.track === track)); }
/** Whoever was offered the last channel answers by itself: takes it, and sends frames of this kind. */
export async function answer_strangely(kind, texts) {
    const channel = came;
    if (channel.readyState === "connecting") await new Promise((done) => channel.addEventListener("open", done, { once: true }));
    channel.send(new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0, 3]));
    for (const text of texts) channel.send(new Uint8Array([...new TextEncoder().encode(text), kind]));
}
let strange = [];
/** One of them opens channels by itself. */
export function open_strange(count, protocol, label) {
    strange = Array.from({ length: count }, () => create.call(made.find(({ signalingState }) => signalingState !== "closed"), label, { protocol }));
    for (const channel of strange) {
        channel.binaryType = "arraybuffer";
        // Told that it is over it closes, as everybody does.
        channel.addEventListener("message", ({ data }) => data.byteLength === 1 && new Uint8Array(data)[0] === 4 && channel.close());
    }
}
/** Sends through the first of them whatever the other side allows; ready when it is closed. */
export async function send_strange(kind, times, size, head) {
    const [channel] = strange;
    const closed = new Promise((done) => channel.addEventListener("close", done));
    const frame = new Uint8Array(size + 1);
    frame[0] = head;
    frame[size] = kind;
    if (channel.readyState === "connecting") await new Promise((done) => channel.addEventListener("open", done, { once: true }));
    try {
        for (let time = 0; time < times; time++) channel.send(kind < 0 ? "text" : frame);
    } catch { /* It is closed already, or its buffer is full. */ }
    await closed;
}
/** Says something through the first of them. */
export function say_strange(text) {
    strange[0].send(new Uint8Array([...new TextEncoder().encode(text), 1]));
}
/** Lets the other side send to the first of them. */
export function grant_strange() {
    const [channel] = strange;
    const grant = () => channel.send(new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0, 3]));
    if (channel.readyState === "open") grant();
    else channel.addEventListener("open", grant);
}
/** How many of them are left, when those beyond so many are closed. */
export async function strange_open(at_most) {
    const open = () => strange.filter(({ readyState }) => readyState !== "closed").length;
    await new Promise((done) => {
        const look = () => open() <= at_most && done();
        for (const channel of strange) channel.addEventListener("close", look);
        look();
    });
    return open();
}
export function forget_connections() {
    RTCPeerConnection.prototype.createDataChannel = create;
    made = [];
    came = undefined;
    strange = [];
}
let connections;
/** A browser without calls. */
export function hide_connections() {
    connections = window.RTCPeerConnection;
    window.RTCPeerConnection = undefined;
}
/** Or one that makes none. */
export function refuse_connections() {
    hide_connections();
    window.RTCPeerConnection = class { constructor() { throw new DOMException("a test", "UnknownError"); } };
}
export function show_connections() { window.RTCPeerConnection = connections; }
