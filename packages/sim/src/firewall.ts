/** A stateful firewall (RFC 6092) as a hook of a router: what comes in by the outer link must belong to what went out by it. */
import { type Dependence, type Family, type Instant, MILLISECOND } from "@whither/core";
import { decodeQuoted, encodeTcp, ICMP_HEADER_LENGTH, IP_PROTOCOL, isDecodeError, TCP_FLAGS } from "@whither/wire";
import { ANY_ENDPOINT, ANY_PORT, EndpointNumbers, pairKey } from "./endpoint-numbers.ts";
import { portOf } from "./nat-rewrite.ts";
import { DEFAULT_LIFETIME_MS, type FirewallSpec } from "./nat-spec.ts";
import type { NodeHook, Verdict } from "./node.ts";
import { buildPacket, type IpPacket, isIcmpError } from "./packet.ts";
import type { Scenario } from "./scenario.ts";
import { tcpFlags } from "./tcp-rewrite.ts";
import { interfacesOf } from "./topology.ts";

/** Of the resets that the firewall itself sends. */
const TTL = 64;
/** Numbers of ports and protocols in one. */
const PROTOCOL_UNIT = 0x1_0000;

/** The hook of one router. */
export function firewallHook(scenario: Scenario, router: string, spec: FirewallSpec): NodeHook {
	const outer = interfacesOf(scenario, router).find(({ neighbour }) => neighbour === spec.outside);
	if (outer === undefined) throw new RangeError(`${router} has no link to ${spec.outside}`);
	const memory = new FlowMemory(spec);
	return (bytes, { point, inLink, outLink, packet, at }): Verdict => {
		if (point !== "forward" || packet.fragmentOffset > 0 || (inLink === outer.link) === (outLink === outer.link)) {
			return bytes;
		}
		if (spec.udp === "blocked" && packet.protocol === IP_PROTOCOL.udp) return { drop: "UDP is blocked" };
		if (outLink !== outer.link) return memory.isAnswer(packet, at) ? bytes : { drop: "answers nothing" };
		if (isRefused(packet, spec)) return { drop: "TCP port is blocked", answer: resetOf(packet) };
		memory.note(packet, at);
		return bytes;
	};
}

function isRefused({ protocol, payload }: IpPacket, { tcpPorts }: FirewallSpec): boolean {
	if (protocol !== IP_PROTOCOL.tcp || tcpPorts === undefined) return false;
	return !tcpPorts.includes(portOf(protocol, payload, "destination") ?? 0);
}

/** A reset in the name of whom a SYN was for, as `reject with tcp reset` has it. */
function resetOf(packet: IpPacket): Uint8Array {
	const { family, source, destination, payload } = packet;
	const sequence = payload.length < 8 ? 0 : new DataView(payload.buffer, payload.byteOffset).getUint32(4);
	const back = { family, source: destination, destination: source };
	const ports = {
		sourcePort: portOf(packet.protocol, payload, "destination") ?? 0,
		destinationPort: portOf(packet.protocol, payload, "source") ?? 0,
	};
	const acknowledgment = (sequence + ((tcpFlags(packet) & TCP_FLAGS.syn) === 0 ? 0 : 1)) >>> 0;
	const flags = TCP_FLAGS.rst | TCP_FLAGS.ack;
	const segment = encodeTcp({ ...back, ...ports, sequence: 0, acknowledgment, flags, window: 0 }, new Uint8Array(0));
	return buildPacket({ ...back, protocol: packet.protocol, ttl: TTL }, segment);
}

/** Everything that went out of late: who inside, and what counts of to whom. */
class FlowMemory {
	readonly #filtering: Dependence;
	readonly #lifetimeNs: number;
	readonly #numbers = new EndpointNumbers();
	readonly #until = new Map<number, Instant>();

	constructor({ filtering = "addressAndPortDependent", lifetimeMs = DEFAULT_LIFETIME_MS }: FirewallSpec) {
		this.#filtering = filtering;
		this.#lifetimeNs = lifetimeMs * MILLISECOND;
	}

	note(packet: IpPacket, at: Instant): void {
		const { protocol, source, destination, payload } = packet;
		const flow = { protocol, inside: source, remote: destination };
		this.#until.set(this.#key({ ...flow, segment: payload, insideIs: "source" }), at + this.#lifetimeNs);
	}

	/** Whether a packet on its way in, or what it quotes, belongs to a flow that began inside. */
	isAnswer(packet: IpPacket, at: Instant): boolean {
		return (this.#until.get(this.#keyOfArrived(packet)) ?? 0) > at;
	}

	#keyOfArrived(packet: IpPacket): number {
		const { family, protocol, source, destination, payload } = packet;
		if (!isIcmpError(packet)) {
			return this.#key({ protocol, inside: destination, remote: source, segment: payload, insideIs: "destination" });
		}
		const quoted = quotedBy(family, payload);
		if (quoted === null) return 0;
		const flow = { protocol: quoted.protocol, inside: quoted.source, remote: quoted.destination };
		return this.#key({ ...flow, segment: quoted.segment, insideIs: "source" });
	}

	#key({ protocol, inside, remote, segment, insideIs }: Flow): number {
		const remoteIs = insideIs === "source" ? "destination" : "source";
		const named = (port: number | null) => protocol * PROTOCOL_UNIT + (port ?? 0);
		const insideNumber = this.#numbers.of(inside, named(portOf(protocol, segment, insideIs)));
		if (this.#filtering === "endpointIndependent") return pairKey(insideNumber, ANY_ENDPOINT);
		const remotePort = this.#filtering === "addressDependent" ? ANY_PORT : named(portOf(protocol, segment, remoteIs));
		return pairKey(insideNumber, this.#numbers.of(remote, remotePort));
	}
}

interface Flow {
	readonly protocol: number;
	readonly inside: string;
	readonly remote: string;
	/** From the transport header on. */
	readonly segment: Uint8Array;
	/** Whether the inside is who sent the segment. */
	readonly insideIs: "source" | "destination";
}

function quotedBy(family: Family, message: Uint8Array) {
	const quoted = decodeQuoted(family, message.subarray(ICMP_HEADER_LENGTH));
	return isDecodeError(quoted) ? null : quoted;
}
