// Trickle beside Vanilla: two calls of the page with itself, one after the other in each way, with their times.
import { say as tell } from "../i18n.js";
import { Call } from "../itodenwa/index.js";
import { draw } from "./diagram.js";
import { element, spoken } from "./dom.js";
import { rowsOf } from "./rows.js";
import { failed, word } from "./words.js";

const WAYS = ["trickle", "vanilla"];
/** After so long it has failed. */
const LIMIT_MILLIS = 30_000;
/** Steps whose times are compared. */
const MARKS = ["makeOffer", "gatherCandidates", "setAnswer", "connected", "channelOpen"];
const say = (key) => () => word("beside", key);

export class Beside {
    element;
    #servers;
    #columns = new Map();
    #delay = element("select", { "data-testid": "beside-delay" }, ...[0, 50, 200, 1000].map((millis) => element("option", { value: String(millis) }, `${millis} ms`)));
    #pause = element("input", { type: "checkbox", "data-testid": "beside-pause" });
    #next = spoken("button", { type: "button", class: "primary", "data-testid": "beside-next", hidden: true }, say("next"));
    #run = spoken("button", { type: "button", class: "primary", "data-testid": "beside-run", onclick: () => this.#runBoth() }, say("run"));
    #what = element("p", { class: "hint", role: "status", "data-testid": "beside-what" });

    /** `servers` gives the STUN servers to ask. */
    constructor(servers) {
        this.#servers = servers;
        for (const way of WAYS) {
            const times = element("ul", { class: "times", "data-testid": `beside-${way}` });
            const column = { times, drawing: element("div", { class: "drawing" }), steps: [] };
            this.#columns.set(way, column);
            new ResizeObserver(() => drawIn(column)).observe(column.drawing);
        }
        this.element = element("section", { class: "beside" },
            spoken("h2", {}, say("title")), spoken("p", { class: "hint" }, say("hint")),
            element("div", { class: "card choices" },
                element("label", {}, spoken("span", {}, say("delay")), this.#delay),
                element("label", { class: "check" }, this.#pause, spoken("span", {}, say("pause"))),
                this.#run, this.#next, this.#what),
            element("div", { class: "columns" }, ...WAYS.map((way) => {
                const { times, drawing } = this.#columns.get(way);
                return element("div", {}, spoken("h3", {}, say(way)), times, drawing);
            })));
    }

    async #runBoth() {
        this.#run.disabled = true;
        for (const column of this.#columns.values()) {
            column.steps = [];
            column.times.replaceChildren();
            column.drawing.replaceChildren();
        }
        try {
            // What a page does for the first time takes longer: that is nobody's merit.
            await warmUp();
            for (const way of WAYS) this.#show(way, await this.#runOne(way));
            tell(this.#what, () => "");
        } catch (error) {
            tell(this.#what, () => failed(error));
        } finally {
            this.#run.disabled = false;
            this.#next.hidden = true;
        }
    }

    /** The steps of the side that calls. */
    async #runOne(ice) {
        const calls = await Promise.all([0, 1].map(() => Call.create({ ice, iceServers: this.#servers() })));
        const [caller, callee] = calls;
        const stop = new AbortController();
        const late = () => stop.abort(new Error(word("beside", "late")));
        let timer = setTimeout(late, LIMIT_MILLIS);
        const stopped = new Promise((_, reject) => stop.signal.addEventListener("abort", () => reject(stop.signal.reason)));
        // How long the person takes does not count.
        const gate = async (step) => {
            if (!this.#pause.checked) return;
            clearTimeout(timer);
            await this.#gate(ice, step);
            timer = setTimeout(late, LIMIT_MILLIS);
        };
        try {
            const ready = Promise.all(calls.map(opened));
            for (const [from, to] of [[caller, callee], [callee, caller]]) {
                let last = Promise.resolve();
                // In their order, each after its time on the way.
                from.oncandidate = (candidate) => {
                    const arrived = this.#carry();
                    last = last.then(() => arrived).then(() => to.addCandidate(candidate)).catch(() => {});
                };
            }
            const negotiated = async () => {
                const offer = await caller.makeOffer();
                await gate("sendOffer");
                await this.#carry();
                await callee.setOffer(offer);
                await gate("makeAnswer");
                const answer = await callee.makeAnswer();
                await gate("sendAnswer");
                await this.#carry();
                await caller.setAnswer(answer);
                await ready;
            };
            await Promise.race([negotiated(), stopped]);
            return caller.steps;
        } finally {
            clearTimeout(timer);
            await Promise.all(calls.map((call) => call.close()));
        }
    }

    /** With pauses: waits until the person wants the next step, and takes as long as they like. */
    async #gate(way, step) {
        tell(this.#what, () => `${word("beside", way)}: ${step}`);
        this.#next.hidden = false;
        await new Promise((resolve) => this.#next.addEventListener("click", resolve, { once: true }));
        this.#next.hidden = true;
    }

    #carry() {
        return new Promise((resolve) => setTimeout(resolve, Number(this.#delay.value)));
    }

    #show(way, steps) {
        const column = this.#columns.get(way);
        const made = MARKS.flatMap((name) => {
            const step = steps.find((one) => one.name === name);
            return step ? [[name, Math.round(step.at)]] : [];
        });
        column.times.replaceChildren(...made.map(([name, at]) => element("li", { "data-name": name }, element("code", {}, name), element("b", {}, `${at} ms`))));
        column.steps = steps;
        drawIn(column);
    }
}

function drawIn({ drawing, steps }) {
    if (steps.length === 0) return;
    const width = Math.max(drawing.parentElement.clientWidth - 2, 290);
    drawing.replaceChildren(draw(rowsOf(steps), { width, name: word("page", "other"), carrier: word("beside", "way") }));
}

async function warmUp() {
    const call = await Call.create({ ice: "vanilla", vanillaLimit: 1000 });
    await call.makeOffer();
    await call.close();
}

/** Resolved when a call is connected and its channel is open. */
function opened(call) {
    const missing = new Set(["connected", "channelOpen"]);
    return new Promise((resolve) => call.addEventListener("step", ({ detail: { name } }) => missing.delete(name) && missing.size === 0 && resolve()));
}
