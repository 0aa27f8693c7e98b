import { readdirSync, readFileSync } from "node:fs";

/** Seconds of processor that a process and all that it began have taken. */
export function processor(root) {
    const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    const stats = new Map();
    for (const id of processes) {
        try {
            const fields = readFileSync(`/proc/${id}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
            stats.set(Number(id), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) });
        } catch {
            // It ended meanwhile.
        }
    }
    const belongs = (id) => id === root || (stats.has(id) && id > 1 && belongs(stats.get(id).parent));
    return [...stats].filter(([id]) => belongs(id)).reduce((sum, [, { ticks }]) => sum + ticks, 0) / 100;
}
