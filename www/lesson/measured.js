// Path and numbers of one person, drawn.
import { element, spoken, svg } from "./dom.js";
import { isDirect, reason, through } from "./path.js";
import { word } from "./words.js";

const CHART = { width: 220, height: 40 };

/** Draws the path: who passes on, how long it takes, how much went through, and what else was tried. */
export function drawPath(path, name, width) {
    const { own, theirs, pairs, chosen } = path;
    const direct = isDirect(path);
    const key = direct === undefined ? reason(path) : direct ? "direct" : "relayed";
    return element("div", { class: "path" },
        spoken("p", { class: "verdict", "data-testid": "path-verdict", "data-verdict": key }, () => word("path", key)),
        chosen ? picture(chosen, name, width) : "",
        chosen ? spoken("p", { "data-testid": "path-why" }, () => word("path", `why-${reason(path)}`)) : "",
        spoken("h4", {}, () => word("path", "own")), list(own, "own-candidates"),
        spoken("h4", {}, () => word("path", "theirs", { name: name || word("page", "other") })), list(theirs, "their-candidates"),
        spoken("h4", {}, () => word("path", "pairs", { count: pairs.length })), table(pairs));
}

/** The chosen pair as a string between two cups, with a knot for each relay. */
function picture({ own, theirs, roundTrip, sent, received }, name, width) {
    const stops = [
        { title: word("page", "you"), of: own.kind === "relay" ? "" : place(own) },
        ...(own.kind === "relay" ? [{ title: "TURN", of: place(own), relay: true }] : []),
        ...(theirs.kind === "relay" ? [{ title: "TURN", of: place(theirs), relay: true }] : []),
        { title: name || word("page", "other"), of: theirs.kind === "relay" ? "" : place(theirs) },
    ];
    const edge = 56;
    const step = (width - 2 * edge) / (stops.length - 1);
    const half = Math.min(52, step / 2 - 4);
    const drawn = stops.flatMap(({ title, of, relay }, index) => {
        const x = edge + index * step;
        return [
            svg("rect", { class: relay ? "relay" : "end", x: x - half, y: 34, width: 2 * half, height: 30, rx: 15 }),
            svg("text", { class: relay ? "relay" : "end", x, y: 54, "text-anchor": "middle" }, [...title].length > half / 4 ? `${[...title].slice(0, half / 4 - 1).join("")}…` : title),
            svg("text", { class: "place", x, y: index % 2 && stops.length > 2 ? 98 : 84, "text-anchor": "middle" }, of),
        ];
    });
    const numbers = [
        roundTrip === undefined ? "" : word("path", "round-trip", { millis: Math.round(roundTrip * 1000) }),
        word("path", "sent", { amount: amount(sent) }),
        word("path", "received", { amount: amount(received) }),
    ].filter((text) => text).join(" · ");
    return svg("svg", { class: "wire", viewBox: `0 0 ${width} 106`, width, height: 106, role: "img", "aria-label": numbers, "data-testid": "path-picture" },
        svg("line", { class: "thread", x1: edge, x2: width - edge, y1: 49, y2: 49 }), ...drawn,
        svg("text", { class: "numbers", x: width / 2, y: 18, "text-anchor": "middle" }, numbers));
}

function list(candidates, testid) {
    return element("ul", { class: "found", "data-testid": testid }, ...candidates.map((one) =>
        element("li", {}, element("code", {}, `${one.kind} ${one.protocol ?? ""} ${place(one)}`), " ",
            spoken("span", {}, () => word("through", through(one), { url: one.url ?? "" })))));
}

function table(pairs) {
    const heads = ["own", "theirs", "state", "round-trip", "bytes"].map((key) => spoken("th", { scope: "col" }, () => word("pairs", key)));
    const rows = pairs.map((pair) => element("tr", { class: pair.chosen ? "chosen" : undefined },
        element("td", {}, element("code", {}, `${pair.own.kind} ${place(pair.own)}`)),
        element("td", {}, element("code", {}, `${pair.theirs.kind} ${place(pair.theirs)}`)),
        spoken("td", {}, () => word("states", pair.chosen ? "chosen" : pair.state) || pair.state),
        element("td", {}, pair.roundTrip === undefined ? "–" : `${Math.round(pair.roundTrip * 1000)} ms`),
        element("td", {}, pair.sent + pair.received === 0 ? "–" : `${amount(pair.sent)} / ${amount(pair.received)}`)));
    return element("div", { class: "scroll", tabindex: "0" }, element("table", { "data-testid": "path-pairs" }, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows)));
}

/** Small charts of the last two minutes. */
export function drawNumbers(samples) {
    const last = samples.at(-1) ?? {};
    const chart = (key, text) => element("figure", { class: "chart", "data-testid": `chart-${key}` },
        element("figcaption", {}, spoken("span", {}, () => word("numbers", key)), " ", element("output", {}, text)), line(samples.map((sample) => sample[key])));
    const size = last.width ? `${last.width} × ${last.height}${last.rate ? `, ${Math.round(last.rate)}/s` : ""}` : "–";
    return element("div", { class: "charts" },
        chart("down", bits(last.down)), chart("up", bits(last.up)),
        chart("loss", last.loss === undefined ? "–" : `${(last.loss * 100).toFixed(1)} %`),
        chart("roundTrip", last.roundTrip === undefined ? "–" : `${Math.round(last.roundTrip * 1000)} ms`),
        chart("height", size));
}

function line(values) {
    const { width, height } = CHART;
    const known = values.filter((value) => value !== undefined);
    const most = Math.max(...known, Number.MIN_VALUE);
    const x = (index) => (values.length < 2 ? width : (index / (values.length - 1)) * width);
    const y = (value) => height - 2 - (value / most) * (height - 6);
    let drawing = "";
    values.forEach((value, index) => {
        if (value === undefined) return;
        // Where nothing was known the line is broken.
        drawing += `${index > 0 && values[index - 1] !== undefined ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    });
    return svg("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" }, svg("path", { d: drawing }));
}

function place({ address, port }) {
    const shown = address.endsWith(".local") ? `${address.slice(0, 6)}….local` : address;
    return shown ? `${shown.includes(":") ? `[${shown}]` : shown}:${port}` : "";
}

function bits(rate) {
    if (rate === undefined) return "–";
    return rate < 1_000_000 ? `${Math.round(rate / 1000)} kbit/s` : `${(rate / 1_000_000).toFixed(1)} Mbit/s`;
}

function amount(bytes) {
    return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
