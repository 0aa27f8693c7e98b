// From the steps with one person to the rows of the diagram: what goes where, in its true order. Knows no page.

const OUT = new Set(["sendOffer", "sendAnswer", "sendCandidate", "sendEndOfCandidates"]);
const IN = new Set(["receiveOffer", "receiveAnswer", "setCandidate", "setEndOfCandidates"]);
const BETWEEN = new Set(["ice", "dtls", "connecting", "connected", "channelOpen"]);
const BREAK = new Set(["newConnection", "restartIce"]);
const FAIL = new Set(["refused", "failed", "disconnected", "candidateError"]);
const CANDIDATE = new Set(["sendCandidate", "setCandidate", "candidateError"]);
/** Milliseconds without a step that are drawn as a gap. */
const GAP = 1000;

/**
 * Rows in the order of time: `{ shape, name, detail, at, steps, gap }`. `at` counts from the first offer on; `gap` is the time since the row
 * before where it is long. Candidates that follow each other are one row for each kind and direction, with all their steps.
 */
export function rowsOf(steps) {
    const start = steps.find(({ name }) => name === "makeOffer" || name === "receiveOffer") ?? steps[0];
    const rows = [];
    let run = new Map();
    for (const step of steps) {
        if (!CANDIDATE.has(step.name)) run = new Map();
        const kind = `${step.name} ${step.name === "candidateError" ? "" : step.detail}`;
        const folded = run.get(kind);
        if (folded) {
            folded.steps.push(step);
            continue;
        }
        const { name, at } = step;
        const detail = name === "candidateError" ? "" : step.detail;
        const row = { shape: shapeOf(step), name, detail, at: at - start.at, steps: [step], text: textOf(step, steps) };
        if (CANDIDATE.has(name)) run.set(kind, row);
        rows.push(row);
    }
    rows.forEach((row, index) => {
        const since = index === 0 ? 0 : row.at - rows[index - 1].steps.at(-1).at + start.at;
        row.gap = since >= GAP ? since : 0;
    });
    return rows;
}

function shapeOf({ name, detail }) {
    if (FAIL.has(name) || ((name === "ice" || name === "dtls") && (detail === "failed" || detail === "disconnected"))) return "fail";
    if (BREAK.has(name)) return "break";
    if (OUT.has(name)) return "out";
    if (IN.has(name)) return "in";
    if (BETWEEN.has(name)) return "between";
    return name === "close" ? "close" : "here";
}

/** What a step is about: its own text, or that of the step that made it. */
function textOf(step, steps) {
    if (step.text) return step.text;
    const made = { sendOffer: "makeOffer", sendAnswer: "makeAnswer", setOffer: "receiveOffer", setAnswer: "receiveAnswer" }[step.name];
    if (!made) return "";
    const before = steps.slice(0, steps.indexOf(step));
    // With Vanilla ICE what is sent has the candidates.
    const is = ({ name }) => name === made || (step.name.startsWith("send") && name === "gatherCandidates");
    return before.findLast(is)?.text ?? "";
}

/** The candidates of a row: in the order in which they came. */
export function candidatesOf({ name, steps }) {
    return name === "sendCandidate" || name === "setCandidate" ? steps.map(({ text }) => text) : [];
}
