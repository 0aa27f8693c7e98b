import { say, word } from "../i18n.js";
import { memory } from "../memory.js";

/** Where it stands beside the stage, as style/call.css says it. */
const WIDE = "(min-width: 60rem) and (min-height: 30.01rem)";
/** What it covers elsewhere, except what is told. */
const COVERED = "#call > .controls, #call > :is(.bar, .stage) > :not([role=status])";

const byId = (id) => document.getElementById(id);

/** The panel with the chat and the people: beside the stage, or over it on a phone. Closed, it counts what is not read. */
export class Side {
    #side = byId("side");
    #button = byId("panel");
    #unread = 0;
    #opened;
    /** Whether something else has its place. */
    #givesWay = false;

    /** Until `signal` is aborted. `opened` is told when the person opens it. */
    constructor(signal, opened) {
        this.#opened = opened;
        this.#button.addEventListener("click", () => this.#show(!this.isOpen, { chosen: true }), { signal });
        byId("panel-close").addEventListener("click", () => this.close(), { signal });
        // While a word is composed it takes that back (UI Events, section 7.3.1).
        const escape = ({ key, isComposing, keyCode }) => key === "Escape" && !isComposing && keyCode !== 229 && this.close();
        this.#side.addEventListener("keydown", escape, { signal });
        // A window that becomes narrow shows the people, unless somebody writes just then.
        const isUsed = () => this.#side.contains(document.activeElement);
        const fit = (wide) => (wide.matches || !isUsed() ? this.#fit() : this.#cover());
        matchMedia(WIDE).addEventListener("change", fit, { signal });
        this.#fit();
    }

    get isOpen() {
        return !this.#side.hidden;
    }

    /** Something was written, or offered. */
    wrote() {
        if (!this.isOpen) this.#count(this.#unread + 1);
    }

    open() {
        this.#show(true, { chosen: true });
    }

    /** Something else has its place, or no longer. */
    giveWay(givesWay) {
        this.#givesWay = givesWay;
        this.#fit();
    }

    /** Open where there is room, unless it was closed. */
    #fit() {
        this.#show(!this.#givesWay && matchMedia(WIDE).matches && memory.get("panel") !== "closed");
    }

    close() {
        if (!this.isOpen) return;
        this.#show(false, { chosen: true });
        this.#button.focus();
    }

    #show(open, { chosen = false } = {}) {
        // What has its place closes, which lets the panel fit in, before it is opened.
        if (chosen && open) this.#opened();
        this.#side.hidden = !open;
        byId("call").dataset.side = open ? "open" : "closed";
        this.#button.setAttribute("aria-expanded", String(open));
        if (open) this.#count(0);
        this.#cover();
        if (!chosen) return;
        // On a phone it is always closed at first: it covers the call.
        if (matchMedia(WIDE).matches) memory.set("panel", open ? undefined : "closed");
        if (open) byId("chat-input").focus();
        // What came meanwhile is at its end.
        if (open) byId("chat-log").scrollTop = byId("chat-log").scrollHeight;
    }

    /** Nothing gets the focus that is not seen. */
    #cover() {
        const isCovered = !matchMedia(WIDE).matches && (this.isOpen || this.#givesWay);
        for (const part of document.querySelectorAll(COVERED)) part.inert = isCovered;
    }

    #count(unread) {
        this.#unread = unread;
        byId("unread").hidden = unread === 0;
        byId("unread").textContent = unread > 99 ? "99+" : String(unread);
        say(byId("unread-words"), () => (unread > 0 ? word("unread", { count: unread }) : ""));
    }
}
