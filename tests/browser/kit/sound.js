// What is to be heard, also where there is no sound device.

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
        samples.fill(listened.enabled && listened.readyState === "live" ? 0.1 : 0);
}
