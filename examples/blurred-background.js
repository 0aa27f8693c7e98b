// A processor for the camera: the person stays, everything behind is blurred.

const PACKAGE = new URL("packages/@mediapipe/selfie_segmentation/", import.meta.url).href;
/** Milliseconds between two pictures. */
const EVERY = 1000 / 20;

export class BlurredBackground {
    /** The blur's radius, as a share of the picture's height. */
    #radius;
    /** What paints now; a later start is another one. */
    #painting;

    constructor({ radius = 1 / 30 } = {}) {
        this.#radius = radius;
    }

    async start(track) {
        const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true, srcObject: new MediaStream([track]) });
        const [person] = await Promise.all([finder(), video.play()]);
        const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
        const paint = canvas.getContext("2d");
        const room = blurring(paint, this.#radius);
        const draw = async () => {
            const { width, height } = canvas;
            const mask = await person(video);
            const put = (what, operation, filter = "none") => {
                Object.assign(paint, { globalCompositeOperation: operation, filter });
                paint.drawImage(what, 0, 0, width, height);
            };
            // Without a mask nobody is told from the room: all of it is blurred.
            if (mask) {
                put(mask, "copy");
                put(video, "source-in");
            } else paint.clearRect(0, 0, width, height);
            put(...room(video, width, height));
        };
        await draw();
        const [made] = canvas.captureStream().getVideoTracks();
        // Where it fails the last picture stands: what can't be changed is not shown.
        this.#paint(draw).catch(() => {}).finally(() => (video.srcObject = null));
        return made;
    }

    stop() {
        this.#painting = undefined;
    }

    async #paint(draw) {
        const painting = (this.#painting = {});
        while (this.#painting === painting) {
            await new Promise((done) => setTimeout(done, EVERY));
            await draw();
        }
    }
}

/** Gives what is drawn for a picture to be blurred, and how: by a filter, or where there is none, as in Safari, made small and large again. */
function blurring(paint, radius) {
    const filter = "blur(2px)";
    paint.filter = filter;
    // Anything can be set on an object that knows no filters.
    if ("filter" in CanvasRenderingContext2D.prototype && paint.filter === filter) {
        return (video, width, height) => [video, "destination-over", `blur(${Math.round(height * radius)}px)`];
    }
    const small = document.createElement("canvas");
    return (video, width, height) => {
        const scale = Math.max(1, height * radius);
        Object.assign(small, { width: Math.ceil(width / scale), height: Math.ceil(height / scale) });
        const shrink = small.getContext("2d");
        shrink.imageSmoothingQuality = "high";
        shrink.drawImage(video, 0, 0, small.width, small.height);
        return [small, "destination-over"];
    };
}

let loading;

/** What finds the person in a picture, as a mask; undefined where there is no WebGL 2. Loaded once, when it is first used. */
function finder() {
    loading ??= load().catch((error) => {
        loading = undefined;
        throw error;
    });
    return loading;
}

async function load() {
    if (!document.createElement("canvas").getContext("webgl2")) return async () => undefined;
    await new Promise((done, fail) => {
        const script = Object.assign(document.createElement("script"), { src: `${PACKAGE}selfie_segmentation.js`, onload: done });
        script.onerror = () => fail(new Error("The package that finds people could not be loaded."));
        document.head.append(script);
    });
    const model = new globalThis.SelfieSegmentation({ locateFile: (file) => PACKAGE + file });
    model.setOptions({ modelSelection: 1 });
    await model.initialize();
    let mask;
    model.onResults(({ segmentationMask }) => (mask = segmentationMask));
    return async (image) => {
        await model.send({ image });
        return mask;
    };
}
