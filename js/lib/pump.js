/** Pulls events from the wasm, one after another, until there are no more: each when the emitter is ready for it. */
export async function pump(raw, emitter, take) {
    for (;;) {
        // What an iterator has no room for is not read, and so waits with its sender.
        await emitter.ready();
        const event = await raw.next();
        await emitter.ready();
        if (event === undefined) return;
        take(event);
    }
}
