// Browsers, a server, and visitors of the page.
import { launch, Person, startServer as start } from "./people.mjs";

export { freshRoom } from "./people.mjs";
export { launch };

/** A server of its own: its address, and how to stop it. */
export async function startServer(...options) {
    const server = await start(...options);
    return { address: server.address, stop: () => server.process.kill() };
}

/** A person before the page. */
export class Visitor extends Person {
    join({ room, name } = {}) {
        return super.join(room, name);
    }

    /** Waits until a picture is there and shows frames that it had not shown before. */
    frames(testid) {
        return this.plays(testid, 1);
    }

    gone(testid) {
        return this.miss(testid);
    }
}
