// Members that speak the server's protocol and mean harm: they run in a page of their own, which is not ours.

/** A page with nothing of ours, from which WebSockets to this server may be opened. */
export async function blank(test, browser, address) {
    const context = await browser.createBrowserContext();
    test.after(() => context.close().catch(() => {}));
    const page = await context.newPage();
    await page.goto(new URL("healthz", address).href);
    await page.evaluate(harm);
    return page;
}

/** What the page can do. */
function harm() {
    const socket = (room) =>
        new Promise((done, failed) => {
            const socket = new WebSocket(new URL("ws", location.href.replace("http", "ws")));
            const seat = { socket, sent: 0, refused: new Set(), hellos: 0, closed: false };
            socket.onopen = () => socket.send(JSON.stringify({ join: { version: 1, room } }));
            socket.onclose = ({ reason }) => {
                seat.closed = true;
                failed(new Error(`closed: ${reason}`));
            };
            socket.onmessage = ({ data }) => {
                const { welcome, signal } = JSON.parse(data);
                if (welcome) done(Object.assign(seat, welcome));
                const body = JSON.parse(signal?.packet.body ?? "null");
                if (body === "hello") seat.hellos += 1;
                // Once each: what is not acknowledged comes again.
                if (body?.refuse) seat.refused.add(`${signal.from} ${body.refuse.id}`);
            };
        });
    const epoch = (session) => session * 65536;

    /** Takes this many seats; each sends so many small messages a second, for each of which an answer may be wanted. */
    window.flood = async (room, seats, rate) => {
        window.seats = await Promise.all(Array.from({ length: seats }, () => socket(room)));
        const begun = (window.begun = performance.now());
        const annoy = (seat) => {
            const due = ((performance.now() - begun) / 1000) * rate;
            const victims = seat.members.filter(({ id }) => !window.seats.some(({ me }) => me.id === id));
            for (; seat.sent < due && !seat.closed; seat.sent++) {
                const { id, session } = victims[seat.sent % victims.length];
                const offer = { offer: { id: seat.sent, sdp: "nonsense", sources: [] } };
                // Every second one is for another incarnation, which a Hello answers; the others are in order, to be refused.
                const isStray = seat.sent % 4 < 2;
                const seq = isStray ? 1 : Math.floor(seat.sent / 4) + 1;
                const packet = {
                    fromEpoch: epoch(seat.me.session),
                    toEpoch: isStray ? 0 : epoch(session),
                    seq,
                    ack: 0,
                    body: JSON.stringify(offer),
                };
                seat.socket.send(JSON.stringify({ signal: { to: id, packet } }));
            }
        };
        window.flooding = setInterval(() => window.seats.forEach(annoy), 50);
    };

    /** What became of it: messages of each seat and how they were answered, and whether any of them was thrown out. */
    window.flooded = () => ({
        seconds: (performance.now() - window.begun) / 1000,
        sent: window.seats.map(({ sent }) => sent),
        refused: window.seats.map(({ refused }) => refused.size),
        hellos: window.seats.map(({ hellos }) => hellos),
        closed: window.seats.some(({ closed }) => closed),
    });

    /** Takes a seat and refuses the first offer of everybody. Gives how many were refused. */
    window.refuseAll = async (room) => {
        const seat = await socket(room);
        window.refused = new Set();
        seat.socket.addEventListener("message", ({ data }) => {
            const { from, packet } = JSON.parse(data).signal ?? {};
            const { offer } = JSON.parse(packet?.body ?? "{}");
            if (!offer || window.refused.has(from)) return;
            window.refused.add(from);
            const body = JSON.stringify({ refuse: { id: offer.id, code: "not-applied" } });
            const answer = { fromEpoch: epoch(seat.me.session), toEpoch: packet.fromEpoch, seq: 1, ack: packet.seq, body };
            seat.socket.send(JSON.stringify({ signal: { to: from, packet: answer } }));
        });
    };

    /** Comes in and goes again, so many times; as fast as the server lets it. */
    window.comeAndGo = async (room, times) => {
        let came = 0;
        for (const ends = performance.now() + 240_000; came < times && performance.now() < ends; ) {
            const seat = await socket(room).catch(() => undefined);
            if (!seat) {
                await new Promise((done) => setTimeout(done, 100));
                continue;
            }
            came += 1;
            seat.socket.send(JSON.stringify("leave"));
            seat.socket.close();
        }
        return came;
    };
}
