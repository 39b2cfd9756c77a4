import { describe, expect, it } from "vitest";
import type { IceRelayLeg } from "./ice-io.ts";
import { interleaved, LegPace } from "./leg-pace.ts";

const MS = 1_000_000;

function leg(text: string): IceRelayLeg {
	const [transport, address] = text.split(" ");
	return { transport: transport as "udp" | "tcp" | "tls", server: { address: address ?? "", port: 3478 } };
}

const inOrder = (...legs: string[]) =>
	interleaved(legs.map(leg)).map(({ transport, server }) => `${transport} ${server.address}`);

describe("the ways to a relay", () => {
	it("are tried transport by transport, the families of each in turns", () => {
		expect(inOrder("udp 2001:db8::1", "udp 2001:db8::2", "udp 192.0.2.1", "tcp 192.0.2.1", "tcp 2001:db8::1")).toEqual([
			...["udp 2001:db8::1", "udp 192.0.2.1", "udp 2001:db8::2"],
			...["tcp 192.0.2.1", "tcp 2001:db8::1"],
		]);
	});

	it("come as they are where there is one family", () => {
		const legs = ["tls 192.0.2.1", "udp 192.0.2.2", "udp 192.0.2.1", "tls 192.0.2.3"];
		expect(inOrder(...legs)).toEqual(legs);
		expect(interleaved([])).toEqual([]);
	});
});

describe("attempts", () => {
	it("begin one after the other, each when the one before has been alone for so long", () => {
		const pace = new LegPace(3, 250);
		expect([pace.begin(0), pace.begin(0), pace.deadline]).toEqual([0, null, 250 * MS]);
		expect([pace.begin(249 * MS), pace.begin(250 * MS), pace.begin(250 * MS)]).toEqual([null, 1, null]);
		expect([pace.begin(500 * MS), pace.deadline, pace.begin(900 * MS)]).toEqual([2, null, null]);
	});

	it("begin at once when the one before fails, and not when an older one does", () => {
		const pace = new LegPace(4, 250);
		pace.begin(0);
		pace.failed(0, 10 * MS);
		expect(pace.begin(10 * MS)).toBe(1);
		expect(pace.begin(260 * MS)).toBe(2);
		pace.failed(1, 300 * MS);
		expect([pace.begin(300 * MS), pace.deadline]).toEqual([null, 510 * MS]);
		pace.failed(2, 310 * MS);
		expect(pace.begin(310 * MS)).toBe(3);
	});

	it("are over when the last has failed and none is under way", () => {
		const pace = new LegPace(2, 250);
		pace.begin(0);
		pace.begin(250 * MS);
		pace.failed(1, 300 * MS);
		expect(pace.isOver).toBe(false);
		pace.failed(0, 400 * MS);
		expect(pace.isOver).toBe(true);
	});
});
