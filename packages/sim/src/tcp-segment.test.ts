import { MILLISECOND } from "@whither/core";
import { decodeTcp, encodeTcpOptions, isDecodeError, TCP_FLAGS, tcpOption } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { EPHEMERAL_PORTS, portAfter } from "./ephemeral-ports.ts";
import { hasGoodChecksum, readPacket } from "./packet.ts";
import { alignedOption, findOption, tcpPacket, timestampValue } from "./tcp-segment.ts";

describe("segments of simulated machines", () => {
	it("are whole packets of either family with checksums and options", () => {
		for (const [family, source, destination] of [
			[4, "192.0.2.1", "192.0.2.2"],
			[6, "2001:db8::1", "2001:db8::2"],
		] as const) {
			const options = alignedOption(tcpOption("timestamps", { value: 1, echo: 2 }));
			const fields = { sourcePort: 1, destinationPort: 2, sequence: 3, flags: TCP_FLAGS.psh, options };
			const packet = readPacket(tcpPacket({ family, source, destination, ttl: 9 }, fields, Uint8Array.of(7)))!;
			const tcp = decodeTcp(packet.payload);
			if (isDecodeError(tcp)) throw new Error("no TCP");
			expect([packet.ttl, hasGoodChecksum(packet), [...tcp.payload]]).toEqual([9, true, [7]]);
			expect(findOption(tcp.header, "timestamps")?.value).toEqual({ value: 1, echo: 2 });
			expect(findOption(tcp.header, "sack")).toBeUndefined();
		}
	});

	it("need no padding behind an aligned option", () => {
		const blocks = tcpOption("sack", [{ start: 1, end: 2 }]);
		for (const option of [tcpOption("timestamps", { value: 1, echo: 2 }), blocks]) {
			expect(encodeTcpOptions(alignedOption(option)).at(-1)).not.toBe(0);
		}
	});

	it("count milliseconds from an offset, modulo 2^32", () => {
		expect(timestampValue(5, 2.9 * MILLISECOND)).toBe(7);
		expect(timestampValue(0xffff_ffff, 1 * MILLISECOND)).toBe(0);
	});
});

it("comes back to the first ephemeral port after the last", () => {
	const { first, count } = EPHEMERAL_PORTS;
	expect(portAfter(first)).toBe(first + 1);
	expect(portAfter(first + count - 1)).toBe(first);
});
