/**
 * Pulls events from the wasm, one after another, until there are no more. Each waits until late listeners have what they
 * missed, so that nobody hears anything twice or out of order.
 */
export async function pump(raw, emitter, take) {
    for (;;) {
        const event = await raw.next();
        for (let settled; settled !== emitter.settled; ) {
            settled = emitter.settled;
            await settled;
        }
        if (event === undefined) return;
        take(event);
    }
}
