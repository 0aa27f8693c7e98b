// One call by hand, step by step: nothing goes on before the person has carried what is there.
import { say as tell } from "../i18n.js";
import { Call } from "../itodenwa/index.js";
import { element, spoken } from "./dom.js";
import { Sheet } from "./sheet.js";
import { failed, word } from "./words.js";

/** Of both sides, in their order. */
const STEPS = { caller: ["makeOffer", "setAnswer"], callee: ["setOffer", "makeAnswer"] };
const CANDIDATES = 64;
const STEPS_KEPT = 512;
/** Lines of the chat that are kept; older ones are dropped. */
const LINES = 500;
const say = (key) => () => word("hand", key);

export class HandCall {
    element;
    #call;
    #steps;
    /** An own camera that was taken away. */
    #trouble = element("p", { class: "error", role: "alert", "data-testid": "hand-trouble", hidden: true });
    #state = element("p", { class: "verdict", role: "status", "data-testid": "hand-state" }, "new");
    #out = this.#field("hand-candidates", true);
    #log = element("ol", { class: "log", role: "log", "data-testid": "hand-log", "aria-live": "polite" });
    #videos = element("div", { class: "videos" });
    #sheet;
    #chat = this.#talk();
    #seen = { name: "", steps: [] };

    static async begin(role, options) {
        return new HandCall(await Call.create(options), role, options);
    }

    constructor(call, role, { ice, camera }) {
        this.#call = call;
        this.#sheet = new Sheet(new Map([["other", this.#seen]]), { carrier: say("carrier"), parts: ["steps"] });
        this.#steps = STEPS[role].map((name, index) => this.#step(name, index));
        this.element = element("div", { class: "hand" },
            this.#state,
            this.#trouble,
            element("ol", { class: "by-hand" }, ...this.#steps, ...(ice === "trickle" ? [this.#candidates()] : [])),
            this.#videos,
            this.#chat,
            spoken("button", { type: "button", class: "quiet", "data-testid": "hand-close", onclick: () => this.close() }, say("close")),
            this.#sheet.element);
        if (camera) this.#videos.append(call.me.view());
        this.#listen();
    }

    focus() {
        this.#steps[0].querySelector("button, textarea").focus();
    }

    close() {
        this.#call.close();
        this.#sheet.end();
    }

    #listen() {
        const call = this.#call;
        call.onstep = (step) => {
            this.#seen.steps.push(step);
            if (this.#seen.steps.length > STEPS_KEPT) this.#seen.steps.shift();
            if (step.name === "channelOpen") this.#chat.hidden = false;
            this.#sheet.redraw();
        };
        call.onconnection = (state) => (this.#state.textContent = state);
        call.onmedia = ({ on }) => on && this.#videos.append(call.view());
        call.ontext = (text) => this.#wrote("theirs", text);
        call.oncandidate = (candidate) => {
            this.#out.value += `${JSON.stringify(candidate)}\n`;
        };
        call.ontrouble = (trouble) => fail(this.#trouble, trouble);
        call.onclose = () => (this.#state.textContent = "closed");
    }

    /** What this side makes is shown to be copied; what the other side made is pasted. */
    #step(name, index) {
        const makes = name.startsWith("make");
        const field = this.#field(`hand-${name}-text`, makes);
        const error = element("p", { class: "error", role: "alert", hidden: true });
        const carried = this.#carried(field, makes);
        carried.hidden = makes;
        const run = spoken("button", { type: "button", class: "primary", "data-testid": `hand-${name}` }, say(name));
        run.addEventListener("click", () => this.#try(error, run, async () => {
            if (makes) {
                field.value = JSON.stringify(await this.#call[name]());
                carried.hidden = false;
            } else await this.#call[name](field.value);
            run.disabled = true;
            this.#next(index + 1);
        }));
        return element("li", { class: "card", hidden: index > 0, "data-testid": `hand-step-${name}` },
            element("h2", {}, element("code", {}, name)), spoken("p", { class: "hint" }, say(`${name}-hint`)),
            ...(makes ? [run, carried] : [carried, run]), error);
    }

    #next(index) {
        const next = this.#steps[index];
        if (!next) return;
        next.hidden = false;
        next.querySelector("textarea:not([readonly]), button").focus();
    }

    #candidates() {
        const theirs = this.#field("hand-their-candidates", false);
        const error = element("p", { class: "error", role: "alert", hidden: true });
        const add = spoken("button", { type: "button", class: "primary", "data-testid": "hand-add" }, say("add"));
        add.addEventListener("click", () => this.#try(error, add, async () => {
            const pasted = theirs.value;
            const lines = pasted.split("\n").map((line) => line.trim()).filter((line) => line);
            if (lines.length > CANDIDATES) throw Object.assign(new Error(), { code: "call/too-many" });
            // Those that come before the description wait for it.
            await Promise.all(lines.map((line) => this.#call.addCandidate(line)));
            // What was refused stays, to be mended, and what was pasted meanwhile.
            if (theirs.value === pasted) theirs.value = "";
        }));
        return element("li", { class: "card", "data-testid": "hand-step-candidates" },
            spoken("h2", {}, say("candidates")), spoken("p", { class: "hint" }, say("candidates-hint")),
            this.#carried(this.#out, true), this.#carried(theirs, false), add, error);
    }

    #talk() {
        const error = element("p", { class: "error", role: "alert", "data-testid": "hand-say-error", hidden: true });
        const field = element("input", { type: "text", "data-testid": "hand-say", maxlength: "4000", autocomplete: "off" });
        const send = (event) => {
            event.preventDefault();
            const text = field.value.trim();
            if (!text) return;
            error.hidden = true;
            try {
                this.#call.send(text);
            } catch (thrown) {
                // What was written stays in the field.
                return fail(error, thrown);
            }
            this.#wrote("mine", text);
            field.value = "";
        };
        return element("form", { class: "card", hidden: true, onsubmit: send },
            element("label", {}, spoken("span", {}, say("chat")), field),
            spoken("button", { type: "submit", class: "quiet", "data-testid": "hand-send" }, say("send")), error, this.#log);
    }

    #wrote(whose, text) {
        this.#log.append(element("li", { class: whose }, element("span", { dir: "auto" }, text)));
        if (this.#log.children.length > LINES) this.#log.firstElementChild.remove();
    }

    async #try(error, button, act) {
        error.hidden = true;
        button.disabled = true;
        try {
            await act();
            button.disabled = button.dataset.testid !== "hand-add";
        } catch (thrown) {
            button.disabled = false;
            fail(error, thrown);
        }
    }

    #field(testid, readonly) {
        return element("textarea", { "data-testid": testid, rows: "4", readonly, spellcheck: "false", autocomplete: "off" });
    }

    #carried(field, readonly) {
        const copy = spoken("button", { type: "button", class: "quiet", onclick: () => copied(field) }, say("copy"));
        return element("div", { class: "carried" }, element("label", {}, spoken("span", {}, say(readonly ? "carry" : "paste")), field), ...(readonly ? [copy] : []));
    }
}

function fail(element, error) {
    element.hidden = false;
    tell(element, () => failed(error));
}

async function copied(field) {
    field.select();
    // Without the permission it is selected, to be copied by hand.
    await navigator.clipboard?.writeText(field.value).catch(() => {});
}
