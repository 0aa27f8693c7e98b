/** Bytes that a browser may have and did not send, and when there may be more. */
export const HIGH_WATER = 1 << 20;
export const LOW_WATER = 256 << 10;
