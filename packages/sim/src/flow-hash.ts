/** Which of several equally good next hops a packet takes. */
import { IP_PROTOCOL } from "@whither/wire";
import type { IpPacket } from "./packet.ts";

/**
 * A number that is the same for all packets of a flow: addresses, protocol, TCP and UDP ports, and the IPv6 flow
 * label (RFC 6438). `seed` makes every router hash differently, so that one after another do not all agree.
 */
export function flowHash(packet: IpPacket, seed: number): number {
	let hash = fnv(0x811c9dc5 ^ seed, packet.source);
	hash = fnv(hash, packet.destination);
	hash = mix(hash, packet.protocol);
	hash = mix(hash, packet.flowLabel);
	if (hasPorts(packet)) for (const byte of packet.payload.subarray(0, 4)) hash = mix(hash, byte);
	return avalanche(hash);
}

function hasPorts({ protocol, fragmentOffset }: IpPacket): boolean {
	return fragmentOffset === 0 && (protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp);
}

/** FNV-1a over the text's characters. */
function fnv(hash: number, text: string): number {
	let mixed = hash;
	for (let index = 0; index < text.length; index++) mixed = mix(mixed, text.charCodeAt(index));
	return mixed;
}

function mix(hash: number, value: number): number {
	return Math.imul(hash ^ value, 0x01000193);
}

/** The last step of MurmurHash3, so that the low bits depend on every input bit. */
function avalanche(hash: number): number {
	let mixed = hash ^ (hash >>> 16);
	mixed = Math.imul(mixed, 0x85ebca6b);
	mixed ^= mixed >>> 13;
	mixed = Math.imul(mixed, 0xc2b2ae35);
	return (mixed ^ (mixed >>> 16)) >>> 0;
}
