import { say, word } from "../i18n.js";

const byId = (id) => document.getElementById(id);

/** Whether newcomers are kept out: told to everybody, and a button for those that may lock the room. */
export class Lock {
    #room;
    #button = byId("lock");

    constructor(room, signal) {
        this.#room = room;
        // Where there are tokens, one has to say so.
        this.#button.hidden = room.me.identity !== undefined && !room.me.admin;
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
