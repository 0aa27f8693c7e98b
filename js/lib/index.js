// The npm package `itodenwa`: live video, voice and text between browsers. Importing it touches nothing of a browser.

export { counts, devices, removePrivateFiles } from "./browser.js";
export { Call } from "./call.js";
export { check, Check } from "./check.js";
export { ItodenwaError } from "./error.js";
export { join, prepare } from "./join.js";
export { newKey } from "./key.js";
export { Me, Peer } from "./person.js";
export { open, Preview } from "./preview.js";
export { load } from "./raw.js";
export { Recording } from "./recording.js";
export { Room } from "./room.js";
