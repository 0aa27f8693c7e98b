// What is seen of the calls with some people: the diagram and its steps, the path, the numbers. Live, or of a file.
import { element, liken, spoken } from "./dom.js";
import { show } from "./detail.js";
import { draw } from "./diagram.js";
import { drawNumbers, drawPath } from "./measured.js";
import { rowsOf } from "./rows.js";
import { diagnosed, word } from "./words.js";

const PARTS = ["steps", "path", "numbers"];

/** Shows `people`: a map from an id to `{ name, steps, path, numbers, verdict }`, as they are when {@link Sheet.redraw} is called. */
export class Sheet {
    /** The element. */
    element;
    #people;
    #carrier;
    #diagram = element("div", { class: "drawing", "data-testid": "diagram", onclick: ({ target }) => this.#choose(target), onkeydown: (event) => this.#press(event) });
    #detail = element("section", { class: "detail", "data-testid": "detail", hidden: true });
    #measured = element("div", { class: "measured", "data-testid": "measured", hidden: true });
    #verdict = element("p", { class: "verdict", role: "status", "data-testid": "diagnosis", hidden: true });
    #empty = spoken("p", { class: "hint" }, () => word("page", "empty"));
    #who = element("select", { "data-testid": "lesson-who", onchange: () => this.#look(this.#who.value) });
    #tabs;
    #person;
    #part = "steps";
    #selected;
    /** Those that are drawn. */
    #rows = [];
    #drawing;
    #observers;

    /** `carrier` is who carries descriptions and candidates, and `parts` what there is to see. */
    constructor(people, { carrier = () => word("page", "server"), parts = PARTS } = {}) {
        this.#people = people;
        this.#carrier = carrier;
        this.#tabs = parts.map((part) => spoken("button", { type: "button", "data-part": part, "data-testid": `lesson-${part}`, onclick: () => this.#turnTo(part) }, () => word("parts", part)));
        this.element = element("div", { class: "sheet" },
            element("div", { class: "choices" },
                element("div", { class: "tabs", role: "group", hidden: parts.length < 2 }, ...this.#tabs),
                element("label", { class: "who" }, spoken("span", {}, () => word("page", "with")), this.#who)),
            this.#verdict, this.#empty, this.#diagram, this.#measured, this.#detail);
        const size = new ResizeObserver(() => this.redraw());
        size.observe(this.#diagram);
        const language = new MutationObserver(() => this.redraw());
        language.observe(document.documentElement, { attributeFilter: ["lang"] });
        this.#observers = [size, language];
        this.#turnTo("steps");
    }

    /** The diagram as it is drawn now, if it is. */
    get diagram() {
        return this.#diagram.querySelector("svg");
    }

    /** Nothing follows. */
    end() {
        this.#observers.forEach((observer) => observer.disconnect());
        cancelAnimationFrame(this.#drawing);
    }

    /** Draws anew, at most once for each picture of the screen. */
    redraw() {
        // Older browsers do not say it.
        if (this.element.checkVisibility?.() === false) return;
        this.#drawing ??= requestAnimationFrame(() => {
            this.#drawing = undefined;
            this.#draw();
        });
    }

    #turnTo(part) {
        this.#part = part;
        for (const tab of this.#tabs) tab.setAttribute("aria-pressed", String(tab.dataset.part === part));
        this.#diagram.hidden = part !== "steps";
        this.#measured.hidden = part === "steps";
        this.#closeStep();
    }

    #look(person) {
        this.#person = person;
        this.#closeStep();
    }

    #draw() {
        // What is pressed stays until it is let go: it could become something else meanwhile.
        if ([this.#diagram, this.#measured].some((place) => place.matches(":active"))) return this.redraw();
        if (!this.#people.has(this.#person)) this.#person = [...this.#people.keys()].at(-1);
        this.#options();
        const person = this.#people.get(this.#person);
        this.#empty.hidden = Boolean(person);
        const text = person?.verdict && person.verdict.code !== "connection/connected" ? diagnosed(person.verdict) : "";
        this.#verdict.hidden = !text;
        // Said once by screen readers: only when it is another one.
        if (this.#verdict.textContent !== text) this.#verdict.textContent = text;
        if (!person) {
            this.#diagram.replaceChildren();
            return this.#measured.replaceChildren();
        }
        const drawn = this.#part === "steps" ? this.#drawSteps(person) : this.#drawMeasured(person);
        const place = this.#part === "steps" ? this.#diagram : this.#measured;
        if (place.firstChild) liken(place.firstChild, drawn);
        else place.append(drawn);
    }

    #drawMeasured({ path, numbers, name }) {
        if (this.#part === "path" && path) return drawPath(path, name, Math.max(this.#measured.clientWidth - 34, 280));
        if (this.#part === "numbers" && numbers?.length) return drawNumbers(numbers);
        return spoken("p", { class: "hint" }, () => word("page", "nothing-yet"));
    }

    #options() {
        const known = [...this.#who.options].map(({ value }) => value);
        const ids = [...this.#people.keys()];
        if (known.join() !== ids.join()) this.#who.replaceChildren(...ids.map((id) => element("option", { value: id })));
        for (const option of this.#who.options) {
            const name = this.#people.get(option.value)?.name || word("page", "somebody");
            if (option.textContent !== name) option.textContent = name;
        }
        if (this.#person !== undefined) this.#who.value = this.#person;
        this.#who.parentElement.hidden = ids.length < 2;
    }

    #drawSteps({ steps, name }) {
        this.#rows = rowsOf(steps);
        // A row is made anew each time; the step that it began with is the same.
        const selected = this.#rows.find(({ steps }) => steps[0] === this.#selected);
        const width = Math.max(this.#diagram.clientWidth, 290);
        return draw(this.#rows, { width, name: name || word("page", "other"), carrier: this.#carrier(), opens: true, selected });
    }

    #choose(target) {
        const row = target.closest(".row");
        if (row) this.#open(this.#rows[[...this.#diagram.querySelectorAll(".row")].indexOf(row)]);
    }

    #press(event) {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        this.#choose(event.target);
    }

    #open(row) {
        this.#selected = row.steps[0];
        show(this.#detail, row, { close: () => this.#closeStep() });
        this.redraw();
    }

    #closeStep() {
        // Back to the step that was open.
        if (this.#detail.contains(document.activeElement)) this.#diagram.querySelector(".selected")?.focus({ preventScroll: true });
        this.#selected = undefined;
        this.#detail.hidden = true;
        this.redraw();
    }
}
