// The lesson: what happens in a call, for those who want to know. Loaded when it is opened.
import { notice } from "../view/notices.js";
import { say } from "../i18n.js";
import { element, spoken, styled } from "./dom.js";
import { save, toJson, toSvg } from "./keep.js";
import { Numbers } from "./numbers.js";
import { pathOf } from "./path.js";
import { Sheet } from "./sheet.js";
import { word } from "./words.js";

/** Steps that are kept of one person, as many as a room keeps of all; and people, those that came last. */
const STEPS = 512;
const PEOPLE = 16;
/** How often it is measured, while the lesson is open. */
const MEASURE_EVERY_MILLIS = 1000;

/** The panel of a room; made once for each, and opened and closed as one likes. */
export class Lesson {
    #room;
    #nameOf;
    #toggled;
    #panel;
    #sheet;
    /** What is known of each person, by id. */
    #people = new Map();
    #whole;
    #measuring;
    #listeners = new AbortController();

    /** `nameOf` gives what the peer with an id is called; `toggled` is told when it is opened and closed. */
    constructor(room, nameOf, toggled) {
        this.#room = room;
        this.#nameOf = nameOf;
        this.#toggled = toggled;
        styled();
        this.#sheet = new Sheet(this.#people);
        this.#build();
        room.addEventListener("step", ({ detail }) => this.#take(detail), { signal: this.#listeners.signal });
        room.closed.then(() => this.remove());
    }

    open() {
        if (this.#listeners.signal.aborted || this.#panel.open) return;
        // Before what it covers loses the focus: it is given back to that.
        this.#panel.show();
        this.#toggled(true);
        this.#panel.querySelector("h2").focus({ preventScroll: true });
        this.#sheet.redraw();
        this.#measuring ??= setInterval(() => this.#measure(), MEASURE_EVERY_MILLIS);
        this.#measure();
    }

    close() {
        if (!this.#panel.open) return;
        this.#toggled(false);
        this.#panel.close();
        clearInterval(this.#measuring);
        this.#measuring = undefined;
    }

    remove() {
        this.close();
        this.#listeners.abort();
        this.#sheet.end();
        this.#panel.remove();
    }

    #build() {
        const title = spoken("h2", { id: "lesson-title", tabindex: "-1" }, () => word("page", "title"));
        const button = (testid, key, onclick) => spoken("button", { type: "button", class: "quiet", "data-testid": testid, onclick }, () => word("page", key));
        this.#whole = element("input", { type: "checkbox", "data-testid": "keep-whole" });
        this.#panel = element("dialog", { id: "lesson", class: "lesson", "data-testid": "lesson", "aria-labelledby": "lesson-title" },
            // No header and footer: in a dialog these would be those of the page.
            element("div", { class: "top" }, title, button("lesson-close", "close", () => this.close())),
            spoken("p", { class: "hint" }, () => word("page", "hint")),
            this.#sheet.element,
            element("div", { class: "bottom" },
                button("keep-svg", "keep-svg", () => this.#keepSvg()),
                button("keep-json", "keep-json", () => this.#keepJson()),
                element("label", { class: "check" }, this.#whole, spoken("span", {}, () => word("page", "whole"))),
                spoken("a", { href: "lesson.html", target: "_blank", rel: "noopener" }, () => word("page", "look")),
                spoken("a", { href: "by-hand.html", target: "_blank", rel: "noopener" }, () => word("page", "by-hand"))));
        this.#panel.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
        document.body.append(this.#panel);
    }

    #take(step) {
        const person = this.#person(step.peer);
        person.steps.push(step);
        if (person.steps.length > STEPS) person.steps.shift();
        this.#sheet.redraw();
    }

    #person(id) {
        if (!this.#people.has(id)) {
            // Who came first goes.
            if (this.#people.size >= PEOPLE) this.#people.delete(this.#people.keys().next().value);
            const numbers = new Numbers();
            this.#people.set(id, { name: "", steps: [], measure: numbers, numbers: numbers.samples });
        }
        const person = this.#people.get(id);
        person.name = this.#nameOf(id) ?? person.name;
        return person;
    }

    async #measure() {
        await Promise.allSettled([...this.#room.peers.values()].map((peer) => this.#measureOne(peer)));
        this.#sheet.redraw();
    }

    async #measureOne(peer) {
        const person = this.#person(peer.id);
        person.verdict = await peer.diagnose();
        const report = await peer.getStats();
        if (!report) return;
        person.path = pathOf(report);
        person.measure.take(report);
    }

    #keepJson() {
        save(toJson([...this.#people.values()], { whole: this.#whole.checked }), "call.json", "application/json");
    }

    #keepSvg() {
        const { diagram } = this.#sheet;
        if (diagram) save(toSvg(diagram, { whole: this.#whole.checked, other: word("page", "other") }), "call.svg", "image/svg+xml");
        else notice("keep-svg", (place) => say(place, () => word("page", "keep-svg-first")), { polite: true });
    }
}
