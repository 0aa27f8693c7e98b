import { say, word } from "../i18n.js";
import { tab } from "../memory.js";

const byId = (id) => document.getElementById(id);

/**
 * The signalling server that a link names. One that is not the page's own introduces people to each other, so it could set itself
 * between them: the person is asked before anything is said to it, and it gets no token of this page.
 */
export class LinkedServer {
    /** As the link has it; nothing for the page's own. */
    address;
    /** Its host, if it is another one than the page's own. */
    #host;

    constructor(address) {
        this.address = address || undefined;
        this.#host = this.address && otherHost(this.address);
    }

    /** The token, if this server may have it. */
    given(token) {
        return this.#host ? undefined : token;
    }

    /** Whether anything may be said to it without asking anybody. */
    get isAgreed() {
        return !this.#host || tab.get("server") === this.address;
    }

    /** Whether it may be used: true for one's own, otherwise what the person says. They are asked once in a tab. */
    async agreed() {
        if (this.isAgreed) return true;
        const dialog = byId("other-server");
        // It is open already.
        if (dialog.open) return false;
        say(byId("other-server-text"), () => word("other-server-text", { host: this.#host }));
        dialog.returnValue = "";
        dialog.showModal();
        await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
        const agrees = dialog.returnValue === "yes";
        if (agrees) tab.set("server", this.address);
        return agrees;
    }
}

/** What can't be read is another one, too. */
function otherHost(address) {
    try {
        // A host alone is read as one by the library.
        const { host } = new URL(/^[a-z]+:\/\//i.test(address) ? address : `ws://${address}`, location.href);
        return address.startsWith("/") || host === location.host ? undefined : host || address;
    } catch {
        return address;
    }
}
