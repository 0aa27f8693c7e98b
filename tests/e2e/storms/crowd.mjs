// Six people in one room, three of whom come and go while the others write to each other and one sends another a file.
import { chance } from "./plan.mjs";

/** Who stays, and who comes and goes; every second one in the same page. */
const STAY = ["Ann", "Bob", "Cem"];
const COME = ["Dan", "Eva", "Fay"];
/** So many messages of each who stays, so many visits of each who comes, and the bytes of the file. */
const MESSAGES = 120;
const VISITS = 3;
const FILE = 6 << 20;
/** How long everything may take to arrive when nobody comes any more. Milliseconds. */
const LIMIT = 60_000;

/** What everybody does, from the seed: times in milliseconds from one thing to the next. */
export function crowdPlan(seed) {
    const rng = chance(seed);
    const stay = STAY.map(() => Array.from({ length: MESSAGES }, () => rng.pick([0, 0, 10, 40, 90])));
    // Half of them are gone before anybody could be connected with them.
    const come = COME.map(() => Array.from({ length: VISITS }, () => ({ away: rng.upTo(500), here: rng.percent(50) ? rng.upTo(60) : rng.upTo(1500) })));
    return { stay, come };
}

/** Runs in a page before anything else. */
export function prepareCrowd() {
    const crowds = new Map();
    const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
    const hex = async (bytes) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

    async function enter(name, who) {
        const { join } = await import("/itodenwa/index.js");
        const room = await join(name, { name: who });
        const person = { room, heard: {}, troubles: [], file: undefined, closed: undefined };
        room.ontext = ({ from, text }) => (person.heard[from.name] ??= []).push(text);
        room.ontrouble = ({ code, message }) => person.troubles.push(`${code} ${message}`);
        room.onclose = ({ error }) => (person.closed = error?.code ?? "left");
        room.onfile = async (offer) => {
            try {
                person.file = await hex(await (await (await offer.accept()).done).arrayBuffer());
            } catch ({ code }) {
                person.file = code;
            }
        };
        return person;
    }

    /** They are here, and see these. */
    async function stay(name, who, others) {
        const person = await enter(name, who);
        crowds.set(`${name} ${who}`, person);
        const sees = () => others.every((other) => [...person.room.peers.values()].some((peer) => peer.name === other && peer.state === "connected"));
        while (!sees()) await sleep(20);
    }

    /** They say all they have to say. What could not be said is told. */
    async function speak(name, who, pauses) {
        const { room } = crowds.get(`${name} ${who}`);
        const failed = [];
        for (const [number, pause] of pauses.entries()) {
            // Somebody reads slowly, or is not there yet: nobody got it, and it is said again.
            for (let code = "send/queue-full"; code === "send/queue-full"; await sleep(pause)) {
                code = await room.send(`${number}`).then(() => undefined, (error) => error.code);
                if (code && code !== "send/queue-full") failed.push(`${who} says ${number}: ${code}`);
            }
        }
        return failed;
    }

    /** Sends a file; gives its hash, or why it did not arrive. */
    async function send(name, who, to, size) {
        const { room } = crowds.get(`${name} ${who}`);
        const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 18)) % 253);
        const peer = [...room.peers.values()].find((peer) => peer.name === to);
        try {
            await (await peer.sendFile(new File([bytes], "x"))).done;
            return await hex(bytes);
        } catch ({ code }) {
            return `not sent: ${code}`;
        }
    }

    /** They come and go; gives what they heard each time, and what is wrong. */
    async function visit(name, who, visits) {
        const heard = [];
        for (const [number, { away, here }] of visits.entries()) {
            await sleep(away);
            const person = await enter(name, `${who}${number}`);
            if (person.room.peers.size > 0) person.room.send("hello").catch(() => {});
            await sleep(here);
            heard.push(person.heard);
            if (person.closed) heard.push({ closed: [person.closed] });
            await person.room.leave();
        }
        return heard;
    }

    function look(name, who) {
        const { heard, file, troubles, closed } = crowds.get(`${name} ${who}`);
        return { heard, file, troubles, closed };
    }

    async function leave(name) {
        for (const [key, { room }] of crowds) if (key.startsWith(`${name} `) && crowds.delete(key)) await room.leave();
    }

    window.crowd = { stay, speak, send, visit, look, leave };
}

/** One of them; gives what went wrong, or nothing, and what it took. */
export async function crowd(pages, seed) {
    const plan = crowdPlan(seed);
    const name = `crowd-${process.pid}-${seed}`;
    const pageOf = (who) => pages[[...STAY, ...COME].indexOf(who) % pages.length];
    const ask = (who, what, ...given) => pageOf(who).evaluate((what, given) => window.crowd[what](...given), what, [name, who, ...given]);
    try {
        await Promise.all(STAY.map((who) => ask(who, "stay", STAY.filter((other) => other !== who))));
        const [hash, ...told] = await Promise.all([
            ask(STAY[0], "send", STAY[1], FILE),
            ...STAY.map((who, at) => ask(who, "speak", plan.stay[at])),
            ...COME.map((who, at) => ask(who, "visit", plan.come[at])),
        ]);
        const failed = told.slice(0, STAY.length).flat();
        const visits = told.slice(STAY.length).flat();
        const over = Date.now();
        for (;;) {
            const looks = await Promise.all(STAY.map((who) => ask(who, "look")));
            const late = missing(looks, hash);
            const wrong = [...failed, ...disorder(looks, visits)][0] ?? (late && Date.now() - over > LIMIT ? late : undefined);
            if (wrong || !late) return { seed, wrong, looks, stories: visits, millis: Date.now() - over };
            await new Promise((done) => setTimeout(done, 100));
        }
    } catch (error) {
        return { seed, wrong: String(error?.stack ?? error), looks: [], stories: [], millis: 0 };
    } finally {
        await Promise.all(pages.map((page) => page.evaluate((name) => window.crowd.leave(name), name))).catch(() => {});
    }
}

/** What is not there yet. */
function missing(looks, hash) {
    for (const [at, { heard, file }] of looks.entries()) {
        for (const from of STAY.filter((_, other) => other !== at)) {
            const count = heard[from]?.length ?? 0;
            if (count < MESSAGES) return `${STAY[at]} heard ${count} of ${MESSAGES} from ${from}`;
        }
        if (at === 1 && file !== hash) return `the file is ${file}, and was ${hash}`;
    }
}

/** What must never be: of those who stay each message once and in order, and to those who come no gap, nothing twice. */
function disorder(looks, visits) {
    const wrong = [];
    for (const [at, { heard, closed }] of looks.entries()) {
        if (closed) wrong.push(`the room is over for ${STAY[at]}: ${closed}`);
        for (const from of STAY) {
            const out = (heard[from] ?? []).findIndex((text, number) => text !== `${number}`);
            if (out >= 0) wrong.push(`${STAY[at]} heard ${heard[from].slice(Math.max(0, out - 2), out + 3)} from ${from}, at ${out}`);
        }
        for (const [from, texts] of Object.entries(heard)) {
            if (!STAY.includes(from) && texts.length > 1) wrong.push(`${STAY[at]} heard ${texts} from ${from}, who says hello once`);
        }
    }
    for (const heard of visits) {
        if (heard.closed) wrong.push(`the room was over for a visitor: ${heard.closed}`);
        for (const from of STAY) {
            const numbers = (heard[from] ?? []).map(Number);
            const out = numbers.findIndex((number, index) => index > 0 && number !== numbers[index - 1] + 1);
            if (out >= 0) wrong.push(`a visitor heard ${numbers.slice(Math.max(0, out - 2), out + 3)} from ${from}`);
        }
    }
    return wrong;
}
