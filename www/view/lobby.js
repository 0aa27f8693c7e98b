import { errorText, say, word } from "../i18n.js";
import { preferences } from "../preferences.js";
import { notice } from "./notices.js";

const ADJECTIVES = ["blue", "brave", "calm", "clear", "gentle", "golden", "green", "happy", "kind", "quick", "quiet", "red", "warm", "wise"];
const ANIMALS = ["bear", "cat", "crane", "deer", "fox", "hare", "heron", "koi", "otter", "owl", "sparrow", "swan", "tiger", "wolf"];

/** Without those that look alike. A text of 13 of these has 65 bits: nobody guesses such a room. */
const SIGNS = "23456789abcdefghijkmnpqrstuvwxyz";
const SIGN_COUNT = 13;

const byId = (id) => document.getElementById(id);

/** What is on is said when one joins: not to be changed while that goes on. */
const SAID = ["with-camera", "with-microphone", "hide-address"];

/** Where one says into which room, and as whom. */
export class Lobby {
    #view = byId("lobby");
    #room = byId("room");
    #name = byId("name");
    #join = byId("join");
    #error = byId("join-error");
    #anyway = byId("join-recorded");
    /** What joins a call although it is recorded, when that was asked. */
    #agreed;
    /** The room's name that was suggested last: nobody else has it. */
    suggested;
    /** What gives up waiting to be let in. */
    #giveUp;

    /** `enter` gets `{ room, person, camera, microphone }`. */
    constructor(enter) {
        byId("suggest").addEventListener("click", () => this.#suggest());
        byId("join-form").addEventListener("submit", (event) => {
            event.preventDefault();
            if (this.#join.disabled) return;
            this.#clearError();
            notice.clear();
            enter({
                room: this.#room.value.trim(),
                person: this.#name.value.trim(),
                ...this.wanted,
            });
        });
        const hide = byId("hide-address");
        hide.addEventListener("change", () => preferences.change("iceTransportPolicy", hide.checked ? "relay" : "all"));
        for (const field of [this.#room, this.#name]) field.addEventListener("input", () => this.#clearError());
        this.#anyway.addEventListener("click", () => {
            const agreed = this.#agreed;
            this.#clearError();
            agreed?.();
        });
        byId("join-wait-leave").addEventListener("click", () => this.#giveUp?.());
        this.#join.disabled = false;
    }

    fill({ room, name, wanted }) {
        this.#room.value = room;
        this.#name.value = name;
        byId("hide-address").checked = preferences.iceTransportPolicy === "relay";
        if (wanted) this.want(wanted);
        // Who was invited has only to say who they are.
        (room ? this.#name : this.#room).focus();
    }

    /** Joins next time with what is on: nobody's camera goes on that they had switched off. */
    want({ camera, microphone }) {
        byId("with-camera").checked = camera;
        byId("with-microphone").checked = microphone;
    }

    /** What is to be on, as the person said it last. */
    get wanted() {
        return { camera: byId("with-camera").checked, microphone: byId("with-microphone").checked };
    }

    /** Whether somebody may join here now. */
    get isOpen() {
        return !this.#view.hidden && !this.#join.disabled;
    }

    /** The room that is filled in, if there is one. */
    room() {
        return this.#room.value.trim() || undefined;
    }

    /** Joins with what is filled in. */
    submit() {
        byId("join-form").requestSubmit();
    }

    busy(busy) {
        this.#join.disabled = busy;
        for (const id of SAID) byId(id).disabled = busy;
        this.#join.dataset.t = busy ? "joining" : "join";
        this.#join.textContent = word(this.#join.dataset.t);
        if (busy) return;
        this.#wait(undefined);
        // A button that is hidden or disabled loses the focus, in some browsers only with the next picture.
        const { activeElement } = document;
        if (this.isOpen && (activeElement === document.body || activeElement.disabled || activeElement.closest("[hidden]"))) this.#join.focus();
    }

    /** One waits until somebody lets one in, at most for so long, or until one gives up. */
    wait(seconds, giveUp) {
        say(byId("join-wait-words").lastElementChild, () => word("join-wait-words", { count: Math.ceil(seconds / 60) }));
        this.#wait(giveUp);
        byId("join-wait-leave").focus();
    }

    #wait(giveUp) {
        this.#giveUp = giveUp;
        byId("join-wait").hidden = !giveUp;
        // What joins anyway has its place.
        this.#join.hidden = Boolean(giveUp) || !this.#anyway.hidden;
    }

    /** Says why it was not joined, beside the field that it is about. */
    fail(error) {
        const field = this.#about(error);
        (field?.closest(".field") ?? byId("checkup")).after(this.#error);
        this.#error.hidden = false;
        this.#error.dataset.code = error.code ?? "";
        say(this.#error, () => errorText({ code: error.code, refusal: error.refusal, explain: error.message }));
        field?.setAttribute("aria-invalid", "true");
        field?.focus();
    }

    /** Asks whether to join all the same, where it was told why not. */
    ask(agreed) {
        this.#agreed = agreed;
        this.#error.after(this.#anyway);
        this.#join.hidden = true;
        this.#anyway.hidden = false;
        this.#anyway.focus();
    }

    #about({ code, refusal }) {
        if (code === "room/invalid" || /^room\/(locked|refused|unanswered)$/.test(code) || refusal === "room/full") return this.#room;
        return code === "name/invalid" || refusal === "name/invalid" ? this.#name : undefined;
    }

    hide() {
        this.#view.hidden = true;
    }

    show() {
        this.#view.hidden = false;
        this.busy(false);
        this.#join.focus();
    }

    #clearError() {
        this.#error.hidden = true;
        this.#anyway.hidden = true;
        this.#join.hidden = false;
        this.#agreed = undefined;
        for (const field of [this.#room, this.#name]) field.removeAttribute("aria-invalid");
    }

    #suggest() {
        const [one, other, ...signs] = crypto.getRandomValues(new Uint32Array(2 + SIGN_COUNT));
        const pick = (list, number) => list[number % list.length];
        const secret = signs.map((number) => pick(SIGNS, number)).join("");
        this.suggested = `${pick(ADJECTIVES, one)}-${pick(ANIMALS, other)}-${secret}`;
        this.#room.value = this.suggested;
        this.#clearError();
        this.#name.focus();
    }
}
