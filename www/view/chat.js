import { errorText, language, say, word } from "../i18n.js";
import { linked } from "./links.js";
import { nameOf } from "./stage.js";

/** Lines that are kept; older ones are dropped. */
const LINES = 500;
/** A time of day as it is written in the page's language, and in the person's country if it is one of theirs. */
const clock = (time) => {
    const tag = navigator.languages?.find((tag) => tag.startsWith(language())) ?? language();
    return time.toLocaleTimeString(tag, { hour: "2-digit", minute: "2-digit" });
};

/** What is written, and who came and went. */
export class Chat {
    #room;
    #log = document.getElementById("chat-log");
    /** What was said before one came, the oldest first. */
    #earlier;
    /** What is drawn with the next picture of the page, so that many lines cost as much as one. */
    #waiting = [];
    /** Whether one of them is one's own. */
    #isOwn = false;

    constructor(room, signal) {
        this.#room = room;
        this.#log.replaceChildren();
        const input = document.getElementById("chat-input");
        input.value = "";
        const form = document.getElementById("chat-form");
        // Enter sends, with Shift it breaks the line. While a word is composed it belongs to the keyboard's own window: in Safari the one
        // that ends the word comes after it, and is known by its code alone (UI Events, section 7.3.1).
        const enter = (event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
            event.preventDefault();
            form.requestSubmit();
        };
        input.addEventListener("keydown", enter, { signal });
        form.addEventListener(
            "submit",
            (event) => {
                event.preventDefault();
                const text = input.value.trim();
                if (text) this.#send(text, input);
            },
            { signal },
        );
    }

    /** Under the name that they have now: what was said before keeps its own. */
    wrote({ from: { name }, text, earlier }) {
        const who = () => nameOf({ name });
        if (earlier) this.#before(this.#item("theirs", who, text, earlier).item, earlier);
        else this.#line("theirs", who, text);
    }

    came({ name }) {
        this.#note(() => word("came", { name: nameOf({ name }) }));
    }

    went({ name }) {
        this.#note(() => word("went", { name: nameOf({ name }) }));
    }

    raised({ name }) {
        this.#note(() => word("raised", { name: nameOf({ name }) }));
    }

    /** Without a peer it is oneself. */
    renamed({ peer, name, former }) {
        const named = () => ({ name: nameOf({ name }), former: nameOf({ name: former }) });
        this.#note(() => word(peer ? "renamed" : "you-are-renamed", named()));
    }

    async #send(text, input) {
        try {
            const message = await this.#room.send(text);
            input.value = "";
            const mark = this.#line("mine", () => word("you"), text);
            const arrived = await message.delivered.then(() => true, () => false);
            mark.textContent = arrived ? "✓" : "!";
            mark.dataset.testid = mark.dataset.tLabel = arrived ? "delivered" : "undelivered";
            mark.title = word(mark.dataset.tLabel);
            mark.setAttribute("aria-label", mark.title);
        } catch (error) {
            this.#note(() => errorText(error));
        }
    }

    #line(kind, who, text) {
        const { item, mark } = this.#item(kind, who, text, new Date());
        this.append(item, { own: kind === "mine" });
        return mark;
    }

    /** Puts what was said before one came in its place, above everything else. */
    #before(item, time) {
        if (!this.#earlier) {
            this.#earlier = document.getElementById("chat-earlier").content.firstElementChild.cloneNode(true);
            const [title] = this.#earlier.children;
            say(title, () => word("before-you"));
            this.#log.prepend(this.#earlier);
        }
        const { scrollHeight, scrollTop } = this.#log;
        item.at = time.getTime();
        const later = [...this.#earlier.children].find(({ at }) => at > item.at);
        this.#earlier.insertBefore(item, later ?? null);
        if (this.#earlier.children.length > LINES) this.#earlier.children[1].remove();
        // Who reads stays where they are.
        this.#log.scrollTop = scrollTop + this.#log.scrollHeight - scrollHeight;
    }

    #item(kind, who, text, now) {
        const item = document.createElement("div");
        const name = document.createElement("b");
        const words = document.createElement("span");
        const mark = document.createElement("i");
        const time = Object.assign(document.createElement("time"), { dateTime: now.toISOString(), textContent: clock(now) });
        item.className = kind;
        say(name, who);
        words.dir = name.dir = "auto";
        words.append(...linked(text));
        words.dataset.testid = "chat-text";
        mark.setAttribute("role", "img");
        item.append(name, " ", words, " ", time, mark);
        return { item, mark };
    }

    #note(text) {
        const item = document.createElement("div");
        item.className = "note";
        say(item, text);
        this.append(item);
    }

    /** Puts a line below the others; with `own` it is shown to whoever reads further up, too. One with `data-stays` is not dropped. */
    append(item, { own = false } = {}) {
        if (this.#waiting.length === 0) requestAnimationFrame(() => this.#draw());
        this.#waiting.push(item);
        this.#isOwn ||= own;
        // A page that is not shown draws nothing.
        if (this.#waiting.length <= LINES) return;
        const oldest = this.#waiting.findIndex(goes);
        if (oldest >= 0) this.#waiting.splice(oldest, 1);
    }

    #draw() {
        const log = this.#log;
        const items = this.#waiting.splice(0);
        // Who reads further up is not pulled down.
        const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
        log.append(...items);
        const surplus = Math.max(log.children.length - LINES, 0);
        for (const old of [...log.children].filter((item) => item !== this.#earlier && goes(item)).slice(0, surplus)) old.remove();
        if (atEnd || this.#isOwn) log.scrollTop = log.scrollHeight;
        this.#isOwn = false;
    }
}

/** Whether a line may be dropped when there are too many. */
function goes(item) {
    return !item.hasAttribute("data-stays");
}
