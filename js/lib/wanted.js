import { ItodenwaError } from "./error.js";

export const isText = (value) => typeof value === "string";
const isFlag = (value) => typeof value === "boolean";
const isPositive = (value) => typeof value === "number" && value > 0 && value < Infinity;
export const isOne = (...names) => (value) => names.includes(value);
export const isPlain = (value) => Object.prototype.toString.call(value) === "[object Object]";

/** What each kind of options may say. */
const FIELDS = {
    camera: {
        deviceId: isText,
        facing: isOne("user", "environment"),
        quality: isOne("h180", "h360", "h540", "h720", "h1080"),
        width: isPositive,
        height: isPositive,
        frameRate: isPositive,
        maxBitrate: isPositive,
    },
    microphone: {
        deviceId: isText,
        echoCancellation: isFlag,
        noiseSuppression: isFlag,
        autoGainControl: isFlag,
        voiceIsolation: isFlag,
    },
    screen: { content: isOne("text", "motion"), audio: isFlag, suppressLocalAudioPlayback: isFlag },
    limits: {
        maxBitrate: isPositive,
        maxFrameRate: isPositive,
        maxHeight: isPositive,
        degradation: isOne("maintain-framerate", "maintain-resolution", "balanced"),
        codec: isText,
    },
};

/** As a text: an address may be a URL, and a name of a database a number. */
export function text(given) {
    return given?.toString();
}

/** Throws if options say what nothing here understands. Gives them. What may be said of rare things stands beside them. */
export function understood(what, options, fields = FIELDS[what]) {
    if (!fields) return options;
    if (!isPlain(options)) throw invalid(`What is said of ${what} is neither true, false nor an object with options. A track of your own is sent by publish().`);
    for (const [name, value] of Object.entries(options)) {
        if (value !== undefined && !(Object.hasOwn(fields, name) && fields[name](value))) {
            throw invalid(`${what}: ${name} can't be ${isText(value) ? `"${value}"` : String(value)}. There are: ${Object.keys(fields).join(", ")}.`);
        }
    }
    return options;
}

/** The same for what switches a source: true, false, or options, which are given. */
export function switching(source, on) {
    return isFlag(on) ? undefined : understood(source, on);
}

/** The same for the devices that are wanted from the beginning: also nothing may be said. */
export function beginning({ camera, microphone }) {
    if (camera != null) switching("camera", camera);
    if (microphone != null) switching("microphone", microphone);
}

function invalid(message) {
    return new ItodenwaError("options/invalid", message);
}
