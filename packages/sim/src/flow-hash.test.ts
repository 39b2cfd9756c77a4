import { encodeUdp } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { flowHash } from "./flow-hash.ts";
import { buildPacket, readPacket } from "./packet.ts";

function packet(
	family: 4 | 6,
	sourcePort: number,
	more: { ttl?: number; flowLabel?: number; payload?: Uint8Array } = {},
) {
	const source = family === 4 ? "192.0.2.1" : "2001:db8::1";
	const destination = family === 4 ? "192.0.2.2" : "2001:db8::2";
	const ports = { sourcePort, destinationPort: 33434 };
	const datagram = encodeUdp({ family, source, destination, ...ports }, more.payload ?? new Uint8Array(8));
	const { ttl = 9, flowLabel = 0 } = more;
	return readPacket(buildPacket({ family, source, destination, protocol: 17, ttl, flowLabel }, datagram))!;
}

describe("flowHash", () => {
	it("is the same for every packet of a flow, whatever its TTL and payload", () => {
		const hash = flowHash(packet(4, 1000), 1);
		expect(flowHash(packet(4, 1000, { ttl: 3 }), 1)).toBe(hash);
		expect(flowHash(packet(4, 1000, { payload: new Uint8Array(500).fill(7) }), 1)).toBe(hash);
	});

	it("differs between routers", () => {
		expect(flowHash(packet(4, 1000), 1)).not.toBe(flowHash(packet(4, 1000), 2));
	});

	it("takes the IPv6 flow label in", () => {
		expect(flowHash(packet(6, 1000, { flowLabel: 5 }), 1)).not.toBe(flowHash(packet(6, 1000), 1));
	});

	it("spreads neighbouring ports over two and three next hops", () => {
		for (const ways of [2, 3]) {
			const counts = new Array<number>(ways).fill(0);
			for (let port = 1000; port < 1600; port++) counts[flowHash(packet(4, port), 7) % ways]!++;
			for (const count of counts) expect(count).toBeGreaterThan((600 / ways) * 0.8);
		}
	});
});
