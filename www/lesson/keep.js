// What is kept of a call: its steps and its path as JSON that others can open, and its diagram as SVG. Knows no page.

const FORMAT = "itodenwa-call";
const VERSION = 1;
/** Of a file that is opened. */
const BYTES = 8_000_000;
const PEOPLE = 16;
const STEPS = 512;
const TEXT = 20_000;

/** `people` are `{ name, steps, path }`. Without `whole` neither names nor addresses are in it; passwords never are. */
export function toJson(people, { whole = false, now = new Date() } = {}) {
    const kept = people.map(({ name, steps, path, verdict }, index) => ({
        name: whole ? name : String.fromCharCode(65 + index),
        verdict: verdict && { code: verdict.code, explain: verdict.explain, advice: verdict.advice },
        steps: steps.map(({ at, name, detail, text }) => ({ at, name, detail, text })),
        path,
    }));
    const file = { format: FORMAT, version: VERSION, made: now.toISOString(), browser: navigator.userAgent, people: kept };
    // All that is a text is looked through, whatever it is called.
    return JSON.stringify(file, (key, value) => (typeof value === "string" && key !== "browser" && key !== "made" ? safe(value, whole) : value), 1);
}

/** The people of a file; throws with a code if it is none. */
export async function fromFile(file) {
    if (file.size > BYTES) throw new Error("too-large");
    let content;
    try {
        content = JSON.parse(await file.text());
    } catch {
        throw new Error("not-one");
    }
    if (content?.format !== FORMAT || !Array.isArray(content.people)) throw new Error("not-one");
    if (content.version !== VERSION) throw new Error("too-new");
    const people = content.people.slice(0, PEOPLE).map((person) => ({
        name: text(person?.name, 256),
        verdict: person?.verdict && { code: text(person.verdict.code, 64), explain: text(person.verdict.explain, 300), advice: text(person.verdict.advice, 300) },
        steps: (Array.isArray(person?.steps) ? person.steps : []).slice(0, STEPS).map(step).filter(({ name }) => name),
        path: path(person?.path),
    }));
    return { people, made: text(content.made, 64), browser: text(content.browser, 300) };
}

/** The diagram as a file of its own: with the colours that it has now. Without `whole` neither name nor addresses are in it: who it is with is called `other`. */
export function toSvg(diagram, { whole = false, other }) {
    const copy = diagram.cloneNode(true);
    for (const text of copy.querySelectorAll("text")) text.textContent = safe(text.textContent, whole);
    if (!whole) copy.querySelector("rect.other + text").textContent = other;
    const drawn = diagram.querySelectorAll("*");
    copy.querySelectorAll("*").forEach((part, index) => {
        const style = getComputedStyle(drawn[index]);
        for (const name of ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "paint-order", "font-size", "font-weight", "font-style", "font-family"]) {
            part.setAttribute(name, style.getPropertyValue(name));
        }
        for (const name of ["tabindex", "role", "class", "data-testid", "data-name", "data-detail", "aria-pressed"]) part.removeAttribute(name);
    });
    const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ width: "100%", height: "100%", fill: getComputedStyle(diagram.parentElement).backgroundColor })) paper.setAttribute(name, value);
    copy.prepend(paper);
    copy.removeAttribute("class");
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    return new XMLSerializer().serializeToString(copy);
}

/** Lets the person keep it. */
export function save(content, name, type) {
    const address = URL.createObjectURL(new Blob([content], { type }));
    const link = Object.assign(document.createElement("a"), { href: address, download: name });
    link.click();
    // The browser has begun to read it.
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Without passwords, and without most of each address unless it is wanted whole. */
export function safe(value, whole) {
    const closed = value.replace(/ice-pwd:[^\r\n]*/g, "ice-pwd:…");
    if (whole) return closed;
    return closed
        .replace(/\b(\d{1,3})\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g, (all, first) => (all === "0.0.0.0" ? all : `${first}.x.x.x`))
        // The hash of a certificate has more colons.
        .replace(/(?<![0-9a-z:])([0-9a-f]{0,4})(?::[0-9a-f]{0,4}){2,7}(?![0-9a-z:])/gi, (all, first) => (all === "::" ? all : `${first}:x`))
        .replace(/\b[0-9a-f]{8}-[0-9a-f-]{27}\.local\b/gi, (name) => `${name.slice(0, 4)}x.local`)
        .replace(/\b((?:turns?|stuns?):)[^\s"?]+/gi, "$1x");
}

function step(given) {
    const { at, name, detail, text: about } = given ?? {};
    return { at: Number.isFinite(at) ? at : 0, name: text(name, 32), detail: text(detail, 300), text: text(about, TEXT) };
}

function path(given) {
    const of = (candidates) => (Array.isArray(candidates) ? candidates : []).slice(0, 64).map((one) => ({
        id: text(one?.id, 64), kind: text(one?.kind, 16), protocol: text(one?.protocol, 8), relayProtocol: text(one?.relayProtocol, 8), address: text(one?.address, 64), port: Number(one?.port) || 0, url: text(one?.url, 256),
    }));
    if (typeof given !== "object" || given === null) return undefined;
    const [own, theirs] = [of(given.own), of(given.theirs)];
    const pairs = (Array.isArray(given.pairs) ? given.pairs : []).slice(0, 64).flatMap((pair) => {
        const [mine, other] = [of([pair?.own])[0], of([pair?.theirs])[0]];
        const number = (value) => (Number.isFinite(value) ? value : 0);
        return [{ own: mine, theirs: other, state: text(pair?.state, 16), roundTrip: Number.isFinite(pair?.roundTrip) ? pair.roundTrip : undefined, sent: number(pair?.sent), received: number(pair?.received), priority: number(pair?.priority), nominated: Boolean(pair?.nominated), chosen: Boolean(pair?.chosen) }];
    });
    return { own, theirs, pairs, chosen: pairs.find(({ chosen }) => chosen) };
}

function text(value, most) {
    return typeof value === "string" ? value.slice(0, most) : "";
}
