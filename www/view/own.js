import { memory } from "../memory.js";
import { label } from "./tools.js";

const CORNERS = ["bottom-right", "bottom-left", "top-left", "top-right"];
/** Less than so many pixels is a touch, not a move. */
const MOVED = 6;

const template = document.getElementById("own-tools");

/** The own picture's place: in which corner it is beside one other person, and whether it is shown at all. Remembered. */
export class OwnPlace {
    #element;
    #changed;
    #corner = CORNERS.includes(memory.get("corner")) ? memory.get("corner") : CORNERS[0];
    #hidden = memory.get("own") === "hidden";

    /** `changed` is told when it is to be somewhere else. */
    constructor(element, changed) {
        this.#element = element;
        this.#changed = changed;
        const tools = template.content.firstElementChild.cloneNode(true);
        tools.querySelector('[data-testid="self-move"]').addEventListener("click", () => this.#next());
        tools.querySelector('[data-testid="self-hide"]').addEventListener("click", () => (this.hidden = true));
        label(tools);
        element.append(tools);
        element.addEventListener("pointerdown", (event) => this.#drag(event));
    }

    get corner() {
        return this.#corner;
    }

    get hidden() {
        return this.#hidden;
    }

    set hidden(hidden) {
        this.#hidden = hidden;
        memory.set("own", hidden ? "hidden" : undefined);
        this.#changed();
    }

    /** On what hides it. */
    focus() {
        this.#element.querySelector('[data-testid="self-hide"]').focus();
    }

    #next() {
        this.#move(CORNERS[(CORNERS.indexOf(this.#corner) + 1) % CORNERS.length]);
    }

    #move(corner) {
        this.#corner = corner;
        memory.set("corner", corner);
        this.#changed();
    }

    /** Follows the pointer, and stays in the corner that is nearest when it is let go. */
    #drag(begin) {
        const element = this.#element;
        if (begin.button !== 0 || !element.hasAttribute("data-floats") || begin.target.closest("button")) return;
        const over = new AbortController();
        const listen = (type, action) => element.addEventListener(type, action, { signal: over.signal });
        element.setPointerCapture(begin.pointerId);
        let isMoved = false;
        const far = ({ clientX, clientY }) => [clientX - begin.clientX, clientY - begin.clientY];
        listen("pointermove", (event) => {
            const [x, y] = far(event);
            isMoved ||= Math.hypot(x, y) > MOVED;
            if (isMoved) element.style.translate = `${x}px ${y}px`;
        });
        const end = () => {
            over.abort();
            element.style.translate = "";
        };
        listen("pointercancel", end);
        listen("pointerup", () => {
            const place = element.getBoundingClientRect();
            const stage = element.parentElement.getBoundingClientRect();
            end();
            if (!isMoved) return;
            const isLeft = place.left + place.right < stage.left + stage.right;
            const isTop = place.top + place.bottom < stage.top + stage.bottom;
            this.#move(`${isTop ? "top" : "bottom"}-${isLeft ? "left" : "right"}`);
        });
    }
}
