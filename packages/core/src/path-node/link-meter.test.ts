import { describe, expect, it } from "vitest";
import { MILLISECOND, SECOND } from "../machine.ts";
import { LinkMeter, type LinkReading } from "./link-meter.ts";

const QUIET: LinkReading = {
	receivedBytes: 0,
	sentBytes: 0,
	receivedPackets: 0,
	sentPackets: 0,
	receivedDropped: 0,
	sentDropped: 0,
	backlogBytes: 0,
};
const CAPACITY = { receiveKbps: 10_000, sendKbps: 1_000 };

/** A meter after readings a quarter of a second apart; each says what it is, given its number. */
function meterAfter(count: number, reading: (index: number) => Partial<LinkReading>): LinkMeter {
	const meter = new LinkMeter();
	for (let index = 0; index < count; index++) {
		meter.take({ ...QUIET, ...reading(index) }, index * 250 * MILLISECOND);
	}
	return meter;
}

describe("a link meter", () => {
	it("knows nothing of an unread link but its capacity", () => {
		expect(new LinkMeter().state(CAPACITY)).toEqual({
			receive: { usedKbps: 0, freeKbps: 10_000, congested: false },
			send: { usedKbps: 0, freeKbps: 1_000, congested: false },
		});
	});

	it("takes what is used off what the link can carry, each way", () => {
		// 125,000 bytes a second are a megabit a second.
		const meter = meterAfter(9, (index) => ({ receivedBytes: index * 125_000, sentBytes: index * 6_250 }));
		expect(meter.state(CAPACITY)).toEqual({
			receive: { usedKbps: 4_000, freeKbps: 6_000, congested: false },
			send: { usedKbps: 200, freeKbps: 800, congested: false },
		});
	});

	it("leaves the capacity whole when there is mere chatter", () => {
		const meter = meterAfter(9, (index) => ({ receivedBytes: index * 1_000 }));
		expect(meter.state(CAPACITY).receive).toEqual({ usedKbps: 32, freeKbps: 10_000, congested: false });
	});

	it("forgets what was before the window", () => {
		const meter = meterAfter(40, (index) => ({ receivedBytes: Math.min(index, 20) * 250_000 }));
		expect(meter.state(CAPACITY).receive.usedKbps).toBe(0);
	});

	it("says nothing of what is free where the capacity is unknown", () => {
		const meter = meterAfter(9, (index) => ({ sentBytes: index * 250_000 }));
		const { send } = meter.state({ receiveKbps: null, sendKbps: null });
		expect(send).toEqual({ usedKbps: 8_000, freeKbps: null, congested: false });
	});

	it("never has less than nothing free", () => {
		const meter = meterAfter(9, (index) => ({ sentBytes: index * 250_000 }));
		expect(meter.state(CAPACITY).send).toEqual({ usedKbps: 8_000, freeKbps: 0, congested: true });
	});

	it.each([
		["is nearly full", (index: number) => ({ sentBytes: index * 28_500 }), true],
		["is half full", (index: number) => ({ sentBytes: index * 15_000 }), false],
		["drops one in fifty", (index: number) => ({ sentPackets: index * 49, sentDropped: index }), true],
		["drops one in a thousand", (index: number) => ({ sentPackets: index * 999, sentDropped: index }), false],
		["has dropped two packets in all", (index: number) => ({ sentDropped: Math.min(index, 2) }), false],
		["has a queue that is never empty", () => ({ backlogBytes: 3_000 }), true],
		["has a queue that empties", (index: number) => ({ backlogBytes: index % 3 === 0 ? 0 : 3_000 }), false],
	] as const)("of a link that %s: congested or not", (_, reading, congested) => {
		const state = meterAfter(9, reading).state(CAPACITY);
		expect([state.send.congested, state.receive.congested]).toEqual([congested, false]);
	});

	it("begins anew when the counters went back", () => {
		const meter = meterAfter(9, (index) => ({ receivedBytes: index * 125_000 }));
		meter.take({ ...QUIET, receivedBytes: 10 }, 3 * SECOND);
		meter.take({ ...QUIET, receivedBytes: 10 + 125_000 }, 4 * SECOND);
		expect(meter.state(CAPACITY).receive.usedKbps).toBe(1_000);
	});
});
