import { say, word } from "../i18n.js";
import { notice } from "./notices.js";
import { nameOf } from "./stage.js";

const byId = (id) => document.getElementById(id);
const ASKED = "asked-to-mute";

/** Whether somebody may lock the room, ask others, and let people in: where there are tokens, one has to say so. */
export function moderates({ identity, admin }) {
    return identity === undefined || admin;
}

/** What those who may do so ask of others, and what one is asked oneself. */
export class Moderation {
    #room;
    #hand;
    #mute;
    #signal;

    /** `hand` is the raised ones; `mute` switches the own microphone off. */
    constructor(room, { hand, mute, signal }) {
        this.#room = room;
        this.#hand = hand;
        this.#mute = mute;
        this.#signal = signal;
        const may = moderates(room.me);
        byId("people-list").toggleAttribute("data-moderated", may);
        byId("mute-all").hidden = byId("lower-all").hidden = !may;
        const click = (id, action) => byId(id).addEventListener("click", action, { signal });
        click("mute-all", () => room.askToMute());
        click("lower-all", () => room.lowerHands());
        click("people-list", ({ target }) => this.#ask(target.closest("button")));
    }

    /** No more than asked: one mutes oneself, or does not. */
    askedToMute({ by }) {
        if (!this.#room.me.media.has("microphone")) return;
        const act = () => {
            notice.remove(ASKED);
            this.#mute();
        };
        const words = (element) => say(element, () => word("asked-to-mute", { name: nameOf(by) }));
        notice(ASKED, words, { polite: true, signal: this.#signal, actions: [{ testid: "mute-now", words: () => word("mute-now"), act }] });
    }

    handLowered({ by }) {
        if (!this.#hand.lowered()) return;
        notice("hand-lowered", (element) => say(element, () => word("hand-lowered", { name: nameOf(by) })), { polite: true, signal: this.#signal });
    }

    /** The own switches are others. */
    changed() {
        if (!this.#room.me.media.has("microphone")) notice.remove(ASKED);
    }

    #ask(button) {
        const peer = this.#room.peers.get(button?.closest("li")?.dataset.peer);
        // There are other buttons in the line.
        if (button?.dataset.ask === "mute") peer?.askToMute();
        if (button?.dataset.ask === "lower-hand") peer?.lowerHand();
    }
}
