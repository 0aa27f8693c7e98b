import { errorText, say, sayAgain, sentences, word } from "../i18n.js";
import { Chat } from "./chat.js";
import { Files } from "./files.js";
import { keepFocus } from "./focus.js";
import { Hand } from "./hand.js";
import { keys } from "./keys.js";
import { Lock } from "./lock.js";
import { Moderation } from "./moderation.js";
import { notice } from "./notices.js";
import { People } from "./people.js";
import { Recorded } from "./recorded.js";
import { Recorder } from "./recorder.js";
import { Settings } from "./settings.js";
import { Side } from "./side.js";
import { nameOf, Stage } from "./stage.js";
import { Verify } from "./verify.js";
import { Waiting } from "./waiting.js";
import { OF_WHY, Why } from "./why.js";

/** People whose names are remembered for the lesson, at most. */
const NAMES = 256;

const byId = (id) => document.getElementById(id);

/** A call: people, switches, chat. From a room that was joined until `close`. */
export class CallView {
    #room;
    #stage;
    #settings;
    #side;
    #people;
    #lock;
    #hand;
    #moderation;
    #verify;
    #waiting;
    #closeKeys;
    #changed;
    #lesson;
    #names = new Map();
    /** Sources that something was told of, by its code: until they are on. */
    #lacking = new Map();
    #listeners = new AbortController();

    /** `invitation` is a link to this room, `hasKey` whether with its key; `changed` is told when the own switches have. */
    constructor(room, { invitation, hasKey, changed }) {
        this.#room = room;
        this.#changed = changed;
        byId("call").hidden = false;
        byId("room-name").textContent = room.name;
        byId("invitation").value = invitation;
        byId("alone-key").hidden = !hasKey;
        byId("resume").hidden = true;
        this.#signaling(room.signaling);
        this.#mutedSpeech(false);
        document.title = `${room.name} – itodenwa`;

        const { signal } = this.#listeners;
        const click = (id, action) => byId(id).addEventListener("click", action, { signal });
        click("microphone", () => this.#toggle("microphone"));
        click("camera", () => this.#toggle("camera"));
        click("screen", () => this.#toggle("screen"));
        byId("screen").hidden = !navigator.mediaDevices?.getDisplayMedia;
        click("leave", () => room.leave());
        click("resume", () => this.#resume());
        click("copy-link", (event) => copy(invitation, event.currentTarget.querySelector("span")));
        click("copy-link-alone", (event) => copy(invitation, event.currentTarget));

        this.#stage = new Stage(room, signal);
        this.#side = new Side(signal, () => this.#lesson?.close());
        this.#people = new People(room);
        this.#lock = new Lock(room, signal);
        this.#waiting = new Waiting(room, this.#side, signal);
        this.#settings = new Settings(room, signal);
        new Recorder(room, new Recorded(room, signal), signal);
        new Why(room, nameOf, signal);
        this.#closeKeys = keys(signal);
        const chat = new Chat(room, signal);
        new Files(room, { chat, came: () => this.#side.wrote(), signal });
        this.#hand = new Hand(room, { places: [this.#stage, this.#people], chat, failed: (error) => this.#tell(error), signal });
        this.#moderation = new Moderation(room, { hand: this.#hand, mute: () => this.#toggle("microphone"), signal });
        this.#verify = new Verify(room, { places: [this.#stage, this.#people], signal });
        this.#listen(chat);
        click("lesson-open", () => this.#openLesson());
        this.#switches();
        byId("microphone").focus({ preventScroll: true });
    }

    close() {
        this.#listeners.abort();
        this.#settings.close();
        this.#closeKeys();
        this.#stage.close();
        byId("call").hidden = true;
        document.title = "itodenwa";
    }

    #listen(chat) {
        const room = this.#room;
        room.onpeer = (peer) => {
            this.#remember(peer);
            this.#stage.add(peer);
            this.#people.add(peer);
            this.#verify.add(peer);
            chat.came(peer);
        };
        room.onleft = ({ peer }) => {
            this.#stage.remove(peer);
            this.#people.remove(peer);
            this.#hand.remove(peer);
            this.#verify.remove(peer);
            chat.went(peer);
        };
        room.onconnection = room.onaway = ({ peer }) => this.#stage.state(peer);
        room.onname = (named) => {
            const { peer } = named;
            if (peer) this.#remember(peer);
            this.#stage.renamed(peer ?? room.me);
            sayAgain();
            chat.renamed(named);
            if (!peer) this.#settings.changed();
            this.#changed();
        };
        room.onmedia = ({ peer }) => {
            this.#stage.media(peer);
            this.#stage.state(peer);
            this.#people.media(peer);
        };
        room.onattribute = ({ peer, key }) => {
            if (!peer) return;
            this.#hand.changed(peer);
            if (key === "interrupted") this.#stage.state(peer);
        };
        room.onspeaking = ({ peer }) => this.#stage.speaking(peer);
        room.onmutedspeech = (speaking) => this.#mutedSpeech(speaking);
        room.onspeaker = () => this.#stage.speaker();
        room.ondevice = () => this.#settings.changed();
        room.ondevices = () => this.#settings.changed();
        room.oninterrupted = ({ source, interrupted }) => this.#interrupted(source, interrupted);
        room.ontext = (text) => {
            chat.wrote(text);
            if (!text.earlier) this.#side.wrote();
        };
        room.onsignaling = (state) => this.#signaling(state);
        room.onlock = () => this.#lock.show();
        room.onwaiting = () => this.#waiting.show();
        room.onaskedtomute = (asked) => this.#moderation.askedToMute(asked);
        room.onhandlowered = (lowered) => this.#moderation.handLowered(lowered);
        room.onblocked = () => (byId("resume").hidden = false);
        room.ontrouble = (trouble) => {
            this.#switches();
            // Stopped by the browser's own button.
            if (trouble.source === "screen" && trouble.code === "media/ended") return;
            // Why somebody is not connected is said of them, and stays as long as it is so.
            if (OF_WHY.test(trouble.code)) return;
            this.#tell(trouble, nameOf(trouble.peer));
        };
    }

    /** The system took a device, as a phone does when it rings. */
    #interrupted(source, interrupted) {
        const key = `interrupted-${source}`;
        const { signal } = this.#listeners;
        if (interrupted) notice(key, (element) => say(element, () => word("interrupted", { device: word(source) })), { polite: true, signal });
        else notice.remove(key);
    }

    /** One speaks, and nobody hears it. */
    #mutedSpeech(speaking) {
        byId("microphone").toggleAttribute("data-speaking", speaking);
        byId("muted-speech").hidden = !speaking;
    }

    /** The call goes on without the server: a quiet word, as long as it is so. */
    #signaling(state) {
        const away = byId("signaling");
        away.hidden = state === "connected";
        away.dataset.state = state;
    }

    async #toggle(source) {
        const on = !this.#room.me.media.has(source);
        const done = this.#room[source](on);
        this.#switches();
        try {
            await done;
            if (on) this.#isOn(source);
        } catch (error) {
            if (source === "screen" && error.code === "media/screen-denied") {
                notice("screen-denied", (element) => say(element, () => word("screen-denied")), { polite: true, signal: this.#listeners.signal });
            } else this.#tell({ code: error.code, refusal: error.refusal, explain: error.explain, source });
        }
        this.#switches();
    }

    /** Shows what is wanted on, wherever it is shown. */
    #switches() {
        const { media } = this.#room.me;
        for (const source of ["microphone", "camera", "screen"]) byId(source).setAttribute("aria-pressed", String(media.has(source)));
        this.#stage.own();
        this.#people.own();
        this.#moderation.changed();
        this.#changed();
    }

    #resume() {
        keepFocus(byId("resume"), () => (byId("resume").hidden = true), byId("microphone"));
        this.#room.resume();
    }

    /** What shows how the call works is loaded when it is wanted. */
    async #openLesson() {
        try {
            // Whether there is a network: a module that Firefox could not load once it does not load any more.
            if (!this.#lesson) await fetch(new URL("../lesson/index.js", import.meta.url), { method: "HEAD", cache: "no-store" });
            const { Lesson } = await import("../lesson/index.js");
            this.#lesson ??= new Lesson(this.#room, (id) => this.#names.get(id), (open) => this.#side.giveWay(open));
            this.#lesson.open();
        } catch {
            notice("lesson-failed", (element) => say(element, () => word("lesson-failed")), { polite: true, signal: this.#listeners.signal });
        }
    }

    #tell({ code, refusal, explain, source }, name) {
        if (source) this.#lacking.set(code, (this.#lacking.get(code) ?? new Set()).add(source));
        const write = (element) => {
            element.dataset.code = code;
            say(element, () => errorText({ code, refusal, explain }, { name }));
        };
        notice(code, write, { signal: this.#listeners.signal });
    }

    /** What was told of a source is over. */
    #isOn(source) {
        for (const [code, sources] of this.#lacking) {
            if (!sources.delete(source) || sources.size > 0) continue;
            this.#lacking.delete(code);
            notice.remove(code);
        }
    }

    #remember(peer) {
        this.#names.set(peer.id, nameOf(peer));
        if (this.#names.size > NAMES) this.#names.delete(this.#names.keys().next().value);
    }
}

/** Copies a link and says so on the button, until the pointer or the focus leaves it; and to those who do not see it. */
async function copy(link, label) {
    try {
        await navigator.clipboard.writeText(link);
        label.textContent = word("copied");
        say(byId("copied"), () => word("copied"));
        const button = label.closest("button");
        button.toggleAttribute("data-copied", true);
        const over = new AbortController();
        const restore = () => {
            over.abort();
            label.textContent = word(label.dataset.t);
            say(byId("copied"), () => "");
            button.removeAttribute("data-copied");
        };
        // Where a touch gives no focus that could leave: the next touch.
        for (const [place, type] of [[button, "blur"], [button, "pointerleave"], [document, "pointerdown"]]) place.addEventListener(type, restore, { signal: over.signal });
    } catch {
        const field = byId("invitation");
        const isSeen = field.checkVisibility?.() ?? !byId("alone").hidden;
        if (isSeen) field.select();
        notice("copy-failed", (element) => say(element, () => `${sentences(word("copy-failed"), isSeen && word("copy-selected"))} ${link}`), { polite: true });
    }
}
