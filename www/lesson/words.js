// The words of the lesson, loaded with it.
import { errorText, filledIn, language, own, sentences } from "../i18n.js";
import en from "./language/en.js";
import ja from "./language/ja.js";

const LANGUAGES = { en, ja };

/** A word or sentence of the lesson: `group` says of what kind. Empty if there is none: some keys come from files. */
export function word(group, key, values) {
    return filledIn(own(LANGUAGES[language()][group], key) ?? own(en[group], key) ?? "", values);
}

/** What went wrong, in the page's language where its code is known, or the page has `words` for it. */
export function failed({ code, explain, message, words }) {
    return words?.() ?? errorText({ code, explain: explain ?? message });
}

/** A sentence and an advice for what a diagnosis found, with the name of whom it is about. */
export function diagnosed({ code, explain, advice }, name) {
    const who = name && word("page", "not-connected", { name });
    return sentences(who, word("diagnoses", code) || explain, word("advice", code) || advice);
}
