/** The TCP connections that a simulated host accepts on its open ports. */
import type { Instant } from "@whither/core";
import {
	decodeTcp,
	IP_PROTOCOL,
	isDecodeError,
	TCP_FLAGS,
	type TcpHeader,
	type TcpOption,
	tcpOption,
} from "@whither/wire";
import { hasGoodChecksum, type IpPacket } from "./packet.ts";
import type { Random } from "./random.ts";
import type { HostSpec } from "./scenario.ts";
import { SYN_WINDOW, synOptions } from "./syn-options.ts";
import { type ArrivedSegment, type ConnectionState, type SegmentOrder, TcpConnection } from "./tcp-connection.ts";
import { findOption, tcpPacket } from "./tcp-segment.ts";

/** One accepted connection as it stands. */
export interface ConnectionRecord {
	/** Name of the host that accepted it. */
	readonly node: string;
	readonly port: number;
	readonly state: ConnectionState;
	/** Bytes that the application has read. */
	readonly delivered: number;
}

/** What an endpoint needs of the node it lives on. */
export interface EndpointOptions {
	readonly node: string;
	readonly host: HostSpec;
	readonly ttl: number;
	readonly random: Random;
	readonly nextIdentification: () => number;
	readonly send: (packet: Uint8Array, at: Instant) => void;
	readonly schedule: (at: Instant, action: () => void) => void;
}

const NOTHING = new Uint8Array(0);

/** All connections of one host, by their four-tuple. */
export class TcpEndpoint {
	readonly #options: EndpointOptions;
	readonly #connections = new Map<string, TcpConnection>();
	readonly #accepted: { readonly port: number; readonly connection: TcpConnection }[] = [];

	constructor(options: EndpointOptions) {
		this.#options = options;
	}

	/** Every connection there ever was, oldest first; SYNs that came to nothing included, but for those begun anew. */
	get connections(): readonly ConnectionRecord[] {
		const { node } = this.#options;
		return this.#accepted.map(({ port, connection: { state, delivered } }) => ({ node, port, state, delivered }));
	}

	/** Takes a segment to an open port; false: it begins no connection and belongs to none. */
	receive(packet: IpPacket, at: Instant): boolean {
		if (packet.protocol !== IP_PROTOCOL.tcp || !hasGoodChecksum(packet)) return false;
		const tcp = decodeTcp(packet.payload);
		if (isDecodeError(tcp)) return false;
		const { header, payload } = tcp;
		if (!this.#options.host.tcpPorts?.open?.includes(header.destinationPort)) return false;
		const key = `${packet.source} ${packet.destination} ${header.sourcePort} ${header.destinationPort}`;
		const known = this.#connections.get(key);
		const isSyn = (header.flags & (TCP_FLAGS.syn | TCP_FLAGS.ack | TCP_FLAGS.rst)) === TCP_FLAGS.syn;
		if (isSyn && known?.state !== "established") {
			const isRepeated = known?.state === "synReceived" && known.peerSequence === header.sequence;
			const connection = isRepeated ? known : this.#accept(packet, header, at);
			if (connection !== known) this.#replace(key, header.destinationPort, connection);
			this.#answerSyn(connection, packet, header, at);
			return true;
		}
		if (known === undefined || known.state === "reset") return false;
		known.receive(arrivedSegment(header, payload.length), at);
		return true;
	}

	/** Another SYN of the same four-tuple starts anew until the connection stands. */
	#replace(key: string, port: number, connection: TcpConnection): void {
		const old = this.#connections.get(key);
		this.#connections.set(key, connection);
		const place = this.#accepted.findIndex((record) => record.connection === old);
		if (old?.state === "synReceived") this.#accepted.splice(place, 1);
		this.#accepted.push({ port, connection });
	}

	#accept(packet: IpPacket, header: TcpHeader, at: Instant): TcpConnection {
		const { host, random, schedule } = this.#options;
		const { tcp: spec = {} } = host;
		const sack = spec.sack !== false && findOption(header, "sackPermitted") !== undefined;
		const offered = findOption(header, "timestamps");
		const timestamp = spec.timestamps === false ? null : (offered?.value.value ?? null);
		const initialSequence = spec.initialSequence ?? random.uint32();
		const send = (order: SegmentOrder, when: Instant) => this.#send(packet, header, order, when);
		return new TcpConnection({
			...{ spec, initialSequence, peerSequence: header.sequence, sack, timestamp, acceptedAt: at },
			...{ clockOffset: random.uint32(), send, schedule },
		});
	}

	#answerSyn(connection: TcpConnection, packet: IpPacket, header: TcpHeader, at: Instant): void {
		const { tcp: spec = {} } = this.#options.host;
		const asked = TCP_FLAGS.ece | TCP_FLAGS.cwr;
		const ecn = spec.ecn === true && (header.flags & asked) === asked ? TCP_FLAGS.ece : 0;
		const flags = TCP_FLAGS.syn | TCP_FLAGS.ack | ecn;
		const { sack, initialSequence: sequence } = connection;
		const options = acceptOptions(packet, header, spec.mss, sack, connection.timestampOption(at));
		const acknowledgment = (header.sequence + 1) >>> 0;
		this.#send(packet, header, { sequence, acknowledgment, flags, options, payload: NOTHING }, at);
	}

	#send({ family, source, destination }: IpPacket, header: TcpHeader, order: SegmentOrder, at: Instant): void {
		const { payload, ...fields } = order;
		const { ttl, nextIdentification, send, host } = this.#options;
		const ip = { family, source: destination, destination: source, ttl };
		const ports = { sourcePort: header.destinationPort, destinationPort: header.sourcePort };
		const window = host.tcp?.window ?? SYN_WINDOW;
		for (let copy = 0; copy < (host.copies ?? 1); copy++) {
			send(tcpPacket({ ...ip, identification: nextIdentification() }, { ...ports, ...fields, window }, payload), at);
		}
	}
}

/** What Linux answers of a SYN's options: each only where it was offered, but the MSS always. */
function acceptOptions(
	{ family }: IpPacket,
	header: TcpHeader,
	mss: number | undefined,
	sack: boolean,
	timestamps: readonly TcpOption[],
): readonly TcpOption[] {
	const scales = findOption(header, "windowScale") !== undefined;
	return synOptions(family, 0).flatMap((option): readonly TcpOption[] => {
		if (option.name === "maximumSegmentSize") return mss === undefined ? [option] : [tcpOption(option.name, mss)];
		if (option.name === "sackPermitted") return sack ? [option] : [];
		if (option.name === "timestamps") return timestamps;
		return scales ? [option] : [];
	});
}

function arrivedSegment(header: TcpHeader, length: number): ArrivedSegment {
	const { sequence, acknowledgment, flags } = header;
	return { sequence, acknowledgment, flags, length, timestamps: findOption(header, "timestamps")?.value ?? null };
}
