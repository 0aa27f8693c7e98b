// Elements in the page, and what they show.

export function next_frame(video) { return new Promise((done) => video.requestVideoFrameCallback(() => done())); }
/** In sight: what is not seen may not be sent. Moving it again would pause it. */
export function append(element) {
    if (element.isConnected) return;
    Object.assign(element.style, { position: "fixed", top: 0, left: 0, width: "640px", height: "360px" });
    document.body.append(element);
}
/** Shows it so large; not at all if that is nothing. */
export function resize(element, width, height) {
    Object.assign(element.style, { width: `${width}px`, height: `${height}px`, display: width ? "" : "none" });
}
/** Rooms look at what is shown at once. */
export function look() { document.dispatchEvent(new Event("visibilitychange")); }
/** Gives it no size of its own: it is as large as its picture. */
export function unsize(element) { Object.assign(element.style, { width: "", height: "" }); }
/** A video of the application's own. */
export function play(stream) {
    const video = Object.assign(document.createElement("video"), { autoplay: true, muted: true, srcObject: stream });
    append(video);
    return video;
}
/** A document of its own, which is seen also when this one is not. */
export function put_into_frame(element) {
    const frame = document.createElement("iframe");
    Object.assign(frame.style, { position: "fixed", top: 0, left: 0, width: "640px", height: "360px" });
    document.body.append(frame);
    frame.contentDocument.body.append(element);
    element.play();
    return frame;
}
/** As in a tab behind another one. */
export function hide_page(hidden) {
    if (hidden) Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
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
/** The loudest sample of a file, from 0 to 1. */
export async function loudest(file) {
    const sound = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(await file.arrayBuffer());
    return sound.getChannelData(0).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}
/** Plays a file: width, height, length, tracks of pictures and of sounds. */
export async function play_back(file) {
    const video = document.createElement("video");
    const told = (type) => new Promise((done, fail) => {
        video.addEventListener(type, done, { once: true });
        video.addEventListener("error", () => fail(video.error), { once: true });
    });
    const address = URL.createObjectURL(file);
    const loaded = told("loadeddata");
    Object.assign(video, { muted: true, src: address });
    append(video);
    await loaded;
    // A short file may be over before a busy page has seen three of its pictures.
    const over = told("ended");
    await video.play();
    for (let frames = 0; frames < 3 && !video.ended; frames += 1) await Promise.race([next_frame(video), over]);
    const stream = video.captureStream?.() ?? video.mozCaptureStream();
    const tracks = [stream.getVideoTracks().length, stream.getAudioTracks().length];
    // The length of a recorded WebM is known at its end.
    video.currentTime = 1e6;
    while (!Number.isFinite(video.duration)) await told("durationchange");
    const seen = [video.videoWidth, video.videoHeight, video.duration, ...tracks];
    video.remove();
    video.removeAttribute("src");
    URL.revokeObjectURL(address);
    return seen;
}
