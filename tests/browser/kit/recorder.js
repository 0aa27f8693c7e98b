// A recorder that can fail, or is not there.

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
    recorder.dispatchEvent(Object.assign(new Event("error"), { error: new DOMException("a test", "UnknownError") }));
}
export function is_recording() { return recorder.state === "recording"; }
let hidden;
export function hide_recorder() { hidden = globalThis.MediaRecorder; globalThis.MediaRecorder = undefined; }
export function show_recorder() { globalThis.MediaRecorder = hidden; }
