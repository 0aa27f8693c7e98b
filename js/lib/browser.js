import { coded } from "./error.js";
import { raw, rawWith } from "./raw.js";

/** Cameras, microphones and loudspeakers. */
export async function devices() {
    const { devices } = await rawWith("settings");
    return coded(() => devices());
}

/** What the calls of this page hold of the browser. */
export async function counts() {
    const { counts } = await raw();
    return counts();
}

/** Removes what was received to the private file system. */
export async function removePrivateFiles() {
    const { removePrivateFiles } = await rawWith("files");
    return coded(() => removePrivateFiles());
}
