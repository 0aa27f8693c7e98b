import { say, saysLike } from "../i18n.js";

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes, properties that are functions as listeners (`onclick`), and children. */
export function element(name, attributes = {}, ...children) {
    return filled(document.createElement(name), attributes, children);
}

/** The same in SVG. */
export function svg(name, attributes = {}, ...children) {
    return filled(document.createElementNS(SVG, name), attributes, children);
}

/** An element with words in the page's language, now and when it is changed. */
export function spoken(name, attributes, text) {
    const made = element(name, attributes);
    say(made, text);
    return made;
}

function filled(made, attributes, children) {
    for (const [key, value] of Object.entries(attributes)) {
        if (typeof value === "function") made.addEventListener(key.slice(2), value);
        else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== undefined && child !== ""));
    return made;
}

/** Makes an element like another one, and changes nothing that is the same: what is in it keeps focus, selection, and how far it is scrolled. */
export function liken(element, made) {
    if (element.nodeName !== made.nodeName) return element.replaceWith(made);
    if (element.nodeType === Node.TEXT_NODE) {
        if (element.data !== made.data) element.data = made.data;
        return;
    }
    for (const { name } of [...element.attributes]) if (!made.hasAttribute(name)) element.removeAttribute(name);
    for (const { name, value } of made.attributes) if (element.getAttribute(name) !== value) element.setAttribute(name, value);
    const [before, after] = [[...element.childNodes], [...made.childNodes]];
    after.forEach((child, index) => (before[index] ? liken(before[index], child) : element.append(child)));
    before.slice(after.length).forEach((child) => child.remove());
    if (made.dataset.spoken !== undefined) saysLike(element, made);
}

/** The style of the lesson is loaded with it. */
export function styled() {
    const href = new URL("../lesson.css", import.meta.url).href;
    if ([...document.querySelectorAll('link[rel="stylesheet"]')].some((sheet) => sheet.href === href)) return;
    document.head.append(element("link", { rel: "stylesheet", href }));
}
