// The npm package `itodenwa`: live video, voice and text between browsers. Importing it touches nothing of a browser.

export { Call } from "./call.js";
export { check, Check } from "./check.js";
export { ItodenwaError } from "./error.js";
export { Me, Peer } from "./person.js";
export { open, Preview } from "./preview.js";
export { load } from "./raw.js";
export { Recording } from "./recording.js";
export { newKey } from "./key.js";
export { counts, devices, join, prepare, removePrivateFiles, Room } from "./room.js";
