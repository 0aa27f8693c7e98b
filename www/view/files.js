import { errorText, say, word } from "../i18n.js";
import { keepFocus } from "./focus.js";
import { nameOf } from "./stage.js";
import { Unsaved } from "./unsaved.js";

/**
 * So many bytes go to memory, and larger files to the browser's own file system, where they go on after a page was loaded anew. Where
 * it has none or no room: so many to memory, and more to a file that the person chooses.
 */
const SMALL = 1 << 20;
const MEMORY = 64 << 20;
/** Bytes, and their units. */
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

/** The addresses of what was received and saved: the page has it until the next call. */
const addresses = new Set();

/** Files in the chat: chosen or dropped there, offered to everybody, with how far they are. */
export class Files {
    #room;
    #chat;
    #came;
    #unsaved;

    /** `came` is told of each that is offered here. */
    constructor(room, { chat: log, came, signal }) {
        this.#room = room;
        this.#chat = log;
        this.#came = came;
        for (const address of addresses) URL.revokeObjectURL(address);
        addresses.clear();
        this.#unsaved = new Unsaved((address) => addresses.delete(address), signal);
        const button = document.getElementById("file");
        const input = document.getElementById("file-input");
        const chat = document.querySelector(".chat");
        const listen = (target, type, action) => target.addEventListener(type, action, { signal });
        listen(button, "click", () => input.click());
        listen(input, "change", () => {
            this.#send(input.files);
            input.value = "";
        });
        // Other things that are dragged are the text field's.
        const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
        // A file that is dropped beside the chat would be opened in place of the page, and end the call.
        listen(document, "dragover", (event) => {
            if (!hasFiles(event)) return;
            event.preventDefault();
            if (!chat.contains(event.target)) event.dataTransfer.dropEffect = "none";
        });
        listen(document, "drop", (event) => {
            if (!hasFiles(event)) return;
            event.preventDefault();
            if (chat.contains(event.target)) this.#send(event.dataTransfer.files);
        });
        room.onfile = (offer) => this.#offered(offer);
    }

    #send(files) {
        const peers = [...this.#room.peers.values()];
        for (const file of files) {
            if (peers.length === 0) new Row(this.#chat, () => word("file"), file, { own: true }).tells(() => word("file-nobody"));
            for (const peer of peers) this.#sendTo(peer, file);
        }
    }

    async #sendTo(peer, file) {
        const row = new Row(this.#chat, () => word("file-to", { name: nameOf(peer) }), file, { own: true });
        try {
            row.follows(await peer.sendFile(file));
        } catch (error) {
            row.tells(() => errorText(error));
        }
    }

    #offered(offer) {
        const row = new Row(this.#chat, () => word("file-from", { name: nameOf(offer.peer) }), offer);
        row.offers({
            "file-accept": async () => {
                try {
                    const to = await place(offer);
                    const transfer = await offer.accept({ to });
                    // What goes to a file of the person's is saved.
                    row.follows(transfer, { keeps: to === "private", unsaved: typeof to === "string" ? this.#unsaved : undefined });
                } catch (error) {
                    // The person chose no file after all: it is still offered.
                    if (error.name !== "AbortError") row.tells(() => errorText(error));
                }
            },
            "file-refuse": () => {
                offer.refuse();
                row.tells(() => word("file-refused"));
            },
        });
        this.#came();
        // How much is here is only told.
        offer.kept().then((kept) => row.kept(kept, "file-kept"), () => {});
    }
}

async function place({ size, name }) {
    if (size > SMALL && (await hasRoom(size))) return "private";
    if (size <= MEMORY) return "memory";
    return window.showSaveFilePicker ? window.showSaveFilePicker({ suggestedName: name }) : "private";
}

/** Whether the browser has a file system of its own, which private windows may lack, with so much room. */
async function hasRoom(size) {
    try {
        await navigator.storage.getDirectory();
        const { quota, usage } = await navigator.storage.estimate();
        return quota - usage > size;
    } catch {
        return false;
    }
}

/** One file, in the log: as long as it is on its way, or can be saved, it stays there; otherwise it is a line like others. */
class Row {
    #item = document.createElement("div");
    #state = document.createElement("span");
    #bar = document.createElement("progress");
    #buttons = document.createElement("span");
    /** How much of it was there before. */
    #kept = document.createElement("span");
    #name;

    constructor(chat, who, { name, size }, { own = false } = {}) {
        this.#name = name;
        const [person, file] = [document.createElement("b"), document.createElement("bdi")];
        this.#item.className = "file";
        this.#item.dataset.testid = "file";
        say(person, who);
        file.textContent = name;
        this.#bar.hidden = true;
        this.#bar.max = Math.max(size, 1);
        this.#bar.setAttribute("aria-label", name);
        say(this.#state, () => bytes(size));
        this.#state.dataset.testid = "file-state";
        this.#buttons.className = "buttons";
        this.#kept.className = "kept";
        this.#kept.dataset.testid = "file-kept";
        this.#kept.hidden = true;
        this.#item.append(person, " ", file, " ", this.#state, " ", this.#kept, this.#bar, this.#buttons);
        chat.append(this.#item, { own });
    }

    /** What the person may do, by the word for it. */
    offers(actions) {
        const buttons = Object.entries(actions).map(([name, action]) => {
            const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet" });
            button.dataset.testid = name;
            say(button, () => word(name));
            button.addEventListener("click", action);
            return button;
        });
        this.#put(...buttons);
    }

    /** A focus goes on to the first of them; to the log where there is none, since a field would open a phone's keyboard. */
    #put(...buttons) {
        keepFocus(this.#buttons, () => this.#buttons.replaceChildren(...buttons), buttons[0], this.#item.parentElement);
    }

    /** How it ended, or what is wrong; and a link to what came of it, which stays. */
    tells(text, ...links) {
        this.#bar.hidden = true;
        this.#item.toggleAttribute("data-stays", links.length > 0);
        this.#put(...links);
        this.#state.removeAttribute("aria-live");
        say(this.#state, text);
    }

    /** So many bytes need not come again, said by this word. */
    kept(count, name) {
        // Not there yet, or no more.
        const log = this.#item.parentElement;
        // Who reads further up is left there; for all others the buttons stay in sight.
        const isAtEnd = log && log.scrollHeight - log.scrollTop - log.clientHeight < this.#item.clientHeight;
        this.#kept.hidden = count === 0;
        if (count > 0) say(this.#kept, () => word(name, { size: bytes(count) }));
        if (count > 0 && isAtEnd) log.scrollTop = log.scrollHeight;
    }

    /** `keeps`: what came is there for another transfer, when this one was not finished. `unsaved` is told of a link to what the person has not saved. */
    follows(transfer, { keeps, unsaved } = {}) {
        let isPaused = false;
        this.#item.setAttribute("data-stays", "");
        this.#bar.hidden = false;
        // Read aloud four times a second it would be in the way of everything else.
        this.#state.setAttribute("aria-live", "off");
        const buttons = () =>
            this.offers({
                [isPaused ? "file-resume" : "file-pause"]: () => {
                    isPaused = !isPaused;
                    if (isPaused) transfer.pause();
                    else transfer.resume();
                    buttons();
                },
                "file-cancel": () => transfer.cancel(),
            });
        buttons();
        transfer.onprogress = (progress) => {
            if (progress.state === "done" || progress.state === "failed") return;
            this.#bar.value = progress.bytes;
            if (progress.state === "running") this.kept(progress.kept, "file-was-there");
            say(this.#state, () => stateText(progress));
        };
        transfer.onend = ({ file, error }) => {
            const link = file && this.#link(file);
            if (link) unsaved?.add(link);
            this.tells(() => {
                if (!error) return word(file ? "file-received" : "file-sent");
                if (error.code !== "file/peer-gone") return errorText(error);
                return `${errorText(error)} ${word(keeps === undefined ? "file-choose-again" : keeps ? "file-keeps" : "file-keeps-not")}`;
            }, ...(link ? [link] : []));
        };
    }

    #link(file) {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(file);
        addresses.add(link.href);
        link.download = this.#name;
        link.dataset.testid = "file-save";
        say(link, () => word("file-save"));
        return link;
    }
}

function stateText({ state, bytes: done, size, speed, left }) {
    const parts = [word(`file-${state}`), `${bytes(done)} / ${bytes(size)}`];
    if (speed > 0) parts.push(`${bytes(speed)}/s`);
    if (left !== undefined) parts.push(new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "second" }).format(Math.ceil(left / 1000)));
    return parts.join(" · ");
}

function bytes(count) {
    const power = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), UNITS.length - 1);
    const format = { style: "unit", unit: UNITS[power], unitDisplay: power ? "short" : "long", maximumFractionDigits: power > 1 ? 1 : 0 };
    return new Intl.NumberFormat(document.documentElement.lang, format).format(count / 1000 ** power);
}
