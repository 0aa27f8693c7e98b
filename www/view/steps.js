import { say, stepMeaning } from "../i18n.js";

/** Steps that are shown; older ones are dropped. As many as the room keeps. */
const STEPS = 512;
const OUT = new Set(["sendOffer", "sendAnswer", "sendCandidate", "sendEndOfCandidates"]);
const IN = new Set(["receiveOffer", "receiveAnswer", "setCandidate", "setEndOfCandidates"]);
const BOTH = new Set(["connected", "channelOpen"]);

const template = document.getElementById("step");

/** The steps of the call as a sequence between oneself (left) and the other side (right). */
export class Steps {
    #list = document.getElementById("step-list");
    #count = document.getElementById("step-count");
    #number = 0;
    #explained = new Set();
    #nameOf;

    /** `nameOf` gives what the peer with an id is called. */
    constructor(nameOf) {
        this.#nameOf = nameOf;
        this.#list.replaceChildren();
        this.#count.textContent = "0";
    }

    add({ at, peer, name, detail }) {
        const item = template.content.firstElementChild.cloneNode(true);
        const part = (selector) => item.querySelector(selector);
        item.dataset.step = name;
        item.dataset.peer = peer;
        part("time").textContent = `${Math.round(at)} ms`;
        part(".lane").classList.add(lane(name));
        part("code").textContent = name;
        part(".detail").textContent = detail;
        say(part(".with"), () => this.#nameOf(peer));
        // Once is enough: a call has many candidates.
        if (!this.#explained.has(name)) say(part("small"), () => stepMeaning(name));
        this.#explained.add(name);
        this.#list.append(item);
        while (this.#list.children.length > STEPS) this.#list.firstElementChild.remove();
        this.#count.textContent = String(++this.#number);
    }
}

function lane(name) {
    if (OUT.has(name)) return "out";
    if (IN.has(name)) return "in";
    return BOTH.has(name) ? "both" : "here";
}
