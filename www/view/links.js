const ADDRESS = /https?:\/\/[^\s<>"'　-〿＀-￯]*[^\s<>"'.,;:!?)\]}　-〿＀-￯]/g;

/** A text with its addresses as links: nodes and texts, to be put into an element. Nothing else of it is markup. */
export function linked(text) {
    const parts = [];
    let end = 0;
    for (const { 0: address, index } of text.matchAll(ADDRESS)) {
        if (!URL.canParse?.(address)) continue;
        const link = document.createElement("a");
        // The other page learns nothing of this one.
        Object.assign(link, { href: address, target: "_blank", rel: "noopener noreferrer", textContent: address });
        parts.push(text.slice(end, index), link);
        end = index + address.length;
    }
    return [...parts, text.slice(end)].filter((part) => part !== "");
}
