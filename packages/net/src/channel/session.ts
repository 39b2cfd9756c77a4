/**
 * The session channel: the kernel opens TCP connections in the ordinary way, and probes are segments of the same 5-tuple
 * sent beside it by raw socket. The kernel never learns of their bytes: what the other end says about them acknowledges
 * nothing that it sent, and ICMP errors about them quote sequence numbers out of its window, so that its connection stays
 * as it is and ends with a FIN of its own. No firewall rule is needed, and nothing is reset.
 */
import {
	type ChannelInput,
	type Instant,
	MILLISECOND,
	type OpenFailure,
	type PacketReply,
	type ProbeSend,
	SECOND,
	type SessionFacts,
	type SynAckFacts,
	type SystemError,
	synAckFacts,
} from "@whither/core";
import { isSystemError } from "../errors.ts";
import { type Channel, type ChannelParts, closeParts } from "./channel.ts";
import { openRawChannel } from "./raw.ts";
import { offersSack } from "./sack-setting.ts";
import { openConnection, type SessionConnection } from "./session-connection.ts";

/** The other end's SYN/ACK as it was captured, which the kernel hands nobody. */
type Captured = SynAckFacts & { readonly at: Instant };

/** How long the other end gets to end its side, by round trips of the handshake: servers answer a FIN by theirs at once. */
const CLOSING_ROUND_TRIPS = 2;
const LEAST_CLOSING_NS = 250 * MILLISECOND;
const LONGEST_CLOSING_NS = SECOND;

/**
 * Opens the sockets of a session channel; `permissionDenied` without CAP_NET_RAW. Nothing is sent before the first
 * `read`, so that the handshake is part of the trace that it belongs to.
 */
export function openSessionChannel(parts: ChannelParts): Channel | SystemError {
	const connections: SessionConnection[] = [];
	const giveUp = (error: SystemError): SystemError => {
		for (const connection of connections) connection.close();
		return error;
	};
	for (let index = 0; index < parts.request.connections; index++) {
		const connection = openConnection(parts, index);
		if (isSystemError(connection)) return giveUp(connection);
		connections.push(connection);
	}
	const ports = connections.map(({ port }) => port);
	// The filter for answers stands before the first SYN leaves.
	const raw = openRawChannel(parts, ports);
	return isSystemError(raw) ? giveUp(raw) : new SessionChannel(parts, raw, connections);
}

class SessionChannel implements Channel {
	readonly kind = "session";
	readonly source: string;
	readonly sourcePorts: readonly number[];
	readonly mtu: number | null;
	readonly pollFd: number;
	readonly #parts: ChannelParts;
	readonly #raw: Channel;
	readonly #connections: readonly SessionConnection[];
	readonly #captured = new Map<number, Captured>();
	readonly #sackOffered = offersSack();
	#phase: "closed" | "opening" | "open" | "over" = "closed";
	/** When what is not ended yet is closed all the same; null before the end. */
	#closesAt: Instant | null = null;
	#longestRttNs = 0;

	constructor(parts: ChannelParts, raw: Channel, connections: readonly SessionConnection[]) {
		this.#parts = parts;
		this.#raw = raw;
		this.#connections = connections;
		this.source = raw.source;
		this.sourcePorts = raw.sourcePorts;
		this.mtu = raw.mtu;
		this.pollFd = parts.epoll.fd;
	}

	send(probes: readonly ProbeSend[]): void {
		this.#raw.send(probes);
	}

	read(): readonly ChannelInput[] {
		if (this.#phase === "over") return [];
		if (this.#phase === "closed") return this.#connect();
		const inputs = this.#raw.read();
		if (this.#phase === "opening") return this.#opening(inputs);
		for (const connection of this.#connections) connection.discard();
		return inputs;
	}

	arm(at: Instant | null): void {
		this.#raw.arm(at);
	}

	finish(): void {
		if (this.#phase !== "open") return;
		for (const connection of this.#connections) connection.finish();
		const patienceNs = Math.max(CLOSING_ROUND_TRIPS * this.#longestRttNs, LEAST_CLOSING_NS);
		this.#closesAt = this.#parts.request.clock.now() + Math.min(patienceNs, LONGEST_CLOSING_NS);
	}

	get lingersUntil(): Instant | null {
		return this.#connections.some(({ underway }) => underway) ? this.#closesAt : null;
	}

	close(): void {
		if (this.#parts.epoll.closed) return;
		this.#phase = "over";
		for (const connection of this.#connections) connection.close();
		this.#raw.close();
		closeParts(this.#parts);
	}

	#connect(): readonly ChannelInput[] {
		this.#phase = "opening";
		for (const connection of this.#connections) {
			const failure = connection.connect();
			if (failure !== null) return this.#failed(failure);
		}
		return [];
	}

	/** Until all stand, what comes is about the handshakes alone. */
	#opening(inputs: readonly ChannelInput[]): readonly ChannelInput[] {
		const others = inputs.filter((input) => !this.#takeSynAck(input));
		for (const connection of this.#connections) {
			const failure = connection.progress();
			if (failure !== null) return [...others, ...this.#failed(failure)];
		}
		const sessions = this.#connections.map((connection) => this.#factsOf(connection));
		if (!sessions.every((facts) => facts !== null)) return others;
		this.#phase = "open";
		this.#longestRttNs = Math.max(...sessions.map(({ rttNs }) => rttNs));
		return [...others, { type: "opened", sessions }];
	}

	#failed(failure: OpenFailure): readonly ChannelInput[] {
		this.#phase = "over";
		return [{ type: "openFailed", failure }];
	}

	/** True when the input was a SYN/ACK of ours, which is for nobody else. */
	#takeSynAck(input: ChannelInput): boolean {
		if (input.type !== "reply" || input.reply.type !== "packet") return false;
		const { reply } = input;
		const port = this.#portOf(reply);
		const facts = port === null ? null : synAckFacts(reply);
		if (port === null || facts === null) return false;
		if (!this.#captured.has(port)) this.#captured.set(port, { ...facts, at: reply.at });
		return true;
	}

	#portOf({ from, sourcePort, destinationPort }: PacketReply): number | null {
		const { target, port } = this.#parts.request;
		if (from !== target || sourcePort !== port || destinationPort === null) return null;
		return this.sourcePorts.includes(destinationPort) ? destinationPort : null;
	}

	#factsOf(connection: SessionConnection): SessionFacts | null {
		const captured = this.#captured.get(connection.port);
		if (captured === undefined || !connection.established) return null;
		const { at, timestamps, ...facts } = captured;
		const elapsedMs = Math.max(0, Math.round((this.#parts.request.clock.now() - at) / 1e6));
		return {
			...facts,
			sourcePort: connection.port,
			sackOffered: this.#sackOffered,
			timestamps:
				timestamps === null ? null : { ...timestamps, value: connection.timestamp() ?? timestamps.value + elapsedMs },
			rttNs: connection.kernelRtt(at),
		};
	}
}
