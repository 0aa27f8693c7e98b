import { ItodenwaError } from "./error.js";

/** An element that plays something, of this page or of a frame or window of its: each of those has classes of its own. */
export function playing(element) {
    if (element?.play && "srcObject" in element) return element;
    throw new ItodenwaError("view/element", "It shows nobody. Give a <video>, or an <audio>.");
}
