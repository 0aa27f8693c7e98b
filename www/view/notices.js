import { say, word } from "../i18n.js";

/** Notices that are shown at once, at most; then the oldest goes. */
const NOTICES = 3;

const list = document.getElementById("notices");
/** What each is about, if that ends. */
const signals = new WeakMap();
/** What had the focus before a notice. */
let before;
list.addEventListener("focusin", ({ relatedTarget }) => list.contains(relatedTarget) || (before = relatedTarget));

/**
 * Tells the person something until they dismiss it. One with the same key takes the place of the one before.
 * `write` gets the element for the words. One with `dismissed` stays until the person says so, and that is told. Each of the
 * `actions`, `{ testid, words, act }`, is a button in it; the first one is what most want. When `signal` is aborted it goes, and none comes.
 */
export function notice(key, write, { polite = false, dismissed, actions = [], signal } = {}) {
    if (signal?.aborted) return;
    notice.remove(key);
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
        take(item);
        dismissed?.();
    });
    signals.set(item, signal);
    // The same function is added once, however many there are.
    signal?.addEventListener("abort", takeEnded);
    item.toggleAttribute("data-stays", Boolean(dismissed));
    // Empty at first: screen readers tell what is put into a status, and not what was in it when it came (WAI-ARIA, live regions).
    list.append(item);
    write(words);
    item.append(words, ...actions.map(button), dismiss);
    const passing = passingOnes();
    for (const old of passing.slice(0, Math.max(passing.length - NOTICES, 0))) take(old);
}

/** Takes one away. */
notice.remove = (key) => [...list.children].filter((item) => item.dataset.key === key).forEach(take);

/** Takes all of them away that need not stay. */
notice.clear = () => passingOnes().forEach(take);

function takeEnded() {
    [...list.children].filter((item) => signals.get(item)?.aborted).forEach(take);
}

/** A focus in it goes on to the next one, or back to where it was. */
function take(item) {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    if (item.contains(document.activeElement)) (next?.lastElementChild ?? before)?.focus({ preventScroll: true });
    item.remove();
}

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
