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

/**
 * The host, if it is another one than the page's. Read as the library and the browser read it: what begins with two slashes, or with a backslash
 * or a tab behind the first one, may be a host (URL Standard, "relative slash state"). What can't be read is another one, too.
 */
function otherHost(address) {
    const given = address.trim();
    try {
        // A host alone, whose security is that of the page.
        const isBare = !given.startsWith("/") && !/^(ws|http)s?:\/\//i.test(given);
        const { origin, host } = new URL(isBare ? `${location.protocol}//${given}` : given.replace(/^ws/i, "http"), location.href);
        return origin === location.origin ? undefined : host || address;
    } catch {
        return address;
    }
}
