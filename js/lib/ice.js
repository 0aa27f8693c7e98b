import { ItodenwaError } from "./error.js";

/** Refuses what is no `RTCIceTransportPolicy`: with a slip of the pen an address would be told that was to be hidden. */
export function checkPolicy({ iceTransportPolicy: policy }) {
    if (![undefined, "all", "relay"].includes(policy)) {
        throw new ItodenwaError("ice/policy-invalid", 'iceTransportPolicy is "all" or "relay".');
    }
}
