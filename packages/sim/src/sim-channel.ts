/** A channel on the simulated internet: the same sends and inputs as on real sockets, with the kernel's semantics. */
import {
	type ChannelInput,
	type ChannelKind,
	type ChannelNeed,
	type IcmpErrorReply,
	type Instant,
	type PacketReply,
	type ProbeSend,
	type Reply,
	replyFromPacket,
	SECOND,
	type SystemError,
} from "@whither/core";
import {
	decodeTcpPrefix,
	ECHO_TYPES,
	encodeUdp,
	encodeUdpLite,
	IP_PROTOCOL,
	isDecodeError,
	UDP_HEADER_LENGTH,
	type UdpFields,
} from "@whither/wire";
import { ConnectSockets } from "./connect-sockets.ts";
import { EPHEMERAL_PORTS, portAfter } from "./ephemeral-ports.ts";
import type { Internet } from "./internet.ts";
import { isQueued, queuedError, receivedDatagram } from "./kernel-reply.ts";
import { buildPacket, hasGoodChecksum, type IpFields, type IpPacket, icmpProtocol } from "./packet.ts";
import { writeIcmpChecksum } from "./packet-fields.ts";
import { Random } from "./random.ts";

/** What a simulated channel is opened with: the facts of a real one, and where it stands. */
export interface SimChannelRequest {
	readonly internet: Internet;
	/** Name of the tracing host. */
	readonly node: string;
	readonly need: ChannelNeed;
	/** Address of the target. */
	readonly target: string;
	readonly sourcePort: number | null;
	readonly tos: number;
	readonly flowLabel: number;
	readonly dontFragment: boolean;
	/** Captured replies carry the whole packet they came in; default false. */
	readonly capture?: boolean;
	/** How many ports a raw channel holds for `perProbe`. */
	readonly portCount: number;
	readonly seed: number;
	/** The port is somebody else's as well: what answers no probe by its name is his. Of STUN probes alone. */
	readonly shared?: true;
	/** Something has come. */
	readonly heard?: (at: Instant) => void;
}

/** Linux repeats a SYN after TCP_TIMEOUT_INIT (RFC 6298 §2.1); once, as our real sockets set TCP_SYNCNT to 1. */
const SYN_TIMEOUT = 1 * SECOND;
/** Where an echo message has its id (RFC 792, RFC 4443 section 4.1). */
const ECHO_ID = 4;

/** What every kernel speaks, whatever raw sockets there are. */
const KERNEL_PROTOCOLS: ReadonlySet<number> = new Set([
	IP_PROTOCOL.icmp,
	IP_PROTOCOL.icmpv6,
	IP_PROTOCOL.tcp,
	IP_PROTOCOL.udp,
]);

/** One trace's channel on a simulated host. `send` at a time; `read` drains what has come since. */
export class SimChannel {
	readonly kind: ChannelKind;
	readonly source: string;
	readonly sourcePorts: readonly number[];
	readonly mtu: number | null;
	readonly #request: SimChannelRequest;
	readonly #ip: Omit<IpFields, "ttl" | "protocol">;
	readonly #connects: ConnectSockets;
	/** Source port of each socket that serves one probe, and that probe. */
	readonly #probeOfPort = new Map<number, number>();
	readonly #inputs: ChannelInput[] = [];
	/** Transaction ids of the probes, where others have the port too. */
	readonly #names = new Set<string>();
	#nextPort: number;

	constructor(request: SimChannelRequest) {
		const { internet, node, target, tos, flowLabel, dontFragment } = request;
		const random = new Random(request.seed);
		this.kind = request.need.kind;
		this.source = internet.address(node);
		this.mtu = internet.mtuTowards(node, target);
		this.#request = request;
		this.#ip = { family: internet.family, source: this.source, destination: target, tos, flowLabel, dontFragment };
		this.#connects = new ConnectSockets(this.#ip, random);
		this.#nextPort = request.sourcePort ?? EPHEMERAL_PORTS.first + random.below(EPHEMERAL_PORTS.count);
		this.sourcePorts = Array.from({ length: sharedPorts(request) }, () => this.#takePort());
		internet.listen(node, (packet, at) => {
			const isTaken = this.#receive(packet, at);
			if (this.#inputs.length > 0) request.heard?.(at);
			return isTaken;
		});
	}

	/** Sends probes now; how each fared comes as an input. */
	send(probes: readonly ProbeSend[], now: Instant): void {
		for (const probe of probes) this.#sendOne(probe, now);
	}

	/** Nothing is left open by single packets; on a shared port nothing is heard any more. */
	close(): void {
		if (this.#request.shared) this.#request.internet.listen(this.#request.node, () => false);
	}

	/** Everything that has come since the last time. */
	read(): readonly ChannelInput[] {
		return this.#inputs.splice(0);
	}

	#sendOne(probe: ProbeSend, now: Instant): void {
		const { internet, node } = this.#request;
		const { sequence } = probe;
		const ownSocket = this.#hasSocketPerProbe();
		const port = ownSocket ? this.#takePort() : (this.sourcePorts[0] ?? 0);
		const packet = this.#packet(probe, port, now);
		if (this.#request.shared) this.#names.add(nameOf(probe.packet.bytes));
		const error = this.#sendError(packet.length);
		if (error !== null) {
			this.#inputs.push({ type: "sendFailed", sequence, error, transient: false });
			return;
		}
		if (ownSocket) this.#probeOfPort.set(port, sequence);
		internet.send(node, packet, now);
		if (probe.packet.transport === "tcpConnect") this.#repeatSyn(packet, port, now + SYN_TIMEOUT);
		this.#inputs.push({ type: "sent", sequence, at: now, stamp: "kernel", sourcePort: ownSocket ? port : null });
	}

	/** The kernel sends an unanswered SYN again, with the probe's TTL. */
	#repeatSyn(packet: Uint8Array, port: number, at: Instant): void {
		const { internet, node } = this.#request;
		internet.schedule(at, () => {
			if (this.#connects.isOpen(port)) internet.send(node, packet, at);
		});
	}

	#packet(probe: ProbeSend, port: number, now: Instant): Uint8Array {
		const { transport, protocol, bytes, destinationPort } = probe.packet;
		const ip = probe.tos === undefined ? this.#ip : { ...this.#ip, tos: probe.tos };
		const { ttl } = probe;
		if (transport === "tcpConnect") return this.#connects.open(probe, port, now);
		if (transport === "udp") {
			const { family, source, destination } = this.#ip;
			const fields = { family, source, destination, sourcePort: port, destinationPort };
			const datagram = protocol === IP_PROTOCOL.udpLite ? this.#udpLite(fields, bytes) : encodeUdp(fields, bytes);
			return buildPacket({ ...ip, protocol, ttl }, datagram);
		}
		if (transport === "ping") return buildPacket({ ...ip, protocol, ttl }, this.#withEchoId(bytes, port));
		return buildPacket({ ...ip, protocol, ttl }, bytes);
	}

	/** The kernel covers what the socket was told to, and no more than there is. */
	#udpLite(fields: UdpFields, bytes: Uint8Array): Uint8Array {
		const { checksumCoverage = 0 } = this.#request.need;
		return encodeUdpLite({ ...fields, coverage: Math.min(checksumCoverage, UDP_HEADER_LENGTH + bytes.length) }, bytes);
	}

	/** A ping socket's kernel writes the socket's port over the id, and the checksum anew. */
	#withEchoId(bytes: Uint8Array, id: number): Uint8Array {
		const message = bytes.slice();
		new DataView(message.buffer).setUint16(ECHO_ID, id);
		writeIcmpChecksum(message, this.#ip);
		return message;
	}

	/** Deviation: a real IPv6 host fragments what it may; this one refuses packets longer than its MTU. */
	#sendError(length: number): SystemError | null {
		const { target, dontFragment, internet } = this.#request;
		const failure = { call: "sendmsg", address: target };
		if (this.mtu === null) return { code: "noRoute", ...failure, errno: 101, errnoName: "ENETUNREACH" };
		if (length <= this.mtu || (internet.family === 4 && !dontFragment)) return null;
		return { code: "messageTooLong", ...failure, errno: 90, errnoName: "EMSGSIZE", mtu: this.mtu };
	}

	/** Returns whether a socket took the packet, so that the host's own stack need not answer it. */
	#receive(packet: IpPacket, at: Instant): boolean {
		return this.kind === "raw" ? this.#receiveRaw(packet, at) : this.#receiveByKernel(packet, at);
	}

	/** A raw socket hears everything and takes nothing; only the ports it holds are not answered by the host. */
	#receiveRaw(packet: IpPacket, at: Instant): boolean {
		const reply = replyFromPacket(packet.bytes, { at, stamp: "kernel" });
		this.#inputs.push(capturedInput(this.#request, packet, reply));
		// The kernel refuses protocols that it does not know only where no raw socket hears them.
		if (!KERNEL_PROTOCOLS.has(packet.protocol)) return packet.protocol === this.#request.need.protocol;
		if (reply?.type !== "packet" || reply.protocol !== IP_PROTOCOL.udp) return false;
		return reply.destinationPort !== null && this.sourcePorts.includes(reply.destinationPort);
	}

	#receiveByKernel(packet: IpPacket, at: Instant): boolean {
		if (!hasGoodChecksum(packet)) return false;
		if (packet.protocol === IP_PROTOCOL.tcp) return this.#receiveSegment(packet, at);
		const reply = replyFromPacket(packet.bytes, { at, stamp: "kernel" });
		if (reply?.type === "icmpError") return this.#receiveError(packet, reply);
		if (reply?.type !== "packet") return false;
		return packet.protocol === icmpProtocol(packet.family)
			? this.#receiveEcho(packet, reply)
			: this.#receiveDatagram(packet, reply);
	}

	#receiveSegment(packet: IpPacket, at: Instant): boolean {
		const ended = this.#request.need.transport === "tcpConnect" ? this.#connects.receive(packet) : null;
		if (ended === null) return false;
		const { socket, outcome } = ended;
		const rttNs = outcome === "connected" ? at - socket.sentAt : null;
		const facts = { at, stamp: "user" as const, from: packet.source, ttl: null, tos: null, socket: socket.sequence };
		this.#inputs.push({ type: "reply", reply: { type: "connect", outcome, rttNs, ...facts } });
		for (const answer of ended.packets) this.#request.internet.send(this.#request.node, answer, at);
		return true;
	}

	#receiveDatagram({ payload }: IpPacket, reply: PacketReply): boolean {
		const { need } = this.#request;
		if (need.transport !== "udp" || need.protocol !== reply.protocol || reply.destinationPort === null) return false;
		if (!this.#holds(reply.destinationPort)) return false;
		if (this.#request.shared && !this.#names.has(nameOf(payload.subarray(UDP_HEADER_LENGTH)))) return false;
		const socket = this.#probeOfPort.get(reply.destinationPort) ?? null;
		this.#inputs.push({ type: "reply", reply: receivedDatagram(reply, socket) });
		return true;
	}

	#receiveEcho(packet: IpPacket, reply: PacketReply): boolean {
		if (this.#request.need.transport !== "ping" || packet.protocol !== icmpProtocol(packet.family)) return false;
		if (packet.payload[0] !== ECHO_TYPES[packet.family].reply || !this.#holds(echoId(packet.payload))) return false;
		this.#inputs.push({ type: "reply", reply });
		return true;
	}

	/** The kernel looks for the socket that sent what was quoted; where there is none, nobody is told. */
	#receiveError(packet: IpPacket, reply: IcmpErrorReply): boolean {
		const { quoted } = reply;
		const segment = quoted.segment ?? new Uint8Array(0);
		if (quoted.source !== this.source || !isQueued(packet.family, reply)) return true;
		const socket = this.#socketOf(quoted.protocol, segment, quoted.destination);
		if (socket !== undefined) this.#inputs.push({ type: "reply", reply: queuedError(reply, socket) });
		return true;
	}

	/** The probe whose own socket sent a quoted segment, null for the shared socket, undefined for none of ours. */
	#socketOf(protocol: number, segment: Uint8Array, destination: string): number | null | undefined {
		const { need, target } = this.#request;
		if (protocol !== need.protocol && need.transport !== "ping") return undefined;
		if (need.transport === "udp") {
			const port = ((segment[0] ?? 0) << 8) | (segment[1] ?? 0);
			return this.#holds(port) ? (this.#probeOfPort.get(port) ?? null) : undefined;
		}
		if (need.transport === "ping") {
			return protocol === icmpProtocol(this.#ip.family) && this.#holds(echoId(segment)) ? null : undefined;
		}
		const prefix = decodeTcpPrefix(segment);
		const connect = isDecodeError(prefix) || destination !== target ? undefined : this.#connects.find(prefix);
		if (connect !== undefined) this.#connects.close(connect);
		return connect?.sequence;
	}

	#holds(port: number): boolean {
		return this.sourcePorts.includes(port) || this.#probeOfPort.has(port);
	}

	#hasSocketPerProbe(): boolean {
		return this.kind !== "raw" && this.#request.need.ports === "perProbe";
	}

	#takePort(): number {
		const port = this.#nextPort;
		this.#nextPort = portAfter(port);
		return port;
	}
}

/** What a raw socket's packet is to a trace. */
export function capturedInput(
	{ capture = false }: Pick<SimChannelRequest, "capture">,
	{ bytes }: IpPacket,
	reply: Reply | null,
): ChannelInput {
	if (reply === null) return { type: "foreign", count: 1 };
	return { type: "reply", reply: capture ? { ...reply, bytes } : reply };
}

/** The transaction id of a STUN message (RFC 8489 §5), as text. */
function nameOf(message: Uint8Array): string {
	return String.fromCharCode(...message.subarray(8, 20));
}

function echoId(message: Uint8Array): number {
	return ((message[ECHO_ID] ?? 0) << 8) | (message[ECHO_ID + 1] ?? 0);
}

/** How many ports the channel itself holds for all probes. */
function sharedPorts({ need, portCount }: SimChannelRequest): number {
	if (need.ports === "one") return 1;
	return need.kind === "raw" && need.ports === "perProbe" ? portCount : 0;
}
