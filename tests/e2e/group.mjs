// The tests of several files in one process, with one server and one browser of each kind. What a failed test leaves behind, or has
// broken, fails no other: the next one has a server and browsers that were just started.
import { afterEach, test } from "node:test";
import { end } from "./people.mjs";

/** Adds the tests of these files, which are beside this one. A file that cannot even be read is a failed test. */
export async function group(files) {
    afterEach(({ passed }) => (passed ? undefined : end()));
    for (const file of files) {
        await import(`./${file}`).catch((error) => test(file, () => Promise.reject(error)));
    }
}
