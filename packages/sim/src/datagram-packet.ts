/** UDP datagrams as IP packets, written and read in one go: they are most of what programs make the simulated internet carry. */
import { IP_HEADER_LENGTH, IP_PROTOCOL, internetChecksum, UDP_HEADER_LENGTH } from "@whither/wire";
import type { AddressBytes } from "./address-bytes.ts";
import { newBytes } from "./copy-bytes.ts";
import type { IpPacket } from "./packet.ts";
import type { Datagram } from "./program.ts";

/** Of the host that sends; `ttl` where the datagram says none. */
export interface DatagramSender {
	readonly family: IpPacket["family"];
	readonly ttl: number;
	readonly addresses: AddressBytes;
	readonly nextIdentification: () => number;
}

/** The packet that a datagram leaves as. Throws RangeError for one that is longer than a packet can be. */
export function datagramPacket({ local, remote, payload, tos = 0, ttl }: Datagram, sender: DatagramSender): IpPacket {
	const { family, addresses, nextIdentification } = sender;
	const header = IP_HEADER_LENGTH[family];
	const length = header + UDP_HEADER_LENGTH + payload.length;
	if (length > 0xffff) throw new RangeError(`a datagram of ${payload.length} bytes is too long`);
	const bytes = newBytes(length);
	const fields = { ttl: ttl ?? sender.ttl, tos, identification: family === 4 ? nextIdentification() : 0 };
	if (family === 4) writeIpv4(bytes, fields);
	else writeIpv6(bytes, fields);
	const source = addresses.of(local.address);
	const destination = addresses.of(remote.address);
	const at = family === 4 ? 12 : 8;
	bytes.set(source, at);
	bytes.set(destination, at + source.length);
	if (family === 4) writeWord(bytes, 10, internetChecksum(bytes, 0, 0, header));
	writeWord(bytes, header, local.port);
	writeWord(bytes, header + 2, remote.port);
	writeWord(bytes, header + 4, length - header);
	bytes.set(payload, header + UDP_HEADER_LENGTH);
	// Both pseudo-headers sum to the same: addresses, protocol and length.
	const checksum = internetChecksum(bytes, IP_PROTOCOL.udp + length - header, at);
	writeWord(bytes, header + 6, checksum === 0 ? 0xffff : checksum);
	return {
		family,
		bytes,
		source: local.address,
		destination: remote.address,
		protocol: IP_PROTOCOL.udp,
		ttl: fields.ttl,
		tos,
		flowLabel: 0,
		identification: fields.identification,
		dontFragment: family === 6,
		moreFragments: false,
		fragmentOffset: 0,
		payload: bytes.subarray(header),
	};
}

interface HeaderFields {
	readonly ttl: number;
	readonly tos: number;
	readonly identification: number;
}

/** In place: a DataView for each packet costs as much as all that is written by it. */
function writeWord(bytes: Uint8Array, at: number, word: number): void {
	bytes[at] = word >> 8;
	bytes[at + 1] = word;
}

function writeIpv4(bytes: Uint8Array, { ttl, tos, identification }: HeaderFields): void {
	bytes[0] = 0x45;
	bytes[1] = tos;
	writeWord(bytes, 2, bytes.length);
	writeWord(bytes, 4, identification);
	bytes[8] = ttl;
	bytes[9] = IP_PROTOCOL.udp;
}

function writeIpv6(bytes: Uint8Array, { ttl, tos }: HeaderFields): void {
	writeWord(bytes, 0, 0x6000 | (tos << 4));
	writeWord(bytes, 4, bytes.length - IP_HEADER_LENGTH[6]);
	bytes[6] = IP_PROTOCOL.udp;
	bytes[7] = ttl;
}

function wordAt(bytes: Uint8Array, at: number): number {
	return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** The datagram in a packet of UDP; null: it is cut short, or its checksum is wrong. */
export function readDatagram({ family, bytes, payload, source, destination, ttl, tos }: IpPacket): Datagram | null {
	if (payload.length < UDP_HEADER_LENGTH) return null;
	const length = wordAt(payload, 4);
	if (length < UDP_HEADER_LENGTH || length > payload.length) return null;
	// Nobody writes extension headers or options before datagrams of programs: addresses stand right before them.
	const at = bytes.length - payload.length - (family === 4 ? 8 : 32);
	const isUnchecked = family === 4 && wordAt(payload, 6) === 0;
	if (!isUnchecked && internetChecksum(bytes, IP_PROTOCOL.udp + payload.length, at) !== 0) return null;
	return {
		local: { address: destination, port: wordAt(payload, 2) },
		remote: { address: source, port: wordAt(payload, 0) },
		payload: payload.subarray(UDP_HEADER_LENGTH, length),
		ttl,
		tos,
	};
}
