import { encodeStun, type StunAddress } from "@whither/wire";
import type { Instant } from "../../machine.ts";
import { mappedBy } from "../answers.ts";
import { type TransmitSchedule, waitAfter } from "../schedule.ts";
import type { Inquiry } from "./inquiry.ts";

/** One of two sockets behind the NAT. */
interface End {
	readonly local: number;
	readonly mapped: StunAddress;
}

/**
 * Whether two sockets behind the same NAT reach each other by their mapped addresses (RFC 5780 §3.4): each sends to the
 * other's, so that no filter is in the way, and either arrival tells it.
 */
export class HairpinTest {
	readonly #send: (bytes: Uint8Array, to: StunAddress, local: number) => void;
	readonly #schedule: TransmitSchedule;
	readonly #transactionId: Uint8Array;
	#ends: readonly [End, End] | null = null;
	#sent = 0;
	/** When to send again or to give up. */
	dueAt: Instant | null = null;
	/** Null while nothing is known. */
	hairpin: boolean | null = null;
	/** It has ended, with a result or without. */
	finished = false;

	/** `transactionId`: one that nobody else uses, by which its packets are known again. */
	constructor(
		transactionId: Uint8Array,
		schedule: TransmitSchedule,
		send: (bytes: Uint8Array, to: StunAddress, local: number) => void,
	) {
		this.#transactionId = transactionId;
		this.#schedule = schedule;
		this.#send = send;
	}

	/** Asks the server for the second socket's mapped address, then tries. */
	begin(inquiry: Inquiry, server: StunAddress, first: End, second: number, now: Instant): void {
		inquiry.ask({ to: server, local: second, schedule: this.#schedule }, now, (outcome, at) => {
			const mapped = outcome.kind === "success" ? mappedBy(server, outcome.message) : null;
			if (mapped === null) {
				this.finished = true;
				return;
			}
			this.#ends = [first, { local: second, mapped }];
			this.overdue(at);
		});
	}

	/** Sends again, or gives up. */
	overdue(now: Instant): void {
		if (this.#ends === null || this.finished || (this.dueAt !== null && this.dueAt > now)) return;
		if (this.#sent >= this.#schedule.transmissions) {
			this.#end(false);
			return;
		}
		const [first, second] = this.#ends;
		const fields = { class: "request", method: "binding", attributes: [{ name: "fingerprint" }] } as const;
		const bytes = encodeStun({ ...fields, transactionId: this.#transactionId });
		this.#send(bytes, second.mapped, first.local);
		this.#send(bytes, first.mapped, second.local);
		this.#sent++;
		this.dueAt = now + waitAfter(this.#schedule, this.#sent);
	}

	/** Whether these bytes are one of its own packets, come back. */
	hears(bytes: Uint8Array): boolean {
		if (bytes.length < 20 || bytes[0] !== 0 || bytes[1] !== 1) return false;
		for (let index = 0; index < this.#transactionId.length; index++)
			if (bytes[8 + index] !== this.#transactionId[index]) return false;
		if (!this.finished) this.#end(true);
		return true;
	}

	#end(hairpin: boolean): void {
		this.hairpin = hairpin;
		this.finished = true;
		this.dueAt = null;
	}
}
