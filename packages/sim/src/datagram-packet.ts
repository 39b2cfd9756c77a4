/** UDP datagrams as IP packets, written and read in one go: they are most of what programs make the simulated internet carry. */
import { IP_HEADER_LENGTH, IP_PROTOCOL, internetChecksum, UDP_HEADER_LENGTH } from "@whither/wire";
import type { AddressBytes } from "./address-bytes.ts";
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
	const bytes = new Uint8Array(header + UDP_HEADER_LENGTH + payload.length);
	const view = new DataView(bytes.buffer);
	if (bytes.length > 0xffff) throw new RangeError(`a datagram of ${payload.length} bytes is too long`);
	const [source, destination] = [addresses.of(local.address), addresses.of(remote.address)];
	const fields = { ttl: ttl ?? sender.ttl, tos, identification: family === 4 ? nextIdentification() : 0 };
	if (family === 4) writeIpv4(view, fields);
	else writeIpv6(view, fields);
	const at = family === 4 ? 12 : 8;
	bytes.set(source, at);
	bytes.set(destination, at + source.length);
	if (family === 4) view.setUint16(10, internetChecksum(bytes.subarray(0, header)));
	view.setUint16(header, local.port);
	view.setUint16(header + 2, remote.port);
	view.setUint16(header + 4, bytes.length - header);
	bytes.set(payload, header + UDP_HEADER_LENGTH);
	// Both pseudo-headers sum to the same: addresses, protocol and length.
	const checksum = internetChecksum(bytes.subarray(at), IP_PROTOCOL.udp + bytes.length - header);
	view.setUint16(header + 6, checksum === 0 ? 0xffff : checksum);
	return {
		...fields,
		family,
		bytes,
		source: local.address,
		destination: remote.address,
		protocol: IP_PROTOCOL.udp,
		flowLabel: 0,
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

function writeIpv4(view: DataView, { ttl, tos, identification }: HeaderFields): void {
	view.setUint8(0, 0x45);
	view.setUint8(1, tos);
	view.setUint16(2, view.byteLength);
	view.setUint16(4, identification);
	view.setUint8(8, ttl);
	view.setUint8(9, IP_PROTOCOL.udp);
}

function writeIpv6(view: DataView, { ttl, tos }: HeaderFields): void {
	view.setUint32(0, 0x6000_0000 | (tos << 20));
	view.setUint16(4, view.byteLength - IP_HEADER_LENGTH[6]);
	view.setUint8(6, IP_PROTOCOL.udp);
	view.setUint8(7, ttl);
}

/** The datagram in a packet of UDP; null: it is cut short, or its checksum is wrong. */
export function readDatagram({ family, bytes, payload, source, destination, ttl, tos }: IpPacket): Datagram | null {
	if (payload.length < UDP_HEADER_LENGTH) return null;
	const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
	const length = view.getUint16(4);
	if (length < UDP_HEADER_LENGTH || length > payload.length) return null;
	// Nobody writes extension headers or options before datagrams of programs: addresses stand right before them.
	const at = bytes.length - payload.length - (family === 4 ? 8 : 32);
	const isUnchecked = family === 4 && view.getUint16(6) === 0;
	const covered = bytes.subarray(at, bytes.length);
	if (!isUnchecked && internetChecksum(covered, IP_PROTOCOL.udp + payload.length) !== 0) return null;
	return {
		local: { address: destination, port: view.getUint16(2) },
		remote: { address: source, port: view.getUint16(0) },
		payload: payload.subarray(UDP_HEADER_LENGTH, length),
		ttl,
		tos,
	};
}
