import { say, word } from "../i18n.js";

/** Notices that are shown at once, at most; then the oldest goes. */
const NOTICES = 3;

const list = document.getElementById("notices");

/**
 * Tells the person something until they dismiss it. One with the same key takes the place of the one before.
 * `write` gets the element for the words. One with `dismissed` stays until the person says so, and that is told. Each of the
 * `actions`, `{ testid, words, act }`, is a button in it; the first one is what most want.
 */
export function notice(key, write, { polite = false, dismissed, actions = [] } = {}) {
    [...list.children].find((item) => item.dataset.key === key)?.remove();
    const item = document.createElement("p");
    const words = document.createElement("span");
    const dismiss = document.createElement("button");
    item.className = polite ? "notice polite" : "notice";
    // Each by itself: the others are not read again.
    item.setAttribute("role", polite ? "status" : "alert");
    item.dataset.key = key;
    item.dataset.testid = "notice";
    dismiss.type = "button";
    dismiss.className = "quiet";
    dismiss.textContent = "×";
    dismiss.dataset.tLabel = "dismiss";
    dismiss.setAttribute("aria-label", word("dismiss"));
    dismiss.addEventListener("click", () => {
        item.remove();
        dismissed?.();
    });
    item.toggleAttribute("data-stays", Boolean(dismissed));
    // Empty at first: screen readers tell what is put into a status, and not what was in it when it came (WAI-ARIA, live regions).
    list.append(item);
    write(words);
    item.append(words, ...actions.map(button), dismiss);
    const passing = passingOnes();
    for (const old of passing.slice(0, Math.max(passing.length - NOTICES, 0))) old.remove();
}

/** Takes one away. */
notice.remove = (key) => [...list.children].find((item) => item.dataset.key === key)?.remove();

/** Takes all of them away that need not stay. */
notice.clear = () => passingOnes().forEach((item) => item.remove());

function button({ testid, words, act }, index) {
    const element = document.createElement("button");
    element.type = "button";
    element.className = index === 0 ? "primary" : "quiet";
    element.dataset.testid = testid;
    say(element, words);
    element.addEventListener("click", act);
    return element;
}

function passingOnes() {
    return [...list.children].filter((item) => !item.hasAttribute("data-stays"));
}
