/** The channel `session` on the simulated internet: TCP connections of the host's kernel, and raw segments beside them. */
import {
	type ChannelInput,
	type IcmpErrorReply,
	type Instant,
	type ProbeSend,
	replyFromPacket,
	type SessionFacts,
} from "@whither/core";
import { decodeTcpPrefix, IP_PROTOCOL, isDecodeError } from "@whither/wire";
import { EPHEMERAL_PORTS } from "./ephemeral-ports.ts";
import { buildPacket, hasGoodChecksum, type IpFields, type IpPacket } from "./packet.ts";
import { Random } from "./random.ts";
import { SessionSocket } from "./session-socket.ts";
import { capturedInput, type SimChannelRequest } from "./sim-channel.ts";

/** What a session channel is opened with beside what any channel is. */
export interface SessionChannelRequest extends SimChannelRequest {
	/** How many connections. */
	readonly connections: number;
	readonly port: number;
	readonly now: Instant;
}

/** One trace's connections on a simulated host; they are opened at once. */
export class SessionChannel {
	readonly kind = "session";
	readonly source: string;
	readonly sourcePorts: readonly number[];
	readonly mtu: number | null;
	readonly #request: SessionChannelRequest;
	readonly #ip: Omit<IpFields, "ttl" | "protocol">;
	readonly #sockets: readonly SessionSocket[];
	readonly #inputs: ChannelInput[] = [];
	#state: "opening" | "open" | "failed" = "opening";

	constructor(request: SessionChannelRequest) {
		const { internet, node, target, tos, flowLabel, dontFragment, connections, now } = request;
		const random = new Random(request.seed);
		this.source = internet.address(node);
		this.mtu = internet.mtuTowards(node, target);
		this.#request = request;
		this.#ip = { family: internet.family, source: this.source, destination: target, tos, flowLabel, dontFragment };
		const first = request.sourcePort ?? EPHEMERAL_PORTS.first + random.below(EPHEMERAL_PORTS.count - connections);
		this.#sockets = Array.from({ length: connections }, (_, index) => this.#socket(first + index, random));
		this.sourcePorts = this.#sockets.map(({ sourcePort }) => sourcePort);
		internet.listen(node, (packet, at) => this.#receive(packet, at));
		for (const socket of this.#sockets) socket.open(now);
	}

	/** Sends probes now, each a whole segment of one of the connections. */
	send(probes: readonly ProbeSend[], now: Instant): void {
		const { internet, node } = this.#request;
		for (const { sequence, ttl, packet, tos } of probes) {
			const fields = { ...this.#ip, ttl, protocol: packet.protocol, ...(tos === undefined ? {} : { tos }) };
			internet.send(node, buildPacket(fields, packet.bytes), now);
			this.#inputs.push({ type: "sent", sequence, at: now, stamp: "kernel", sourcePort: null });
		}
	}

	/** Everything that has come since the last time. */
	read(): readonly ChannelInput[] {
		return this.#inputs.splice(0);
	}

	/** Ends the connections; what follows stands in the internet's packets. */
	close(now: Instant): void {
		for (const socket of this.#sockets) socket.close(now);
	}

	#socket(sourcePort: number, random: Random): SessionSocket {
		const { internet, node, port } = this.#request;
		const host = internet.hostOf(node);
		return new SessionSocket({
			// Linux keeps the ECN bits of a TCP socket to itself.
			ip: { ...this.#ip, tos: this.#request.tos & 0xfc },
			sourcePort,
			destinationPort: port,
			initialSequence: host.tcp?.initialSequence ?? random.uint32(),
			clockOffset: random.uint32(),
			timestamps: host.tcp?.timestamps !== false,
			ttl: host.initialTtl ?? 64,
			send: (packet, at) => internet.send(node, packet, at),
			schedule: (at, action) => internet.schedule(at, action),
		});
	}

	/** Before the connections stand everything is the kernel's; after that raw sockets hear it as well. */
	#receive(packet: IpPacket, at: Instant): boolean {
		const reply = replyFromPacket(packet.bytes, { at, stamp: "kernel" });
		if (this.#state === "open") this.#inputs.push(capturedInput(this.#request, packet, reply));
		if (reply?.type === "icmpError") {
			if (this.#state === "opening") this.#failOn(reply);
			return true;
		}
		return packet.protocol === IP_PROTOCOL.tcp && hasGoodChecksum(packet) && this.#receiveSegment(packet, at);
	}

	#receiveSegment(packet: IpPacket, at: Instant): boolean {
		for (const socket of this.#sockets) {
			const news = socket.receive(packet, at);
			if (news === "none") continue;
			if (news === "opened") this.#noteOpened();
			if (news === "refused" && this.#state === "opening") {
				this.#state = "failed";
				this.#inputs.push({ type: "openFailed", failure: { why: "refused", from: packet.source } });
			}
			return true;
		}
		return false;
	}

	#noteOpened(): void {
		const sessions = this.#sockets.map(({ facts }) => facts).filter((facts): facts is SessionFacts => facts !== null);
		if (this.#state !== "opening" || sessions.length < this.#sockets.length) return;
		this.#state = "open";
		this.#inputs.push({ type: "opened", sessions });
	}

	/** Linux gives up connecting on any error about the SYN (tcp_v4_err, tcp_v6_err). */
	#failOn({ quoted, icmp, from }: IcmpErrorReply): void {
		const prefix = decodeTcpPrefix(quoted.segment ?? new Uint8Array(0));
		if (isDecodeError(prefix) || quoted.protocol !== IP_PROTOCOL.tcp || quoted.source !== this.source) return;
		if (!this.#sockets.some((socket) => socket.isAboutSyn(prefix))) return;
		this.#state = "failed";
		this.#inputs.push({ type: "openFailed", failure: { why: "unreachable", from, icmp } });
	}
}
