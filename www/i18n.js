// The page in English and Japanese. `say` gives an element its words, now and when the language is changed.
import en, { errors as enErrors, findings as enFindings } from "./language/en.js";
import ja, { errors as jaErrors, findings as jaFindings } from "./language/ja.js";
import { memory } from "./memory.js";

const LANGUAGES = {
    en: { words: en, errors: enErrors, findings: enFindings },
    ja: { words: ja, errors: jaErrors, findings: jaFindings },
};
/** Elements with words that are made of more than a key. Weak: an element that is gone is forgotten. */
const spoken = new WeakMap();
let chosen = "en";

/** Begins with the remembered language, or the browser's. */
export function begin() {
    const wanted = memory.get("language") ?? navigator.languages?.find((tag) => LANGUAGES[tag.slice(0, 2)]) ?? "en";
    set(LANGUAGES[wanted.slice(0, 2)] ? wanted.slice(0, 2) : "en");
    for (const button of document.querySelectorAll("button.language")) {
        button.addEventListener("click", () => {
            set(chosen === "en" ? "ja" : "en");
            memory.set("language", chosen);
        });
    }
}

/** A word or sentence of the page. */
export function word(key, values) {
    return fill(own(LANGUAGES[chosen].words, key) ?? own(en, key) ?? key, values);
}

/** The page's language: `en` or `ja`. */
export function language() {
    return chosen;
}

/** Sentences that follow each other, those that there are. */
export function sentences(...texts) {
    return texts.filter((text) => text).join(chosen === "ja" ? "" : " ");
}

/** A text with its values in their places. */
export { fill as filledIn };

/** The sentence for an error's code, or what the library says of it. */
export function errorText({ code, refusal, explain }, values) {
    const { errors } = LANGUAGES[chosen];
    return fill(errors[`refused:${refusal}`] ?? own(errors, code) ?? explain ?? String(code), values);
}

/** What came of a part of a check: what works, or why not and what that means. */
export function findingText({ part, outcome, code, explain, detail }) {
    const { errors, findings } = LANGUAGES[chosen];
    if (outcome === "waiting") return "";
    if (outcome === "works") return findings[`works:${part}:${detail}`] ?? findings[`works:${part}`] ?? "";
    return own(findings, code) ?? own(errors, code) ?? explain;
}

/** Gives an element its text, and again when the language changes. */
export function say(element, text) {
    element.dataset.spoken = "";
    spoken.set(element, text);
    write(element, text());
}

/** Gives an element the words of another one, which it has already, for when the language changes. */
export function saysLike(element, other) {
    spoken.set(element, spoken.get(other));
}

/** Says again what is made of more than a key: somebody has another name. */
export function sayAgain() {
    for (const element of document.querySelectorAll("[data-spoken]")) write(element, spoken.get(element)?.() ?? "");
}

/** Only another text: screen readers tell what is put into a status, also if it was there (WAI-ARIA, live regions). */
function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
}

/** A value under a key that may come from outside: `constructor` is none. */
export function own(values, key) {
    return Object.hasOwn(values, key) ? values[key] : undefined;
}

function set(tag) {
    chosen = tag;
    document.documentElement.lang = tag;
    for (const element of document.querySelectorAll("[data-t]")) write(element, word(element.dataset.t));
    for (const element of document.querySelectorAll("[data-t-label]")) {
        const label = word(element.dataset.tLabel);
        element.setAttribute("aria-label", label);
        if (element.title) element.title = label;
    }
    for (const element of document.querySelectorAll("[data-t-placeholder]")) {
        element.placeholder = word(element.dataset.tPlaceholder);
    }
    sayAgain();
    for (const button of document.querySelectorAll("button.language")) {
        button.lang = tag === "en" ? "ja" : "en";
        button.textContent = tag === "en" ? "日本語" : "English";
    }
}

/**
 * Values come from strangers: they are put in as they are, and shown as text only. Each is isolated (UAX #9, first strong isolate), so
 * that a name of another direction does not turn the sentence around it.
 */
function fill(text, values = {}) {
    const isolated = (value) => (typeof value === "string" ? `\u2068${value}\u2069` : value);
    return text.replace(/\{(\w+)\}/g, (all, key) => isolated(own(values, key)) ?? all);
}
