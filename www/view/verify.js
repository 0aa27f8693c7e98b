import { errorText, language, say, word } from "../i18n.js";
import { notice } from "./notices.js";
import { nameOf } from "./stage.js";

const byId = (id) => document.getElementById(id);

/** Words that two people read to each other, to know that nobody sits between them. */
export class Verify {
    #room;
    /** What shows people: each has an `element(id)`. */
    #places;
    #panel = byId("verify-panel");
    /** With whom it is compared in the panel, and what; or why there is nothing to be compared. */
    #peer;
    #verification;
    #error;
    /** People of whom it was said that the words match. */
    #verified = new Set();
    #signal;

    constructor(room, { places, signal }) {
        this.#room = room;
        this.#signal = signal;
        this.#places = places;
        const click = (id, action) => byId(id).addEventListener("click", action, { signal });
        click("people-list", ({ target }) => this.#chosen(target.closest("[data-testid=verify]")));
        click("verify-close", () => this.#panel.close());
        click("verify-again", () => this.#compare(this.#peer));
        click("verify-match", () => this.#verification?.compared(true));
        click("verify-differ", () => this.#verification?.compared(false));
        this.#panel.addEventListener("close", () => this.#focus(), { signal });
        signal.addEventListener("abort", () => this.#panel.close());
    }

    add(peer) {
        const button = this.#button(peer);
        say(button.querySelector("span"), () => word("verify", { name: nameOf(peer) }));
        peer.onverification = (verification) => this.#told(peer, verification);
    }

    remove(peer) {
        this.#verified.delete(peer.id);
        notice.remove(key(peer));
        if (this.#peer === peer) this.#panel.close();
    }

    /** The button of their line. */
    #button({ id }) {
        return this.#places.map((place) => place.element(id)?.querySelector("[data-testid=verify]")).find(Boolean);
    }

    /** Where nothing has the focus, as a notice that it was opened from is gone: on their line, or on what opens the panel that it is in. */
    #focus() {
        const isLost = () => document.activeElement === document.body || this.#panel.contains(document.activeElement);
        if (isLost()) this.#button(this.#peer)?.focus();
        if (isLost()) byId("panel").focus();
    }

    #chosen(button) {
        const peer = this.#room.peers.get(button?.closest("li")?.dataset.peer);
        if (peer) this.#compare(peer);
    }

    async #compare(peer) {
        this.#peer = peer;
        this.#verification = this.#error = undefined;
        notice.remove(key(peer));
        this.#show();
        if (!this.#panel.open) this.#panel.showModal();
        try {
            const verification = await peer.verification();
            if (this.#peer === peer) this.#verification = verification;
        } catch (error) {
            if (this.#peer === peer) this.#error = error;
        }
        this.#show();
    }

    /** There are words, the person said what came of them, or they say nothing any more. */
    #told(peer, verification) {
        const { comparison } = verification;
        const wasVerified = this.#verified.has(peer.id);
        if (comparison === "match") this.#verified.add(peer.id);
        else this.#verified.delete(peer.id);
        this.#sign(peer);
        if (this.#peer === peer && this.#panel.open) {
            this.#verification ??= this.#error ? undefined : verification;
            return this.#show();
        }
        const compare = { testid: "verify-open", words: () => word("verify-open"), act: () => this.#compare(peer) };
        const tell = (what) => notice(key(peer), (element) => say(element, () => word(what, { name: nameOf(peer) })), { polite: true, signal: this.#signal, actions: [compare] });
        if (comparison === "open") tell("verify-asked");
        if (comparison === "changed" && wasVerified && this.#room.peers.has(peer.id)) tell("verify-anew");
    }

    #sign(peer) {
        for (const place of this.#places) {
            const sign = place.element(peer.id)?.querySelector(".verified");
            sign?.setAttribute("aria-label", word("verified"));
            sign?.toggleAttribute("hidden", !this.#verified.has(peer.id));
        }
    }

    #show() {
        const [peer, verification, error] = [this.#peer, this.#verification, this.#error];
        const values = { name: nameOf(peer) };
        const comparison = error ? "failed" : (verification?.comparison ?? "waiting");
        const state = byId("verify-state");
        this.#panel.dataset.state = comparison;
        say(byId("verify-title"), () => word("verify-title", values));
        say(byId("verify-how"), () => word("verify-how", values));
        const words = comparison === "changed" ? undefined : verification;
        byId("verify-words").replaceChildren(...(words?.emoji ?? []).map((emoji, at) => item(emoji, () => words.words[language()][at])));
        state.classList.toggle("error", comparison === "failed" || comparison === "differ");
        if (error) state.dataset.code = error.code;
        else delete state.dataset.code;
        say(state, () => (error ? errorText(error, values) : word(`verify-state/${comparison}`, values)));
        byId("verify-match").hidden = byId("verify-differ").hidden = !["open", "match", "differ"].includes(comparison);
        byId("verify-match").setAttribute("aria-pressed", String(comparison === "match"));
        byId("verify-differ").setAttribute("aria-pressed", String(comparison === "differ"));
        byId("verify-again").hidden = !["changed", "failed"].includes(comparison);
    }
}

function item(emoji, name) {
    const line = document.createElement("li");
    const [picture, words] = [document.createElement("span"), document.createElement("b")];
    picture.ariaHidden = "true";
    picture.textContent = emoji;
    say(words, name);
    line.append(picture, words);
    return line;
}

function key({ id }) {
    return `verify-${id}`;
}
