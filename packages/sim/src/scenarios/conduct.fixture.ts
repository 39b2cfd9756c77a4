/** What a trace may do to the target's TCP, whatever comes out of it. */
import { decodeTcp, IP_PROTOCOL, isDecodeError, TCP_FLAGS } from "@whither/wire";
import { readPacket } from "../packet.ts";
import type { TraceRun } from "../run-trace.ts";
import type { Scenario } from "../scenario.ts";

/** Packets with a smaller TTL are probes, which the target never sees as handshakes. */
const KERNEL_TTL = 64;

/** No reset of ours, one SYN a connection, no byte for an application, nothing left half open; one sentence each. */
export function conductProblems(scenario: Scenario, { result, packets, connections }: TraceRun): string[] {
	const problems: string[] = [];
	const delivered = connections.reduce((sum, connection) => sum + connection.delivered, 0);
	if (delivered > 0) problems.push(`an application read ${delivered} bytes`);
	if (result.channel !== "session") return problems;
	const sent = packets.filter(({ node, action }) => node === scenario.trace.from && action === "send");
	const segments = sent.flatMap(({ packet: bytes }) => {
		const packet = readPacket(bytes);
		const tcp = packet?.protocol === IP_PROTOCOL.tcp ? decodeTcp(packet.payload) : null;
		return packet === null || tcp === null || isDecodeError(tcp) ? [] : [{ ...tcp.header, ttl: packet.ttl }];
	});
	const resets = segments.filter(({ flags }) => flags & TCP_FLAGS.rst).length;
	if (resets > 0) problems.push(`${resets} resets were sent`);
	const syns = segments.filter(({ flags, ttl }) => flags & TCP_FLAGS.syn && ttl === KERNEL_TTL);
	const opened = new Set(syns.map(({ sourcePort, sequence }) => `${sourcePort} ${sequence}`)).size;
	const wanted = result.handshake?.connections ?? 1;
	if (opened !== wanted) problems.push(`${opened} connections were begun for ${wanted}`);
	if (result.handshake === undefined) return problems;
	const left = connections.filter(({ state }) => state === "established" || state === "synReceived").length;
	if (left > 0) problems.push(`${left} connections were left open`);
	return problems;
}
