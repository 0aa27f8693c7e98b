// Whether what was measured again and again has stayed what it was.

/** By how much each may be more in the last quarter than ever in the first half. Heap, wasm and rss are mebibytes. */
export const ALLOWED = { heap: 2, wasm: 0.125, rss: 8, listeners: 8, descriptors: 4, connections: 0, sockets: 0 };

/**
 * What has grown, in words. Each measurement has the same names and values; what a browser does not tell is left out of all. The smallest of the last
 * quarter counts, so that what is only not collected yet is no growth; what grows by the same in each round is found when a quarter of
 * them comes to more than is allowed.
 */
export function grown(measurements) {
    const [half, rest] = [Math.ceil(measurements.length / 2), Math.floor((measurements.length * 3) / 4)];
    return Object.keys(measurements[0] ?? {}).flatMap((name) => {
        const values = measurements.map((one) => one[name]);
        if (!values.every(Number.isFinite)) return [`${name} was not measured`];
        const [before, after] = [Math.max(...values.slice(0, half)), Math.min(...values.slice(rest))];
        const allowed = ALLOWED[name.split(" ").at(-1)];
        return after > before + allowed ? [`${name}: ${after} after ${before}, and ${allowed} more are allowed`] : [];
    });
}
