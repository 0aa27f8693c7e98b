import { errorText, say, word } from "../i18n.js";
import { notice } from "./notices.js";

/** How often time and size are shown, in milliseconds. */
const SHOW_EVERY = 500;
const MEGABYTE = 1_000_000;

/** The button that records the call, and what comes of it: a file to be kept. */
export class Recorder {
    #room;
    #button = document.getElementById("record");
    #name = document.getElementById("record-name");
    /** What it does, or how long it has been recorded; and how much that is, which a phone has no place for. */
    #label = document.getElementById("record-label").children;
    #recording;
    #isBusy = false;
    #timer;
    #sign;

    /** `sign` shows that the call is recorded. */
    constructor(room, sign, signal) {
        this.#room = room;
        this.#sign = sign;
        this.#button.hidden = !globalThis.MediaRecorder;
        this.#button.addEventListener("click", () => this.#toggle(), { signal });
        // Who comes later is told as well.
        room.addEventListener("peer", ({ detail: peer }) => this.#recording && this.#tell(peer), { signal });
        this.#show();
    }

    async #toggle() {
        if (this.#isBusy) return;
        this.#isBusy = true;
        try {
            if (this.#recording) await this.#recording.stop();
            else await this.#start();
        } catch (error) {
            this.#fail(error);
        }
        this.#isBusy = false;
    }

    async #start() {
        const sign = this.#sign;
        const recording = await this.#room.record({ who: "everybody" });
        this.#recording = recording;
        recording.onend = ({ file, error }) => {
            this.#recording = undefined;
            clearInterval(this.#timer);
            this.#show();
            sign.own(false);
            if (file) offer(file, this.#room.name);
            else this.#fail(error);
        };
        this.#timer = setInterval(() => this.#show(), SHOW_EVERY);
        this.#show();
        sign.own(true);
        write(this.#room);
    }

    #tell(peer) {
        this.#sign.tell(peer);
        write(peer);
    }

    #show() {
        const recording = this.#recording;
        this.#button.setAttribute("aria-pressed", String(Boolean(recording)));
        // Before the figures, for who hears the button.
        say(this.#name, () => (recording ? word("record-call") : ""));
        const [what, much] = this.#label;
        say(what, () => (recording ? time(recording.duration) : word("record")));
        say(much, () => (recording ? ` · ${size(recording.bytes)}` : ""));
    }

    #fail({ code, explain }) {
        notice(code, (element) => say(element, () => errorText({ code, explain })));
    }
}

/** The others read it in the chat as well. That nobody is there to read it is no trouble. */
function write(whom) {
    whom.send(word("record-told")).catch(() => {});
}

/** The file stays until the notice is dismissed; it is in this browser alone. */
function offer({ blob, type, reason }, room) {
    const link = document.createElement("a");
    const ending = type.startsWith("video/mp4") ? "mp4" : "webm";
    link.href = URL.createObjectURL(blob);
    link.download = `${room}-${new Date().toISOString().slice(0, 16).replaceAll(":", "")}.${ending}`;
    link.dataset.testid = "record-file";
    const words = document.createElement("b");
    say(link, () => word("record-keep", { size: size(blob.size) }));
    say(words, () => (reason === "limit" || reason === "failed" ? `${word(`record-${reason}`)} ` : ""));
    const key = `record-${link.href}`;
    const dismissed = () => URL.revokeObjectURL(link.href);
    notice(key, (element) => element.append(words, link), { polite: true, dismissed });
}

function time(millis) {
    const seconds = Math.floor(millis / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function size(bytes) {
    // On one line.
    return `${(bytes / MEGABYTE).toFixed(1)}\u00a0MB`;
}
