import { say, word } from "../i18n.js";
import { notice } from "./notices.js";

/** Links to files that were received in a call and not saved. When it ends they go on in a notice: the chat is not seen any more. */
export class Unsaved {
    #links = new Map();

    /** `released` is told of each address that goes on. Until `signal` is aborted. */
    constructor(released, signal) {
        signal.addEventListener("abort", () => this.#offer(released));
    }

    add(link) {
        this.#links.set(link.href, link.download);
        link.addEventListener("click", () => this.#links.delete(link.href), { once: true });
    }

    #offer(released) {
        if (this.#links.size === 0) return;
        const addresses = [...this.#links.keys()];
        addresses.forEach(released);
        const words = document.createElement("span");
        say(words, () => word("file-unsaved"));
        const links = [...this.#links].map(([href, download]) => {
            const link = Object.assign(document.createElement("a"), { href, download, textContent: download, dir: "auto" });
            link.dataset.testid = "file-unsaved";
            return link;
        });
        const dismissed = () => addresses.forEach((address) => URL.revokeObjectURL(address));
        notice(`files-${addresses[0]}`, (element) => element.append(words, ...links.flatMap((link) => [" ", link])), { polite: true, dismissed });
    }
}
