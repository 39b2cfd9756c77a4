import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPassage } from "./passage.ts";
import { CLIENT, FAMILIES, ID, OFFERING, PORT, passing, probe, probeBytes, SERVER } from "./path-node.fixture.ts";

/** The same bytes with some of them changed, and where they stand counted from the UDP header. */
function changed(bytes: Uint8Array, offset: number, values: readonly number[]): Uint8Array {
	const copy = bytes.slice();
	copy.set(values, offset);
	return copy;
}

describe.each(FAMILIES)("a path node on IPv%i", (family) => {
	const headerLength = family === 4 ? 20 : 40;
	const udp = (offset: number) => headerLength + offset;

	it("has to do with Binding requests whose TTL ends here", () => {
		for (const ttl of [0, 1]) {
			const passage = readPassage(probe({ family, ttl }));
			expect(passage).toMatchObject({
				kind: "expired",
				source: CLIENT[family],
				destination: SERVER[family],
				sourcePort: PORT,
				udpOffset: headerLength,
			});
			expect(passage?.message.transactionId).toEqual(ID);
		}
		expect(readPassage(probe({ family, ttl: 2 }))).toBeNull();
	});

	it("has to do with passing messages that offer a NETWORK-STATUS behind their integrity", () => {
		for (const kind of ["request", "success", "indication", "error"] as const) {
			expect(readPassage(probe({ family, ttl: 64, class: kind, attributes: OFFERING }))?.kind).toBe("offer");
		}
		const [status] = OFFERING.filter(({ name }) => name === "networkStatus");
		const others = OFFERING.filter(({ name }) => name !== "networkStatus");
		expect(readPassage(probe({ family, ttl: 64, attributes: others }))).toBeNull();
		if (status === undefined) throw new Error("no status");
		expect(readPassage(probe({ family, ttl: 64, attributes: [status, ...others] }))).toBeNull();
	});

	it.each([
		["a response", { class: "success" }],
		["an indication", { class: "indication" }],
		["a request of another method", { method: "allocate" }],
		["no STUN", { payload: new Uint8Array(40).fill(7) }],
		["less than a STUN header", { payload: probeBytes({ family: 4 }).subarray(28, 47) }],
	] as const)("lets pass what ends here but is %s", (_, fields) => {
		expect(readPassage(probe({ family, ...fields }))).toBeNull();
	});

	it("lets pass what has been routed already, since its TTL is another", () => {
		expect(readPassage({ ...probe({ family }), isUnrouted: false })).toBeNull();
		expect(readPassage({ ...probe({ family, ttl: 9, attributes: OFFERING }), isUnrouted: false })?.kind).toBe("offer");
	});

	it("lets pass what is cut off, or several segments in one", () => {
		expect(readPassage({ ...probe({ family }), isWhole: false })).toBeNull();
	});

	it("lets pass whatever is not as long as it says", () => {
		const whole = probeBytes({ family });
		for (let length = 0; length < whole.length; length++) {
			expect(readPassage(passing(family, whole.subarray(0, length)))).toBeNull();
		}
		expect(readPassage(passing(family, Uint8Array.of(...whole, 0)))).toBeNull();
		for (const [offset, values] of [
			[udp(4), [0, 27]],
			[udp(4), [0, 29]],
			[udp(10), [0, 4]],
			[udp(12), [0x21, 0x12, 0xa4, 0x43]],
			[udp(8), [0x40]],
		] as const) {
			expect(readPassage(passing(family, changed(whole, offset, values)))).toBeNull();
		}
	});

	it("lets pass other protocols, and packets of the other family", () => {
		const whole = probeBytes({ family });
		expect(readPassage(passing(family, changed(whole, family === 4 ? 9 : 6, [6])))).toBeNull();
		expect(readPassage(passing(family === 4 ? 6 : 4, whole))).toBeNull();
	});

	it("never throws, whatever the bytes", () => {
		fc.assert(fc.property(fc.uint8Array({ maxLength: 160 }), (bytes) => void readPassage(passing(family, bytes))));
		const whole = probeBytes({ family, ttl: 64, attributes: OFFERING });
		whole.forEach((byte, offset) => {
			for (const value of [0, 1, 0x7f, 0x80, 0xff, byte ^ 1]) {
				readPassage(passing(family, changed(whole, offset, [value])));
			}
		});
	});
});

it("a path node lets IPv4 fragments pass, even the first", () => {
	const whole = probeBytes({ family: 4 });
	for (const field of [
		[0x20, 0],
		[0, 1],
		[0x20, 9],
	])
		expect(readPassage(passing(4, changed(whole, 6, field)))).toBeNull();
	expect(readPassage(passing(4, changed(whole, 6, [0x40, 0])))?.kind).toBe("expired");
});
