import { say, word } from "../i18n.js";
import { moderates } from "./moderation.js";

const byId = (id) => document.getElementById(id);

/** Whether newcomers are kept out: told to everybody, and a button for those that may lock the room. */
export class Lock {
    #room;
    #button = byId("lock");

    constructor(room, signal) {
        this.#room = room;
        this.#button.hidden = !moderates(room.me);
        this.#button.addEventListener("click", () => room.lock(!room.isLocked), { signal });
        this.show();
    }

    /** As the server says it. */
    show() {
        const { isLocked } = this.#room;
        this.#button.setAttribute("aria-pressed", String(isLocked));
        byId("locked").toggleAttribute("hidden", !isLocked);
        say(byId("lock-state"), () => (isLocked ? word("locked") : ""));
    }
}
