import { prepare as prepared } from "./itodenwa.js";

/** The same without a way to the server that is there before. */
export const prepare = (options) => prepared({ ...options, isPrepared: false });
