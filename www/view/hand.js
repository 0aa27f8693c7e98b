import { word } from "../i18n.js";
import { keepFocus } from "./focus.js";

const button = document.getElementById("hand");

/** Raised hands: each member's attribute `hand`, shown on their tile and their line, and said in the chat. */
export class Hand {
    #room;
    #places;
    #chat;
    #failed;
    /** Whose hand is up: an attribute that is told again is no hand that is raised again. */
    #raised = new Set();

    /** `places` show people: they have an `element(id)` for each. `failed` is told why the own hand could not be raised. */
    constructor(room, { places, chat, failed, signal }) {
        this.#room = room;
        this.#failed = failed;
        this.#places = places;
        this.#chat = chat;
        button.addEventListener("click", () => this.#toggle(), { signal });
        this.#show(room.me);
    }

    /** Somebody's attributes are others, or they came. */
    changed(peer) {
        if (this.#show(peer)) this.#chat.raised(peer);
    }

    /** Somebody took the own hand down. Whether it was up. */
    lowered() {
        const wasUp = this.#raised.has(this.#room.me);
        this.#show(this.#room.me);
        return wasUp;
    }

    remove(peer) {
        this.#raised.delete(peer);
    }

    async #toggle() {
        const { me } = this.#room;
        try {
            await me.set("hand", me.attributes.get("hand") === true ? undefined : true);
        } catch (error) {
            this.#failed(error);
        }
        this.#show(me);
    }

    /** Whether it was raised just now. */
    #show(person) {
        const { id } = person;
        const isUp = person.attributes.get("hand") === true;
        const isNew = isUp && !this.#raised.has(person);
        if (isUp) this.#raised.add(person);
        else this.#raised.delete(person);
        if (person === this.#room.me) button.setAttribute("aria-pressed", String(isUp));
        for (const place of this.#places) {
            const element = place.element(id);
            const sign = element?.querySelector(".hand");
            sign?.setAttribute("aria-label", word("hand-up"));
            sign?.toggleAttribute("hidden", !isUp);
            // What asks them to lower it is there only as long as it is up.
            if (element) keepFocus(element, () => element.toggleAttribute("data-hand", isUp), ...element.querySelectorAll("button"));
        }
        return isNew;
    }
}
