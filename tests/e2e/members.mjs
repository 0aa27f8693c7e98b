// Members of rooms by the package alone: the page around the call is taken away.
import { LIMIT, person } from "./people.mjs";

/** Joins with these options: `window.room` in the page, whose people are shown. `prepare` runs before the page. */
export async function member(test, kind, room, options, prepare) {
    const someone = await person(test, kind, { prepare });
    await someone.page.evaluate(
        async (name, options) => {
            const { join } = await import("/itodenwa/index.js");
            window.room = await join(name, options);
            document.body.replaceChildren();
            window.room.onpeer = (peer) => document.body.append(peer.view());
        },
        room,
        options,
    );
    return someone;
}

/** Until a member is connected with so many. */
export const meets = ({ page }, count) =>
    page.waitForFunction(
        (count) => [...room.peers.values()].filter(({ state }) => state === "connected").length === count,
        { timeout: LIMIT },
        count,
    );
