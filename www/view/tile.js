import { say, word } from "../i18n.js";

const template = document.getElementById("tile");
const screenTemplate = document.getElementById("screen-tile");

/** One person: picture, or initial letter; name; microphone; state of the connection. */
export class Tile {
    element = template.content.firstElementChild.cloneNode(true);
    #silent = this.element.querySelector(".silent");
    #state = this.element.querySelector(".state");
    #video;

    /** `name` gives the words for the name, in the language of the moment; `full` what its first letter is taken of. */
    constructor(video, name, full = name) {
        this.#video = video;
        this.element.prepend(video);
        say(this.element.querySelector(".who"), name);
        say(this.element.querySelector(".initial"), () => initial(full()));
        this.#silent.dataset.tLabel = "silent";
        this.#silent.setAttribute("aria-label", word("silent"));
        video.setAttribute("aria-label", name());
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

    state(state) {
        this.element.dataset.state = state;
        say(this.#state, () => word(`state/${state}`));
    }
}

/** What somebody shares: all of it, never cut. */
export class ScreenTile {
    element = screenTemplate.content.firstElementChild.cloneNode(true);

    constructor(video, name) {
        video.dataset.testid = "remote-screen";
        this.element.prepend(video);
        say(this.element.querySelector(".who"), name);
        video.setAttribute("aria-label", name());
    }
}

/** The first character as people count them: an emoji or a letter with its accents is one. */
function initial(name) {
    const segment = globalThis.Intl?.Segmenter && new Intl.Segmenter().segment(name)[Symbol.iterator]().next().value;
    return (segment?.segment ?? [...name][0] ?? "?").toLocaleUpperCase();
}
