/** Makes a change; a focus on something in `place` that is not seen after it goes to the first of `next` that is. */
export function keepFocus(place, change, ...next) {
    const focused = place.contains(document.activeElement) && document.activeElement;
    change();
    if (!focused || isSeen(focused)) return;
    next.find((element) => element && isSeen(element))?.focus({ preventScroll: true });
}

function isSeen(element) {
    return element.getClientRects().length > 0;
}
