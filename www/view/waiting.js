import { say, word } from "../i18n.js";
import { moderates } from "./moderation.js";

const byId = (id) => document.getElementById(id);

/** The waiting room: switched by those who may let people in, who see who waits, with a badge wherever they are. */
export class Waiting {
    #room;
    #side;
    #lines = new Map();

    /** `side` is the panel that it is in. */
    constructor(room, side, signal) {
        this.#room = room;
        this.#side = side;
        const may = moderates(room.me);
        const click = (id, action) => byId(id).addEventListener("click", action, { signal });
        byId("waiting-room").hidden = !may;
        byId("waiting-list").replaceChildren();
        click("waiting-room", () => room.setWaitingRoom(!room.waitingRoom.on));
        click("admit-all", () => room.admit());
        click("knock", () => this.#open());
        this.show();
    }

    /** As the server says it. */
    show() {
        const { on, waiting } = this.#room.waitingRoom;
        byId("waiting-room").setAttribute("aria-pressed", String(on));
        say(byId("waiting-room-state"), () => (on ? word("waiting-room-on") : ""));
        const ids = new Set(waiting.map(({ id }) => id));
        const hadFocus = byId("waiting").contains(document.activeElement);
        for (const [id, line] of this.#lines) {
            if (!ids.has(id)) line.remove();
            if (!ids.has(id)) this.#lines.delete(id);
        }
        const come = waiting.filter(({ id }) => !this.#lines.has(id));
        for (const one of come) this.#add(one);
        byId("admit-all").hidden = waiting.length < 2;
        byId("waiting").hidden = byId("knock").hidden = waiting.length === 0;
        byId("knock-count").textContent = waiting.length;
        say(byId("knock-words"), () => word("knock", { count: waiting.length }));
        const newest = come.at(-1);
        if (newest || waiting.length === 0) say(byId("knock-status"), () => (newest ? word("knocks", { name: called(newest) }) : ""));
        // Whoever was answered takes the focus with them.
        if (hadFocus && !byId("waiting").contains(document.activeElement)) this.#focus();
    }

    #add(one) {
        const line = byId("applicant").content.firstElementChild.cloneNode(true);
        say(line.querySelector(".who"), () => called(one));
        for (const [button, action] of [["admit", () => this.#room.admit(one.id)], ["refuse", () => this.#room.refuse(one.id)]]) {
            const element = line.querySelector(`[data-testid=${button}]`);
            element.firstElementChild.textContent = word(button);
            say(element.lastElementChild, () => called(one));
            element.addEventListener("click", action);
        }
        this.#lines.set(one.id, line);
        byId("waiting-list").append(line);
    }

    #open() {
        if (!this.#side.isOpen) this.#side.open();
        this.#focus();
    }

    #focus() {
        const [first] = this.#lines.values();
        (first?.querySelector("button") ?? byId("waiting-room")).focus();
    }
}

function called({ name, identity }) {
    return name ?? identity ?? word("somebody");
}
