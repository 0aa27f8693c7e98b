// Whether one speaks while the microphone is muted. Loaded when somebody listens for it.

/** How often it is looked, in milliseconds, and at how many samples: 85 ms at 48 kHz. */
const SAMPLE_EVERY = 100;
const SAMPLES = 4096;
/** The same as for the others: louder than this is a voice, … */
const LOUD = 0.01;
/** … a click, in milliseconds, is none, … */
const ATTACK = 200;
/** … and a breath is no end. */
const HOLD = 1200;
/** The share of a new measurement in the level. */
const SMOOTH = 0.5;

/** Rooms that are listened to already. */
const heard = new WeakSet();

/**
 * Listens to the microphone of a room while it is muted, until the room is over. Whether one speaks is kept in `own`, and told as the room's
 * event.
 *
 * A muted track gives silence. What is measured is a clone of it, which is sent nowhere, and given up as soon as the track is.
 */
export function listen(room, own) {
    if (heard.has(room)) return;
    // Its stream has the own sound as well.
    const element = room.me.view();
    heard.add(room);
    const tell = (speaking) => {
        own.mutedSpeech = speaking;
        room.emit("mutedspeech", speaking);
    };
    let track, meter, voice;
    const turnTo = (muted) => {
        meter?.close();
        if (voice?.isSpeaking) tell(false);
        [track, meter, voice] = [muted, muted && meterOf(muted), new Voice(tell)];
    };
    const timer = setInterval(() => {
        const tracks = element.srcObject?.getAudioTracks() ?? [];
        const muted = tracks.find(({ enabled, readyState }) => !enabled && readyState === "live");
        if (muted !== track) turnTo(muted);
        if (meter) voice.take(meter.level());
    }, SAMPLE_EVERY);
    room.closed.then(() => {
        clearInterval(timer);
        meter?.close();
        own.mutedSpeech = false;
    });
}

/** A voice begins and ends after a while. */
class Voice {
    isSpeaking = false;
    #level = 0;
    #otherwise;
    #tell;

    constructor(tell) {
        this.#tell = tell;
    }

    take(level) {
        this.#level += (level - this.#level) * SMOOTH;
        if (this.#level > LOUD === this.isSpeaking) return (this.#otherwise = undefined);
        const now = performance.now();
        this.#otherwise ??= now;
        if (now - this.#otherwise < (this.isSpeaking ? HOLD : ATTACK)) return;
        this.#otherwise = undefined;
        this.isSpeaking = !this.isSpeaking;
        this.#tell(this.isSpeaking);
    }
}

/** Nothing where the browser does not let sound be looked at. */
function meterOf(track) {
    const clone = track.clone();
    clone.enabled = true;
    let context;
    const close = () => {
        clone.stop();
        context?.close().catch(() => {});
    };
    try {
        context = new AudioContext();
        const analyser = new AnalyserNode(context, { fftSize: SAMPLES });
        const source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([clone]) });
        source.connect(analyser);
        const samples = new Float32Array(SAMPLES);
        const level = () => {
            analyser.getFloatTimeDomainData(samples);
            return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / SAMPLES);
        };
        return { level, close };
    } catch {
        close();
    }
}
