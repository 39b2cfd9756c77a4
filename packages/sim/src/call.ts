/**
 * A call that goes on while its path is traced: two hosts send each other media through whatever NATs stand before them.
 * How they learned of each other's addresses is their signalling's business, and left out.
 */
import { type Deadline, type Family, type Instant, SECOND, StunServer } from "@whither/core";
import type { Internet } from "./internet.ts";
import { natAddress } from "./nat.ts";
import type { Datagram, DatagramProgram, Endpoint, ProgramInput } from "./program.ts";
import type { Scenario } from "./scenario.ts";
import type { CallSpec } from "./stun-spec.ts";
import { interfacesOf, nodeAddress } from "./topology.ts";

const USUAL_PACKETS_PER_SECOND = 50;
/** Version 2, payload type 0, no list of contributors (RFC 3550 §5.1), and 20 ms of sound at 8000 samples a second. */
const RTP_HEADER = { first: 0x80, payloadType: 0, length: 12 } as const;
const SAMPLES = 160;

/** The address that the rest of the world knows a host by: its own, or that of the NAT before it. */
export function publicAddressOf(scenario: Scenario, host: string, family: Family): string {
	const [way] = interfacesOf(scenario, host);
	const router = way?.neighbour ?? "";
	const spec = scenario.nodes[router];
	if (spec?.kind !== "router" || spec.nat === undefined) return nodeAddress(scenario, host, family);
	return natAddress(scenario, router, spec.nat, family);
}

/** Lets both ends of a scenario's call talk from now on; the traced one answers STUN on the same port, as ICE agents do. */
export function startCall(internet: Internet, call: CallSpec): void {
	const { scenario, family } = internet;
	const { from, to } = scenario.trace;
	const { port, packetsPerSecond = USUAL_PACKETS_PER_SECOND } = call;
	for (const [host, peer] of [
		[from, to],
		[to, from],
	] as const) {
		const local = { address: internet.address(host), port };
		const remote = { address: publicAddressOf(scenario, peer, family), port };
		const intervalNs = SECOND / packetsPerSecond;
		internet.attach(host, new CallEnd({ local, remote, intervalNs, ssrc: port, answers: host === to }));
	}
}

interface CallEndOptions {
	readonly local: Endpoint;
	readonly remote: Endpoint;
	readonly intervalNs: number;
	readonly ssrc: number;
	/** Whether the port is its own to answer on; the tracing end's is the trace's, which has borrowed it. */
	readonly answers: boolean;
}

/** One end of the call. */
class CallEnd implements DatagramProgram {
	readonly #options: CallEndOptions;
	readonly #server = new StunServer({ sockets: [{ address: { address: "0.0.0.0", port: 0 } }] });
	#sent = 0;
	#nextAt: Instant = 0;

	constructor(options: CallEndOptions) {
		this.#options = options;
	}

	get deadline(): Deadline {
		return { at: this.#nextAt, why: "the next packet of media" };
	}

	holds({ port }: Endpoint): boolean {
		return this.#options.answers && port === this.#options.local.port;
	}

	step(input: ProgramInput, now: Instant): readonly Datagram[] {
		if (input.type === "datagram") return this.#answer(input.datagram, now);
		if (input.type === "error" || now < this.#nextAt) return [];
		this.#nextAt += this.#options.intervalNs;
		const { local, remote, ssrc } = this.#options;
		return [{ local, remote, payload: mediaPacket(this.#sent++, ssrc) }];
	}

	#answer({ local, remote, payload: bytes }: Datagram, now: Instant): readonly Datagram[] {
		const outputs = this.#server.step({ type: "received", bytes, from: remote, local: 0 }, now);
		return outputs.flatMap((output) => (output.type === "send" ? [{ local, remote, payload: output.bytes }] : []));
	}
}

function mediaPacket(sequence: number, ssrc: number): Uint8Array {
	const { first, payloadType, length } = RTP_HEADER;
	const bytes = new Uint8Array(length + SAMPLES);
	const view = new DataView(bytes.buffer);
	view.setUint8(0, first);
	view.setUint8(1, payloadType);
	view.setUint16(2, sequence & 0xffff);
	view.setUint32(4, (sequence * SAMPLES) >>> 0);
	view.setUint32(8, ssrc);
	return bytes;
}
