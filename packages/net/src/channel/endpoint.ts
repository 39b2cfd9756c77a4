/** One socket that sends probes and whose error queue is read: sends, transmit stamps, ICMP errors, datagrams. */
import type { ChannelInput, Instant, Reply } from "@whither/core";
import type { Clock } from "../clock.ts";
import { isFatal, isTransient, sendError, systemError } from "../errors.ts";
import { EPOLLERR, EPOLLIN, SO_EE_ORIGIN_TIMESTAMPING } from "../native/constants.ts";
import type { ControlFacts } from "../native/control.ts";
import type { IncomingMessage, OutgoingMessage } from "../native/message-batch.ts";
import { takeError } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";
import { type ArrivalTime, arrivalTime } from "./arrival.ts";
import { ProbeStamps } from "./probe-stamps.ts";
import { readMessages } from "./read-messages.ts";
import { sendMessages } from "./send-messages.ts";
import type { SentProbe } from "./stamp-ledger.ts";

/** One probe as a message. */
export interface Outbound {
	readonly sequence: number;
	readonly message: OutgoingMessage;
}

/** What a message from the queues was, when it is ours to tell. */
export type Translate = (message: IncomingMessage, facts: ControlFacts, time: ArrivalTime) => ChannelInput | null;

/** What an endpoint needs beside its descriptor, which it then owns. */
export interface EndpointParts {
	readonly workspace: Workspace;
	readonly clock: Clock;
	readonly fd: number;
	/** The target, for errors. */
	readonly target: string;
	/** Bytes that the way to it takes, for errors; null where unknown. */
	readonly mtu: number | null;
	/** Port to report with each probe that left, where the socket is for one probe alone; else null. */
	readonly reportPort: number | null;
	/** Where everything that happens is put. */
	readonly inputs: ChannelInput[];
	/** An ICMP error of the error queue. */
	readonly onError: (message: IncomingMessage, facts: ControlFacts, time: ArrivalTime) => Reply | null;
	/** A datagram of the ordinary queue. */
	readonly onPacket: Translate;
}

/** A sending socket with its books; owned by a channel, which closes it. */
export class Endpoint {
	readonly fd: number;
	readonly #parts: EndpointParts;
	readonly #stamps: ProbeStamps<SentProbe>;
	#dropped = 0;
	#emptyAt: Instant;
	#closed = false;

	constructor(parts: EndpointParts) {
		this.#parts = parts;
		this.fd = parts.fd;
		this.#emptyAt = parts.clock.now();
		this.#stamps = new ProbeStamps({ workspace: parts.workspace, fd: parts.fd, stamps: "every" });
	}

	/** Sends probes in order; what becomes of each is put into the inputs. */
	send(probes: readonly Outbound[]): void {
		const { slots } = this.#parts.workspace.outgoing;
		this.drainErrors();
		for (let from = 0; from < probes.length; from += slots) {
			this.#sendBatch(probes.slice(from, from + slots));
		}
	}

	/** Reads what the events say is there. */
	read(events: number): void {
		// The error queue first: reading its last entry also clears the pending error that would fail the next call.
		if ((events & EPOLLERR) !== 0 && this.drainErrors() === 0) this.#clearError();
		if ((events & EPOLLIN) !== 0) this.#drain("packets", this.#parts.onPacket);
	}

	/** Reads the error queue; how many entries there were. */
	drainErrors(): number {
		return this.#drain("errors", (message, facts, time) => this.#errorEntry(message, facts, time));
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#parts.workspace.libc.close(this.fd);
	}

	/** An error that no entry tells of would keep the descriptor ready for ever. */
	#clearError(): void {
		const errno = takeError(this.#parts.workspace, this.fd);
		if (isFatal(errno))
			this.#parts.inputs.push({ type: "fault", error: systemError("socket", errno, this.#parts.target) });
	}

	#sendBatch(probes: readonly Outbound[]): void {
		const { workspace, clock } = this.#parts;
		sendMessages(
			{ workspace, clock, fd: this.fd },
			{
				count: probes.length,
				fill: () => this.#fill(probes),
				left: (index, at) => this.#left(probes[index], at),
				failed: (index, errno) => this.#failed(probes[index], errno),
				attemptFailed: (message) => this.#attemptFailed(message),
				mustRefill: (errno) => this.#stamps.mustNotName(errno),
			},
		);
	}

	/** Probes fit by their number, and by their length unless they are longer than any IP packet. */
	#fill(probes: readonly Outbound[]): void {
		const { outgoing } = this.#parts.workspace;
		outgoing.clear();
		for (const { sequence, message } of probes) {
			const { name, data, control } = message;
			outgoing.append({ name, data, control: [...control, ...this.#stamps.controls(sequence)] });
		}
	}

	#left(probe: Outbound | undefined, at: Instant): void {
		if (probe === undefined) return;
		const { sequence } = probe;
		this.#stamps.left(sequence, { sequence, at });
		this.#parts.inputs.push({ type: "sent", sequence, at, stamp: "user", sourcePort: this.#parts.reportPort });
	}

	/**
	 * What failed may have been an earlier probe's error, pending, which only a batch's first message reports; and it may
	 * have taken a number from the kernel's count.
	 */
	#attemptFailed(message: "first" | "later"): void {
		if (message === "first" || this.#stamps.counted) this.drainErrors();
		this.#stamps.attemptFailed();
	}

	#failed(probe: Outbound | undefined, errno: number): void {
		if (probe === undefined) return;
		const { inputs, target, mtu } = this.#parts;
		const failed = sendError("sendmmsg", errno, target);
		const error = failed.code === "messageTooLong" && mtu !== null ? { ...failed, mtu } : failed;
		inputs.push({ type: "sendFailed", sequence: probe.sequence, error, transient: isTransient(errno) });
		if (isFatal(errno)) inputs.push({ type: "fault", error });
	}

	#drain(queue: "errors" | "packets", translate: Translate): number {
		const { workspace, inputs, clock } = this.#parts;
		return readMessages({ workspace, clock, fd: this.fd, queue }, (message, facts, now) => {
			this.#countDrops(facts);
			const time = arrivalTime(facts, { clock, emptyAt: this.#emptyAt, now });
			const input = translate(message, facts, time);
			if (input !== null) inputs.push(input);
		});
	}

	#countDrops(facts: ControlFacts): void {
		if (facts.dropped === null || facts.dropped === this.#dropped) return;
		// The counter is 32 bits and wraps.
		this.#parts.inputs.push({ type: "dropped", count: (facts.dropped - this.#dropped) >>> 0 });
		this.#dropped = facts.dropped;
	}

	#errorEntry(message: IncomingMessage, facts: ControlFacts, time: ArrivalTime): ChannelInput | null {
		if (facts.error?.origin === SO_EE_ORIGIN_TIMESTAMPING) return this.#stamped(facts);
		const reply = this.#parts.onError(message, facts, time);
		return reply === null ? null : { type: "reply", reply };
	}

	#stamped(facts: ControlFacts): ChannelInput | null {
		const { clock, reportPort } = this.#parts;
		const stamp = this.#stamps.take(facts, () => clock);
		if (stamp === null) return null;
		const { at, probe } = stamp;
		return { type: "sent", sequence: probe.sequence, at, stamp: "kernel", sourcePort: reportPort };
	}
}
