/**
 * The packets of one trace as events, for a capture file: probes once it is known when they left, answers with what they
 * were taken for. A probe waits for the kernel's transmit stamp, but not long: it is told, and written to a file,
 * before anyone knows whether it will be answered, so its note cannot say so.
 */
import { type Instant, MILLISECOND } from "../../machine.ts";
import type { ProbeSend, Reply } from "../channel.ts";
import type { TraceEvent } from "../events.ts";
import type { Match, ReplyMeaning } from "../method.ts";
import type { Transmission } from "../probe-book.ts";
import type { Tracer } from "../tracer.ts";
import type { TracerInput, TracerOutput } from "../tracer-io.ts";
import { receivedBytes, sentBytes } from "./packet-log-bytes.ts";

/** Kernels give transmit stamps within microseconds; one that has not come by now never will. */
const STAMP_WAIT_NS = 100 * MILLISECOND;

type PacketEvent = Extract<TraceEvent, { type: "packet" }>;

/** A probe on its way; `at` null: the channel has not said yet that it left. */
interface Outgoing {
	readonly send: ProbeSend;
	readonly note: string;
	at: Instant | null;
	sourcePort: number | null;
}

/** The capture of one trace; its tracer shows it every input and answer before it takes it in, and every output before it gives it. */
export class PacketLog {
	readonly #tracer: Tracer;
	readonly #outgoing = new Map<number, Outgoing>();
	/** Source ports of probes with a socket each: an answer may have to be rebuilt from its probe. */
	readonly #ports = new Map<number, number>();
	#ready: PacketEvent[] = [];

	constructor(tracer: Tracer) {
		this.#tracer = tracer;
	}

	/** What the channel tells of probes. */
	note(input: TracerInput): void {
		if (input.type === "sent") this.#left(input);
		else if (input.type === "sendFailed") this.#outgoing.delete(input.sequence);
	}

	/** An answer and whose it is; nothing is known of its consequences yet. */
	received(reply: Reply, match: Match): void {
		const { config, book } = this.#tracer;
		const about = "sequence" in match ? (book.transmissions[match.sequence] ?? null) : null;
		const own = about === null ? undefined : this.#outgoing.get(about.sequence);
		if (about !== null && own !== undefined && own.at !== null) this.#tellSent(about.sequence, own, own.at);
		const { bytes, rebuilt } = receivedBytes(config, reply, about === null ? null : this.#probeBytes(about));
		const note = `${config.method.name}: ${receivedNote(reply, match, about, config.context.target)}`;
		this.#ready.push({ type: "packet", atNs: this.#atNs(reply.at), direction: "in", bytes, rebuilt, note });
	}

	/** The outputs, with the packets that can be told by now; all of them before the trace's last event. */
	tell(outputs: readonly TracerOutput[], now: Instant): readonly TracerOutput[] {
		for (const output of outputs) {
			if (output.type === "send") for (const probe of output.probes) this.#handedOver(probe);
		}
		const { finished } = this.#tracer;
		for (const [sequence, outgoing] of this.#outgoing) {
			const at = outgoing.at ?? now;
			if (!finished && now - at < STAMP_WAIT_NS) break;
			this.#tellSent(sequence, outgoing, at);
		}
		const packets = this.#ready.splice(0).map((event) => ({ type: "event", event }) as const);
		return finished ? [...outputs.slice(0, -1), ...packets, ...outputs.slice(-1)] : [...outputs, ...packets];
	}

	#handedOver(send: ProbeSend): void {
		const { book, config } = this.#tracer;
		const transmission = book.transmissions[send.sequence] ?? null;
		const role = transmission === null ? "farewell" : (transmission.slot.companion?.name ?? "probe");
		const note = `${config.method.name} ${role} ${send.sequence}, ttl ${send.ttl}`;
		this.#outgoing.set(send.sequence, { send, note, at: null, sourcePort: null });
	}

	#left({ sequence, at, stamp, sourcePort }: Extract<TracerInput, { type: "sent" }>): void {
		const outgoing = this.#outgoing.get(sequence);
		if (outgoing === undefined) return;
		outgoing.at = at;
		outgoing.sourcePort = sourcePort ?? outgoing.sourcePort;
		// The kernel never stamps a SYN of its own.
		if (stamp === "kernel" || outgoing.send.packet.transport === "tcpConnect") this.#tellSent(sequence, outgoing, at);
	}

	#tellSent(sequence: number, { send, note, sourcePort }: Outgoing, at: Instant): void {
		this.#outgoing.delete(sequence);
		if (sourcePort !== null) this.#ports.set(sequence, sourcePort);
		const { bytes, rebuilt } = sentBytes(this.#tracer.config, send, sourcePort);
		this.#ready.push({ type: "packet", atNs: this.#atNs(at), direction: "out", bytes, rebuilt, note });
	}

	#probeBytes({ sequence, slot, packet }: Transmission): Uint8Array | null {
		if (packet === null) return null;
		const { config } = this.#tracer;
		const tos = slot.companion?.tos;
		const send = { sequence, ttl: slot.ttl, packet, ...(tos === undefined ? {} : { tos }) };
		return sentBytes(config, send, this.#ports.get(sequence) ?? null).bytes;
	}

	#atNs(at: Instant): number {
		return Math.max(0, Math.round(at - this.#tracer.startedAt));
	}
}

function receivedNote(reply: Reply, match: Match, about: Transmission | null, target: string): string {
	switch (match.type) {
		case "foreign":
			return `ignored: ${match.reason}`;
		case "broken":
			return `connection reset by ${match.from}`;
		case "flow":
			return `${kindWords(match.meaning)} from ${reply.from}, which quotes too little to name its probe`;
		case "again":
			return `asks for another packet, about probe ${match.sequence}`;
		case "probe":
			return about === null
				? `${kindWords(match.meaning)} about unknown probe ${match.sequence}`
				: `${timely(about)}${kindWords(match.meaning)} from ${whence(reply, match.meaning, about, target)} about ${probeWords(about)}`;
	}
}

/** The slot as it was before this answer. */
function timely({ slot }: Transmission): string {
	if (slot.answer !== null) return "duplicate: ";
	return slot.state === "expired" ? "late: " : "";
}

function whence(reply: Reply, meaning: ReplyMeaning, { slot }: Transmission, target: string): string {
	return meaning.place === "target" || reply.from === target ? "target" : `hop ${slot.ttl}`;
}

function probeWords({ sequence, slot }: Transmission): string {
	return `${slot.companion?.name ?? "probe"} ${sequence}, ttl ${slot.ttl}`;
}

/** `timeExceeded` as `time exceeded`; a TCP answer by its flags. */
function kindWords({ kind }: ReplyMeaning): string {
	if (kind === "synAck") return "SYN/ACK";
	if (kind === "rst" || kind === "ack") return kind.toUpperCase();
	return kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
