import { memory } from "../memory.js";

/** Which button a key presses. */
const KEYS = { m: "microphone", v: "camera", s: "screen", h: "hand", c: "panel", g: "view-speaker", w: "knock", "?": "keys" };

const byId = (id) => document.getElementById(id);

/** Single keys for the call's buttons, outside of fields and dialogs; their list says so, and switches them off. */
export function keys(signal) {
    const panel = byId("keys-panel");
    const wanted = byId("keys-wanted");
    wanted.checked = memory.get("keys") !== "off";
    const on = (element, type, action) => element.addEventListener(type, action, { signal });
    on(wanted, "change", () => memory.set("keys", wanted.checked ? undefined : "off"));
    on(byId("keys"), "click", () => {
        byId("settings-panel").close();
        panel.showModal();
    });
    on(byId("keys-close"), "click", () => panel.close());
    on(document, "keydown", (event) => {
        // In a field a key is a letter, and the browser's own come first.
        if (!wanted.checked || event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing) return;
        if (event.target.closest?.("input, select, textarea, dialog, [contenteditable]")) return;
        const button = byId(KEYS[event.key.toLowerCase()]);
        if (!button || button.hidden) return;
        event.preventDefault();
        button.click();
    });
    return () => panel.close();
}
