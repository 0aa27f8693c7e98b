import { devices } from "../itodenwa/index.js";
import { errorText, say, word } from "../i18n.js";
import { memory } from "../memory.js";
import { preferences } from "../preferences.js";
import { notice } from "./notices.js";

const byId = (id) => document.getElementById(id);
const PROCESSING = ["echoCancellation", "noiseSuppression", "autoGainControl"];

/** Which devices, and how they are used. A dialog over the call; what is changed counts at once and is remembered. */
export class Settings {
    #room;
    #dialog = byId("settings-panel");
    #error = byId("settings-error");
    #signal;
    /** The last change of each source: the next one waits for it, and goes on from what came of it. */
    #changes = new Map();

    constructor(room, signal) {
        this.#room = room;
        this.#signal = signal;
        const on = (id, type, action) => byId(id).addEventListener(type, action, { signal });
        const device = (select) => ({ deviceId: select.value || undefined });
        on("settings", "click", () => this.#open());
        on("settings-close", "click", () => this.#dialog.close());
        on("own-name", "change", ({ target }) => this.#rename(target.value));
        on("choose-camera", "change", ({ target }) => this.#use("camera", device(target)));
        on("choose-microphone", "change", ({ target }) => this.#use("microphone", device(target)));
        on("choose-quality", "change", ({ target }) => this.#use("camera", { quality: target.value }));
        on("choose-content", "change", ({ target }) => this.#use("screen", { content: target.value }));
        on("choose-loudspeaker", "change", ({ target }) => this.#loudspeaker(target.value));
        for (const name of PROCESSING) on(name, "change", ({ target }) => this.#use("microphone", { [name]: target.checked }));
    }

    /** Devices came or went, or are used otherwise. */
    changed() {
        if (this.#dialog.open) this.#fill();
    }

    close() {
        this.#dialog.close();
    }

    #open() {
        this.#error.hidden = true;
        this.#dialog.showModal();
        this.#fill();
    }

    async #use(source, part) {
        const before = this.#changes.get(source);
        const change = () =>
            this.#try(
                () => this.#room.use(source, { ...preferences[source], ...part }),
                () => preferences.change(source, part),
                { isLast: () => this.#changes.get(source) === done },
            );
        const done = Promise.resolve(before).then(change);
        this.#changes.set(source, done);
        await done;
    }

    /** Whoever is in the room sees it, and whoever comes. What can't be a name stays in the field, with why. */
    async #rename(name) {
        if (name.trim() === (this.#room.me.name ?? "")) return;
        await this.#try(
            () => this.#room.setName(name),
            () => memory.set("name", this.#room.me.name),
            { keeps: true },
        );
    }

    async #loudspeaker(deviceId) {
        await this.#try(
            () => this.#room.loudspeaker(deviceId),
            () => preferences.change("loudspeaker", deviceId),
        );
    }

    /** Remembers what could be done, and says what could not. */
    async #try(change, remember, { keeps = false, isLast = () => true } = {}) {
        this.#error.hidden = true;
        try {
            await change();
            remember();
        } catch (error) {
            this.#tell(error);
            if (keeps) return;
        }
        // What is chosen next is shown already.
        if (isLast()) this.#fill();
    }

    /** In the dialog, or beside the call when that is closed by now. */
    #tell({ code, message }) {
        const write = (element) => {
            element.dataset.code = code;
            say(element, () => errorText({ code, explain: message }));
        };
        if (!this.#dialog.open) return notice(code, write, { signal: this.#signal });
        this.#error.hidden = false;
        write(this.#error);
    }

    async #fill() {
        const name = byId("own-name");
        // Nobody loses what they are writing.
        if (document.activeElement !== name) name.value = this.#room.me.name ?? "";
        const listed = await devices().catch(() => []);
        const { settings } = this.#room.me;
        const used = (source) => settings.get(source)?.deviceId ?? preferences[source].deviceId ?? "";
        choices(byId("choose-camera"), listed, "camera", used("camera"));
        choices(byId("choose-microphone"), listed, "microphone", used("microphone"));
        choices(byId("choose-loudspeaker"), listed, "loudspeaker", preferences.loudspeaker);
        const { setSinkId } = HTMLMediaElement.prototype;
        byId("loudspeaker-choice").hidden = !setSinkId || !listed.some(({ kind }) => kind === "loudspeaker");
        byId("choose-quality").value = preferences.camera.quality ?? "h720";
        byId("choose-content").value = preferences.screen.content ?? "text";
        for (const name of PROCESSING) {
            byId(name).checked = settings.get("microphone")?.[name] ?? preferences.microphone[name] ?? true;
        }
        say(byId("camera-now"), () => picture(settings.get("camera")));
        say(byId("microphone-now"), () => lacking(settings.get("microphone")));
    }
}

/** Fills in what can be chosen. Labels come from outside: they are text. */
function choices(select, listed, kind, chosen) {
    const there = listed.filter((device) => device.kind === kind);
    const option = (value, text) => {
        const element = Object.assign(document.createElement("option"), { value });
        say(element, text);
        return element;
    };
    const named = there.map(({ deviceId, label }, index) => option(deviceId, () => label || `${word(kind)} ${index + 1}`));
    select.replaceChildren(option("", () => word("system-choice")), ...named);
    select.value = there.some(({ deviceId }) => deviceId === chosen) ? chosen : "";
    select.disabled = there.length === 0;
}

/** What the camera really gives. */
function picture(settings) {
    if (!settings) return word("is-off");
    const { width, height, frameRate } = settings;
    return width ? word("picture-now", { width, height, rate: Math.round(frameRate ?? 0) || "?" }) : "";
}

/** What was asked of the microphone and is not done. */
function lacking(settings) {
    const names = settings?.lacking.filter((name) => PROCESSING.includes(name)) ?? [];
    return names.length > 0 ? word("lacking", { names: names.map((name) => word(name)).join(", ") }) : "";
}
