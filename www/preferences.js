import { memory } from "./memory.js";

/** What the person chose of devices and quality, remembered from call to call: by source, as the package's options. */
export const preferences = {
    camera: {},
    microphone: {},
    screen: {},
    /** A device's id; empty for the system's choice. */
    loudspeaker: "",
    /** `RTCIceTransportPolicy`: with `relay` the others do not learn one's address. */
    iceTransportPolicy: "all",

    /** Changes some of a source's options, and remembers them. */
    change(source, part) {
        this[source] = typeof part === "object" ? { ...this[source], ...part } : part;
        const { camera, microphone, screen, loudspeaker, iceTransportPolicy } = this;
        memory.set("preferences", JSON.stringify({ camera, microphone, screen, loudspeaker, iceTransportPolicy }));
    },

    /** Lets a room know all of it. What is not there any more is the browser's to choose. */
    async apply(room) {
        const wished = ["camera", "microphone", "screen"].filter((source) => Object.values(this[source]).length > 0);
        const chosen = wished.map((source) => room.use(source, this[source]));
        if (this.loudspeaker) chosen.push(room.loudspeaker(this.loudspeaker));
        await Promise.allSettled(chosen);
    },
};

try {
    const known = JSON.parse(memory.get("preferences") ?? "{}");
    for (const source of ["camera", "microphone", "screen"]) {
        if (known?.[source] && typeof known[source] === "object") preferences[source] = known[source];
    }
    if (known?.iceTransportPolicy === "relay") preferences.iceTransportPolicy = "relay";
    if (typeof known?.loudspeaker === "string") preferences.loudspeaker = known.loudspeaker;
} catch {
    // Somebody else's: nothing is remembered.
}
