import { say, word } from "../i18n.js";
import { nameOf } from "./stage.js";

/**
 * The sign of a call that is recorded: seen by everybody as long as somebody records, with their names. Pages tell each other by a message,
 * `{ recording: true }`, also to those that come later; other programs have the line in the chat.
 */
export class Recorded {
    #room;
    #sign = document.getElementById("recorded");
    /** The ids of those that record: people who are here, so no more than a room has. */
    #others = new Set();
    #isOwn = false;

    constructor(room, signal) {
        this.#room = room;
        const listen = (type, act) => room.addEventListener(type, ({ detail }) => act(detail), { signal });
        // What was said before one came may not be so any more: whoever records tells those who come.
        listen("data", ({ from, data, earlier }) => earlier || this.#heard(from, data));
        listen("left", ({ peer }) => this.#others.delete(peer.id) && this.#show());
        this.#show();
    }

    /** Whether one records oneself. */
    own(isOwn) {
        this.#isOwn = isOwn;
        this.#show();
        this.tell(this.#room);
    }

    /** Tells everybody, or one that came, whether one records. That nobody is there to hear it is no trouble. */
    tell(whom) {
        whom.send({ recording: this.#isOwn }).catch(() => {});
    }

    #heard({ id }, data) {
        if (typeof data?.recording !== "boolean" || !this.#room.peers.has(id)) return;
        if (data.recording) this.#others.add(id);
        else this.#others.delete(id);
        this.#show();
    }

    #show() {
        const names = () => [...(this.#isOwn ? [word("you")] : []), ...[...this.#others].map((id) => nameOf(this.#room.peers.get(id)))];
        const isRecorded = names().length > 0;
        this.#sign.hidden = !isRecorded;
        say(this.#sign.querySelector("span"), () => (isRecorded ? word("recorded", { names: names().join(", ") }) : ""));
        // Another tab shows it as well.
        document.title = document.title.replace(/^(● )?/, isRecorded ? "● " : "");
    }
}
