// How events are listened to.

/** For `for await`: an `AsyncIterableIterator`, which before TypeScript 5.6 does not say what comes last. */
export interface EventIterator<T> {
    next(): Promise<IteratorResult<T, undefined>>;
    /** Ends it, as leaving the loop does. */
    return(): Promise<IteratorResult<T, undefined>>;
    [Symbol.asyncIterator](): this;
}

/** Takes an event with a detail. */
export type Listener<This, Detail> =
    | ((this: This, event: CustomEvent<Detail>) => void)
    | { handleEvent(event: CustomEvent<Detail>): void };

/** Events as a discriminated union. */
export type Tagged<Events> = { [T in keyof Events]: { readonly type: T; readonly detail: Events[T] } }[keyof Events];
