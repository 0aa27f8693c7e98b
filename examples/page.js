// What the pages have in common: the room of the address (`canvas.html#blue-tiger`), and a line for what goes wrong.
import { join } from "./itodenwa/index.js";

export const byId = (id) => document.getElementById(id);

export function tell({ code, explain, message }) {
    byId("trouble").textContent = `${explain ?? message} (${code ?? "error"})`;
}

/** Joins, and leaves nobody behind when the page goes. */
export async function enter(options) {
    const room = await join(location.hash.slice(1) || "examples", options);
    room.ontrouble = tell;
    return room;
}
