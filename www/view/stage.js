import { say, word } from "../i18n.js";
import { beside, inCorner, rows } from "./arrange.js";
import { OwnPlace } from "./own.js";
import { ScreenTile, Tile } from "./tile.js";
import { stopTool, tools } from "./tools.js";

const byId = (id) => document.getElementById(id);

/** The pictures: oneself, everybody else, and what is shared. All of them are in the grid, and placed by its size. */
export class Stage {
    #room;
    #grid = byId("grid");
    #tiles = new Map();
    #screens = new Map();
    #self;
    #own;
    /** What one shares oneself. */
    #ownScreen;
    /** The tile that the person keeps large. */
    #pinned;
    #bySpeaker = false;
    #wasWithOthers = false;
    /** What was pressed last: `touch`, `mouse`, … */
    #pointer;
    #resized = new ResizeObserver(() => this.#arrange());

    /** Until `signal` is aborted. */
    constructor(room, signal) {
        this.#room = room;
        this.#self = new Tile(room.me.view(), () => word("you"), () => nameOf(room.me));
        this.#self.element.dataset.testid = "self-tile";
        this.#self.element.classList.add("self");
        this.#own = new OwnPlace(this.#self.element, () => this.#arrange());
        byId("self-show").addEventListener("click", () => (this.#own.hidden = false), { signal });
        // Safari says it of clicks from 18.2 on.
        this.#grid.addEventListener("pointerup", ({ pointerType }) => (this.#pointer = pointerType), { signal });
        byId("view-speaker").addEventListener("click", () => this.#view(!this.#bySpeaker), { signal });
        this.#grid.addEventListener("click", ({ target }) => this.#pointer === "touch" && touch(target, this.#grid), { signal });
        this.#grid.replaceChildren(this.#self.element);
        this.#view(false);
        this.own();
        this.#resized.observe(this.#grid);
    }

    /** The own switches have changed. */
    own() {
        const { media } = this.#room.me;
        this.#self.media(media, "local-video");
        if (media.has("screen") === Boolean(this.#ownScreen)) return;
        // The button that ends it goes with it.
        if (this.#ownScreen?.element.contains(document.activeElement)) byId("screen").focus();
        if (this.#ownScreen) this.#drop(this.#ownScreen);
        this.#ownScreen = media.has("screen") ? this.#shareOfMine() : undefined;
        this.#arrange();
    }

    add(peer) {
        const video = peer.view();
        const tile = new Tile(video, () => nameOf(peer));
        this.#tools(tile, video, peer);
        this.#tiles.set(peer.id, tile);
        this.state(peer);
        tile.media(peer.media, "remote-video");
        // Oneself comes last.
        this.#self.element.before(tile.element);
        this.#arrange();
    }

    /** Somebody has another name: what is said of them for those who do not see it. */
    renamed({ id }) {
        for (const tiles of [this.#tiles, this.#screens]) tiles.get(id)?.renamed();
    }

    /** Somebody's tile; one's own is among them. */
    element(id) {
        return id === this.#room.me.id ? this.#self.element : this.#tiles.get(id)?.element;
    }

    remove(peer) {
        for (const tiles of [this.#tiles, this.#screens]) {
            this.#drop(tiles.get(peer.id));
            tiles.delete(peer.id);
        }
        this.#arrange();
    }

    state(peer) {
        const tile = this.#tiles.get(peer.id);
        tile?.state(peer.state, peer.away, silenced(peer));
        if (!tile || peer.state !== "connected") return;
        // Nothing that the first picture waits for.
        import("./quality.js").then(({ showQuality }) => showQuality(tile.element, peer)).catch(() => {});
    }

    media(peer) {
        this.#tiles.get(peer.id)?.media(peer.media, "remote-video");
        this.#screen(peer);
    }

    speaking(peer) {
        this.#tiles.get(peer.id)?.element.toggleAttribute("data-speaking", peer.speaking);
    }

    /** Somebody else is the one to look at. */
    speaker() {
        for (const [id, { element }] of this.#tiles) element.toggleAttribute("data-speaker", id === this.#room.speaker?.id);
        if (this.#bySpeaker) this.#arrange();
    }

    close() {
        this.#resized.disconnect();
        for (const tile of this.#tiles.values()) tile.close();
        this.#grid.replaceChildren();
    }

    /** What somebody shares has a tile of its own, before all people. */
    #screen(peer) {
        const shares = peer.media.has("screen");
        if (shares === this.#screens.has(peer.id)) return;
        if (shares) {
            const video = peer.view("screen");
            const tile = new ScreenTile(video, () => word("screen-of", { name: nameOf(peer) }));
            video.dataset.testid = "remote-screen";
            this.#tools(tile, video, peer);
            this.#screens.set(peer.id, tile);
            this.#grid.prepend(tile.element);
        } else {
            this.#drop(this.#screens.get(peer.id));
            this.#screens.delete(peer.id);
        }
        this.#arrange();
    }

    #shareOfMine() {
        const video = this.#room.me.view("screen");
        const tile = new ScreenTile(video, () => word("screen-of-mine"));
        tile.element.dataset.testid = "own-screen-tile";
        video.dataset.testid = "own-screen";
        stopTool(tile.element, () => byId("screen").click());
        this.#self.element.before(tile.element);
        return tile;
    }

    /** Whoever shares has two tiles: how loud they are is shown on both. */
    #tools(tile, video, peer) {
        const heard = () => [this.#tiles, this.#screens].forEach((tiles) => tiles.get(peer.id)?.heard());
        tile.heard = tools(tile.element, video, peer, { pin: this.#pinning(tile.element), heard });
    }

    #drop(tile) {
        if (tile && tile.element === this.#pinned) this.#pinned = undefined;
        tile?.close();
    }

    /** Keeps a tile large, or no longer. */
    #pinning(element) {
        return () => {
            this.#pinned = this.#pinned === element ? undefined : element;
            this.#arrange();
        };
    }

    #view(bySpeaker) {
        this.#bySpeaker = bySpeaker;
        byId("view-speaker").setAttribute("aria-pressed", String(bySpeaker));
        this.#arrange();
    }

    /** Which tiles are large, if any is. */
    #large() {
        if (this.#pinned) return [this.#pinned];
        if (this.#screens.size > 0) return [...this.#screens.values()].map(({ element }) => element);
        if (!this.#bySpeaker || this.#tiles.size < 2) return [];
        const { element } = this.#tiles.get(this.#room.speaker?.id) ?? this.#tiles.values().next().value;
        return [element];
    }

    #arrange() {
        const self = this.#self.element;
        const { hidden, corner } = this.#own;
        const isAlone = this.#tiles.size === 0;
        const large = this.#large();
        const others = [...this.#grid.children].filter((tile) => tile !== self && !large.includes(tile));
        // Alone there is nothing else to see.
        const isSeen = isAlone || !hidden;
        const floats = isSeen && !isAlone && large.length + others.length === 1;
        if (isSeen && !floats) others.push(self);

        this.#count(isAlone, floats && corner);
        const focused = document.activeElement;
        self.hidden = !isSeen;
        self.toggleAttribute("data-floats", floats);
        byId("self-show").hidden = isSeen;
        // What hides it and what shows it take each other's place.
        if (!isSeen && self.contains(focused)) byId("self-show").focus();
        if (isSeen && focused === byId("self-show")) this.#own.focus();
        for (const tile of this.#grid.children) tile.querySelector('[data-testid="tile-pin"]')?.setAttribute("aria-pressed", String(tile === this.#pinned));

        const box = { left: 0, top: 0, width: this.#grid.clientWidth, height: this.#grid.clientHeight };
        const shared = large.some((tile) => tile.classList.contains("screen"));
        const [main, strip] = large.length > 0 ? beside(large.length, others.length, box, { shared }) : [[], rows(others.length, box)];
        large.forEach((tile, index) => place(tile, main[index]));
        others.forEach((tile, index) => place(tile, strip[index]));
        if (floats) place(self, inCorner(corner, box));
    }

    #count(isAlone, corner) {
        const { dataset } = byId("stage");
        dataset.count = String(this.#tiles.size);
        // What the own picture stands on makes room for it.
        dataset.corner = corner || "";
        byId("alone").hidden = !isAlone;
        this.#wasWithOthers ||= !isAlone;
        say(byId("alone-title"), () => word(this.#wasWithOthers ? "alone-again" : "alone"));
        const people = String(this.#tiles.size + 1);
        // Who listens is told of changes alone.
        if (byId("peer-count").textContent !== people) byId("peer-count").textContent = people;
        byId("view-speaker").hidden = this.#tiles.size < 2;
    }
}

/** Where nothing hovers, a touch on a tile shows what can be done with it, and another one hides that. */
function touch(target, grid) {
    if (target.closest("button, input")) return;
    const touched = target.closest(".tile");
    for (const tile of grid.children) tile.toggleAttribute("data-touched", tile === touched && !tile.hasAttribute("data-touched"));
}

function place(tile, rectangle) {
    for (const [side, length] of Object.entries(rectangle)) tile.style[side] = `${Math.floor(length)}px`;
}

/** What somebody is called. Shown as text only. */
export function nameOf(peer) {
    return peer?.name ?? word("somebody");
}

/** Those of somebody's sources that are on and that their system has silenced: what they say is theirs, and may be anything. */
function silenced({ attributes, media }) {
    const said = attributes.get("interrupted");
    return Array.isArray(said) ? said.filter((source) => media.has(source)) : [];
}
