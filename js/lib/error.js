/** What went wrong: a stable `code` for programs, and a `message` that says what to do. */
export class ItodenwaError extends Error {
    name = "ItodenwaError";

    constructor(code, message, { cause, refusal, retryAfter } = {}) {
        super(message, cause === undefined ? undefined : { cause });
        this.code = code;
        this.refusal = refusal;
        this.retryAfter = retryAfter;
    }

    /** For logs: `JSON.stringify` of an ordinary error is `{}`. */
    toJSON() {
        const { name, code, message, refusal, retryAfter } = this;
        return { name, code, message, refusal, retryAfter };
    }

    /** The sentence for people. */
    get explain() {
        return this.message;
    }

    /** What the wasm threw, as an error of ours. */
    static from(thrown) {
        if (thrown instanceof ItodenwaError || typeof thrown?.code !== "string") return thrown;
        return new ItodenwaError(thrown.code, thrown.message, thrown);
    }

    static closed() {
        return new ItodenwaError("room/closed", "The call is over. Join again.");
    }
}

/** What is told of an own device that could not be had, or was taken away. */
export function troubleOf({ source, error }) {
    const cause = ItodenwaError.from(error);
    const { code, message: explain } = cause;
    return { code, explain, detail: cause.cause?.message ?? "", source, cause };
}

/** Runs something of the wasm; what it throws, now or later, is an error of ours. */
export async function coded(run) {
    try {
        return await run();
    } catch (thrown) {
        throw ItodenwaError.from(thrown);
    }
}

/** The same for what is done at once. */
export function codedNow(run) {
    try {
        return run();
    } catch (thrown) {
        throw ItodenwaError.from(thrown);
    }
}
