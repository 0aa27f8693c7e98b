import { errorText, findingText, say, word } from "../i18n.js";
import { preferences } from "../preferences.js";

/** The package, loaded when it is first needed. */
const itodenwa = () => import("../itodenwa/index.js");
const PARTS = ["camera", "microphone", "signaling", "stun", "turnUdp", "turnTcp", "turnTls", "loopback"];
const SOURCES = ["camera", "microphone"];
const MARKS = { works: "✓", fails: "✗", skipped: "–", waiting: "…" };

const byId = (id) => document.getElementById(id);

/** Before a call: one's own picture and level, which devices, and what will work. Closed, it holds nothing. */
export class Checkup {
    #button = byId("check");
    #panel = byId("checkup");
    #picture = byId("check-picture");
    #level = byId("check-level");
    #findings = byId("check-findings");
    #summary = byId("check-summary");
    #choices = { camera: byId("check-camera"), microphone: byId("check-microphone") };
    #wanted = { camera: byId("with-camera"), microphone: byId("with-microphone") };
    #options;
    /** The check that waits for its options. */
    #asked;
    #preview;
    #checking;
    /** Which opening this is: what was begun in another one is over. */
    #opening = 0;

    /** `options` resolves with `{ server, room, token }` for the check, or with nothing if there is to be none. */
    constructor(options) {
        this.#options = options;
        this.#button.addEventListener("click", () => (this.#panel.hidden ? this.#open() : this.close()));
        byId("check-close").addEventListener("click", () => this.close({ focus: true }));
        byId("check-again").addEventListener("click", () => this.#again());
        this.#panel.addEventListener("keydown", ({ key }) => key === "Escape" && this.close({ focus: true }));
        for (const source of SOURCES) {
            this.#choices[source].addEventListener("change", ({ target }) => this.#choose(source, target.value));
            this.#wanted[source].addEventListener("change", ({ target }) => this.#switch(source, target.checked));
        }
        addEventListener("pagehide", () => this.close());
    }

    /** The preview for the room that is joined next; nothing when it is not open. */
    handOver() {
        this.#stopChecking();
        return this.#preview;
    }

    /** Gives everything back. */
    close({ focus = false } = {}) {
        this.#opening += 1;
        this.#stopChecking();
        this.#preview?.close();
        this.#preview = undefined;
        this.#panel.hidden = true;
        this.#panel.parentElement.dataset.check = "closed";
        this.#button.setAttribute("aria-expanded", "false");
        if (focus) this.#button.focus();
    }

    async #open() {
        const opening = ++this.#opening;
        this.#panel.hidden = false;
        this.#panel.parentElement.dataset.check = "open";
        this.#button.setAttribute("aria-expanded", "true");
        this.#wait();
        byId("checkup-title").focus();
        try {
            const wishes = Object.fromEntries(SOURCES.map((source) => [source, this.#wanted[source].checked && preferences[source]]));
            const { open } = await itodenwa();
            const preview = await open(wishes);
            if (opening !== this.#opening) return void preview.close();
            this.#preview = preview;
            // Switched while the person was asked.
            const others = SOURCES.filter((source) => Boolean(wishes[source]) !== this.#wanted[source].checked);
            await Promise.allSettled(others.map((source) => preview[source](!wishes[source] && preferences[source])));
            if (preview !== this.#preview) return;
        } catch (error) {
            return say(this.#summary, () => errorText(error));
        }
        this.#show(this.#preview);
        await this.#check();
    }

    #show(preview) {
        const video = preview.view();
        video.dataset.testid = "check-video";
        this.#picture.replaceChildren(video);
        preview.ondevice = () => this.#list();
        preview.ondevices = () => this.#list();
        preview.ontrouble = () => this.#list();
        preview.onblocked = () => document.addEventListener("click", () => preview.resume(), { once: true });
        const measure = () => {
            if (preview !== this.#preview) return;
            // Ears hear by proportions: quiet voices would hardly be seen otherwise.
            this.#level.value = Math.sqrt(preview.level);
            requestAnimationFrame(measure);
        };
        measure();
        this.#list();
    }

    /** What there is to choose from, with what is in use. */
    async #list() {
        const preview = this.#preview;
        const known = await itodenwa().then(({ devices }) => devices()).catch(() => []);
        if (!preview || preview !== this.#preview) return;
        this.#picture.dataset.picture = preview.media.has("camera") ? "on" : "off";
        for (const source of SOURCES) {
            const select = this.#choices[source];
            const ofKind = known.filter(({ kind }) => kind === source);
            select.replaceChildren(...ofKind.map(({ label, deviceId }) => new Option(label, deviceId)));
            select.value = preview.settings.get(source)?.deviceId ?? preferences[source].deviceId ?? "";
            select.disabled = ofKind.length === 0 || !preview.media.has(source);
        }
    }

    async #choose(source, deviceId) {
        preferences.change(source, { deviceId: deviceId || undefined });
        await this.#preview?.[source](preferences[source]).then(() => this.#check(), () => this.#list());
    }

    async #switch(source, on) {
        const preview = this.#preview;
        if (!preview) return;
        await preview[source](on && preferences[source]).catch(() => {});
        if (preview !== this.#preview) return;
        this.#list();
        this.#check();
    }

    /** What was refused may be allowed by now. */
    async #again() {
        const preview = this.#preview;
        this.#stopChecking();
        this.#wait();
        const missing = SOURCES.filter((source) => preview && this.#wanted[source].checked && !preview.media.has(source));
        await Promise.allSettled(missing.map((source) => preview[source](preferences[source])));
        if (preview === this.#preview) await this.#check();
    }

    #wait() {
        for (const part of PARTS) this.#write({ part, outcome: "waiting" });
        this.#summarize("check-running");
    }

    async #check() {
        this.#stopChecking();
        this.#wait();
        const asked = {};
        this.#asked = asked;
        const options = await this.#options();
        // It was closed, or begun anew, while the person was asked.
        if (asked !== this.#asked) return;
        // Nothing is tried with a server that the person does not want.
        if (!options) return this.close();
        const { check } = await itodenwa();
        if (asked !== this.#asked) return;
        const checking = check({ preview: this.#preview, ...options });
        this.#checking = checking;
        const outcomes = new Set();
        try {
            for await (const finding of checking) {
                if (checking !== this.#checking) return;
                outcomes.add(finding.outcome);
                this.#write(finding);
            }
            if (checking === this.#checking) this.#summarize(summary(outcomes));
        } catch (error) {
            if (checking === this.#checking) say(this.#summary, () => errorText(error));
        }
    }

    #stopChecking() {
        this.#asked = undefined;
        this.#checking?.return();
        this.#checking = undefined;
    }

    #summarize(key) {
        this.#summary.dataset.state = key;
        say(this.#summary, () => word(key));
    }

    /** One line; what servers and devices say of themselves is text. */
    #write({ part, outcome, code, explain, detail = "" }) {
        const known = this.#findings.querySelector(`[data-part="${part}"]`);
        const line = known ?? byId("finding").content.firstElementChild.cloneNode(true);
        Object.assign(line.dataset, { part, outcome, code: code ?? "" });
        line.querySelector(".mark").textContent = MARKS[outcome];
        say(line.querySelector(".outcome"), () => word(`outcome/${outcome}`));
        say(line.querySelector("b"), () => word(`part/${part}`));
        say(line.querySelector(".words"), () => findingText({ part, outcome, code, explain, detail }));
        line.querySelector("small").textContent = detail;
        if (!known) this.#findings.append(line);
    }
}

function summary(outcomes) {
    if (outcomes.has("fails")) return "check-bad";
    return outcomes.has("skipped") ? "check-tried" : "check-good";
}
