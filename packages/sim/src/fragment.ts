/** IPv4 fragmentation by routers and reassembly by hosts (RFC 791 §3.2). */
import { encodeIpv4, IP_HEADER_LENGTH } from "@whither/wire";
import { type IpPacket, readPacket } from "./packet.ts";

/** Cuts a packet into pieces of at most `mtu` bytes. IP options are not copied, since no simulated node sends any. */
export function fragmentIpv4(packet: IpPacket, mtu: number): readonly Uint8Array[] {
	const { source, destination, protocol, ttl, tos, identification, payload } = packet;
	const step = (mtu - IP_HEADER_LENGTH[4]) & ~7;
	const pieces: Uint8Array[] = [];
	for (let start = 0; start < payload.length; start += step) {
		const moreFragments = packet.moreFragments || start + step < payload.length;
		const fragmentOffset = packet.fragmentOffset + start;
		const fields = { source, destination, protocol, ttl, tos, identification, moreFragments, fragmentOffset };
		pieces.push(encodeIpv4(fields, payload.subarray(start, start + step)));
	}
	return pieces;
}

/** Collects the fragments that arrive at a host; pieces that overlap are not told apart from those that do not. */
export class Reassembler {
	readonly #waiting = new Map<string, IpPacket[]>();

	/** The packet itself when it is whole, the packet it completes, or null while pieces are missing. */
	add(packet: IpPacket): IpPacket | null {
		if (!packet.moreFragments && packet.fragmentOffset === 0) return packet;
		const key = `${packet.source} ${packet.destination} ${packet.protocol} ${packet.identification}`;
		const pieces = [...(this.#waiting.get(key) ?? []), packet].sort((a, b) => a.fragmentOffset - b.fragmentOffset);
		const payload = joined(pieces);
		if (payload === null) {
			this.#waiting.set(key, pieces);
			return null;
		}
		this.#waiting.delete(key);
		const { source, destination, protocol, ttl, tos, identification } = pieces[0] ?? packet;
		return readPacket(encodeIpv4({ source, destination, protocol, ttl, tos, identification }, payload));
	}
}

function joined(pieces: readonly IpPacket[]): Uint8Array | null {
	const last = pieces.at(-1);
	if (last === undefined || last.moreFragments) return null;
	const payload = new Uint8Array(last.fragmentOffset + last.payload.length);
	let end = 0;
	for (const piece of pieces) {
		if (piece.fragmentOffset > end) return null;
		payload.set(piece.payload, piece.fragmentOffset);
		end = Math.max(end, piece.fragmentOffset + piece.payload.length);
	}
	return payload;
}
