// The codes of errors: what the code has, the documentation names. No browser.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const all = (folder, ending) => readdirSync(new URL(folder, root)).filter((name) => name.endsWith(ending)).map((name) => folder + name);
const codes = (path, pattern) => [...read(path).matchAll(pattern)].map(([, code]) => code);

/** An error of the Rust client that nothing in JavaScript gives. */
const RUST_ONLY = ["view/not-found", "view/not-media", "channel/not-ready", "signaling/away"];

test("every code of an error stands in the README and in the types", () => {
    const inRust = ["src/error.rs", ...all("src/error/", ".rs"), "protocol/src/signaling_error.rs"]
        .flatMap((path) => codes(path, /(?:=>?|\{) "([a-z]+\/[a-z-]+)"/g))
        .filter((code) => !RUST_ONLY.includes(code));
    const inJs = all("js/lib/", ".js").flatMap((path) => codes(path, /ItodenwaError\("([a-z]+\/[a-z-]+)"/g));
    const known = [...new Set([...inRust, ...inJs])].sort();
    assert.ok(known.length > 80, `only ${known.length} were found`);
    const [readme, types] = [read("js/README.md"), all("js/lib/types/", ".d.ts").map(read).join("\n")];
    assert.deepEqual(known.filter((code) => !readme.includes(`\`${code}\``)), [], "not in js/README.md");
    assert.deepEqual(known.filter((code) => !types.includes(`| "${code}"`) && !types.includes(`= "${code}"`)), [], "not in the types");
});
