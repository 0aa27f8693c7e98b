import { say, word } from "../i18n.js";
import { keepFocus } from "./focus.js";
import { nameOf } from "./stage.js";

const template = document.getElementById("participant");

/** Everybody in the room, with oneself first, and whose microphone is off. */
export class People {
    #room;
    #list = document.getElementById("people-list");
    #lines = new Map();
    /** One's own line: who comes back after a while has another id. */
    #own;

    constructor(room) {
        this.#room = room;
        this.#list.replaceChildren();
        this.#own = this.#add(() => word("you-named", { name: nameOf(room.me) }));
        for (const button of this.#own.querySelectorAll("button")) button.remove();
        this.own();
    }

    add(peer) {
        const line = this.#add(() => nameOf(peer));
        this.#lines.set(peer.id, line);
        line.dataset.peer = peer.id;
        for (const button of line.querySelectorAll("[data-ask]")) {
            say(button.querySelector("span"), () => word(`ask-${button.dataset.ask}`, { name: nameOf(peer) }));
        }
        this.media(peer);
    }

    remove(peer) {
        this.#lines.get(peer.id)?.remove();
        this.#lines.delete(peer.id);
    }

    /** Somebody's line; one's own is among them. */
    element(id) {
        return id === this.#room.me.id ? this.#own : this.#lines.get(id);
    }

    own() {
        this.media(this.#room.me);
    }

    media({ id, media }) {
        const line = this.element(id);
        line?.querySelector(".silent").toggleAttribute("hidden", media.has("microphone"));
        // What asks them to mute is there only as long as they are heard.
        if (line) keepFocus(line, () => line.toggleAttribute("data-heard", media.has("microphone")), ...line.querySelectorAll("button"));
    }

    #add(name) {
        const line = template.content.firstElementChild.cloneNode(true);
        say(line.querySelector(".who"), name);
        line.querySelector(".silent").setAttribute("aria-label", word("silent"));
        this.#list.append(line);
        return line;
    }
}
