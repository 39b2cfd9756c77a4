/** The packet trace as text, for a person who wonders why a scenario failed. */
import { type Family, MILLISECOND } from "@whither/core";
import {
	decodeIcmp,
	decodeQuoted,
	decodeTcp,
	decodeUdp,
	IP_PROTOCOL,
	icmpCodeName,
	icmpTypeName,
	isDecodeError,
	TCP_FLAGS,
} from "@whither/wire";
import { type IpPacket, readPacket } from "./packet.ts";
import type { PacketRecord } from "./packet-record.ts";

/** One line for each packet and place: time, node, what became of it, the packet. */
export function formatPackets(packets: readonly PacketRecord[]): string {
	return packets.map(formatRecord).join("\n");
}

function formatRecord({ at, node, action, detail, packet }: PacketRecord): string {
	const time = (at / MILLISECOND).toFixed(3).padStart(10);
	const verdict = detail === "" ? action : `${action} (${detail})`;
	return `${time} ms  ${node.padEnd(12)} ${verdict.padEnd(28)} ${formatPacket(packet)}`;
}

/** A packet in a line: addresses, TTL, protocol and what matters of it. */
export function formatPacket(bytes: Uint8Array): string {
	const packet = readPacket(bytes);
	if (packet === null) return `broken packet of ${bytes.length} bytes`;
	const fragment = packet.moreFragments || packet.fragmentOffset > 0 ? ` fragment at ${packet.fragmentOffset}` : "";
	const { source, destination, ttl } = packet;
	return `${source} > ${destination} ttl ${ttl} len ${bytes.length}${fragment} ${formatTransport(packet)}`;
}

function formatTransport({ family, protocol, payload }: IpPacket): string {
	if (protocol === IP_PROTOCOL.udp) return formatUdp(payload);
	if (protocol === IP_PROTOCOL.tcp) return formatTcp(payload);
	if (protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.icmpv6) return formatIcmp(family, payload);
	return `protocol ${protocol}`;
}

function formatUdp(segment: Uint8Array): string {
	const udp = decodeUdp(segment);
	if (isDecodeError(udp)) return "broken UDP";
	const { sourcePort, destinationPort, checksum } = udp.header;
	return `UDP ${sourcePort} > ${destinationPort} sum 0x${checksum.toString(16).padStart(4, "0")}`;
}

function formatTcp(segment: Uint8Array): string {
	const tcp = decodeTcp(segment);
	if (isDecodeError(tcp)) return "broken TCP";
	const { sourcePort, destinationPort, sequence, acknowledgment, flags } = tcp.header;
	const names = Object.entries(TCP_FLAGS).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]));
	return `TCP ${sourcePort} > ${destinationPort} ${names.join(",")} seq ${sequence} ack ${acknowledgment}`;
}

function formatIcmp(family: Family, segment: Uint8Array): string {
	const icmp = decodeIcmp(family, segment);
	if (isDecodeError(icmp)) return "broken ICMP";
	const { type, code, body } = icmp;
	if (body.kind === "echo") return `${icmpTypeName(family, type)} id ${body.id} seq ${body.sequence}`;
	const name = [icmpTypeName(family, type), icmpCodeName(family, type, code)].join(", ");
	if (body.kind !== "error") return name;
	const kinds = body.extensions.map((extension) => extension.kind).join(",");
	return `${name}${kinds === "" ? "" : ` {${kinds}}`} [${formatQuoted(family, body.quoted)}]`;
}

function formatQuoted(family: Family, bytes: Uint8Array): string {
	const quoted = decodeQuoted(family, bytes);
	if (isDecodeError(quoted)) return `${bytes.length} bytes that are no packet`;
	const { source, destination, ttl, protocol, segment, truncated } = quoted;
	const whole = truncated ? `protocol ${protocol}, ${segment.length} bytes of it` : "";
	return `${source} > ${destination} ttl ${ttl} ${whole || formatTransport({ family, protocol, payload: segment } as IpPacket)}`;
}
