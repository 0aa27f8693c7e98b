// The sequence diagram as SVG: three lanes, time from top to bottom.
import { svg } from "./dom.js";
import { word } from "./words.js";

const ROW = 38;
const GAP_ROW = 22;
const TOP = 44;
/** Where times stand, and how far the outer lanes are from the edge. */
const TIMES = 62;
const EDGE = 46;

/**
 * Draws rows for this width. `name` and `carrier` head the lanes beside one's own. With `opens` each row is a button; `selected` is the one that is open. What is drawn has its own colours
 * (`currentColor` and classes), so that the page's style dresses it.
 */
export function draw(rows, { width, name, carrier, opens = false, selected }) {
    const you = TIMES + EDGE;
    const other = width - EDGE;
    const lanes = { you, server: Math.round((you + other) / 2), other, width };
    const parts = [];
    let y = TOP;
    for (const row of rows) {
        if (row.gap) {
            const seconds = (row.gap / 1000).toFixed(1);
            parts.push(svg("text", { class: "gap", x: lanes.you + 10, y: y + 14 }, word("page", "gap", { seconds })));
            y += GAP_ROW;
        }
        parts.push(drawRow(row, y, lanes, { opens, selected: row === selected }));
        y += ROW;
    }
    const height = y + 12;
    // Heads do not touch each other.
    const half = Math.min(44, (lanes.server - lanes.you) / 2 - 2);
    const lane = (x, label, kind) => [
        svg("line", { class: "lane", x1: x, x2: x, y1: TOP - 12, y2: height }),
        svg("rect", { class: `head ${kind}`, x: x - half, y: 4, width: 2 * half, height: 26, rx: 13 }),
        svg("text", { class: "head", x, y: 21, "text-anchor": "middle" }, shortened(label, Math.floor(half / 4))),
    ];
    const heads = [
        ...lane(lanes.you, word("page", "you"), "you"),
        ...lane(lanes.server, carrier, "server"),
        ...lane(lanes.other, name, "other"),
    ];
    const label = word("page", "diagram");
    return svg("svg", { class: "diagram", viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": label }, ...heads, ...parts);
}

function drawRow(row, y, lanes, { opens, selected }) {
    const { shape, name, detail, at, steps } = row;
    const line = y + 27;
    const times = steps.length > 1 ? `${word("page", "times", { count: steps.length })} ` : "";
    const text = `${times}${name}${detail && shape !== "fail" ? ` ${detail}` : ""}`;
    const group = svg("g", {
        class: `row ${shape}${selected ? " selected" : ""}`, role: opens && "button", tabindex: opens && "0", "data-testid": "diagram-step", "data-name": name,
        "data-detail": detail, ...(opens && { "aria-pressed": String(selected) }),
    });
    group.append(
        svg("rect", { class: "touch", x: 2, y: y + 1, width: lanes.width - 4, height: ROW - 2, rx: 8 }),
        // What is written in it is its name: with a space between both.
        svg("text", { class: "time", x: TIMES - 4, y: y + 17, "text-anchor": "end" }, `${millis(at)} `),
        ...SHAPES[shape]({ ...lanes, y, line, text, detail }),
    );
    return group;
}

const SHAPES = {
    out: ({ you, server, other, y, line, text }) => [
        ...arrow(you, other, line), svg("circle", { class: "through", cx: server, cy: line, r: 3.5 }), label((you + other) / 2, y, text),
    ],
    in: ({ you, server, other, y, line, text }) => [
        ...arrow(other, you, line), svg("circle", { class: "through", cx: server, cy: line, r: 3.5 }), label((you + other) / 2, y, text),
    ],
    between: ({ you, other, y, line, text }) => [
        svg("line", { class: "direct", x1: you + 8, x2: other - 8, y1: line, y2: line }), head(you + 4, line, -1), head(other - 4, line, 1),
        label((you + other) / 2, y, text),
    ],
    here: ({ you, y, text }) => [svg("circle", { class: "here", cx: you, cy: y + 18, r: 6 }), label(you + 14, y + 7, text, "start")],
    fail: ({ you, y, text, detail, width }) => [
        cross(you, y + 18), label(you + 14, y + 7, shortened(`${text}${detail ? `: ${detail}` : ""}`, Math.floor((width - you) / 7.4)), "start"),
    ],
    break: ({ you, other, y, line, text }) => [
        svg("line", { class: "break", x1: you, x2: other, y1: line, y2: line }), label((you + other) / 2, y, text),
    ],
    close: ({ you, other, y, text }) => [
        svg("line", { class: "end", x1: you - 8, x2: you + 8, y1: y + 18, y2: y + 18 }), svg("line", { class: "end", x1: other - 8, x2: other + 8, y1: y + 18, y2: y + 18 }),
        label(you + 14, y + 7, text, "start"),
    ],
};

function arrow(from, to, y) {
    const direction = Math.sign(to - from);
    return [svg("line", { class: "message", x1: from, x2: to - 8 * direction, y1: y, y2: y }), head(to, y, direction)];
}

function head(x, y, direction) {
    return svg("path", { class: "tip", d: `M${x} ${y} l${-9 * direction} -5 v10 z` });
}

function cross(x, y) {
    return svg("path", { class: "cross", d: `M${x - 6} ${y - 6} l12 12 m0 -12 l-12 12` });
}

function label(x, y, text, anchor = "middle") {
    return svg("text", { class: "name", x, y: y + 16, "text-anchor": anchor }, text);
}

function millis(at) {
    return at < 10_000 ? `${Math.round(at)} ms` : `${(at / 1000).toFixed(1)} s`;
}

function shortened(text, most) {
    const characters = [...text];
    return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
}
