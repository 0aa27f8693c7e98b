import { word } from "../i18n.js";
import { ScreenTile, Tile } from "./tile.js";
import { tools } from "./tools.js";

const byId = (id) => document.getElementById(id);

/** The pictures: oneself, and everybody else. */
export class Stage {
    #room;
    #tiles = new Map();
    #screens = new Map();
    #self;

    constructor(room) {
        this.#room = room;
        const video = room.me.view();
        this.#self = new Tile(video, () => word("you"), () => nameOf(room.me));
        this.#self.element.dataset.testid = "self-tile";
        byId("self").replaceChildren(this.#self.element);
        this.own();
        this.#count();
    }

    /** The own switches have changed. */
    own() {
        this.#self.media(this.#room.me.media, "local-video");
    }

    add(peer) {
        const video = peer.view();
        const tile = new Tile(video, () => nameOf(peer));
        tools(tile.element, video, peer);
        this.#tiles.set(peer.id, tile);
        tile.state(peer.state);
        tile.media(peer.media, "remote-video");
        byId("grid").append(tile.element);
        this.#count();
    }

    remove(peer) {
        for (const tiles of [this.#tiles, this.#screens]) {
            tiles.get(peer.id)?.element.remove();
            tiles.delete(peer.id);
        }
        this.#count();
    }

    state(peer) {
        this.#tiles.get(peer.id)?.state(peer.state);
    }

    media(peer) {
        this.#tiles.get(peer.id)?.media(peer.media, "remote-video");
        this.#screen(peer);
    }

    speaking(peer) {
        this.#tiles.get(peer.id)?.element.toggleAttribute("data-speaking", peer.speaking);
    }

    /** What somebody shares has a tile of its own, before all people. */
    #screen(peer) {
        const shares = peer.media.has("screen");
        if (shares === this.#screens.has(peer.id)) return;
        if (shares) {
            const video = peer.view("screen");
            const tile = new ScreenTile(video, () => word("screen-of", { name: nameOf(peer) }));
            tools(tile.element, video, peer);
            this.#screens.set(peer.id, tile);
            byId("grid").prepend(tile.element);
        } else {
            this.#screens.get(peer.id).element.remove();
            this.#screens.delete(peer.id);
        }
        this.#count();
    }

    close() {
        byId("grid").replaceChildren();
        byId("self").replaceChildren();
    }

    #count() {
        const others = this.#tiles.size;
        byId("stage").dataset.count = String(others + this.#screens.size);
        byId("stage").toggleAttribute("data-screen", this.#screens.size > 0);
        byId("alone").hidden = others > 0;
        byId("peer-count").textContent = String(others + 1);
    }
}

/** What somebody is called. Shown as text only. */
export function nameOf(peer) {
    return peer?.name ?? word("somebody");
}
