//! What the tests have in common: waiting for events, and for pictures.

use std::pin::pin;

use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use itodenwa::{ConnectionState, Counts, Event, Room, Source, counts};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlVideoElement;

use crate::relay::Relay;

/// How long anything may take before a test gives up.
const LIMIT_MS: u32 = 40_000;

#[wasm_bindgen(inline_js = "
export function next_frame(video) { return new Promise((done) => video.requestVideoFrameCallback(() => done())); }
/** In sight: what is not seen may not be sent. Moving it again would pause it. */
export function append(element) {
    if (element.isConnected) return;
    Object.assign(element.style, { position: 'fixed', top: 0, left: 0, width: '640px', height: '360px' });
    document.body.append(element);
}
/** Shows it so large; not at all if that is nothing. */
export function resize(element, width, height) {
    Object.assign(element.style, { width: `${width}px`, height: `${height}px`, display: width ? '' : 'none' });
}
/** Rooms look at what is shown at once. */
export function look() { document.dispatchEvent(new Event('visibilitychange')); }
/** Gives it no size of its own: it is as large as its picture. */
export function unsize(element) { Object.assign(element.style, { width: '', height: '' }); }
/** Pictures and a tone of the application's own: they are painted as long as the stream lives. */
export function painted() {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    const context = canvas.getContext('2d');
    const stream = canvas.captureStream(20);
    const paint = setInterval(() => {
        context.fillStyle = `hsl(${performance.now() / 10} 50% 50%)`;
        context.fillRect(0, 0, canvas.width, canvas.height);
        if (stream.getTracks().every((track) => track.readyState === 'ended')) clearInterval(paint);
    }, 50);
    const sound = new AudioContext();
    const tone = sound.createOscillator();
    const out = sound.createMediaStreamDestination();
    tone.connect(out);
    tone.start();
    stream.addTrack(out.stream.getAudioTracks()[0]);
    stream.getTracks().forEach(telling);
    return stream;
}
/** As when the film is over. */
export function end_track(track) { track.end(); }
/** A video of the application's own. */
export function play(stream) {
    const video = Object.assign(document.createElement('video'), { autoplay: true, muted: true, srcObject: stream });
    append(video);
    return video;
}
/** A document of its own, which is seen also when this one is not. */
export function put_into_frame(element) {
    const frame = document.createElement('iframe');
    Object.assign(frame.style, { position: 'fixed', top: 0, left: 0, width: '640px', height: '360px' });
    document.body.append(frame);
    frame.contentDocument.body.append(element);
    element.play();
    return frame;
}
/** As in a tab behind another one. */
export function hide_page(hidden) {
    if (hidden) Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    else delete document.visibilityState;
    look();
}
export async function height_between(video, least, most) {
    while (video.videoHeight < least || video.videoHeight > most) await new Promise((done) => setTimeout(done, 20));
}
/** No picture comes for a while. */
export async function stopped(video) {
    for (let before = -1; ; await new Promise((done) => setTimeout(done, 1500))) {
        const now = video.getVideoPlaybackQuality().totalVideoFrames;
        if (now === before) return;
        before = now;
    }
}
export async function heard(element) {
    const tick = () => new Promise((done) => setTimeout(done, 20));
    const track = () => element.srcObject?.getAudioTracks()[0];
    while (!track() || track().muted) await tick();
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(element.srcObject).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const loudness = () => {
        analyser.getFloatTimeDomainData(samples);
        return Math.max(...samples.map(Math.abs));
    };
    // Where there is no sound device Firefox does not run the context: that packets unmuted the track has to do.
    for (let ticks = 0; context.currentTime > 0 || ticks < 50; ticks += 1) {
        if (loudness() > 0.001) break;
        await tick();
    }
    await Promise.race([context.close(), tick()]);
}
/** A track whose events can be told: Firefox calls no listener of a track for an event that a page makes. */
function telling(track) {
    const listeners = new Map();
    track.addEventListener = (type, listener) => listeners.set(listener, type);
    track.removeEventListener = (type, listener) => listeners.delete(listener);
    track.tell = (type) => {
        for (const [listener, heard] of listeners) if (heard === type) listener(new Event(type));
    };
    track.end = () => {
        track.stop();
        track.tell('ended');
    };
    return track;
}
const real = () => Object.getPrototypeOf(navigator.mediaDevices).getUserMedia;
let captured = [];
let asked = 0;
/** What is captured from now on can be unplugged. Where `one_at_a_time`, none can be had while another one is open, as on some phones. */
export function loosen_devices(one_at_a_time) {
    captured = [];
    navigator.mediaDevices.getUserMedia = async function (wanted) {
        if (one_at_a_time && captured.some((track) => track.readyState === 'live')) {
            throw new DOMException('a test', 'NotReadableError');
        }
        asked += 1;
        const stream = await real().call(this, wanted);
        captured.push(...stream.getTracks().map(telling));
        return stream;
    };
}
/** What the private file system has of this library's. */
export async function private_names() {
    const names = [];
    for await (const directory of (await navigator.storage.getDirectory()).values()) {
        if (directory.kind === 'directory') for await (const name of directory.keys()) names.push(name);
    }
    return names;
}
/** Puts so many files there that were begun so long ago: `planted-0` and so on of 300 000 bytes, with one block each. */
export async function plant_private(count, age, text, block_bytes) {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('itodenwa', { create: true });
    for (let number = 0; number < count; number++) {
        const directory = await root.getDirectoryHandle(`planted-${number}`, { create: true });
        const write = async (name, what) => {
            const writable = await (await directory.getFileHandle(name, { create: true })).createWritable();
            await writable.write(what);
            await writable.close();
        };
        const offer = { name: `planted-${number}`, size: 300000, type: '', since: Date.now() - age - number };
        await write('offer.json', text || JSON.stringify(offer));
        await write('0', new Uint8Array(block_bytes));
    }
}
/** How often devices were asked for since they are loose. */
export function questions() { return asked; }
/** A microphone that is muted on the device. */
export function silence_devices() {
    navigator.mediaDevices.getUserMedia = async () => new AudioContext().createMediaStreamDestination().stream;
}
const send = RTCDataChannel.prototype.send;
const channels = new Set();
let texts = 0;
/** From now on this page's channels can be cut. */
export function watch_channels() {
    texts = 0;
    RTCDataChannel.prototype.send = function (data) {
        // Those of applications carry no text.
        if (typeof data === 'string') channels.add(this);
        texts += typeof data === 'string' && data.startsWith('{\"text\"');
        send.call(this, data);
    };
}
/** The next messages are said to be of these formats, one after the other. */
export function rewrite_formats(formats) {
    const left = [...formats];
    RTCDataChannel.prototype.send = function (data) {
        if (data.startsWith('{\"text\"') && left.length > 0) data = data.replace(/\"format\":\"json\"/, () => `\"format\":\"${left.shift()}\"`);
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
            this.addEventListener('datachannel', ({ channel }) => (came = channel));
        }
        return create.apply(this, given);
    };
}
/** Whether one of them has this track to send. */
export function is_sent(track) { return made.some((one) => one.getSenders().some((sender) => sender.track === track)); }
/** Whoever was offered the last channel answers by itself: takes it, and sends frames of this kind. */
export async function answer_strangely(kind, texts) {
    const channel = came;
    if (channel.readyState === 'connecting') await new Promise((done) => channel.addEventListener('open', done, { once: true }));
    channel.send(new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0, 3]));
    for (const text of texts) channel.send(new Uint8Array([...new TextEncoder().encode(text), kind]));
}
let strange = [];
/** One of them opens channels by itself. */
export function open_strange(count, protocol, label) {
    strange = Array.from({ length: count }, () => create.call(made.find(({ signalingState }) => signalingState !== 'closed'), label, { protocol }));
    for (const channel of strange) {
        channel.binaryType = 'arraybuffer';
        // Told that it is over it closes, as everybody does.
        channel.addEventListener('message', ({ data }) => data.byteLength === 1 && new Uint8Array(data)[0] === 4 && channel.close());
    }
}
/** Sends through the first of them whatever the other side allows; ready when it is closed. */
export async function send_strange(kind, times, size, head) {
    const [channel] = strange;
    const closed = new Promise((done) => channel.addEventListener('close', done));
    const frame = new Uint8Array(size + 1);
    frame[0] = head;
    frame[size] = kind;
    if (channel.readyState === 'connecting') await new Promise((done) => channel.addEventListener('open', done, { once: true }));
    try {
        for (let time = 0; time < times; time++) channel.send(kind < 0 ? 'text' : frame);
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
    if (channel.readyState === 'open') grant();
    else channel.addEventListener('open', grant);
}
/** How many of them are left, when those beyond so many are closed. */
export async function strange_open(at_most) {
    const open = () => strange.filter(({ readyState }) => readyState !== 'closed').length;
    await new Promise((done) => {
        const look = () => open() <= at_most && done();
        for (const channel of strange) channel.addEventListener('close', look);
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
    window.RTCPeerConnection = class { constructor() { throw new DOMException('a test', 'UnknownError'); } };
}
export function show_connections() { window.RTCPeerConnection = connections; }
/** Firefox runs no context where there is no sound device. */
export async function runs_sound() {
    const context = new AudioContext();
    for (let ticks = 0; context.currentTime === 0 && ticks < 50; ticks += 1) await new Promise((done) => setTimeout(done, 20));
    const runs = context.currentTime > 0;
    context.close();
    return runs;
}
/** Where no sound can be looked at: what can be told without, which is whether the track that is listened to has any. */
export function stand_in_for_sound() {
    let listened;
    const connect = AudioContext.prototype.createMediaStreamSource;
    AudioContext.prototype.createMediaStreamSource = function (stream) {
        [listened] = stream.getAudioTracks();
        return connect.call(this, stream);
    };
    AnalyserNode.prototype.getFloatTimeDomainData = (samples) =>
        samples.fill(listened.enabled && listened.readyState === 'live' ? 0.1 : 0);
}
export function unplug() { captured.filter((track) => track.readyState === 'live').forEach((track) => track.end()); }
/** The system takes a device for a while, and gives it back. */
export function interrupt(interrupted) { captured.forEach((track) => track.tell(interrupted ? 'mute' : 'unmute')); }
export function change_devices() { navigator.mediaDevices.dispatchEvent(new Event('devicechange')); }
let shared;
let screens;
/** How often the person was asked for a screen since it was offered. */
let asked_of_screen;
export function times_asked() { return screens; }
export function asked_for() { return asked_of_screen; }
export function restricts_own_audio() { return 'restrictOwnAudio' in navigator.mediaDevices.getSupportedConstraints(); }
/** The person chooses this, with sound, each time. */
export function offer_screen() {
    screens = 0;
    navigator.mediaDevices.getDisplayMedia = async (wanted) => {
        screens += 1;
        asked_of_screen = JSON.stringify(wanted);
        const canvas = document.createElement('canvas');
        const context = canvas.getContext('2d');
        const paint = setInterval(() => {
            context.fillStyle = `hsl(${performance.now() / 10} 50% 50%)`;
            context.fillRect(0, 0, canvas.width, canvas.height);
        }, 50);
        const sound = new AudioContext().createMediaStreamDestination();
        shared = new MediaStream([...canvas.captureStream(20).getTracks(), ...sound.stream.getTracks()].map(telling));
        shared.getVideoTracks()[0].addEventListener('ended', () => clearInterval(paint));
        return shared;
    };
}
/** The person chooses nothing. */
export function refuse_screen() {
    navigator.mediaDevices.getDisplayMedia = async () => { throw new DOMException('a test', 'NotAllowedError'); };
}
/** The browser's own button. */
export function stop_sharing() { shared.getTracks().forEach((track) => track.end()); }
/** Plays a file: width, height, length, tracks of pictures and of sounds. */
export async function loudest(file) {
    const sound = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(await file.arrayBuffer());
    return sound.getChannelData(0).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}
export async function play_back(file) {
    const video = document.createElement('video');
    const told = (type) => new Promise((done, fail) => {
        video.addEventListener(type, done, { once: true });
        video.addEventListener('error', () => fail(video.error), { once: true });
    });
    const address = URL.createObjectURL(file);
    const loaded = told('loadeddata');
    Object.assign(video, { muted: true, src: address });
    append(video);
    await loaded;
    // A short file may be over before a busy page has seen three of its pictures.
    const over = told('ended');
    await video.play();
    for (let frames = 0; frames < 3 && !video.ended; frames += 1) await Promise.race([next_frame(video), over]);
    const stream = video.captureStream?.() ?? video.mozCaptureStream();
    const tracks = [stream.getVideoTracks().length, stream.getAudioTracks().length];
    // The length of a recorded WebM is known at its end.
    video.currentTime = 1e6;
    while (!Number.isFinite(video.duration)) await told('durationchange');
    const seen = [video.videoWidth, video.videoHeight, video.duration, ...tracks];
    video.remove();
    video.removeAttribute('src');
    URL.revokeObjectURL(address);
    return seen;
}
let recorder;
/** The recorder that is made from now on can fail. */
export function watch_recorder() {
    globalThis.MediaRecorder = class extends MediaRecorder {
        constructor(...given) {
            super(...given);
            recorder = this;
        }
    };
}
export function fail_recorder() {
    recorder.dispatchEvent(Object.assign(new Event('error'), { error: new DOMException('a test', 'UnknownError') }));
}
export function is_recording() { return recorder.state === 'recording'; }
let hidden;
export function hide_recorder() { hidden = globalThis.MediaRecorder; globalThis.MediaRecorder = undefined; }
export function show_recorder() { globalThis.MediaRecorder = hidden; }
export function is_shared() { return shared.getTracks().some((track) => track.readyState === 'live'); }
")]
extern "C" {
    fn next_frame(video: &HtmlVideoElement) -> js_sys::Promise;
    pub(crate) fn append(element: &HtmlVideoElement);
    pub(crate) fn resize(element: &HtmlVideoElement, width: u32, height: u32);
    fn look();
    pub(crate) fn painted() -> web_sys::MediaStream;
    pub(crate) fn end_track(track: &web_sys::MediaStreamTrack);
    pub(crate) fn play(stream: &web_sys::MediaStream) -> HtmlVideoElement;
    pub(crate) fn put_into_frame(element: &HtmlVideoElement) -> web_sys::Element;
    pub(crate) fn hide_page(hidden: bool);
    pub(crate) fn unsize(element: &HtmlVideoElement);
    fn height_between(video: &HtmlVideoElement, least: u32, most: u32) -> js_sys::Promise;
    fn stopped(video: &HtmlVideoElement) -> js_sys::Promise;
    fn heard(element: &HtmlVideoElement) -> js_sys::Promise;
    pub(crate) fn loosen_devices(one_at_a_time: bool);
    pub(crate) fn private_names() -> js_sys::Promise;
    pub(crate) fn plant_private(count: u32, age: f64, text: &str, block_bytes: u32) -> js_sys::Promise;
    pub(crate) fn questions() -> u32;
    pub(crate) fn silence_devices();
    pub(crate) fn watch_channels();
    pub(crate) async fn texts_sent(count: u32);
    pub(crate) fn cut_channels();
    pub(crate) fn leave_channels_alone();
    pub(crate) fn rewrite_formats(formats: Vec<String>);
    pub(crate) fn watch_connections();
    pub(crate) fn is_sent(track: &web_sys::MediaStreamTrack) -> bool;
    pub(crate) fn open_strange(count: u32, protocol: &str, label: &str);
    pub(crate) fn send_strange(kind: i32, times: u32, size: u32, head: u8) -> js_sys::Promise;
    pub(crate) fn say_strange(text: &str);
    pub(crate) fn grant_strange();
    pub(crate) fn answer_strangely(kind: u8, texts: Vec<String>) -> js_sys::Promise;
    pub(crate) fn strange_open(at_most: u32) -> js_sys::Promise;
    pub(crate) fn forget_connections();
    pub(crate) fn deafen_connections();
    pub(crate) fn mend_connections();
    pub(crate) fn hide_connections();
    pub(crate) fn refuse_connections();
    pub(crate) fn show_connections();
    fn runs_sound() -> js_sys::Promise;
    pub(crate) fn stand_in_for_sound();
    pub(crate) fn unplug();
    pub(crate) fn interrupt(interrupted: bool);
    pub(crate) fn change_devices();
    pub(crate) fn offer_screen();
    pub(crate) fn refuse_screen();
    pub(crate) fn stop_sharing();
    pub(crate) fn times_asked() -> u32;
    /// What was wanted of a screen, as JSON.
    pub(crate) fn asked_for() -> String;
    pub(crate) fn restricts_own_audio() -> bool;
    pub(crate) fn is_shared() -> bool;
    /// The loudest sample of a file, from 0 to 1.
    pub(crate) fn loudest(file: &web_sys::Blob) -> js_sys::Promise;
    pub(crate) fn play_back(file: &web_sys::Blob) -> js_sys::Promise;
    pub(crate) fn watch_recorder();
    pub(crate) fn fail_recorder();
    pub(crate) fn is_recording() -> bool;
    pub(crate) fn hide_recorder();
    pub(crate) fn show_recorder();
}

/// Waits, but not for ever.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match select(pin!(future), TimeoutFuture::new(LIMIT_MS)).await {
        Either::Left((value, _)) => value,
        Either::Right(_) => panic!("waited in vain for {what}"),
    }
}

/// Whether sound can be measured here.
pub(crate) async fn can_hear() -> bool {
    JsFuture::from(runs_sound()).await.is_ok_and(|runs| runs.is_truthy())
}

/// Reads a room's events until one is the one that is wanted, and gives what was made of it.
pub(crate) async fn until<T>(room: &mut Room, what: &str, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
    let mut seen = Vec::new();
    let found = async {
        while let Some(event) = room.next().await {
            if let Some(found) = wanted(&event) {
                return Some(found);
            }
            seen.push(format!("{event:?}"));
        }
        None
    };
    let found = match select(pin!(found), TimeoutFuture::new(LIMIT_MS)).await {
        Either::Left((found, _)) => found,
        Either::Right(_) => None,
    };
    found.unwrap_or_else(|| panic!("waited in vain for {what}; there was:\n{}", seen.join("\n")))
}

pub(crate) async fn connected(room: &mut Room) {
    until(room, "the connection", |event| {
        matches!(event, Event::Connection { state: ConnectionState::Connected, .. }).then_some(())
    })
    .await;
}

pub(crate) async fn media(room: &mut Room, source: Source, on: bool) {
    until(room, &format!("{source} {on}"), |event| match event {
        Event::Media { source: other, on: now, .. } => (*other == source && *now == on).then_some(()),
        _ => None,
    })
    .await;
}

/// Waits until the only peer of a room is seen moving.
pub(crate) async fn frames(room: &Room) {
    frames_in(&room.peers().first().expect("a peer").view().expect("a view")).await;
}

/// Waits until something moves in a video.
pub(crate) async fn frames_in(video: &HtmlVideoElement) {
    append(video);
    for _ in 0..3 {
        within("a frame", JsFuture::from(next_frame(video))).await.expect("a frame");
    }
}

/// Waits until the first knows how the other shows it now.
pub(crate) async fn told(one: &mut Room, other: &Room) {
    look();
    within("a turn", other.microphone(false)).await.expect("off");
    // It comes after what is shown.
    let _ = other.send("seen").expect("a text");
    until(one, "the text", |event| matches!(event, Event::Text { .. }).then_some(())).await;
}

/// Waits until the picture that comes is so high.
pub(crate) async fn height(video: &HtmlVideoElement, least: u32, most: u32) {
    let wait = JsFuture::from(height_between(video, least, most));
    within(&format!("a height from {least} to {most}"), wait).await.expect("a height");
}

/// Waits until no picture comes any more.
pub(crate) async fn no_frames(video: &HtmlVideoElement) {
    within("the end of the pictures", JsFuture::from(stopped(video))).await.expect("an end");
}

/// Waits until the only peer of a room is heard.
pub(crate) async fn sound(room: &Room) {
    sound_in(&room.peers().first().expect("a peer").view().expect("a view")).await;
}

/// Waits until something is heard in a video.
pub(crate) async fn sound_in(video: &HtmlVideoElement) {
    within("sound", JsFuture::from(heard(video))).await.expect("sound");
}

pub(crate) async fn join(relay: &Relay, camera: bool, microphone: bool) -> Room {
    let mut join = Room::join("blue-tiger").signaling(relay.line());
    if camera {
        join = join.camera();
    }
    if microphone {
        join = join.microphone();
    }
    within("the join", join.into_future()).await.expect("joined")
}

/// Two in a room, without media.
pub(crate) async fn pair() -> (Room, Room) {
    let relay = Relay::default();
    let mut one = join(&relay, false, false).await;
    let mut other = join(&relay, false, false).await;
    connected(&mut one).await;
    connected(&mut other).await;
    (one, other)
}

/// Both leave, and nothing is left.
pub(crate) async fn leave(one: Room, other: Room) {
    one.leave().await;
    other.leave().await;
    drop((one, other));
    nothing_is_left().await;
}

pub(crate) async fn nothing_is_left() {
    let gone = async {
        while counts() != Counts::default() {
            TimeoutFuture::new(10).await;
        }
    };
    if let Either::Right(_) = select(pin!(gone), TimeoutFuture::new(LIMIT_MS)).await {
        panic!("left over: {:?}", counts());
    }
}
