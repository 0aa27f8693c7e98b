/** Between two pictures, in CSS pixels. */
const GAP = 8;
/** A person's tile is between these, width to height: a picture of 16:9 or 4:3 that fills it keeps its face. */
const PERSON = { narrowest: 0.7, widest: 1.9, picture: 4 / 3 };
/** One alone may be as high as a phone, or as wide as one that lies. */
const SINGLE = { narrowest: 0.45, widest: 2.1, picture: 4 / 3 };
/** What is shared is shown whole in whatever room there is. */
const SHARED = { narrowest: 0, widest: Infinity, picture: 16 / 9 };
/** The own picture beside one other person: a part of the stage, and its least and largest width. */
const OWN = { part: 0.22, least: 88, most: 240, shape: 4 / 3, margin: 10 };
/** Beside something large, the others have a strip: of the longer side this part, within these. */
const STRIP = { part: 0.22, least: 96, most: 280 };

/**
 * Rectangles (`{ left, top, width, height }`) for a number of pictures that fill a box as well as they can: rows of the same
 * size, the last one in the middle.
 */
export function rows(count, box, { narrowest, widest, picture } = count === 1 ? SINGLE : PERSON) {
    let best = { seen: -1 };
    for (let columns = 1; columns <= count; columns += 1) {
        const lines = Math.ceil(count / columns);
        let width = Math.max((box.width - (columns - 1) * GAP) / columns, 0);
        let height = Math.max((box.height - (lines - 1) * GAP) / lines, 0);
        if (width > height * widest) width = height * widest;
        if (width < height * narrowest) height = width / narrowest;
        // What counts is how large a picture is seen.
        const seen = Math.min(width, height * picture);
        if (seen > best.seen) best = { seen, columns, lines, width, height };
    }
    const { columns, lines, width, height } = best;
    const top = box.top + (box.height - lines * height - (lines - 1) * GAP) / 2;
    return Array.from({ length: count }, (_, index) => {
        const row = Math.floor(index / columns);
        const inRow = Math.min(columns, count - row * columns);
        const left = box.left + (box.width - inRow * width - (inRow - 1) * GAP) / 2;
        return { left: left + (index % columns) * (width + GAP), top: top + row * (height + GAP), width, height };
    });
}

/** A few large ones, and a strip of the others: beside them in a wide box, below them in a high one. Gives both lists. */
export function beside(large, others, box, { shared }) {
    const shape = shared ? SHARED : undefined;
    if (others === 0) return [rows(large, box, shape), []];
    const isWide = box.width > box.height * 1.2;
    const side = isWide ? box.width : box.height;
    const strip = Math.min(Math.max(side * STRIP.part, STRIP.least), STRIP.most, side / 2);
    const rest = side - strip - GAP;
    const [main, edge] = isWide
        ? [{ ...box, width: rest }, { ...box, left: box.left + rest + GAP, width: strip }]
        : [{ ...box, height: rest }, { ...box, top: box.top + rest + GAP, height: strip }];
    return [rows(large, main, shape), rows(others, edge, PERSON)];
}

/** The own picture in a corner of one other person's: `corner` is like `bottom-right`. */
export function inCorner(corner, box) {
    const width = Math.min(Math.max(box.width * OWN.part, OWN.least), OWN.most, (box.height / 3) * OWN.shape);
    const height = width / OWN.shape;
    const left = corner.endsWith("left") ? OWN.margin : box.width - width - OWN.margin;
    const top = corner.startsWith("top") ? OWN.margin : box.height - height - OWN.margin;
    return { left: box.left + left, top: box.top + top, width, height };
}
