// What the pages of a browser have in memory, read from /proc: of every browser in the same way.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

/** In the command of a process of pages, of Chromium and of Firefox. */
const OF_PAGES = /--type=renderer|-contentproc.* tab\b/;

/** Looks at what the largest process of pages has for itself, again and again; gives what ends that, and the most bytes that it had. */
export function watch(t, browser) {
    let most = 0;
    const look = () => {
        most = Math.max(most, ...below(browser.process().pid).filter((pid) => OF_PAGES.test(read(pid, "cmdline"))).map(privateBytes));
    };
    const timer = setInterval(look, 1000);
    t.after(() => clearInterval(timer));
    return () => {
        clearInterval(timer);
        look();
        assert.ok(most > 0, "no process of pages was found");
        return most;
    };
}

/** The processes that this one started, and that those did. */
function below(pid) {
    const children = new Map();
    for (const other of readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number)) {
        const parent = Number(read(other, "status").match(/^PPid:\s+(\d+)$/m)?.[1]);
        children.set(parent, [...(children.get(parent) ?? []), other]);
    }
    const all = [pid];
    for (const one of all) all.push(...(children.get(one) ?? []));
    return all;
}

/** What nobody else has (proc(5), smaps_rollup). */
function privateBytes(pid) {
    return [...read(pid, "smaps_rollup").matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce((sum, [, kib]) => sum + Number(kib) * 1024, 0);
}

/** A file about a process, with its words apart; nothing of one that is over. */
function read(pid, file) {
    try {
        return readFileSync(`/proc/${pid}/${file}`, "utf8").replaceAll("\0", " ");
    } catch {
        return "";
    }
}
