import { say, word } from "../i18n.js";

const template = document.getElementById("tile");
/** Seconds after which it is said what can be done. Most connections are there within two. */
const ADVICE_AFTER = 10;

const screenTemplate = document.getElementById("screen-tile");

/** One person: picture, or initial letter; name; microphone; state of the connection. */
export class Tile {
    element = template.content.firstElementChild.cloneNode(true);
    #silent = this.element.querySelector(".silent");
    #state = this.element.querySelector(".state");
    #wait = this.element.querySelector(".wait");
    #video;
    #name;
    /** Since when there is no connection, and what shows how long. */
    #since;
    #timer;

    /** `name` gives the words for the name, in the language of the moment; `full` what its first letter is taken of. */
    constructor(video, name, full = name) {
        this.#video = video;
        this.#name = name;
        this.element.prepend(video);
        say(this.element.querySelector(".who"), name);
        say(this.element.querySelector(".initial"), () => initial(full()));
        this.#silent.dataset.tLabel = "silent";
        this.#silent.setAttribute("aria-label", word("silent"));
        this.renamed();
    }

    /** They have another name. */
    renamed() {
        this.#video.setAttribute("aria-label", this.#name());
    }

    /** Which sources are on. `testid` names the element for tests as long as there is a picture. */
    media(sources, testid) {
        const picture = sources.has("camera");
        this.element.dataset.picture = picture ? "on" : "off";
        this.#silent.classList.toggle("on", !sources.has("microphone"));
        this.#silent.setAttribute("aria-hidden", String(sources.has("microphone")));
        if (picture) this.#video.dataset.testid = testid;
        else delete this.#video.dataset.testid;
    }

    /** `away`: the server does not know them, and the connection goes on. `silenced`: what their system has paused. */
    state(state, away = false, silenced = []) {
        this.element.dataset.state = state;
        this.element.toggleAttribute("data-away", away);
        this.element.toggleAttribute("data-interrupted", silenced.length > 0);
        const more = away ? "away" : silenced.length > 0 ? "interrupted" : state;
        say(this.#state, () => word(`state/${state === "connected" ? more : state}`));
        clearInterval(this.#timer);
        this.#wait.hidden = state === "connected" || state === "closed";
        if (this.#wait.hidden) return (this.#since = undefined);
        this.#since ??= performance.now();
        const show = () => this.#waiting(state);
        this.#timer = setInterval(show, 1000);
        show();
    }

    /** Gone from the stage. */
    close() {
        clearInterval(this.#timer);
        this.element.remove();
    }

    /** Who is waited for and since when; after a while, what can be done. */
    #waiting(state) {
        const seconds = Math.floor((performance.now() - this.#since) / 1000);
        const [what, advice] = this.#wait.children;
        const key = state === "new" ? "connecting" : state;
        const isLong = seconds >= ADVICE_AFTER || state === "failed";
        say(what, () => word(`wait/${key}`, { name: this.#name(), seconds }));
        say(advice, () => (isLong ? word(`advice/${key}`) : ""));
    }
}

/** What somebody shares: all of it, never cut. */
export class ScreenTile {
    element = screenTemplate.content.firstElementChild.cloneNode(true);

    #video;
    #name;

    constructor(video, name) {
        this.#video = video;
        this.#name = name;
        this.element.prepend(video);
        say(this.element.querySelector(".who"), name);
        this.renamed();
    }

    renamed() {
        this.#video.setAttribute("aria-label", this.#name());
    }

    close() {
        this.element.remove();
    }
}

/** The first character as people count them: an emoji or a letter with its accents is one. */
function initial(name) {
    const segment = globalThis.Intl?.Segmenter && new Intl.Segmenter().segment(name)[Symbol.iterator]().next().value;
    return (segment?.segment ?? [...name][0] ?? "?").toLocaleUpperCase();
}
