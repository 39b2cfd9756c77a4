import { decodePcapng } from "@whither/wire";
import { expect, it } from "vitest";
import { formatPcapHeader, formatPcapPacket, type PacketEvent, PacketQueue } from "./pcap.ts";

const EVENT: PacketEvent = {
	type: "packet",
	atNs: 5,
	direction: "out",
	bytes: Uint8Array.of(0x45, 1, 2),
	rebuilt: false,
	note: "udp probe 0, ttl 1",
};

function joined(blocks: readonly Uint8Array[]): Uint8Array {
	return Uint8Array.from(blocks.flatMap((block) => [...block]));
}

it("writes a section, an interface a host, and packets with their comments", () => {
	const header = formatPcapHeader({ name: "tool", version: "1" }, ["a.test", "b.test"]);
	const packets = [
		formatPcapPacket(EVENT, 1_700_000_000_000_000_001n, 1),
		formatPcapPacket({ ...EVENT, rebuilt: true }, 1_700_000_000_000_000_002n, 0),
	];
	const { blocks, error } = decodePcapng(joined([...header, ...packets]));
	expect(error).toBeNull();
	expect(blocks.map(({ kind }) => kind)).toEqual(["section", "interface", "interface", "packet", "packet"]);
	expect(blocks[3]).toMatchObject({
		interfaceId: 1,
		timestamp: 1_700_000_000_000_000_001n,
		packet: EVENT.bytes,
		comment: "udp probe 0, ttl 1",
	});
	expect(blocks[4]).toMatchObject({ comment: "udp probe 0, ttl 1 (rebuilt from what the kernel tells)" });
});

it("releases packets in the order of their times, and keeps the young", () => {
	const queue = new PacketQueue();
	for (const at of [30, 10, 20, 40]) queue.add(BigInt(at), Uint8Array.of(at));
	expect(queue.release(20n).map((block) => block[0])).toEqual([10, 20]);
	queue.add(35n, Uint8Array.of(35));
	expect(queue.release(null).map((block) => block[0])).toEqual([30, 35, 40]);
	expect(queue.release(null)).toEqual([]);
});
