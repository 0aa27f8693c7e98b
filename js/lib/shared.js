/**
 * Maps and sets that programs are given to read. Some freeze what they keep, and put methods that throw in front of those of a map or a
 * set: here the real ones change them.
 */

/** Puts something into a set or takes it out. */
export function mark(set, item, isIn) {
    Set.prototype[isIn ? "add" : "delete"].call(set, item);
}

export function put(map, key, value) {
    Map.prototype.set.call(map, key, value);
}

export function remove(map, key) {
    Map.prototype.delete.call(map, key);
}

/** Empties a map or a set. */
export function clear(shared) {
    const { prototype } = shared instanceof Map ? Map : Set;
    prototype.clear.call(shared);
}
