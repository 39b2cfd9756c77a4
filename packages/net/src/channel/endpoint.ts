/** One socket that sends probes and whose error queue is read: sends, transmit stamps, ICMP errors, datagrams. */
import { release } from "node:os";
import type { ChannelInput, Instant, Reply } from "@whither/core";
import type { Clock } from "../clock.ts";
import { canBePending, isFatal, isTransient, sendError, systemError } from "../errors.ts";
import {
	EPOLLERR,
	EPOLLIN,
	MSG_DONTWAIT,
	MSG_ERRQUEUE,
	MSG_NOSIGNAL,
	SCM_TS_OPT_ID,
	SO_EE_ORIGIN_TIMESTAMPING,
	SOL_SOCKET,
} from "../native/constants.ts";
import { type ControlFacts, decodeControl } from "../native/control.ts";
import { ERRNO } from "../native/errno.ts";
import type { IncomingMessage, OutgoingMessage } from "../native/message-batch.ts";
import { setOption, takeError } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";
import { stampOption } from "./socket-options.ts";
import { plausibleArrival, StampLedger } from "./stamp-ledger.ts";

/** One probe as a message. */
export interface Outbound {
	readonly sequence: number;
	readonly message: OutgoingMessage;
}

/** When something arrived and who says so. */
export interface ArrivalTime {
	readonly at: Instant;
	readonly stamp: "kernel" | "user";
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

/** recvmmsg(2) calls on one queue before other work gets its turn. */
const READ_ROUNDS = 8;
/** A pending ICMP error can stop a send as often as new errors come in between. */
const PENDING_RETRIES = 32;

/** Whether this kernel lets the sender name the ids of transmit stamps (SCM_TS_OPT_ID, Linux 6.13). */
let senderNamesIds = kernelIsAtLeast(6, 13);

function kernelIsAtLeast(major: number, minor: number): boolean {
	const [have = 0, haveMinor = 0] = release().split(".", 2).map(Number);
	return have > major || (have === major && haveMinor >= minor);
}

/** A sending socket with its books; owned by a channel, which closes it. */
export class Endpoint {
	readonly fd: number;
	readonly #parts: EndpointParts;
	readonly #ledger = new StampLedger();
	#named = senderNamesIds;
	#dropped = 0;
	#emptyAt: Instant;
	#sentAny = false;
	#closed = false;

	constructor(parts: EndpointParts) {
		this.#parts = parts;
		this.fd = parts.fd;
		this.#emptyAt = parts.clock.now();
		setOption(parts.workspace, parts.fd, stampOption("sendIds"));
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
		if ((events & EPOLLIN) !== 0) this.#drain(0, this.#parts.onPacket);
	}

	/** Reads the error queue; how many entries there were. */
	drainErrors(): number {
		return this.#drain(MSG_ERRQUEUE, (message, facts, time) => this.#errorEntry(message, facts, time));
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
		const { libc, outgoing } = this.#parts.workspace;
		this.#fill(probes);
		let stalls = 0;
		for (let from = 0; from < probes.length; ) {
			const at = this.#parts.clock.now();
			const wanted = probes.length - from;
			// In a storm of errors another is pending by the time the queue is read: only this call is quick enough.
			if (stalls > 0) takeError(this.#parts.workspace, this.fd);
			const sent = libc.sendmmsg(this.fd, outgoing.address(from), wanted, MSG_DONTWAIT | MSG_NOSIGNAL);
			const errno = sent < 0 ? libc.errno() : 0;
			for (let index = 0; index < sent; index++) this.#left(probes[from + index], at);
			// A short count hides a failed attempt, whose error is gone: the next call tells if it was more than pending.
			if (sent < wanted) this.#attemptFailed(sent < 0 ? "first" : "later");
			if (sent > 0) {
				from += sent;
				stalls = 0;
			} else if (this.#mustNotName(errno)) {
				this.#fill(probes);
			} else if (mayBePending(errno) && stalls < PENDING_RETRIES) {
				stalls++;
			} else {
				this.#failed(probes[from], errno);
				from++;
				stalls = 0;
			}
		}
	}

	/** Probes fit by their number, and by their length unless they are longer than any IP packet. */
	#fill(probes: readonly Outbound[]): void {
		const { outgoing } = this.#parts.workspace;
		outgoing.clear();
		for (const { sequence, message } of probes) {
			const { name, data, control } = message;
			const id = { level: SOL_SOCKET, type: SCM_TS_OPT_ID, value: sequence };
			outgoing.append({ name, data, control: this.#named ? [...control, id] : control });
		}
	}

	#left(probe: Outbound | undefined, at: Instant): void {
		if (probe === undefined) return;
		const { sequence } = probe;
		this.#sentAny = true;
		this.#ledger.record(this.#named ? sequence : null, { sequence, at });
		this.#parts.inputs.push({ type: "sent", sequence, at, stamp: "user", sourcePort: this.#parts.reportPort });
	}

	/**
	 * What failed may have been an earlier probe's error, pending, which only a batch's first message reports; and it may
	 * have taken a number from the kernel's count.
	 */
	#attemptFailed(message: "first" | "later"): void {
		if (message === "first" || !this.#named) this.drainErrors();
		if (this.#named) return;
		const { workspace } = this.#parts;
		setOption(workspace, this.fd, stampOption("send"));
		setOption(workspace, this.fd, stampOption("sendIds"));
		this.#ledger.restart();
	}

	/** True when this kernel turns out not to let senders name their stamps' ids: the batch is made anew without. */
	#mustNotName(errno: number): boolean {
		if (errno !== ERRNO.EINVAL || !this.#named || this.#sentAny) return false;
		this.#named = false;
		senderNamesIds = false;
		return true;
	}

	#failed(probe: Outbound | undefined, errno: number): void {
		if (probe === undefined) return;
		const { inputs, target, mtu } = this.#parts;
		const failed = sendError("sendmmsg", errno, target);
		const error = failed.code === "messageTooLong" && mtu !== null ? { ...failed, mtu } : failed;
		inputs.push({ type: "sendFailed", sequence: probe.sequence, error, transient: isTransient(errno) });
		if (isFatal(errno)) inputs.push({ type: "fault", error });
	}

	#drain(queue: number, translate: Translate): number {
		const { workspace, inputs, clock } = this.#parts;
		const { libc, incoming } = workspace;
		let total = 0;
		for (let round = 0; round < READ_ROUNDS; round++) {
			incoming.reset();
			const count = libc.recvmmsg(this.fd, incoming.address(), incoming.slots, queue | MSG_DONTWAIT, 0);
			const now = clock.now();
			for (let slot = 0; slot < count; slot++) {
				const message = incoming.message(slot);
				const facts = decodeControl(message.control);
				this.#countDrops(facts);
				const input = translate(message, facts, this.#arrival(facts, now));
				if (input !== null) inputs.push(input);
			}
			total += Math.max(count, 0);
			if (count < incoming.slots) break;
		}
		return total;
	}

	#arrival(facts: ControlFacts, now: Instant): ArrivalTime {
		if (facts.stamp === null) return { at: now, stamp: "user" };
		const at = this.#parts.clock.fromRealtime(facts.stamp.seconds, facts.stamp.nanoseconds);
		return plausibleArrival(at, this.#emptyAt, now) ? { at, stamp: "kernel" } : { at: now, stamp: "user" };
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
		if (facts.stamp === null || facts.error === null) return null;
		const { clock, reportPort } = this.#parts;
		const at = clock.fromRealtime(facts.stamp.seconds, facts.stamp.nanoseconds);
		const probe = this.#ledger.take(facts.error.data, at, clock.now());
		if (probe === null) return null;
		return { type: "sent", sequence: probe.sequence, at, stamp: "kernel", sourcePort: reportPort };
	}
}

function mayBePending(errno: number): boolean {
	return canBePending(errno) || errno === ERRNO.EINTR;
}
