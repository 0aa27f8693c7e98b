// The page that shows a call which was kept, also by somebody else.
import { begin, say } from "../i18n.js";
import { element, spoken } from "./dom.js";
import { fromFile } from "./keep.js";
import { Sheet } from "./sheet.js";
import { word } from "./words.js";

const main = document.getElementById("main");
const people = new Map();
const about = element("p", { class: "hint", "data-testid": "look-about" });
const error = element("p", { class: "error", role: "alert", "data-testid": "look-error", hidden: true });
const file = element("input", { type: "file", accept: "application/json,.json", "data-testid": "look-file", onchange: () => open(file.files[0]) });
const place = element("div", { class: "lesson-place" });
let sheet;

begin();
say(document.querySelector("title"), () => `${word("look", "title")} – itodenwa`);
main.append(
    spoken("h1", {}, () => word("look", "title")),
    spoken("p", {}, () => word("look", "hint")),
    element("label", { class: "file" }, spoken("span", {}, () => word("look", "file")), file),
    error, about, place);
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
    event.preventDefault();
    open(event.dataTransfer.files[0]);
});

async function open(chosen) {
    if (!chosen) return;
    error.hidden = true;
    try {
        const kept = await fromFile(chosen);
        people.clear();
        kept.people.forEach((person, index) => people.set(String(index), person));
        about.textContent = [kept.made, kept.browser].filter((text) => text).join(" · ");
        sheet?.end();
        sheet = new Sheet(people);
        place.replaceChildren(sheet.element);
        sheet.redraw();
    } catch ({ message }) {
        error.hidden = false;
        say(error, () => word("look", message) || word("look", "not-one"));
    }
}
