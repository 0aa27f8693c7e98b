// What a call does from second to second, from what the browser measures. Knows no page.

/** Samples that are kept: two minutes of one each second. */
const SAMPLES = 120;

/** The numbers of the connection to one person. */
export class Numbers {
    /** `{ at, down, up, loss, roundTrip, width, height, rate }`: bits a second, 0 to 1, seconds; `undefined` where nothing is known. */
    samples = [];
    #before;

    /** Takes a report. */
    take(report) {
        const now = totals(report);
        const before = this.#before;
        this.#before = now;
        const seconds = before && (now.at - before.at) / 1000;
        // Counters that went back are those of another connection.
        if (!seconds || seconds <= 0 || now.received < before.received || now.sent < before.sent) return;
        const packets = now.packets - before.packets;
        const lost = Math.max(now.lost - before.lost, 0);
        const { roundTrip, width, height, rate } = now;
        const bits = (bytes) => (bytes * 8) / seconds;
        this.samples.push({
            at: now.at, down: bits(now.received - before.received), up: bits(now.sent - before.sent),
            loss: packets + lost > 0 ? lost / (packets + lost) : undefined, roundTrip, width, height, rate,
        });
        if (this.samples.length > SAMPLES) this.samples.shift();
    }
}

function totals(report) {
    const sum = { at: 0, received: 0, sent: 0, packets: 0, lost: 0 };
    for (const one of report.values()) {
        sum.at = Math.max(sum.at, one.timestamp ?? 0);
        if (one.type === "candidate-pair") {
            sum.received += one.bytesReceived ?? 0;
            sum.sent += one.bytesSent ?? 0;
            if (one.nominated && one.state === "succeeded") sum.roundTrip = one.currentRoundTripTime ?? sum.roundTrip;
        } else if (one.type === "inbound-rtp") {
            sum.packets += one.packetsReceived ?? 0;
            sum.lost += one.packetsLost ?? 0;
            // The largest picture, which is a shared screen's where there is one.
            if ((one.frameWidth ?? 0) * (one.frameHeight ?? 0) > (sum.width ?? 0) * (sum.height ?? 0)) {
                Object.assign(sum, { width: one.frameWidth, height: one.frameHeight, rate: one.framesPerSecond });
            }
        } else if (one.type === "remote-inbound-rtp") {
            // Firefox says it of the media only.
            sum.roundTrip ??= one.roundTripTime;
        }
    }
    return sum;
}
