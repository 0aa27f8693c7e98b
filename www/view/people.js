import { say, word } from "../i18n.js";
import { nameOf } from "./stage.js";

const template = document.getElementById("participant");

/** Everybody in the room, with oneself first, and whose microphone is off. */
export class People {
    #room;
    #list = document.getElementById("people-list");
    #lines = new Map();

    constructor(room) {
        this.#room = room;
        this.#list.replaceChildren();
        const own = this.#add(room.me.id, () => word("you-named", { name: nameOf(room.me) }));
        for (const button of own.querySelectorAll("button")) button.remove();
        this.own();
    }

    add(peer) {
        const line = this.#add(peer.id, () => nameOf(peer));
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

    /** Their line. */
    element(id) {
        return this.#lines.get(id);
    }

    own() {
        this.media(this.#room.me);
    }

    media({ id, media }) {
        const icon = this.#lines.get(id)?.querySelector(".silent");
        icon?.toggleAttribute("hidden", media.has("microphone"));
        this.#lines.get(id)?.toggleAttribute("data-heard", media.has("microphone"));
    }

    #add(id, name) {
        const line = template.content.firstElementChild.cloneNode(true);
        say(line.querySelector(".who"), name);
        line.querySelector(".silent").setAttribute("aria-label", word("silent"));
        this.#lines.set(id, line);
        this.#list.append(line);
        return line;
    }
}
