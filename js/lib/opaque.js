/**
 * Marks classes whose objects no proxy may stand in for: it could not reach their private fields, and an EventTarget does not work
 * behind one. `ref` and `reactive` of Vue leave alone what is marked so, as `markRaw` does.
 */
export function opaque(...classes) {
    for (const { prototype } of classes) Object.defineProperty(prototype, "__v_skip", { value: true });
}
