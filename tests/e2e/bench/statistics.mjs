// What rounds come to, and how it is printed.

export function quantile(numbers, part) {
    const sorted = numbers.toSorted((one, other) => one - other);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

export const median = (numbers) => quantile(numbers, 0.5);

/** The median, and the quartiles in parentheses. */
export function spread(numbers, digits = 0) {
    const rounded = (part) => quantile(numbers, part).toFixed(digits);
    return `${rounded(0.5)} (${rounded(0.25)}-${rounded(0.75)})`;
}

/** Lines of Markdown: the first is the head. */
export function table([head, ...rows]) {
    return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The same, each in turn the first. */
export function turned(all, number) {
    return all.map((_, index) => all[(index + number + all.length) % all.length]);
}
