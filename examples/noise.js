// A processor for the microphone: steady noise is taken out by RNNoise, in an AudioWorklet.

const PACKAGE = new URL("packages/@sapphi-red/web-noise-suppressor/dist/", import.meta.url).href;
/** What RNNoise was made for. */
const SAMPLE_RATE = 48_000;

export class WithoutNoise {
    #context;

    async start(track) {
        // Loaded when it is first used.
        const { loadRnnoise, RnnoiseWorkletNode } = await import(`${PACKAGE}index.js`);
        const context = new AudioContext({ sampleRate: SAMPLE_RATE });
        try {
            const [wasmBinary] = await Promise.all([
                loadRnnoise({ url: `${PACKAGE}rnnoise.wasm`, simdUrl: `${PACKAGE}rnnoise_simd.wasm` }),
                context.audioWorklet.addModule(`${PACKAGE}rnnoise/workletProcessor.js`),
            ]);
            const source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) });
            const node = new RnnoiseWorkletNode(context, { wasmBinary, maxChannels: 1 });
            const made = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
            source.connect(node).connect(made);
            this.#context = context;
            return made.stream.getAudioTracks()[0];
        } catch (error) {
            await context.close();
            throw error;
        }
    }

    stop() {
        this.#context.close();
    }
}
