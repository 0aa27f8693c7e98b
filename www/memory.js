/** A storage that may be switched off, full, or not there at all: then nothing is remembered. */
function guarded(storage) {
    return {
        get(key) {
            try {
                return storage().getItem(`itodenwa.${key}`) ?? undefined;
            } catch {
                return undefined;
            }
        },
        set(key, value) {
            try {
                if (value === undefined) storage().removeItem(`itodenwa.${key}`);
                else storage().setItem(`itodenwa.${key}`, value);
            } catch {
                // Not remembered.
            }
        },
        /** Forgets all of it. */
        clear() {
            try {
                for (const key of Object.keys(storage())) if (key.startsWith("itodenwa.")) storage().removeItem(key);
            } catch {
                // Nothing was remembered.
            }
        },
    };
}

/** What is remembered of a person: name, language, and which camera and microphone. */
export const memory = guarded(() => localStorage);
/** What is remembered of a tab while it lives: the call that a reload comes back to. */
export const tab = guarded(() => sessionStorage);
