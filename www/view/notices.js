import { word } from "../i18n.js";

/** Notices that are shown at once, at most; then the oldest goes. */
const NOTICES = 3;

const list = document.getElementById("notices");

/**
 * Tells the person something until they dismiss it. One with the same key takes the place of the one before.
 * `write` gets the element for the words.
 */
export function notice(key, write, { polite = false } = {}) {
    [...list.children].find((item) => item.dataset.key === key)?.remove();
    const item = document.createElement("p");
    const words = document.createElement("span");
    const dismiss = document.createElement("button");
    item.className = polite ? "notice polite" : "notice";
    item.dataset.key = key;
    item.dataset.testid = "notice";
    dismiss.type = "button";
    dismiss.className = "quiet";
    dismiss.textContent = "×";
    dismiss.dataset.tLabel = "dismiss";
    dismiss.setAttribute("aria-label", word("dismiss"));
    dismiss.addEventListener("click", () => item.remove());
    write(words);
    item.append(words, dismiss);
    list.append(item);
    while (list.children.length > NOTICES) list.firstElementChild.remove();
}

/** Takes one away. */
notice.remove = (key) => [...list.children].find((item) => item.dataset.key === key)?.remove();

/** Takes all of them away. */
notice.clear = () => list.replaceChildren();
