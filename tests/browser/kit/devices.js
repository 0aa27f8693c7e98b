// Devices, screens and tracks that can be unplugged, silenced and offered.

/** Pictures and a tone of the application's own: they are painted as long as the stream lives. */
export function painted() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
    const context = canvas.getContext("2d");
    const stream = canvas.captureStream(20);
    const paint = setInterval(() => {
        context.fillStyle = `hsl(${performance.now() / 10} 50% 50%)`;
        context.fillRect(0, 0, canvas.width, canvas.height);
        if (stream.getTracks().every((track) => track.readyState === "ended")) clearInterval(paint);
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
        track.tell("ended");
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
        if (one_at_a_time && captured.some((track) => track.readyState === "live")) {
            throw new DOMException("a test", "NotReadableError");
        }
        asked += 1;
        const stream = await real().call(this, wanted);
        captured.push(...stream.getTracks().map(telling));
        return stream;
    };
}
/** How often devices were asked for since they are loose. */
export function questions() { return asked; }
/** A microphone that is muted on the device. */
export function silence_devices() {
    navigator.mediaDevices.getUserMedia = async () => new AudioContext().createMediaStreamDestination().stream;
}
export function unplug() { captured.filter((track) => track.readyState === "live").forEach((track) => track.end()); }
/** The system takes a device for a while, and gives it back. */
export function interrupt(interrupted) { captured.forEach((track) => track.tell(interrupted ? "mute" : "unmute")); }
export function change_devices() { navigator.mediaDevices.dispatchEvent(new Event("devicechange")); }
let shared;
/** How often the person was asked for a screen since it was offered. */
let screens;
let asked_of_screen;
export function times_asked() { return screens; }
export function asked_for() { return asked_of_screen; }
export function restricts_own_audio() { return "restrictOwnAudio" in navigator.mediaDevices.getSupportedConstraints(); }
/** The person chooses this, with sound, each time. */
export function offer_screen() {
    screens = 0;
    navigator.mediaDevices.getDisplayMedia = async (wanted) => {
        screens += 1;
        asked_of_screen = JSON.stringify(wanted);
        const canvas = document.createElement("canvas");
        const context = canvas.getContext("2d");
        const paint = setInterval(() => {
            context.fillStyle = `hsl(${performance.now() / 10} 50% 50%)`;
            context.fillRect(0, 0, canvas.width, canvas.height);
        }, 50);
        const sound = new AudioContext().createMediaStreamDestination();
        shared = new MediaStream([...canvas.captureStream(20).getTracks(), ...sound.stream.getTracks()].map(telling));
        shared.getVideoTracks()[0].addEventListener("ended", () => clearInterval(paint));
        return shared;
    };
}
/** The person chooses nothing. */
export function refuse_screen() {
    navigator.mediaDevices.getDisplayMedia = async () => { throw new DOMException("a test", "NotAllowedError"); };
}
/** The browser's own button. */
export function stop_sharing() { shared.getTracks().forEach((track) => track.end()); }
export function is_shared() { return shared.getTracks().some((track) => track.readyState === "live"); }
